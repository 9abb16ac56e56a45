"""Markets that indicators are tried on, as numpy columns."""

from __future__ import annotations

import gzip
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tradedeck.history import bundled_week

Columns = dict[str, NDArray[np.float64]]


@cache
def week() -> Columns:
    """The recorded week of BTCUSDT, its first 4000 minutes."""
    with gzip.open(bundled_week(), "rt") as rows:
        header = rows.readline().strip().split(",")
        table = np.loadtxt(rows, delimiter=",", max_rows=4000)
    names = ("open", "high", "low", "close", "volume")
    columns = {name: np.ascontiguousarray(table[:, header.index(name)]) for name in names}
    return {**columns, "x": columns["close"]}


def walk(seed: int, length: int = 1500) -> Columns:
    """A random walk about 100."""
    chance = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(chance.normal(0.0, 0.01, length)))
    start = np.concatenate([[100.0], close])[:length]
    high = np.maximum(start, close) * np.exp(np.abs(chance.normal(0.0, 0.004, length)))
    low = np.minimum(start, close) * np.exp(-np.abs(chance.normal(0.0, 0.004, length)))
    volume = chance.lognormal(3.0, 1.0, length)
    return {"open": start, "high": high, "low": low, "close": close, "volume": volume, "x": close}
