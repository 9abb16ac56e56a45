"""What is compared with what, and how much better ours has to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Side:
    """A job of a script in a rival's environment."""

    rival: str
    script: str
    job: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """One row. `bar`: the least ratio of the rival's seconds to ours, 1 for as fast as the rival.

    `same`: the checks in which both sides must agree to the last digit; none where the rival fills by other
    rules. `instead`: who is measured when the rival can't be had here.
    """

    name: str
    ours: str
    rival: Side
    bar: float
    data: str
    same: tuple[str, ...] = ("equity", "fills")
    instead: Side | None = None


_NUMBA = Side("hand_numba", "hand_numba.py", "single")
_PYTHON = Side("hand_python", "hand_python.py", "single")
_VECTORBT = Side("vectorbt", "vbt_rust.py", "single")
_NAUTILUS = Side("nautilus2", "nautilus_v2.py", "single")
_OLD_NAUTILUS = Side("nautilus1", "nautilus_v1.py", "single")
_BACKTESTING = Side("backtesting", "backtesting_py.py", "single")
_SWEPT = ("untied", "equity_first", "equity_sum", "fills")

PAIRINGS = (
    Pairing("single_vs_vectorbt_rust", "compiled", _VECTORBT, 10.0, "bars"),
    Pairing("single_vs_hand_numba", "compiled", _NUMBA, 0.5, "bars"),
    Pairing("sweep_vs_hand_numba", "sweep", Side("hand_numba", "hand_numba.py", "sweep"), 0.5, "bars", _SWEPT),
    Pairing("sweep_vs_vectorbt_rust", "sweep", Side("vectorbt", "vbt_rust.py", "sweep"), 50.0, "bars", _SWEPT),
    Pairing("interpreted_vs_nautilus", "interpreted", _NAUTILUS, 10.0, "bars", (), _OLD_NAUTILUS),
    Pairing("interpreted_vs_backtesting_py", "interpreted", _BACKTESTING, 20.0, "bars"),
    Pairing("interpreted_vs_hand_python", "interpreted", _PYTHON, 0.5, "bars"),
    Pairing("sparse_vs_hand_numba", "sparse", _NUMBA, 0.09, "bars"),
    Pairing("sparse_vs_hand_python", "sparse", _PYTHON, 1.0, "bars"),
    Pairing("depth_vs_hftbacktest", "depth", Side("hftbacktest", "hft_l2.py", "ema"), 1.0, "ticks", ("fills", "cash")),
)
"""Compiled: ten times the fastest rival and half as fast as a loop written for just this strategy, which has no
orders, accounts or rules. Interpreted: ten and twenty times. Sparse: 0.09 of the native loop is 15 million bars a
second where it makes 165."""

LINEAR_BAR = 0.5
"""The least of a bar's time in a million over its time in ten million."""
