"""Bundled strategies, one file each, by the name people choose them by."""

from tradedeck.ports.strategy import Strategy
from tradedeck.strategies.rsi_reversion import RsiReversion
from tradedeck.strategies.sma_cross import SmaCross

BUNDLED: dict[str, type[Strategy]] = {"sma-cross": SmaCross, "rsi-reversion": RsiReversion}

__all__ = ["BUNDLED", "RsiReversion", "SmaCross"]
