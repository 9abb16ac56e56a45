"""A side of the measurement talks to who started it: ready, then an answer to every line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.execution.wire import serve_line


async def serve(told: Callable[[], Mapping[str, Any]]) -> None:
    """Say ready; answer each line of standard input with what was seen since the last one."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    serve_line({"ready": True})
    while await lines.readline():
        serve_line(told())
