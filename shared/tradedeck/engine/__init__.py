"""The engine: an event in, a step out. No clock, no I/O, no await; the same for research, paper and live."""

from tradedeck.domain.limits import Limits
from tradedeck.engine.core import Engine
from tradedeck.engine.loop import replay, run
from tradedeck.engine.parameters import Parameter
from tradedeck.engine.risk import LimitGate
from tradedeck.engine.setup import strategy_parameters

__all__ = ["Engine", "LimitGate", "Limits", "Parameter", "replay", "run", "strategy_parameters"]
