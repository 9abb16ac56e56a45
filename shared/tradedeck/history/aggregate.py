"""Trades into bars by time, by count, by volume or by value; bars into longer ones.

Boundaries, exactly:

* By time, a trade at `t` belongs to the bar that opens at the last multiple of the timeframe at or before `t`
  (weeks begin on Monday, UTC). No bar is made where nothing traded. The last bar may still have been open.
* By count, volume and value, a bar ends with the trade that makes its sum reach the threshold. A trade is never
  split and the next bar starts from zero; a last bar that did not reach it is left out. It opens at its first
  trade's time, or 1 ns after the bar before opened where that is no later.
* Volume and value are summed in steps of 1e-8, coarser by tens where the whole would not fit in 62 bits.

Source of bars by count, volume and value: M. Lopez de Prado, Advances in Financial Machine Learning (2018), 2.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.history.frames import BAR_FIELDS, PRICES, Frame, cut, joined
from tradedeck.history.series import BarSeries, Floats, Ints, TradeSeries
from tradedeck.history.timeframes import DAY_NS, timeframe_text

_FINEST = 8
_ROOM = 2.0**62
_MONDAY_NS = 4 * DAY_NS
"""1970-01-05 was the first Monday."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How trades become bars: `ends` gives, in some trades, the index after the last of each finished bar.

    `name` is the timeframe under which such bars are kept; `open_end` says that the last one counts though the
    trades ended before it was full.
    """

    name: str
    ends: Callable[[Frame], Ints]
    open_end: bool = False
    step_ns: int = 0


def by_time(timeframe_ns: int) -> Rule:
    """Bars of equal time, on the grid of the epoch."""

    def ends(frame: Frame) -> Ints:
        opened = grid_of_time(frame["time_ns"], timeframe_ns)
        return np.flatnonzero(opened[1:] != opened[:-1]) + 1

    return Rule(timeframe_text(timeframe_ns), ends, open_end=True, step_ns=timeframe_ns)


def by_count(count: int) -> Rule:
    """Bars of `count` trades each.

    Raises:
        RefusedError: less than one.
    """
    _above_zero(count, "number of trades")
    return Rule(f"{count}-trades", lambda frame: np.arange(count, len(frame["time_ns"]) + 1, count))


def by_volume(volume: float) -> Rule:
    """Bars of at least `volume` in base units each. Raises as `by_count` does."""
    _above_zero(volume, "volume")
    return Rule(f"{_written(volume)}-volume", lambda frame: _sums(frame["size"], volume))


def by_value(value: float) -> Rule:
    """Bars of at least `value` in quote units each ("dollar bars"). Raises as `by_count` does."""
    _above_zero(value, "value")
    return Rule(f"{_written(value)}-value", lambda frame: _sums(frame["price"] * frame["size"], value))


def bars_from(trades: Iterable[Frame], rule: Rule) -> Iterator[Frame]:
    """Frames of bars from frames of trades, oldest first; a bar may span several of them."""
    tail: Frame | None = None
    last_ns = np.iinfo(np.int64).min
    for frame in trades:
        whole = joined([tail, dict(frame)]) if tail else frame
        ends = rule.ends(whole)
        if len(ends):
            bars = _bars(whole, ends, rule, last_ns)
            last_ns = int(bars["time_ns"][-1])
            yield bars
        tail = cut(whole, slice(int(ends[-1]) if len(ends) else 0, None))
    if tail and rule.open_end and len(tail["time_ns"]):
        yield _bars(tail, np.array([len(tail["time_ns"])]), rule, last_ns)


def aggregate(trades: TradeSeries, rule: Rule) -> BarSeries:
    """Trades as bars. The timeframe of bars that are not of equal time is their median distance.

    Raises:
        NotFoundError: not enough trades for one bar.
    """
    frame: Frame = {"time_ns": trades.time_ns, "price": trades.price, "size": trades.size}
    bars = joined(bars_from([frame], rule))
    if not bars:
        raise NotFoundError("not enough trades for one bar; choose a smaller one", code="history.nothing")
    step = rule.step_ns or (int(np.median(np.diff(bars["time_ns"]))) if len(bars["time_ns"]) > 1 else 1)
    return BarSeries(trades.symbol, step, *(bars[name] for name in BAR_FIELDS))


def longer(series: BarSeries, timeframe_ns: int) -> BarSeries:
    """Bars put together into longer ones, on the grid of the epoch; a last one that is not over is left out.

    Raises:
        RefusedError: `timeframe_ns` is not a multiple of the series' own.
        NotFoundError: not one of the longer bars is over.
    """
    if timeframe_ns % series.timeframe_ns:
        raise RefusedError(
            f"bars of {timeframe_text(series.timeframe_ns)} don't make bars of {timeframe_text(timeframe_ns)}; "
            "choose a multiple",
            code="history.timeframe",
        )
    if timeframe_ns == series.timeframe_ns:
        return series
    opened = grid_of_time(series.open_ns, timeframe_ns)
    starts = np.flatnonzero(np.diff(opened, prepend=opened[0] - 1))
    over = int(series.open_ns[-1]) + series.timeframe_ns >= int(opened[-1]) + timeframe_ns
    if not over and len(starts) == 1:
        raise NotFoundError(f"there is no whole bar of {timeframe_text(timeframe_ns)}", code="history.nothing")
    stop = len(series) if over else int(starts[-1])
    starts = starts if over else starts[:-1]
    ends = np.append(starts[1:], stop) - 1
    return BarSeries(
        series.symbol,
        timeframe_ns,
        opened[starts],
        series.open[starts],
        np.maximum.reduceat(series.high[:stop], starts),
        np.minimum.reduceat(series.low[:stop], starts),
        series.close[ends],
        np.add.reduceat(series.volume[:stop], starts),
    )


def grid_of_time(time_ns: Ints, timeframe_ns: int) -> Ints:
    """When the bar opened that each time belongs to."""
    first = _MONDAY_NS if timeframe_ns % (7 * DAY_NS) == 0 else 0
    return (time_ns - first) // timeframe_ns * timeframe_ns + first


def _bars(trades: Frame, ends: Ints, rule: Rule, last_ns: int) -> Frame:
    stop = int(ends[-1])
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    price, size = trades["price"][:stop], trades["size"][:stop]
    times = trades["time_ns"][starts]
    values = (
        price[starts],
        np.maximum.reduceat(price, starts),
        np.minimum.reduceat(price, starts),
        price[ends - 1],
        np.add.reduceat(size, starts),
    )
    opened = grid_of_time(times, rule.step_ns) if rule.step_ns else _rising(times, last_ns)
    return dict(zip(("time_ns", *PRICES, "volume"), (opened, *values), strict=True))


def _rising(times: Ints, last_ns: int) -> Ints:
    """The times, each moved by as few nanoseconds as make it later than the one before."""
    places = np.arange(len(times))
    first = max(int(times[0]), last_ns + 1)
    return np.maximum.accumulate(np.concatenate(([first], times[1:])) - places) + places


def _sums(amounts: Floats, threshold: float) -> Ints:
    """Where sums from one bar's end to the next reach `threshold`."""
    digits = _FINEST
    while digits > -_FINEST and float(amounts.sum()) * 10.0**digits >= _ROOM:
        digits -= 1
    summed = np.cumsum(np.rint(amounts * 10.0**digits).astype(np.int64))
    goal = max(round(threshold * 10.0**digits), 1)
    ends: list[int] = []
    done = 0
    while (at := int(np.searchsorted(summed, done + goal))) < len(summed):
        ends.append(at + 1)
        done = int(summed[at])
    return np.array(ends, np.int64)


def _written(number: float) -> str:
    """As part of a file's name: 1000000, 0.5, 1e20."""
    return f"{number:.15g}".replace("+", "")


def _above_zero(number: float, name: str) -> None:
    if not 0 < number < float("inf"):
        raise RefusedError(f"a bar's {name} must be above zero, not {number}", code="history.rule")
