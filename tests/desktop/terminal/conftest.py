"""The whole terminal: its window on real sessions, at a sandbox that moves when told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import qasync  # pyright: ignore[reportMissingTypeStubs]
from PySide6.QtWidgets import QApplication

from tests.desktop.terminal.desk import READY_S, Desk, OpenDesk, Play, device_settings, sandbox_settings
from tradedeck.sandbox.server import RunningSandbox, running
from tradedeck_desktop.app import App

STORY_S = 90.0


@pytest.fixture
def play(qapp: QApplication) -> Play:
    """Runs a story on asyncio inside Qt, as the program does."""

    def run(story: Coroutine[Any, Any, None]) -> None:
        loop = cast(asyncio.AbstractEventLoop, qasync.QEventLoop(qapp))
        qapp.setQuitOnLastWindowClosed(False)
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(asyncio.wait_for(story, STORY_S))
        finally:
            loop.close()
            asyncio.set_event_loop(None)

    return run


@pytest.fixture
def open_desk(tmp_path: Path) -> OpenDesk:
    """Opens a terminal in this test's folder, at `box` where given; opening again is a restart."""

    @asynccontextmanager
    async def at(box: RunningSandbox, mode: str) -> AsyncGenerator[Desk]:
        app = App(device_settings(tmp_path, box.url, mode))
        await app.start()
        try:
            desk = Desk(app, box)
            await app.wait_ready(READY_S)
            await desk.open_market()
            yield desk
        finally:
            await app.stop()

    @asynccontextmanager
    async def open_(mode: str = "live", box: RunningSandbox | None = None) -> AsyncGenerator[Desk]:
        if box is not None:
            async with at(box, mode) as desk:
                yield desk
            return
        async with running(sandbox_settings()) as own, at(own, mode) as desk:
            yield desk

    return open_
