"""Indicators that TA-Lib lacks agree with their formula, written down a second time over whole windows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from shared.indicators.markets import Columns, walk, week

from tradedeck.compile.columns import columns_of
from tradedeck.indicators import CATALOGUE

Floats = NDArray[np.float64]


def windows(x: Floats, n: int) -> Floats:
    """Row i is the window that ends at i; NaN where it would begin before the first value."""
    return sliding_window_view(np.concatenate([np.full(n - 1, np.nan), x]), n)


def mean(x: Floats, n: int) -> Floats:
    return windows(x, n).mean(axis=1)


def past(x: Floats, n: int) -> Floats:
    return np.concatenate([np.full(n, np.nan), x[: len(x) - n]])


def top(x: Floats, n: int) -> Floats:
    return windows(x, n).max(axis=1)


def bottom(x: Floats, n: int) -> Floats:
    return windows(x, n).min(axis=1)


def wilder(x: Floats, n: int) -> Floats:
    """A plain loop from the first value that is not NaN."""
    start = int(np.isnan(x).argmin())
    out = np.full(len(x), np.nan)
    out[start + n - 1] = x[start : start + n].mean()
    for i in range(start + n, len(x)):
        out[i] = out[i - 1] + (x[i] - out[i - 1]) / n
    return out


def ranges(c: Columns) -> Floats:
    last = past(c["close"], 1)
    return np.maximum(c["high"], last) - np.minimum(c["low"], last)


def middles(c: Columns, n: int) -> Floats:
    return (top(c["high"], n) + bottom(c["low"], n)) / 2


def alma(c: Columns) -> list[Floats]:
    bell = np.exp(-((np.arange(9) - 0.85 * 8) ** 2) / (2 * (9 / 6) ** 2))
    return [windows(c["x"], 9) @ (bell / bell.sum())]


def mcginley(c: Columns) -> list[Floats]:
    x = c["x"]
    out = np.full(len(x), np.nan)
    out[13] = x[:14].mean()
    for i in range(14, len(x)):
        out[i] = out[i - 1] + (x[i] - out[i - 1]) / (0.6 * 14 * (x[i] / out[i - 1]) ** 4)
    return [out]


def kst(c: Columns) -> list[Floats]:
    x = c["x"]
    parts = [mean((x / past(x, back) - 1) * 100, n) for back, n in ((10, 10), (15, 10), (20, 10), (30, 15))]
    line = parts[0] + 2 * parts[1] + 3 * parts[2] + 4 * parts[3]
    signal = mean(line, 9)
    return [np.where(np.isnan(signal), np.nan, line), signal]


def fisher(c: Columns) -> list[Floats]:
    x = (c["high"] + c["low"]) / 2
    share = (x - bottom(x, 9)) / (top(x, 9) - bottom(x, 9))
    line, trigger = np.full(len(x), np.nan), np.full(len(x), np.nan)
    held = value = 0.0
    for i in range(8, len(x)):
        held = float(np.clip(0.66 * (share[i] - 0.5) + 0.67 * held, -0.999, 0.999))
        trigger[i] = value
        value = float(np.arctanh(held)) + 0.5 * value
        line[i] = value
    return [line, trigger]


def ichimoku(c: Columns) -> list[Floats]:
    turning, base = middles(c, 9), middles(c, 26)
    return [turning, base, past((turning + base) / 2, 25), past(middles(c, 52), 25)]


def alligator(c: Columns) -> list[Floats]:
    x = (c["high"] + c["low"]) / 2
    return [past(wilder(x, 13), 8), past(wilder(x, 8), 5), past(wilder(x, 5), 3)]


def chop(c: Columns) -> list[Floats]:
    way = windows(ranges(c), 14).sum(axis=1)
    return [100 * np.log10(way / (top(c["high"], 14) - bottom(c["low"], 14))) / np.log10(14)]


def hv(c: Columns) -> list[Floats]:
    changes = np.diff(np.log(c["x"]), prepend=np.nan)
    return [100 * np.sqrt(365) * windows(changes, 20).std(axis=1, ddof=1)]


def parkinson(c: Columns) -> list[Floats]:
    return [100 * np.sqrt(365 * mean(np.log(c["high"] / c["low"]) ** 2, 20) / (4 * np.log(2)))]


def ulcer(c: Columns) -> list[Floats]:
    high = top(c["x"], 14)
    return [np.sqrt(mean((100 * (c["x"] - high) / high) ** 2, 14))]


def deviations(c: Columns) -> tuple[Floats, Floats]:
    return mean(c["x"], 20), windows(c["x"], 20).std(axis=1)


def bbw(c: Columns) -> list[Floats]:
    middle, wide = deviations(c)
    return [4 * wide / middle]


def percent_b(c: Columns) -> list[Floats]:
    middle, wide = deviations(c)
    return [(c["x"] - (middle - 2 * wide)) / (4 * wide)]


def zscore(c: Columns) -> list[Floats]:
    middle, wide = deviations(c)
    return [(c["x"] - middle) / wide]


def envelope(c: Columns) -> list[Floats]:
    middle = mean(c["x"], 20)
    return [middle * 1.025, middle, middle * 0.975]


def chandelier(c: Columns) -> list[Floats]:
    wide = 3 * wilder(ranges(c), 22)
    return [top(c["high"], 22) - wide, bottom(c["low"], 22) + wide]


def eom(c: Columns) -> list[Floats]:
    x = (c["high"] + c["low"]) / 2
    ease = (x - past(x, 1)) * (c["high"] - c["low"]) / (c["volume"] / 1e4)
    return [mean(ease, 14)]


def rolling_vwap(c: Columns) -> list[Floats]:
    price = (c["high"] + c["low"] + c["close"]) / 3
    return [mean(price * c["volume"], 20) / mean(c["volume"], 20)]


def vroc(c: Columns) -> list[Floats]:
    return [100 * (c["volume"] / past(c["volume"], 14) - 1)]


FORMULAS: list[Callable[[Columns], list[Floats]]] = [
    alligator, alma, bbw, chandelier, chop, envelope, eom, fisher, hv, ichimoku, kst, mcginley, parkinson, percent_b,
    rolling_vwap, ulcer, vroc, zscore,
]  # fmt: skip


@pytest.mark.parametrize("market", [week, lambda: walk(7)], ids=["week", "walk"])
@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.__name__)
def test_it_equals_its_formula(formula: Callable[[Columns], list[Floats]], market: Callable[[], Columns]) -> None:
    columns = market()
    ours = columns_of(CATALOGUE[formula.__name__], columns)
    for mine, expected in zip(ours, formula(columns), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=1e-8)
