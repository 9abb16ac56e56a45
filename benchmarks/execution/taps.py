"""When bytes came in and went out, noted where the event loop meets the socket: the same for every asyncio library."""

from __future__ import annotations

import re
import time
from asyncio import selector_events
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp.client_proto import ResponseHandler

from benchmarks.execution.wire import MARKED_SIZE

_MARKED = re.compile(rb'"p":"([\d.]+)","q":"' + re.escape(MARKED_SIZE.encode()))
_ORDER, _PRICE = b"newClientOrderId=", re.compile(rb"price=([\d.]+)")


class Taps:
    """Nanoseconds by price of the marked trade."""

    def __init__(self) -> None:
        self.read_ns: dict[str, int] = {}
        self.written_ns: dict[str, int] = {}

    def attach(self) -> None:
        """Listen in on every connection of this process from now on."""
        received: Callable[[Any, bytes], None] = ResponseHandler.data_received

        def data_received(handler: Any, data: bytes) -> None:
            now_ns = time.monotonic_ns()
            if MARKED_SIZE.encode() in data:
                for found in _MARKED.finditer(data):
                    self.read_ns[found[1].decode()] = now_ns
            received(handler, data)

        ResponseHandler.data_received = data_received  # type: ignore[method-assign]
        transport: Any = vars(selector_events)["_SelectorSocketTransport"]
        write, writelines = transport.write, transport.writelines

        def tapped_write(it: Any, data: bytes) -> None:
            write(it, data)
            self._note(data)

        def tapped_writelines(it: Any, lines: Iterable[bytes]) -> None:
            whole = b"".join(lines)
            writelines(it, [whole])
            self._note(whole)

        transport.write, transport.writelines = tapped_write, tapped_writelines

    def inside_us(self) -> list[float]:
        """From bytes read to bytes written, of every marked trade that was answered; then starts anew."""
        read_ns, written_ns, self.read_ns, self.written_ns = self.read_ns, self.written_ns, {}, {}
        return [(written_ns[price] - at_ns) / 1e3 for price, at_ns in read_ns.items() if price in written_ns]

    def _note(self, data: bytes) -> None:
        if _ORDER in data and (found := _PRICE.search(data)):
            self.written_ns[f"{float(found[1]):.2f}"] = time.monotonic_ns()
