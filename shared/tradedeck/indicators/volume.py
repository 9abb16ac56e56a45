"""Volume: whether it goes with the price."""

from __future__ import annotations

from math import nan

from tradedeck.indicators.blocks import (
    BEFORE_SIZE,
    before,
    delayed,
    ema,
    mean,
    ratio,
    ring_size,
    total,
    total_size,
)  # fmt: skip
from tradedeck.indicators.definition import State, define, factor, length, longer


def flow(high: float, low: float, close: float, volume: float) -> float:
    """M. Chaikin's money flow: all of the volume when the close is the high, none in the middle."""
    span = high - low
    if span <= 0.0:
        return 0.0
    return ((close - low) - (high - close)) / span * volume


def obv_step(s: State, x: float, volume: float) -> float:
    """J. Granville's on-balance volume: added when x rises, taken off when it falls."""
    last = before(s, 0, x)
    if last != last or x > last:
        s[2] += volume
    elif x < last:
        s[2] -= volume
    return s[2]


def ad_step(s: State, high: float, low: float, close: float, volume: float) -> float:
    """M. Chaikin's accumulation and distribution: money flow added up."""
    s[0] += flow(high, low, close, volume)
    return s[0]


def adosc_step(s: State, high: float, low: float, close: float, volume: float, fast: int, slow: int) -> float:
    """M. Chaikin's oscillator: a fast mean of accumulation less a slow one, both begun at the first bar."""
    line = ad_step(s, high, low, close, volume)
    if s[1] == 0.0:
        s[2] = line
        s[3] = line
    s[1] += 1.0
    a = 2.0 / (fast + 1.0)
    b = 2.0 / (slow + 1.0)
    s[2] = a * line + (1.0 - a) * s[2]
    s[3] = b * line + (1.0 - b) * s[3]
    return s[2] - s[3] if s[1] >= max(fast, slow) else nan


def cmf_step(s: State, high: float, low: float, close: float, volume: float, n: int) -> float:
    """M. Chaikin's money flow over volume, -1 to 1."""
    money = total(s, 0, n, flow(high, low, close, volume))
    return ratio(money, total(s, total_size(n), n, volume))


def efi_step(s: State, x: float, volume: float, n: int) -> float:
    """A. Elder's force: change times volume, smoothed."""
    return ema(s, 2, n, (x - before(s, 0, x)) * volume)


def eom_step(s: State, high: float, low: float, volume: float, n: int, scale: float) -> float:
    """R. Arms' ease of movement: how far the middle moves for a volume, smoothed."""
    middle = (high + low) / 2.0
    moved = middle - before(s, 0, middle)
    return mean(s, 2, n, ratio(moved * (high - low), volume / scale))


def marketfi_step(s: State, high: float, low: float, volume: float) -> float:
    """B. Williams' facilitation: the range a unit of volume makes."""
    return ratio(high - low, volume)


def nvi_step(s: State, x: float, volume: float) -> float:
    """P. Dysart's negative volume index, from 1000: moves only when volume falls."""
    last = before(s, 0, x)
    traded = before(s, 2, volume)
    if last != last:
        s[4] = 1000.0
    elif volume < traded and last != 0.0:
        s[4] += s[4] * ((x - last) / last)
    return s[4]


def pvi_step(s: State, x: float, volume: float) -> float:
    """P. Dysart's positive volume index, from 1000: moves only when volume rises."""
    last = before(s, 0, x)
    traded = before(s, 2, volume)
    if last != last:
        s[4] = 1000.0
    elif volume > traded and last != 0.0:
        s[4] += s[4] * ((x - last) / last)
    return s[4]


def pvt_step(s: State, x: float, volume: float) -> float:
    """Price-volume trend: volume times the share of change, added up."""
    last = before(s, 0, x)
    if last == last and last != 0.0:
        s[2] += volume * ((x - last) / last)
    return s[2]


def pvo_step(s: State, volume: float, fast: int, slow: int) -> float:
    """A fast exponential mean of volume less a slow one, in percent of the slow one."""
    quick = ema(s, 0, min(fast, slow), volume)
    lazy = ema(s, 2, max(fast, slow), volume)
    return 100.0 * ratio(quick - lazy, lazy)


def rvol_step(s: State, volume: float, n: int) -> float:
    """Volume over the mean of the n bars before."""
    usual = s[total_size(n)] if s[2] > 0.0 else nan
    s[total_size(n)] = mean(s, 0, n, volume)
    return ratio(volume, usual)


def vwap_step(s: State, high: float, low: float, close: float, volume: float) -> float:
    """The mean typical price weighted by volume, since the first bar."""
    s[0] += (high + low + close) / 3.0 * volume
    s[1] += volume
    return ratio(s[0], s[1])


def rolling_vwap_step(s: State, high: float, low: float, close: float, volume: float, n: int) -> float:
    """The mean typical price weighted by volume, of the last n bars."""
    money = total(s, 0, n, (high + low + close) / 3.0 * volume)
    return ratio(money, total(s, total_size(n), n, volume))


def vroc_step(s: State, volume: float, n: int) -> float:
    """Change of volume over n bars in percent."""
    past = delayed(s, 0, n, volume)
    return 100.0 * ratio(volume - past, past)


_GAP = (length("fast", 12, 2), length("slow", 26, 2))
_FLOW = "high low close volume"

VOLUME = (
    define("obv", "On-balance volume", "x volume", (), "obv", obv_step, lambda: BEFORE_SIZE + 1, lambda: 1),
    define("ad", "Accumulation/distribution", _FLOW, (), "ad", ad_step, lambda: 1, lambda: 1),
    define("adosc", "Chaikin oscillator", _FLOW, (length("fast", 3, 2), length("slow", 10, 2)), "adosc", adosc_step,
           lambda f, w: 4, longer),
    define("cmf", "Chaikin money flow", _FLOW, (length(default=20),), "cmf", cmf_step, lambda n: 2 * total_size(n),
           lambda n: n),
    define("efi", "Elder's force index", "x volume", (length(default=13),), "efi", efi_step, lambda n: 4,
           lambda n: n + 1),
    define("eom", "Ease of movement", "high low volume", (length(), factor("scale", 1e4, 1e-9, 1e12)), "eom",
           eom_step, lambda n, c: 2 + total_size(n), lambda n, c: n + 1, "R. W. Arms, Volume Cycles, 1983"),
    define("marketfi", "Market facilitation index", "high low volume", (), "marketfi", marketfi_step, lambda: 0,
           lambda: 1),
    define("nvi", "Negative volume index", "x volume", (), "nvi", nvi_step, lambda: 5, lambda: 1),
    define("pvi", "Positive volume index", "x volume", (), "pvi", pvi_step, lambda: 5, lambda: 1),
    define("pvt", "Price-volume trend", "x volume", (), "pvt", pvt_step, lambda: 3, lambda: 1),
    define("pvo", "Percentage volume oscillator", "volume", _GAP, "pvo", pvo_step, lambda f, w: 4,
           longer),
    define("rvol", "Relative volume", "volume", (length(default=20),), "rvol", rvol_step,
           lambda n: total_size(n) + 1, lambda n: n + 1),
    define("vwap", "Volume-weighted average price", _FLOW, (), "vwap", vwap_step, lambda: 2, lambda: 1),
    define("rolling_vwap", "Rolling volume-weighted average price", _FLOW, (length(default=20),), "rolling_vwap",
           rolling_vwap_step, lambda n: 2 * total_size(n), lambda n: n,
           "S. Berkowitz, D. Logue, E. Noser, Journal of Finance 43, 1988"),
    define("vroc", "Volume rate of change", "volume", (length(),), "vroc", vroc_step, ring_size, lambda n: n + 1,
           "G. Appel, F. Hitschler, Stock Market Trading Systems, 1980"),
)  # fmt: skip
