"""Why did it trade here, or why did it not: everything that is known about one bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isnan

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.grid import grid_of
from tradedeck.domain.money import text
from tradedeck.history.series import Floats
from tradedeck.research.result import Kind, Run, State
from tradedeck.sim.kernel.layout import LIQUIDATION

ENDINGS = (
    "", "canceled by the strategy", "its partner filled first", "replaced by its successor", "its time was over",
    "nothing to trade with at its price", "it would have taken, and was to wait only", "its size was less than one lot",
    "its size is outside the venue's bounds", "its notional is below the venue's minimum",
    "too many orders were working", "not enough cash", "not enough held to sell",
    "it would not have reduced the position", "not enough margin", "the position was liquidated",
    "its price is outside the venue's bounds",
)  # fmt: skip
"""Words for the reason cell of an order log, by its number."""

_KINDS = {Kind.MARKET: "market", Kind.LIMIT: "limit", Kind.STOP: "stop", Kind.STOP_LIMIT: "stop-limit"}


class Grids:
    """Exact sizes and prices of every market of a run as text, and what the markets are called."""

    def __init__(self, run: Run) -> None:
        self.symbols = [part.instrument.symbol for part in run.markets]
        self._grids = [grid_of(part.instrument) for part in run.markets]

    def size(self, market: int, lots: int) -> str:
        """So many lots of a market."""
        return text(self._grids[market].exact_size(lots))

    def price(self, market: int, ticks: int) -> str:
        """So many ticks of a market."""
        return text(self._grids[market].exact_price(ticks))

    def named(self, market: int, size: str) -> str:
        """A size, with the market's name where it is not the main one."""
        return f"{size} {self.symbols[market]}" if market else size


@dataclass(frozen=True, slots=True)
class Why:
    """One bar in words. `asked`, `refused`, `working`, `ended` and `filled` are sentences about single orders.

    `position`, of the main market, and `equity` are those at the bar's close; `lines` the values of its lines after
    that close.
    """

    bar: int
    open_ns: int
    asked: tuple[str, ...]
    refused: tuple[str, ...]
    working: tuple[str, ...]
    filled: tuple[str, ...]
    ended: tuple[str, ...]
    notes: tuple[str, ...]
    lines: Mapping[str, float]
    position: Decimal
    equity: float
    verdict: str


class Explainer:
    """Explains bars of one run; sorts its logs once."""

    def __init__(self, run: Run, lines: Mapping[str, Floats] | None = None) -> None:
        self._run = run
        self._lines = lines or {}
        self._grids = Grids(run)
        self._orders, self._fills = run.orders, run.fills
        self._placed = np.ascontiguousarray(self._orders["placed"])
        self._ended = np.where(self._orders["ended"] < 0, len(run.series), self._orders["ended"])
        self._dead = self._orders["state"] == State.REJECTED
        self._unfilled = (self._orders["state"] != State.FILLED) & ~self._dead
        self._bars = np.ascontiguousarray(self._fills["bar"])

    @property
    def busy(self) -> list[int]:
        """The bars in which something was asked for or filled."""
        bars = np.unique(np.concatenate([self._placed, self._bars]))
        return bars[(bars >= 0) & (bars < len(self._run.series))].tolist()

    def why(self, bar: int) -> Why:
        """Explain bar number `bar` of the main market, counted from 0.

        Raises:
            RefusedError: the run has no such bar.
        """
        run = self._run
        if not 0 <= bar < len(run.series):
            raise RefusedError(f"there is no bar {bar}; the run has bars 0 to {len(run.series) - 1}", code="report.bar")
        placed = self._placed == bar
        asked, working = self._told(placed & ~self._dead), self._told((self._placed < bar) & (self._ended > bar))
        refused = self._told(placed & self._dead, endings=True)
        filled = tuple(_fill(self._grids, row) for row in self._fills[self._bars == bar])
        held = run.grid.exact_size(int(run.position[bar]))
        return Why(
            bar=bar,
            open_ns=int(run.series.open_ns[bar]),
            asked=asked,
            refused=refused,
            working=working,
            filled=filled,
            ended=self._told(self._unfilled & (self._ended == bar), endings=True),
            notes=tuple(note.text for note in run.notes if note.bar == bar),
            lines={name: float(values[bar]) for name, values in self._lines.items()},
            position=held,
            equity=float(run.equity[bar]),
            verdict=_verdict(run, bar, asked, refused, filled, working, held),
        )

    def _told(self, which: NDArray[np.bool_], *, endings: bool = False) -> tuple[str, ...]:
        rows = self._orders[which]
        return tuple(_order(self._grids, row) + (f": {ending(row)}" if endings else "") for row in rows)


def why(run: Run, bar: int, lines: Mapping[str, Floats] | None = None) -> Why:
    """Explain one bar of a run. Raises as `Explainer.why`."""
    return Explainer(run, lines).why(bar)


def _verdict(
    run: Run, bar: int, asked: tuple[str, ...], refused: tuple[str, ...], filled: tuple[str, ...],
    working: tuple[str, ...], held: Decimal,
) -> str:  # fmt: skip
    if filled:
        return f"It traded: {len(filled)} fill{'s' if len(filled) > 1 else ''} in this bar."
    if refused:
        return "It wanted to trade and was refused."
    if asked:
        return "It asked in this bar, but nothing was filled in it."
    if bar < run.first_bar:
        return f"Its lines were still warming up; the first bar it sees is number {run.first_bar}."
    if working:
        return f"It asked for nothing new; {len(working)} of its orders were working and none was reached."
    return "It asked for nothing here" + (f" and held {text(held)}." if held else " and held nothing.")


def ending(row: np.void) -> str:
    """Why an order ended, in words."""
    reason = int(row["reason"])
    if 0 < reason < len(ENDINGS):
        return ENDINGS[reason]
    return State(int(row["state"])).name.lower()


def _order(grids: Grids, row: np.void) -> str:
    market = int(row["market"])
    parts = [
        f"#{int(row['number'])} {'buy' if row['sign'] > 0 else 'sell'}",
        grids.named(market, grids.size(market, int(row["lots"]))),
    ]
    parts.append(_KINDS[Kind(int(row["kind"]))])
    if row["price"]:
        parts.append(f"at {grids.price(market, int(row['price']))}")
    if row["stop"]:
        parts.append(f"when {grids.price(market, int(row['stop']))} trades")
    if row["parent"]:
        parts.append(f"(of #{int(row['parent'])})")
    if row["reason"] == LIQUIDATION and row["state"] == State.FILLED:
        parts.append("(by the venue: the margin was gone)")
    return " ".join(parts)


def _fill(grids: Grids, row: np.void) -> str:
    market = int(row["market"])
    side, role = ("bought" if row["sign"] > 0 else "sold"), ("maker" if row["maker"] else "taker")
    size = grids.named(market, grids.size(market, int(row["lots"])))
    return f"#{int(row['order'])} {side} {size} at {grids.price(market, int(row['price']))} ({role})"


def lines_text(lines: Mapping[str, float]) -> dict[str, str]:
    """Values of lines for people; a line that still warms up says so."""
    return {name: "warming up" if isnan(value) else f"{value:.10g}" for name, value in lines.items()}
