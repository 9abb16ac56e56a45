"""Searching parameters: grid, random, TPE and genetic, resumable, on one machine or a cluster."""

from tradedeck.research.optimise.outcome import StudyResult, optimise
from tradedeck.research.optimise.search import best_of
from tradedeck.research.optimise.spread import on_processes, on_ray
from tradedeck.research.optimise.stability import heat_map, stability_of
from tradedeck.research.optimise.terms import (
    OBJECTIVES,
    EquityOf,
    Evaluate,
    Method,
    Params,
    Plan,
    Progress,
    Prune,
    Trial,
)

__all__ = [
    "OBJECTIVES", "EquityOf", "Evaluate", "Method", "Params", "Plan", "Progress", "Prune", "StudyResult", "Trial",
    "best_of", "heat_map", "on_processes", "on_ray", "optimise", "stability_of",
]  # fmt: skip
