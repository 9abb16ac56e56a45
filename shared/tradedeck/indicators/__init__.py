"""Indicators: pure maths. Each has one definition, which runs bar by bar, over lists, and compiled over arrays.

Values are floats: statistics, not money. NaN stands for "not warm yet".
"""

from tradedeck.indicators.catalogue import CATALOGUE, GROUPS, definition_of
from tradedeck.indicators.definition import COLUMNS, Definition, Parameter, State, checked
from tradedeck.indicators.over import over
from tradedeck.indicators.streaming import Streaming

__all__ = [
    "CATALOGUE", "COLUMNS", "GROUPS", "Definition", "Parameter", "State", "Streaming", "checked", "definition_of",
    "over",
]  # fmt: skip
