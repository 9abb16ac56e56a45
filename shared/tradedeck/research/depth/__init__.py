"""Strategies on recorded order books: data, assumptions, and the two ways to run one."""

from __future__ import annotations

from tradedeck.research.depth.drive import replay_depth
from tradedeck.research.depth.run import DepthRun, run_loop
from tradedeck.research.depth.series import DepthSeries, read_depth
from tradedeck.research.depth.settings import DepthSettings, Queue, drawn_delays

__all__ = [
    "DepthRun", "DepthSeries", "DepthSettings", "Queue", "drawn_delays", "read_depth", "replay_depth", "run_loop",
]  # fmt: skip
