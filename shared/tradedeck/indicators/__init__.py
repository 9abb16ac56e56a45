"""Indicators: pure maths. Each has one streaming definition; the array form runs the same definition.

Values are floats: statistics, not money. None stands for "not warm yet".
"""

from tradedeck.indicators.streams import ATR, EMA, RSI, SMA, Stream, over

__all__ = ["ATR", "EMA", "RSI", "SMA", "Stream", "over"]
