"""Live and paper trading: the run loop, recovery after any interruption, and the session screens stand on."""

from tradedeck.execution.compose import live, paper
from tradedeck.execution.recovery import Patience
from tradedeck.execution.session import Session
from tradedeck.execution.terms import DeadMan, OnStop, Policy

__all__ = ["DeadMan", "OnStop", "Patience", "Policy", "Session", "live", "paper"]
