"""Live and paper trading: the run loop, recovery after any interruption, and the session screens stand on."""

from tradedeck.execution.compose import live, paper
from tradedeck.execution.recovery import Patience
from tradedeck.execution.session import Session

__all__ = ["Patience", "Session", "live", "paper"]
