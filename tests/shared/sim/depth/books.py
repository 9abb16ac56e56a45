"""Small recorded markets by hand, and what replays of them leave behind."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.research.depth import DepthSeries, DepthSettings
from tradedeck.research.depth.run import open_replay, plain
from tradedeck.sim.depth.layout import FILL, FILLS, FULL, ON_BOOK, ON_FILL, ON_ORDER, ON_TRADE, WAKES, Replay
from tradedeck.sim.depth.replay import advance

Row = tuple[int, int, int, int]
"""Kind, milliseconds, price in ticks, lots."""

MS = 1_000_000
EVERYTHING = ON_TRADE | ON_BOOK | ON_FILL | ON_ORDER


def instrument(tick: str = "1", lot: str = "1") -> Instrument:
    """One with round steps and fees of 0.1 % and 0.2 %."""
    fees = FeeSchedule(Decimal("0.001"), Decimal("0.002"))
    return Instrument(
        "XY", "venue", "X", "Y", Decimal(tick), Decimal(lot), Decimal(lot), Decimal(10**9), Decimal(0), fees
    )


def market(*rows: Row, delay_ms: int = 0) -> DepthSeries:
    """Rows as a series; each is known `delay_ms` after it happened."""
    kind, ms, price, lots = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return DepthSeries("XY", kind, ms * MS, (ms + delay_ms) * MS, price, lots)


def opened(series: DepthSeries, settings: DepthSettings | None = None, wakes: int = EVERYTHING) -> Replay:
    """A replay over lists, at its beginning."""
    replay = plain(open_replay(series, instrument(), settings or DepthSettings()))
    replay.state[WAKES] = wakes
    return replay


def until(replay: Replay, wanted: int) -> None:
    """Go on to the next event of a kind."""
    event = advance(replay)
    while event != wanted:
        assert event > FULL
        assert event != 0, "the end came first"
        event = advance(replay)


def to_end(replay: Replay) -> None:
    """Go on until nothing happens any more."""
    while advance(replay) > 0:
        pass


def fills(replay: Replay) -> list[tuple[int, int, int, int, bool]]:
    """Order, milliseconds at the venue, price, lots, maker."""
    rows = [replay.fills[FILL * k : FILL * (k + 1)] for k in range(replay.state[FILLS])]
    return [(row[0], row[1] // MS, row[4], row[5], row[6] > 0) for row in rows]
