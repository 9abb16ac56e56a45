"""Work started by clicks: its errors are told, never lost."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tradedeck.domain.errors import RefusedError
from tradedeck_desktop.kit.tasks import Tasks


async def fail(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_our_own_errors_are_told_in_their_sentence() -> None:
    told: list[str] = []
    tasks = Tasks(told.append)
    tasks.start(fail(RefusedError("size is too small; use 0.1")))
    await settle()
    assert told == ["size is too small; use 0.1"]


async def test_other_errors_are_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    tasks = Tasks(told.append)
    with caplog.at_level(logging.ERROR):
        tasks.start(fail(ValueError("surprise")))
        await settle()
    assert told == ["internal error: surprise"]
    assert [record.message for record in caplog.records] == ["task.failed"]


async def test_stopping_ends_what_still_runs_without_a_word() -> None:
    told: list[str] = []
    tasks = Tasks(told.append)
    forever = tasks.start(asyncio.sleep(3600))
    await settle()
    await tasks.stop()
    assert forever.cancelled()
    assert told == []
