"""A replay of a book as a run over bars, so that reports, figures and trades are those of any other run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.grid import Grid, grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.ports.strategy import Strategy
from tradedeck.research.depth.drive import replay_depth
from tradedeck.research.depth.quotes import middles
from tradedeck.research.depth.run import DepthRun
from tradedeck.research.depth.series import DepthSeries
from tradedeck.research.depth.settings import DepthSettings
from tradedeck.research.result import FILL, ORDER, Kind, Note, Run, State, Tier
from tradedeck.research.settings import Settings
from tradedeck.sim.depth.layout import BUYER_TOOK, CANCELED, DONE, EXPIRED, MARKET_ORDER

_WHY = "every event of the recorded book"
_MANY = 4
"""More delays than these are told by their number, middle and digest."""
_STATES = {DONE: State.FILLED, CANCELED: State.CANCELED, EXPIRED: State.EXPIRED}
_CANCELED_BY_STRATEGY, _NOTHING_TO_TRADE_WITH = 1, 5


def run_depth(
    strategy: type[Strategy],
    series: DepthSeries,
    instrument: Instrument,
    params: Mapping[str, str],
    settings: DepthSettings,
    timeframe_ns: int,
) -> Run:
    """Replay a strategy as `replay_depth` does, and show what came out over bars of `timeframe_ns`.

    A fill belongs to the bar in which the venue made it, an order to that in which it reached the venue.
    `equity` values the position at each bar's close. Bars are of the tape, or of the middle where there is none;
    while nothing happens the last price stands.

    Raises:
        RefusedError: as `replay_depth`.
    """
    made = replay_depth(strategy, series, instrument, params, settings)
    grid = grid_of(instrument)
    bars = bars_of(series, instrument, timeframe_ns)
    at = _bar(bars, np.array([when for when, _, _ in made.notes], np.int64)).tolist()
    notes = tuple(Note(bar, text, price) for bar, (_, text, price) in zip(at, made.notes, strict=True))
    run = Run(
        strategy=strategy.__name__, params=made.params, tier=Tier.INTERPRETED, why_tier=_WHY, instrument=instrument,
        grid=grid, series=bars, settings=Settings(cash=settings.cash, maker=settings.maker, taker=settings.taker),
        orders=_orders(made, bars), fills=_fills(made, bars), equity=np.empty(0), cash=made.cash, fees=made.fees,
        funding=Decimal(0), profit=made.profit, notes=notes, book=_assumed(series, settings),
    )  # fmt: skip
    return replace(run, equity=_equity(run, grid))


def bars_of(series: DepthSeries, instrument: Instrument, timeframe_ns: int) -> BarSeries:
    """Bars of what was traded; of the middle of the best prices, without volume, where there are no trades."""
    grid = grid_of(instrument)
    traded = series.kind >= BUYER_TOOK
    if traded.any():
        when = series.venue_ns[traded]
        price, size = _prices(series.price[traded], grid), series.lots[traded] * grid.lot_num / grid.lot_den
    else:
        when, twice = middles(series, instrument)
        price, size = _prices(twice, grid) / 2, np.zeros(len(when))
    order = np.argsort(when, kind="stable")
    return _bars(series.symbol, timeframe_ns, when[order], price[order], size[order].astype(np.float64))


def _prices(ticks: Ints, grid: Grid) -> Floats:
    return (ticks * grid.tick_num / grid.tick_den).astype(np.float64)


def _bars(symbol: str, step: int, when: Ints, price: Floats, size: Floats) -> BarSeries:
    first = int(when[0]) // step
    place = when // step - first
    count = int(place[-1]) + 1
    # The last price before each bar begins is that of the event before its first one.
    starts = np.searchsorted(place, np.arange(count))
    ends = np.searchsorted(place, np.arange(count), side="right")
    filled = ends > starts
    before = price[np.maximum(starts - 1, 0)]
    open_, high, low, close = (before.copy() for _ in range(4))
    open_[filled], close[filled] = price[starts[filled]], price[ends[filled] - 1]
    high[filled] = np.maximum.reduceat(price, starts[filled])
    low[filled] = np.minimum.reduceat(price, starts[filled])
    volume = np.zeros(count)
    volume[filled] = np.add.reduceat(size, starts[filled])
    return BarSeries(symbol, step, (first + np.arange(count)) * step, open_, high, low, close, volume)


def _bar(bars: BarSeries, when: Ints) -> Ints:
    return np.clip((when - int(bars.open_ns[0])) // bars.timeframe_ns, 0, len(bars) - 1)


def _orders(made: DepthRun, bars: BarSeries) -> NDArray[np.void]:
    told = made.orders
    rows = np.zeros(len(told), ORDER)
    for name in ("number", "sign", "lots", "price", "stop", "filled"):
        rows[name] = told[name]
    market, stop = told["type"] == MARKET_ORDER, told["stop"] > 0
    rows["kind"] = np.where(
        stop, np.where(market, Kind.STOP, Kind.STOP_LIMIT), np.where(market, Kind.MARKET, Kind.LIMIT)
    )
    rows["price"][market] = 0
    rows["state"] = [_STATES.get(status, State.WORKING) for status in told["status"].tolist()]
    rows["placed"] = _bar(bars, told["placed_ns"])
    rows["ended"] = np.where(rows["state"] == State.WORKING, -1, _bar(bars, told["ended_ns"]))
    rows["reason"][rows["state"] == State.CANCELED] = _CANCELED_BY_STRATEGY
    rows["reason"][rows["state"] == State.EXPIRED] = _NOTHING_TO_TRADE_WITH
    return rows[np.argsort(rows["number"], kind="stable")]


def _fills(made: DepthRun, bars: BarSeries) -> NDArray[np.void]:
    rows = np.zeros(len(made.fills), FILL)
    for name in ("order", "sign", "price", "lots", "maker"):
        rows[name] = made.fills[name]
    rows["bar"] = _bar(bars, made.fills["venue_ns"])
    return rows[np.argsort(rows["bar"], kind="stable")]


def _equity(run: Run, grid: Grid) -> Floats:
    """The account's worth at each close: a statistic, so in floats."""
    fills, fees = run.fills, run.instrument.fees
    maker, taker = run.settings.maker, run.settings.taker
    rates = (float(fees.maker if maker is None else maker), float(fees.taker if taker is None else taker))
    worth = _prices(fills["price"], grid) * fills["lots"] * grid.size(1)
    fee = np.where(fills["maker"] > 0, *rates)
    paid = np.bincount(fills["bar"], -worth * (fills["sign"] + fee), len(run.series))
    return float(run.settings.cash) + np.cumsum(paid) + run.position * grid.size(1) * run.series.close


def _assumed(series: DepthSeries, settings: DepthSettings) -> dict[str, Any]:
    told = asdict(settings)
    for name in ("to_venue_ns", "to_home_ns"):
        told[name] = _delays(told[name])
    data = "best prices" if series.quotes else "whole book"
    return {"replay": data, "rows": len(series), "recording": series.digest(), **told}


def _delays(delays: tuple[int, ...]) -> str:
    if len(delays) <= _MANY:
        return ", ".join(map(str, delays))
    middle = sorted(delays)[len(delays) // 2]
    return f"{len(delays)} drawn, median {middle}, {sha256(repr(delays).encode()).hexdigest()[:16]}"
