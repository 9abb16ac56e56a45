# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""What both rivals' strategies see, computed apart from our own code. Needs numpy only."""

from __future__ import annotations

import json
import math
import sys

import numpy as np

FEE = 0.001


def averages(closes, length):
    """Simple moving average of whole hundredths, so that equal averages are equal."""
    sums = np.concatenate(([0], np.cumsum(np.round(closes * 100).astype(np.int64))))
    return np.concatenate((np.full(length - 1, np.nan), (sums[length:] - sums[:-length]) / length / 100))


def wilder_rsi(closes, length=14):
    """J. W. Wilder, New Concepts in Technical Trading Systems, 1978: seeded with the mean of the first moves."""
    moves = np.diff(closes)
    ups, downs = np.maximum(moves, 0), np.maximum(-moves, 0)
    out = np.full(len(closes), np.nan)
    up, down = ups[:length].mean(), downs[:length].mean()
    for i in range(length, len(closes)):
        if i > length:
            up = (up * (length - 1) + ups[i - 1]) / length
            down = (down * (length - 1) + downs[i - 1]) / length
        out[i] = 100.0 * up / (up + down) if up + down else 50.0
    return out


def tick_below(price):
    """The highest tick at or below; a millionth of a tick counts as none."""
    return math.floor(price * 100 + 1e-6) / 100


def tick_above(price):
    """The lowest tick at or above."""
    return math.ceil(price * 100 - 1e-6) / 100


def ticks(price):
    """A fill's price in ticks; it has to be on one."""
    whole = round(price * 100)
    if abs(price * 100 - whole) > 1e-4:
        raise ValueError(f"filled at {price}, which is not a tick")
    return whole


def say(trades, equity, version):
    """The outcome as JSON: trades as entry bar, entry tick, exit bar, exit tick, fees."""
    json.dump({"version": version, "trades": trades, "equity": equity}, sys.stdout)
