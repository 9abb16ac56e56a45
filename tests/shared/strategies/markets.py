"""Recorded markets for the strategies' tests, read once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from tradedeck.history import bundled_week
from tradedeck.history.load import load_bars
from tradedeck.history.series import BarSeries, Floats
from tradedeck.research.result import Run
from tradedeck.sim.listings import instrument_of

DATA = Path(__file__).parents[2] / "data"
PERPETUAL_FILE = DATA / "BTCUSDT_perpetual_1h.parquet"
BTC, ETH = instrument_of("BTCUSDT"), instrument_of("ETHUSDT")
PERPETUAL = replace(BTC, symbol="BTCUSDT-PERP")


@cache
def week() -> BarSeries:
    """Minutes of BTCUSDT, 4 to 10 March 2024."""
    return load_bars(bundled_week(), "BTCUSDT")


@cache
def ether() -> BarSeries:
    """Minutes of ETHUSDT, 4 to 7 March 2024."""
    return load_bars(DATA / "ETHUSDT_bars_1m.parquet", "ETHUSDT")


@cache
def bitcoin() -> BarSeries:
    """Minutes of BTCUSDT for the days of `ether`."""
    return load_bars(bundled_week(), "BTCUSDT", 0, int(ether().open_ns[-1]) + 1)


@dataclass(frozen=True)
class Funded:
    """A perpetual, its spot market, and the rate due at each bar's open, NaN where none is."""

    perpetual: BarSeries
    spot: BarSeries
    rates: Floats


@cache
def funded() -> Funded:
    """Hours of Binance's BTCUSDT perpetual, May 2025, with the real rates.

    No spot prices of that month are at hand. They are made of the perpetual's and of the next real rate by turning
    the venue's rule round: a rate r below the interest of 0.01 % means a premium of r - 0.05 %.
    """
    perpetual = load_bars(PERPETUAL_FILE, PERPETUAL.symbol)
    rates = pl.read_parquet(PERPETUAL_FILE)["funding"].to_numpy()
    due = np.flatnonzero(rates)
    after = np.searchsorted(due, np.arange(len(rates)), side="right")
    coming = rates[due[np.minimum(after, len(due) - 1)]]
    ratio = 1 + np.where(coming < 0.0001, coming - 0.0005, -0.0004)
    prices = {name: getattr(perpetual, name) / ratio for name in ("open", "high", "low", "close")}
    spot = replace(perpetual, symbol="BTCUSDT", **prices)
    return Funded(perpetual, spot, np.where(rates == 0, np.nan, rates))


def held(run: Run, market: int = 0) -> Floats:
    """Base units held at each close."""
    fills = run.fills[run.fills["market"] == market]
    total = np.zeros(len(run.series))
    np.add.at(total, fills["bar"], fills["sign"] * fills["lots"])
    lot = float((ETH if market else run.instrument).lot)
    return np.cumsum(total) * lot
