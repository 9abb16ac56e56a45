"""The thousand pairs of lengths that a sweep tries, and which of them can be compared. Needs numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PAIRS = [(fast, slow) for fast in range(5, 30) for slow in range(40, 240, 5)]


def untied(closes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pairs whose two averages are never exactly equal.

    Where they are (closes are whole hundredths, so whole numbers tell), the last digit of a running sum decides
    whether a tool sees a cross, and every tool sums in an order of its own. Those pairs, about one in eighty,
    are run and timed like the others, but their outcome proves nothing.
    """
    sums = np.concatenate(([0], np.cumsum(np.round(closes * 100).astype(np.int64))))
    windows = {length: sums[length:] - sums[:-length] for pair in PAIRS for length in pair}
    return np.array([
        not np.any(windows[fast][slow - fast :] * slow == windows[slow] * fast) for fast, slow in PAIRS
    ])  # fmt: skip


def summed(equities: NDArray[np.float64], fills: NDArray[np.int64], closes: NDArray[np.float64]) -> dict[str, float]:
    """What every side must agree on: equities to the cent and fills over the untied pairs."""
    kept = untied(closes)
    return {
        "untied": int(kept.sum()),
        "equity_first": round(float(equities[0]), 2),
        "equity_sum": round(float(equities[kept].sum()), 2),
        "fills": int(fills[kept].sum()),
    }
