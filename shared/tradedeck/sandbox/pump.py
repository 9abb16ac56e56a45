"""Lets the market happen: at a multiple of real time, as fast as clients keep up, or step by step."""

from __future__ import annotations

import asyncio
from typing import Protocol

from tradedeck.domain.bar import Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.hub import Hub

MAX_BATCH = 64
"""Events that may happen before others get their turn."""
MAX_STEP = 1_000_000
_FULL_SPEED_BATCH = 4
_IDLE_S = 0.01
_LONGEST_SLEEP_S = 0.25


class Ahead(Protocol):
    """What is going to happen."""

    def peek(self) -> Trade | Bar:
        """The next event, which stays the next."""
        ...


class Playable(Protocol):
    """A market that a pump can move."""

    @property
    def bars(self) -> int:
        """Bars that have closed."""
        ...

    @property
    def tape(self) -> Ahead:
        """What is going to happen."""
        ...

    @property
    def hub(self) -> Hub:
        """Who follows."""
        ...

    def play(self, events: int) -> None:
        """Let so many events happen."""
        ...


class Pump:
    """`speed` is a multiple of real time, 0.0 for as fast as clients keep up, None for step by step.

    `bars` ends the market after so many bars; 0 never does.
    """

    def __init__(self, market: Playable, speed: float | None, *, bars: int = 0, paused: bool = False) -> None:
        self.paused = paused
        self._market = market
        self._speed = speed
        self._bars = bars
        self._anchor: tuple[float, int] | None = None

    @property
    def finished(self) -> bool:
        """Whether the market has ended."""
        return bool(self._bars) and self._market.bars >= self._bars

    def pause(self) -> None:
        """Stop the market."""
        self.paused, self._anchor = True, None

    def go_on(self) -> None:
        """Let it go on from where it stopped."""
        self.paused = False

    def step(self, events: int) -> None:
        """Play so many events; fewer when the market ends before.

        Raises:
            RefusedError: the market goes by itself.
        """
        if self._speed is not None:
            raise RefusedError("the market moves by itself; start it with --speed step", code="sandbox.speed")
        if not 0 < events <= MAX_STEP:
            raise RefusedError(f"events must be 1 to {MAX_STEP}", code="sandbox.step")
        for _ in range(events):
            if self.finished:
                return
            self._market.play(1)

    async def run(self) -> None:
        """Move the market until cancelled."""
        while True:
            if self.paused or self.finished or self._speed is None:
                await asyncio.sleep(_IDLE_S)
            elif self._speed:
                await self._paced(self._speed)
            else:
                await self._full_speed()

    async def _full_speed(self) -> None:
        if not self._market.hub.has_market_listeners:
            await asyncio.sleep(_IDLE_S)
            return
        for _ in range(_FULL_SPEED_BATCH):
            if not self.finished:
                self._market.play(1)
        await asyncio.sleep(0)
        await self._market.hub.drained()

    async def _paced(self, speed: float) -> None:
        loop = asyncio.get_running_loop()
        next_ns = self._market.tape.peek().time_ns
        if self._anchor is None:
            self._anchor = (loop.time(), next_ns)
        begun_s, begun_ns = self._anchor
        for _ in range(MAX_BATCH):
            wait_s = begun_s + (next_ns - begun_ns) / 1e9 / speed - loop.time()
            if wait_s > 0:
                await asyncio.sleep(min(wait_s, _LONGEST_SLEEP_S))
                return
            self._market.play(1)
            if self.finished:
                return
            next_ns = self._market.tape.peek().time_ns
        await asyncio.sleep(0)
