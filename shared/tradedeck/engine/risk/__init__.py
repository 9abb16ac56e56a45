"""The one gate: every order passes it, whoever asks."""

from tradedeck.engine.risk.gate import LimitGate

__all__ = ["LimitGate"]
