"""Honest little runs for the research tests: an SMA cross over the bundled week, computed with numpy."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import numpy as np

from tradedeck.domain.grid import grid_of
from tradedeck.domain.instrument import Instrument
from tradedeck.history import bundled_week, read_bars
from tradedeck.history.series import BarSeries, Floats, series_of
from tradedeck.research.result import FILL, ORDER, Kind, Note, Run, State, Tier
from tradedeck.research.settings import Settings
from tradedeck.sim.listings import instrument_of

BTC = instrument_of("BTCUSDT")


@cache
def week() -> BarSeries:
    return series_of(read_bars(bundled_week(), BTC))


def mean(x: Floats, length: int) -> Floats:
    out = np.full(len(x), np.nan)
    out[length - 1 :] = np.convolve(x, np.full(length, 1 / length), "valid")
    return out


def sma_cross(
    series: BarSeries, fast: int = 20, slow: int = 50, lots: int = 100_000, settings: Settings | None = None
) -> Run:
    """Long one size while the fast average is above the slow one; market orders fill at the next open."""
    above = mean(series.close, fast) > mean(series.close, slow)
    turns = [int(i) for i in np.flatnonzero(np.diff(above.astype(np.int8))) + 1 if i + 1 < len(series)]
    if turns and not above[turns[0]]:
        turns = turns[1:]
    rows = [(bar + 1, 1 if above[bar] else -1, lots) for bar in turns]
    return run_of(series, rows, settings or Settings(), {"fast": str(fast), "slow": str(slow)})


def run_of(
    series: BarSeries,
    fills: list[tuple[int, int, int]],
    settings: Settings,
    params: dict[str, str] | None = None,
    instrument: Instrument = BTC,
) -> Run:
    """A run of market orders: (bar, sign, lots), filled at that bar's open."""
    grid = grid_of(instrument)
    orders, log = np.zeros(len(fills), ORDER), np.zeros(len(fills), FILL)
    cash, fees, held = settings.cash, Decimal(0), 0
    position, money = np.zeros(len(series), np.int64), np.zeros(len(series))
    rate = instrument.fees.taker if settings.taker is None else settings.taker
    for i, (bar, sign, lots) in enumerate(fills):
        ticks = round(float(series.open[bar]) * grid.tick_den / grid.tick_num)
        worth = grid.exact_price(ticks) * grid.exact_size(lots)
        fees += worth * rate
        cash -= worth * sign + worth * rate
        held += sign * lots
        position[bar] += sign * lots
        money[bar] -= float(worth * sign + worth * rate)
        orders[i] = (i + 1, 0, Kind.MARKET, sign, lots, 0, 0, bar - 1, bar, State.FILLED, 0, lots, 0, 0, 0)
        log[i] = (i + 1, 0, bar, sign, ticks, lots, 0, 0)
    position = np.cumsum(position)
    equity = float(settings.cash) + np.cumsum(money) + position * (grid.lot_num / grid.lot_den) * series.close
    last = Decimal(repr(float(series.close[-1])))
    return Run(
        strategy="SmaCross", params=params or {}, tier=Tier.COMPILED, why_tier="it only declares signals",
        instrument=instrument, grid=grid, series=series, settings=settings, orders=orders, fills=log,
        equity=equity, cash=cash, fees=fees, funding=Decimal(0),
        profit=cash + grid.exact_size(held) * last - settings.cash,
        notes=tuple(Note(bar, "close together", float(series.close[bar])) for bar in range(60, len(series), 3000)),
    )  # fmt: skip
