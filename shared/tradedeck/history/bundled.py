"""Real market data that comes with the library, so that everything runs with no network."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_DATA = "data"


def bundled_week() -> Path:
    """One-minute bars of BTCUSDT at Binance spot, 2024-03-04 to 2024-03-10 (CSV, gzip)."""
    return _file("BTCUSDT_1m_20240304_20240310.csv.gz")


def bundled_trades() -> Path:
    """Eleven minutes of single trades of BTCUSDT at Binance spot, 2024-08-08 to 2024-08-09 (CSV, gzip)."""
    return _file("BTCUSDT_trades_20240808_20240809.csv.gz")


def _file(name: str) -> Path:
    return Path(str(files("tradedeck.history").joinpath(_DATA, name)))
