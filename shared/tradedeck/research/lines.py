"""Declared lines and signals as columns, computed once and shared by every run over the same market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tradedeck.compile.columns import Growing
from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import BarSeries, Floats, Ints
from tradedeck.indicators import CATALOGUE
from tradedeck.indicators.definition import checked

FUNDING = "funding rate"
"""The line of funding rates, which is no indicator: a column of the market's own."""
MAX_KEPT_BYTES = 1 << 30
"""Computed columns kept for the next run; the oldest go first."""


_MANY = 4_000_000
"""Values from which several threads are worth starting: one takes 2 ms for half of them."""
Pair = tuple[Floats, Floats | None]


@dataclass(frozen=True, slots=True)
class LineKey:
    """What makes two declared lines the same line."""

    indicator: str
    params: tuple[float, ...]
    source: str = "close"
    output: int = 0
    timeframe_ns: int = 0
    market: int = 0


@dataclass(slots=True)
class Columns:
    """Lines over one market. `earlier` of a line is one bar of its own timeframe before; None: the row before.

    `own` are the bars a second market really has, where `series` is laid out on those of the main one: a line
    sees each of them once. `funding` is the rate due at each bar's open, NaN where none is. `firsts` remembers where
    lines begin.

    Raises:
        RefusedError: there are more or fewer rates than bars, or one is infinite.
    """

    series: BarSeries
    own: BarSeries | None = None
    funding: Floats | None = None
    firsts: dict[LineKey, int] = field(default_factory=dict[LineKey, int], init=False)
    _kept: dict[LineKey, Pair] = field(default_factory=dict[LineKey, "Pair"])
    _longer: dict[int, tuple[BarSeries, Ints]] = field(default_factory=dict[int, "tuple[BarSeries, Ints]"])

    def __post_init__(self) -> None:
        """Check the rates."""
        rates = self.funding
        if rates is not None and (len(rates) != len(self.series) or np.isinf(rates).any()):
            raise RefusedError("funding needs one rate for each bar, NaN where none is due", code="data.funding")

    @property
    def charges(self) -> Floats | None:
        """The rate charged at each bar's open, 0 where none is due; None where there never is one."""
        return None if self.funding is None else np.nan_to_num(self.funding, nan=0.0)

    @property
    def traded(self) -> NDArray[np.bool_] | None:
        """At which bars a second market has one of its own; None for all."""
        if self.own is None:
            return None
        found = np.isin(self.series.open_ns, self.own.open_ns, assume_unique=True)
        return None if found.all() else found

    def line(self, key: LineKey) -> Pair:
        """The values of a line at every bar of the market, NaN where there are none yet."""
        if (kept := self.kept(key)) is not None:
            return kept
        made: list[Pair]
        if key.indicator == FUNDING:
            made = [(self._newest_rates(), None)]
        elif self.is_longer(key):
            made = self._mapped(key)
        else:
            made = [(values, None) for values in _computed(key, self.series)]
        self.keep(key, made)
        return made[key.output]

    def kept(self, key: LineKey) -> Pair | None:
        """A line that has been computed already."""
        return self._kept.get(key)

    def is_longer(self, key: LineKey) -> bool:
        """Whether a line has other bars than the run: of a longer timeframe, or of a market with bars of its own."""
        return key.indicator != FUNDING and (
            self.own is not None or key.timeframe_ns not in (0, self.series.timeframe_ns)
        )

    def compute(self, keys: Sequence[LineKey]) -> None:
        """Have these lines ready; many of them each in a thread of its own (native code lets go of the GIL)."""
        missing = {replace(key, output=0): key for key in keys if key not in self._kept}
        if len(missing) < 2 or len(missing) * len(self.series) < _MANY:
            for key in missing.values():
                self.line(key)
            return
        with ThreadPoolExecutor(len(missing)) as pool:
            list(pool.map(self.line, missing.values()))

    def _newest_rates(self) -> Floats:
        """At each bar the rate that was due last, NaN before the first."""
        assert self.funding is not None, "a line of rates is refused where there are none"
        bars = np.arange(len(self.funding))
        newest = np.maximum.accumulate(np.where(np.isnan(self.funding), -1, bars))
        return _at(self.funding, newest)

    def keep(self, key: LineKey, outputs: list[Pair]) -> None:
        """Keep every output of a line for the next run."""
        for number, columns in enumerate(outputs):
            self._kept[key if number == key.output else replace(key, output=number)] = columns
        while len(self._kept) > len(outputs) and len(self._kept) * self.series.close.nbytes > MAX_KEPT_BYTES:
            del self._kept[next(iter(self._kept))]

    def _mapped(self, key: LineKey) -> list[Pair]:
        if key.timeframe_ns not in self._longer:
            own = self.own or self.series
            series, newest = longer(own, key.timeframe_ns or own.timeframe_ns)
            if self.own is not None:
                newest = newest[np.searchsorted(own.open_ns, self.series.open_ns, side="right") - 1]
            self._longer[key.timeframe_ns] = series, newest
        series, newest = self._longer[key.timeframe_ns]
        return [(_at(values, newest), _at(values, newest - 1)) for values in _computed(key, series)]


class Started:
    """Lines of one run, computed as far as the run has come; what is whole is kept for the next one."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._growing: dict[LineKey, Growing] = {}

    def upto(self, key: LineKey, stop: int) -> Floats:
        """The column of a line, its values there up to `stop` at least."""
        if (kept := self.columns.kept(key)) is not None:
            return kept[0]
        if key.indicator == FUNDING or self.columns.is_longer(key):
            return self.columns.line(key)[0]
        every = replace(key, output=0)
        growing = self._growing.get(every)
        if growing is None:
            growing = self._growing[every] = _growing(key, self.columns.series)
        growing.reach(stop)
        if growing.done == growing.length:
            self.columns.keep(key, [(values, None) for values in growing.outputs])
        return growing.outputs[key.output]

    def first(self, key: LineKey, start: int) -> int:
        """The first bar from `start` on at which a line has a value; their number when there is none."""
        length, firsts = len(self.columns.series), self.columns.firsts
        if not start and key in firsts:
            return firsts[key]
        wanted = start
        while start < length:
            stop = min(start + _LOOK, length)
            has = ~np.isnan(self.upto(key, stop)[start:stop])
            if has.any():
                start += int(has.argmax())
                break
            start = stop
        if not wanted:
            firsts[key] = start
        return start


_LOOK = 1024


def _computed(key: LineKey, series: BarSeries) -> tuple[Floats, ...]:
    made = _growing(key, series)
    made.reach(made.length)
    return made.outputs


def _growing(key: LineKey, series: BarSeries) -> Growing:
    definition = CATALOGUE[key.indicator]
    columns: Mapping[str, Floats] = {
        name: getattr(series, key.source if name == "x" else name) for name in definition.inputs
    }
    return Growing(definition, columns, key.params)


def _at(values: Floats, index: Ints) -> Floats:
    found = values[np.maximum(index, 0)] if len(values) else np.full(len(index), np.nan)
    return np.where(index >= 0, found, np.nan)


@lru_cache(4096)
def line_key(
    indicator: str, lengths: tuple[float, ...], source: str, output: str, timeframe_ns: int, market: int
) -> LineKey:  # fmt: skip
    """The checked key of a declared line.

    Raises:
        RefusedError: no such indicator, source or output, or a parameter out of bounds.
    """
    definition = CATALOGUE.get(indicator)
    if definition is None:
        raise RefusedError(f"there is no indicator {indicator}; see the list of indicators", code="indicator.unknown")
    if source not in ("open", "high", "low", "close", "volume"):
        raise RefusedError(f"{source!r} is no column of a bar", code="indicator.source")
    if output and output not in definition.outputs:
        told = ", ".join(definition.outputs)
        raise RefusedError(f"{indicator} has no output {output}; it has {told}", code="indicator.output")
    number = definition.outputs.index(output) if output else 0
    takes_any = "x" in definition.inputs
    return LineKey(
        indicator, checked(definition, lengths), source if takes_any else "close", number, timeframe_ns, market
    )


def longer(series: BarSeries, timeframe_ns: int) -> tuple[BarSeries, Ints]:
    """Bars of a longer timeframe, and for each short bar the newest long one that is complete by its close (-1: none).

    A long bar is complete when the short bar that ends it has closed or, after a gap, when a later one has.

    Raises:
        RefusedError: not a multiple of the short timeframe.
    """
    if timeframe_ns % series.timeframe_ns:
        raise RefusedError("a line's timeframe must be a multiple of the strategy's own", code="strategy.timeframe")
    bucket = series.open_ns // timeframe_ns
    first = np.flatnonzero(np.r_[True, bucket[1:] != bucket[:-1]])
    last = np.r_[first[1:], len(bucket)] - 1
    made = BarSeries(
        series.symbol,
        timeframe_ns,
        bucket[first] * timeframe_ns,
        series.open[first],
        np.maximum.reduceat(series.high, first),
        np.minimum.reduceat(series.low, first),
        series.close[last],
        np.add.reduceat(series.volume, first),
    )
    number = np.cumsum(np.r_[False, bucket[1:] != bucket[:-1]])
    ends = series.open_ns + series.timeframe_ns == (bucket + 1) * timeframe_ns
    return made, (number - np.where(ends, 0, 1)).astype(np.int64)
