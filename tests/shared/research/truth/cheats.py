"""Strategies that know the future, each in another way, for the truth checks to catch."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from shared.research.runs import week

from tradedeck.ports.strategy import BarView, Setup, Strategy

DAY = week().slice(0, 1440)
TIMES = {int(time): float(move) for time, move in zip(DAY.open_ns[:-1], np.diff(DAY.close), strict=True)}
STOP_NS = int(DAY.open_ns[-2])
SEEN: list[float] = []
FIRST: list[Any] = []


def rises(series: Any, i: int) -> bool:
    return series.close[i + 1] > series.close[i]


class ReadsAhead(Strategy):
    """Follows the view to the whole column, and stumbles where it ends."""

    def on_bar(self, bar: BarView) -> None:
        whole: Any = bar
        if bar.open_ns < STOP_NS:
            self.target(0.01 if rises(whole._series, whole._cursor.i) else 0.0)


class ReadsAheadCarefully(Strategy):
    """As above, but never beyond the end."""

    def on_bar(self, bar: BarView) -> None:
        whole: Any = bar
        i = min(whole._cursor.i + 5, len(whole._series) - 1)
        if whole._series.close[i] > bar.close * 1.0005:
            self.buy(0.01)
        elif self.position > 0:
            self.close()


class ReadsTheBase(Strategy):
    """A slice of an array still leads to the array."""

    def on_bar(self, bar: BarView) -> None:
        whole: Any = bar
        base = whole._series.close.base
        everything = whole._series.close if base is None else base
        self.target(0.01 if everything[: len(DAY)].mean() > bar.close else 0.0)


class KnowsTheLineToCome(Strategy):
    """Compares with the line's last value of all."""

    def setup(self, setup: Setup) -> None:
        self.average: Any = setup.sma(10)

    def on_bar(self, bar: BarView) -> None:
        if bar.close < self.average.values[-1]:
            self.target(0.01)
        else:
            self.close()


class Normalises(Strategy):
    """Measures against the highest price of the whole data."""

    def setup(self, setup: Setup) -> None:
        declared: Any = setup
        self.highest = float(declared.bar._series.high.max())

    def on_bar(self, bar: BarView) -> None:
        if bar.close < self.highest * 0.98:
            self.buy(0.001)


class Centres(Strategy):
    """Puts a centred average where the trailing one was: it repaints."""

    def setup(self, setup: Setup) -> None:
        self.average: Any = setup.sma(11)
        values = self.average.values
        values[: len(values) - 5] = np.r_[values[5:]]
        self.up = setup.crosses_above(self.average, 0.0)

    def on_bar(self, bar: BarView) -> None:
        self.target(0.01 if bar.close < self.average.value else 0.0)


class HoldsThePrices(Strategy):
    """Its module loaded the same day."""

    def on_bar(self, bar: BarView) -> None:
        at = int(np.searchsorted(DAY.open_ns, bar.open_ns)) + 1
        self.target(0.01 if DAY.close[min(at, len(DAY) - 1)] > bar.close else 0.0)


class HoldsADiary(Strategy):
    """Its class knows what to do at which minute."""

    diary = TIMES

    def on_bar(self, bar: BarView) -> None:
        self.target(0.01 if self.diary.get(bar.open_ns, 0.0) > 0 else 0.0)


class Remembers(Strategy):
    """The second run knows what the first one saw."""

    def setup(self, setup: Setup) -> None:
        self.known = list(SEEN)
        SEEN.clear()

    def on_bar(self, bar: BarView) -> None:
        SEEN.append(bar.close)
        after = self.known[len(SEEN)] if len(SEEN) < len(self.known) else bar.open
        self.target(0.01 if after > bar.close else 0.0)


class KeepsTheSeries(Strategy):
    """A reference to the whole series in a module global, kept from the first bar of the first run."""

    def on_bar(self, bar: BarView) -> None:
        if not FIRST:
            whole: Any = bar
            FIRST.append(whole._series)
        at = int(np.searchsorted(FIRST[0].open_ns, bar.open_ns)) + 1
        self.target(0.01 if FIRST[0].close[min(at, len(FIRST[0]) - 1)] > bar.close else 0.0)


def with_default(closes: tuple[float, ...]) -> type[Strategy]:
    """A strategy that closes over the prices."""

    class ClosesOver(Strategy):
        def setup(self, setup: Setup) -> None:
            self.i = -1

        def on_bar(self, bar: BarView) -> None:
            self.i += 1
            self.target(0.01 if closes[min(self.i + 1, len(closes) - 1)] > bar.close else 0.0)

    return ClosesOver


class ReadsTheOtherAhead(Strategy):
    """Knows the second market's future only."""

    def setup(self, setup: Setup) -> None:
        self.other: Any = setup.market("other", "ETHUSDT")

    def on_bar(self, bar: BarView) -> None:
        whole: Any = bar
        closes, i = self.other.bar._series.close, whole._cursor.i
        self.target(0.01 if closes[min(i + 2, len(closes) - 1)] > closes[i] else 0.0)


class Gambles(Strategy):
    """Uses chance: no run is like another."""

    def on_bar(self, bar: BarView) -> None:
        if random.random() < 0.01:
            self.buy(0.001)


class PeeksAtSignals(Strategy):
    """Woken at signals only, and looks further then."""

    def setup(self, setup: Setup) -> None:
        self.up = setup.crosses_above(setup.sma(5), setup.sma(20))

    def on_signal(self, bar: BarView) -> None:
        whole: Any = bar
        later = whole._series.close[whole._cursor.i + 1 : whole._cursor.i + 30]
        if len(later) and later.max() > bar.close * 1.003:
            self.bracket(0.01, take=bar.close * 1.003, loss=bar.close * 0.99)
