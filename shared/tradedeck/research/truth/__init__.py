"""Whether a result can be believed: look-ahead, repainting, doubtful data, thin evidence, fragile profit."""

from tradedeck.research.truth.check import check_truth
from tradedeck.research.truth.findings import Finding, Level

__all__ = ["Finding", "Level", "check_truth"]
