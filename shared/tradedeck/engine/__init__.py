"""The engine: an event in, a step out. No clock, no I/O, no await; the same for research, paper and live."""

from tradedeck.engine.core import Engine
from tradedeck.engine.limits import LimitGate, Limits
from tradedeck.engine.loop import replay, run
from tradedeck.engine.parameters import Parameter
from tradedeck.engine.setup import strategy_parameters

__all__ = ["Engine", "LimitGate", "Limits", "Parameter", "replay", "run", "strategy_parameters"]
