"""Talking to a running session: one socket in the data folder, for this user alone; one JSON line each way."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import ERROR_KINDS, ConflictError, RefusedError, TradedeckError, UnavailableError

SOCKET_FILE = "live.sock"
MAX_LINE = 1_000_000
"""Longest line either side reads: a status with thousands of orders fits."""
ANSWER_S = 5.0
LAST_ANSWER_S = 0.5
"""How long the end waits for answers that are on their way."""
_LONGEST_PATH = 100
"""Systems take socket paths of about so many bytes."""

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def listening(folder: Path, handle: Handler) -> AsyncGenerator[None]:
    """Answer requests with `handle` while the block runs.

    Raises:
        ConflictError: another session runs in this folder.
        RefusedError: this system or folder can't hold the socket.
    """
    path = _path_in(folder)
    if _answers(path):
        raise ConflictError(
            f"a session runs in {folder} already; stop it with: tradedeck live stop", code="live.running"
        )
    path.unlink(missing_ok=True)

    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(task := asyncio.current_task())
        try:
            with suppress(OSError, ValueError, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    asked = await reader.readline()
                writer.write(await _answered(asked, handle))
                await writer.drain()
        finally:
            serving.discard(task)
            await _closed(writer)

    server = await asyncio.start_unix_server(serve, sock=_bound(path), limit=MAX_LINE)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)
        left = [task for task in serving if task is not None]
        # A request such as `stop` is being answered while everything ends.
        if left:
            await asyncio.wait(left, timeout=LAST_ANSWER_S)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def ask(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the session that runs in `folder`.

    Raises:
        UnavailableError: none runs, or it did not answer.
        TradedeckError: it says no.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(_path_in(folder), limit=MAX_LINE)
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                await writer.drain()
                line = await reader.readline()
            finally:
                await _closed(writer)
    except TimeoutError as error:
        raise UnavailableError("the session does not answer; it may hang", code="live.no_answer") from error
    except OSError as error:
        raise UnavailableError(
            f"no session runs in {folder}; start one with: tradedeck live run", code="live.not_running"
        ) from error
    try:
        answer = json.loads(line)
    except ValueError as error:
        raise UnavailableError("the session stopped before it answered", code="live.no_answer") from error
    if "error" in answer:
        raise ERROR_KINDS.get(answer["kind"], RefusedError)(answer["error"], code=answer["code"])
    return answer


async def _answered(asked: bytes, handle: Handler) -> bytes:
    try:
        request = json.loads(asked)
        if not isinstance(request, dict):
            raise TypeError
        answer = await handle(request)  # pyright: ignore[reportUnknownArgumentType]
    except TradedeckError as error:
        answer = {"error": error.message, "kind": error.kind, "code": error.code}
    except (ValueError, TypeError, KeyError):
        answer = {"error": "that is no request", "kind": "refused", "code": "live.request"}
    return json.dumps(answer).encode() + b"\n"


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _path_in(folder: Path) -> Path:
    path = folder.absolute() / SOCKET_FILE
    if sys.platform == "win32":
        raise RefusedError("this needs Linux or macOS; on Windows use the terminal, or Ctrl-C", code="live.system")
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise RefusedError(f"the path of {folder} is too long for a socket; use a shorter --data", code="live.path")
    return path


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _bound(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        made.bind(str(path))
    finally:
        os.umask(before)
    return made
