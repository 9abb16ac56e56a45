"""Strategies on recorded order books: data, assumptions, and the two ways to run one."""

from __future__ import annotations

from tradedeck.research.depth.drive import replay_depth
from tradedeck.research.depth.outcome import run_depth
from tradedeck.research.depth.quotes import quotes_of, read_quotes
from tradedeck.research.depth.run import DepthRun, run_loop
from tradedeck.research.depth.series import DepthSeries, read_depth
from tradedeck.research.depth.settings import DepthSettings, Filling, Queue, Trigger, drawn_delays

__all__ = [
    "DepthRun", "DepthSeries", "DepthSettings", "Filling", "Queue", "Trigger", "drawn_delays", "quotes_of",
    "read_depth", "read_quotes", "replay_depth", "run_depth", "run_loop",
]  # fmt: skip
