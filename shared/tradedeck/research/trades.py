"""Round trips out of a fill log: first in, first out, exact."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.grid import Grid, grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import BarSeries
from tradedeck.research.result import Kind, Run
from tradedeck.research.settings import Account
from tradedeck.sim.kernel.layout import LIQUIDATION

STILL_OPEN = "still open"
ZERO = Decimal(0)
_COIN = Decimal("1e-8")
"""Inverse contracts are counted in this step of the base coin."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One lot of a position from its entry to its exit; `market` is its symbol, `sign` +1 was long, -1 short.

    `entry_ns` and `exit_ns` are when the bars of the fills opened, UTC. `fees` are both fills' part for this
    size; `profit` is after fees, before funding and borrowing, in the asset of account (quote; base for inverse
    contracts, whose size is in quote units). `worst` and `best` are the
    prices furthest against and for it (MAE and MFE): the range of every bar from the entry's, up to but not
    including the exit's, of which only the fill's own price counts. The entry's bar counts whole, for a bar
    does not say which of its prices came first.

    A trade that is still open has `exit_bar` -1 and is valued at the last close, without a fee for leaving.
    """

    number: int
    market: str
    sign: int
    size: Decimal
    entry_bar: int
    entry_ns: int
    entry_price: Decimal
    exit_bar: int
    exit_ns: int
    exit_price: Decimal
    fees: Decimal
    profit: Decimal
    worst: Decimal
    best: Decimal
    bars: int
    entry_order: int
    exit_order: int
    reason: str
    entry_value: Decimal

    @property
    def is_open(self) -> bool:
        """Whether it was still held when the data ended."""
        return self.exit_bar < 0

    @property
    def rate(self) -> float:
        """Profit as a fraction of what the position was worth at its entry."""
        return float(self.profit / self.entry_value)


@dataclass(frozen=True, slots=True)
class _Lot:
    """What is left of an entry's fill."""

    order: int
    bar: int
    sign: int
    ticks: int
    lots: int
    rate: Decimal


def round_trips(run: Run) -> list[Trade]:
    """Every trade of a run in all its markets, in the order of their exits, those still open last."""
    found: list[Trade] = []
    for number, part in enumerate(run.markets):
        # Every market numbers its orders from 1.
        book = _Book(run, part.series, part.instrument, exit_reasons(run.orders[run.orders["market"] == number]))
        book.take(run.fills[run.fills["market"] == number])
        found.extend(book.trades)
    found.sort(key=lambda trade: (trade.is_open, trade.exit_bar, trade.exit_order, trade.entry_bar))
    return [replace(trade, number=place) for place, trade in enumerate(found, 1)]


class _Book:
    """The open lots of one market."""

    def __init__(self, run: Run, series: BarSeries, instrument: Instrument, reasons: dict[int, str]) -> None:
        self._series = series
        self._market = instrument.symbol
        self._grid: Grid = grid_of(instrument)
        self._inverse = run.settings.account is Account.INVERSE
        self._rates = rates_of(run, instrument)
        self._reasons = reasons
        self.trades: list[Trade] = []

    def take(self, fills: NDArray[np.void]) -> None:
        """Pair every fill with the oldest open lots of the other side; what is left over opens a lot."""
        waiting: deque[_Lot] = deque()
        columns = (fills[name].tolist() for name in ("order", "bar", "sign", "price", "lots", "maker", "tier"))
        for order, bar, sign, ticks, lots, maker, tier in zip(*columns, strict=True):
            fill = _Lot(order, bar, sign, ticks, lots, self._rates[int(tier)][bool(maker)])
            while fill.lots and waiting and waiting[0].sign != sign:
                lot = waiting.popleft()
                size = min(lot.lots, fill.lots)
                self._close(lot, fill, size)
                fill = replace(fill, lots=fill.lots - size)
                if lot.lots > size:
                    waiting.appendleft(replace(lot, lots=lot.lots - size))
            if fill.lots:
                waiting.append(fill)
        for lot in waiting:
            self._close(lot, None, lot.lots)

    def _close(self, lot: _Lot, fill: _Lot | None, lots: int) -> None:
        grid, series = self._grid, self._series
        end = fill.bar if fill else len(series)
        size, entry = grid.exact_size(lots), grid.exact_price(lot.ticks)
        leaving = grid.exact_price(fill.ticks) if fill else Decimal(repr(float(series.close[-1])))
        paid, got = self._value(size, entry), self._value(size, leaving)
        fees = paid * lot.rate + (got * fill.rate if fill else ZERO)
        gain = (paid - got if self._inverse else got - paid) * lot.sign
        low, high = self._range(lot.bar, end, entry, leaving)
        self.trades.append(
            Trade(
                number=0,
                market=self._market,
                sign=lot.sign,
                size=size,
                entry_bar=lot.bar,
                entry_ns=int(series.open_ns[lot.bar]),
                entry_price=entry,
                exit_bar=fill.bar if fill else -1,
                exit_ns=int(series.open_ns[fill.bar]) if fill else 0,
                exit_price=leaving,
                fees=fees,
                profit=gain - fees,
                worst=low if lot.sign > 0 else high,
                best=high if lot.sign > 0 else low,
                bars=end - lot.bar,
                entry_order=lot.order,
                exit_order=fill.order if fill else 0,
                reason=self._reasons.get(fill.order, "signal") if fill else STILL_OPEN,
                entry_value=paid,
            )
        )

    def _value(self, size: Decimal, price: Decimal) -> Decimal:
        return (size / price).quantize(_COIN) if self._inverse else size * price

    def _range(self, start: int, end: int, entry: Decimal, leaving: Decimal) -> tuple[Decimal, Decimal]:
        if end <= start:
            return min(entry, leaving), max(entry, leaving)
        low = Decimal(repr(float(np.min(self._series.low[start:end]))))
        high = Decimal(repr(float(np.max(self._series.high[start:end]))))
        return min(low, entry, leaving), max(high, entry, leaving)


def rates_of(run: Run, instrument: Instrument) -> list[dict[bool, Decimal]]:
    """Of every fee tier, or the one row there is: the rate of a fill by whether it was the maker's."""
    return [{True: tier.maker, False: tier.taker} for tier in run.settings.fees_for(instrument)]


def exit_reasons(orders: NDArray[Any]) -> dict[int, str]:
    """Why an order left a position, by its number.

    An order that closes what its parent opened is a bracket's exit: "take" or "loss"; a member of an OCO pair
    likewise. The venue's own order is "liquidation". Any other is the strategy's own decision: "signal" at the
    market, else named by its kind.
    """
    own = {Kind.MARKET: "signal", Kind.LIMIT: "limit", Kind.STOP: "stop", Kind.STOP_LIMIT: "stop"}
    # A stop that comes too late closes at the market.
    closing = {Kind.MARKET: "loss", Kind.LIMIT: "take", Kind.STOP: "loss", Kind.STOP_LIMIT: "loss"}
    signs = dict(zip(orders["number"].tolist(), orders["sign"].tolist(), strict=True))
    told: dict[int, str] = {}
    columns = (orders[name].tolist() for name in ("number", "kind", "sign", "parent", "group", "reason"))
    for number, kind, sign, parent, group, reason in zip(*columns, strict=True):
        # The slices of an iceberg have a parent too, but trade the same way as it does.
        words = closing if group or signs.get(parent, sign) != sign else own
        told[number] = "liquidation" if reason == LIQUIDATION else words[Kind(kind)]
    return told
