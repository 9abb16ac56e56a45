"""Recorded markets on disk: reading bars and trades from CSV and Parquet, and a week that comes along."""

from tradedeck.history.bundled import bundled_trades, bundled_week
from tradedeck.history.reading import Kind, kind_of, read_bars, read_market, read_trades

__all__ = [
    "Kind",
    "bundled_trades",
    "bundled_week",
    "kind_of",
    "read_bars",
    "read_market",
    "read_trades",
]
