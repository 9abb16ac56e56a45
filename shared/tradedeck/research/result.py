"""What a run leaves behind, in columns; money exact where it is money."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradedeck.compile.worth import log_plain
from tradedeck.domain.grid import Grid
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import BarSeries, Floats
from tradedeck.research.settings import Settings
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.kernel.plain import LOGGED


class Tier(StrEnum):
    """How a strategy ran: all native; Python woken at signals, fills and timers; Python on every event."""

    COMPILED = "compiled"
    SPARSE = "sparse"
    INTERPRETED = "interpreted"


class Kind(IntEnum):
    """Order kinds in an order log."""

    MARKET = 0
    LIMIT = 1
    STOP = 2
    STOP_LIMIT = 3


class State(IntEnum):
    """How an order ended; WORKING when the data did."""

    WORKING = 0
    FILLED = 1
    CANCELED = 2
    EXPIRED = 3
    REJECTED = 4


ORDER = np.dtype([(name, "i8") for name in LOGGED])
"""An order: its number; market 0 is the main one; prices in ticks (0 for none); `placed` and `ended` are bar
indices (-1: not ended); `reason` an index into REASONS; OCO pairs share a `group`; `parent` opened a bracket."""

FILL = np.dtype([(name, "i8") for name in ("order", "market", "bar", "sign", "price", "lots", "maker", "tier")])
"""A fill: its order's number, the bar it happened in, price in ticks, size in lots; `tier` is the row of fee rates."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a strategy wrote down at a bar; `price` is NaN without a marker."""

    bar: int
    text: str
    price: float


@dataclass(frozen=True, slots=True)
class Part:
    """One market's part in a run; the sums of the parts are those of the run.

    `series` has the bars of the main market; `own`, of a second one, those that it really has. `rates` is the funding
    rate due at each bar's open, NaN where none is.
    """

    instrument: Instrument
    series: BarSeries
    own: BarSeries | None
    rates: Floats | None
    fees: Decimal
    funding: Decimal
    profit: Decimal


@dataclass(frozen=True, slots=True)
class Run:
    """One strategy over one market (or several, see `others` and `parts`).

    `equity` is the account's worth at each bar's close, in the quote asset (floats: a statistic);
    `cash`, `fees`, `funding`, `profit` are exact, at the end;
    `profit` values what is still held at the last close. `book` are the assumptions of a replayed order book.
    """

    strategy: str
    params: dict[str, str]
    tier: Tier
    why_tier: str
    instrument: Instrument
    grid: Grid
    series: BarSeries
    settings: Settings
    orders: NDArray[np.void]
    fills: NDArray[np.void]
    equity: Floats
    cash: Decimal
    fees: Decimal
    funding: Decimal
    profit: Decimal
    notes: tuple[Note, ...] = ()
    first_bar: int = 0
    others: tuple[BarSeries, ...] = ()
    parts: tuple[Part, ...] = ()
    book: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def assumed(self) -> dict[str, Any]:
        """Everything that was assumed, by name; of a replayed book only what matters there."""
        told = asdict(self.settings)
        return {"account": told["account"], **self.book} if self.book else told

    @property
    def markets(self) -> tuple[Part, ...]:
        """Every market by its number in the logs, the main one first."""
        alone = Part(self.instrument, self.series, None, None, self.fees, self.funding, self.profit)
        return self.parts or (alone,)

    @property
    def position(self) -> NDArray[np.int64]:
        """Net lots of the main market at each close."""
        return self.held(0)

    def held(self, market: int) -> NDArray[np.int64]:
        """Net lots of a market at each close."""
        own = self.fills[self.fills["market"] == market]
        held = np.r_[0, np.cumsum(own["sign"] * own["lots"])]
        return np.repeat(held, np.diff(np.r_[0, own["bar"], len(self.series)]))


@dataclass(frozen=True, slots=True)
class Summary:
    """A run without its logs: what a sweep keeps. `max_drawdown` is a fraction of the peak, at closes."""

    params: dict[str, str]
    profit: float
    final_equity: float
    max_drawdown: float
    sharpe: float
    trades: int
    fills: int
    fees: float


def order_log(rows: NDArray[np.int64], market: int = 0) -> NDArray[np.void]:
    """The kernel's order rows as a log."""
    made = np.zeros(len(rows), ORDER)
    made["number"] = np.arange(1, len(rows) + 1)
    made["market"] = market
    for name, cell in _ORDER_CELLS.items():
        made[name] = rows[:, cell]
    return made


def fill_log(rows: NDArray[np.int64], market: int = 0) -> NDArray[np.void]:
    """The kernel's fill rows as a log: they have its columns already."""
    made = np.ascontiguousarray(rows)
    if market:
        made = made.copy()
        made[:, at.F_MARKET] = market
    return made.view(FILL)[:, 0]


def plain_log(asked: NDArray[np.int64], signed: NDArray[np.int64], fills: NDArray[np.int64]) -> NDArray[np.void]:
    """The log of plain market orders, of which the first `len(fills)` have filled, whole."""
    made = np.empty((len(asked), len(LOGGED)), np.int64)
    log_plain()(asked, signed, fills.ravel(), len(fills), made.ravel())
    return made.view(ORDER)[:, 0]


_ORDER_CELLS = {
    "kind": at.KIND, "sign": at.SIGN, "lots": at.LOTS, "price": at.PRICE, "stop": at.STOP, "placed": at.PLACED,
    "ended": at.ENDED, "state": at.STATE, "reason": at.REASON, "filled": at.FILLED, "group": at.GROUP,
    "parent": at.PARENT, "flags": at.FLAGS,
}  # fmt: skip
