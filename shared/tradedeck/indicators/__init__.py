"""Indicators: pure maths. Each has one definition, which runs bar by bar, over lists, and compiled over arrays.

Values are floats: statistics, not money. NaN stands for "not warm yet".
"""

from tradedeck.indicators.catalogue import CATALOGUE, GROUPS, definition_of
from tradedeck.indicators.definition import COLUMNS, Definition, Parameter, State, checked
from tradedeck.indicators.over import over as columns_over
from tradedeck.indicators.streaming import Streaming
from tradedeck.indicators.streams import ATR, EMA, RSI, SMA, Stream, over

__all__ = [
    "ATR", "CATALOGUE", "COLUMNS", "EMA", "GROUPS", "RSI", "SMA", "Definition", "Parameter", "State", "Stream",
    "Streaming", "checked", "columns_over", "definition_of", "over",
]  # fmt: skip
