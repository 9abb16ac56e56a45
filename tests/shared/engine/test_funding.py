"""Funding rates in the engine: a line that bars show once a rate was due, the same as in research, kept by replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from math import isnan

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.shared.engine.bench import bar, trade
from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.events import Event, StartStrategy
from tradedeck.domain.funding import FundingRate
from tradedeck.domain.instrument import Instrument
from tradedeck.engine import Engine, replay
from tradedeck.history.funding import FundingSeries, rates_at
from tradedeck.history.series import series_of
from tradedeck.ports.strategy import BarView, Setup, Strategy
from tradedeck.research.declared import Declared
from tradedeck.research.run import columns_of
from tradedeck.store.codec import decode_event, encode

START = StartStrategy("s1", "s", "BTCUSDT", MINUTE_NS, 0)


class Tells(Strategy):
    """Notes the rate at every bar."""

    def setup(self, setup: Setup) -> None:
        self.rate = setup.funding()

    def on_bar(self, bar: BarView) -> None:
        self.note(f"{self.rate.value:g} after {self.rate.previous:g}")


class TellsOther(Tells):
    """Notes the rate of a second market."""

    def setup(self, setup: Setup) -> None:
        self.other = setup.market("other", "ETHUSDT")
        self.rate = setup.funding(self.other)


def engine_of(btc: Instrument, kind: type[Strategy] = Tells) -> Engine:
    engine = Engine([btc, replace(btc, symbol="ETHUSDT", base="ETH")], id_prefix="td1", strategies={"s": kind})
    engine.step(START)
    return engine


def told(engine: Engine, *events: Event) -> list[str]:
    return [note.text for event in events for note in engine.step(event).notes]


def rate(value: str, time_ns: int, symbol: str = "BTCUSDT") -> FundingRate:
    return FundingRate(symbol, Decimal(value), time_ns)


def minute(number: int) -> Bar:
    """The bar that opens so many minutes after the start."""
    return bar(number, "100")


def test_a_rate_is_shown_by_the_bar_that_opened_when_it_was_due(btc: Instrument) -> None:
    due = minute(2).open_ns
    events = [minute(1), rate("0.1", due + 3_000_000), minute(2), minute(3), rate("-0.2", due + 2 * MINUTE_NS)]
    assert told(engine_of(btc), *events, minute(4)) == [
        "nan after nan", "0.1 after nan", "0.1 after 0.1", "-0.2 after 0.1",
    ]  # fmt: skip


def test_a_bar_that_closes_as_the_rate_comes_does_not_know_it_yet(btc: Instrument) -> None:
    assert told(engine_of(btc), rate("0.1", minute(2).open_ns), minute(1)) == ["nan after nan"]


def test_rates_of_other_markets_are_theirs(btc: Instrument) -> None:
    engine = engine_of(btc, TellsOther)
    eth = [replace(minute(number), symbol="ETHUSDT") for number in (1, 2)]
    due = minute(2).open_ns
    events = [eth[0], minute(1), rate("0.1", due), rate("0.3", due, "ETHUSDT"), eth[1], minute(2)]
    assert told(engine, *events) == ["nan after nan", "0.3 after nan"]


def test_a_rate_is_kept_where_somebody_follows_it_and_only_there(btc: Instrument) -> None:
    engine = engine_of(btc)
    assert engine.step(rate("0.1", minute(1).open_ns)).durable
    assert not engine.step(rate("0.1", minute(1).open_ns, "ETHUSDT")).durable
    assert not engine.step(trade(1, "100")).durable


def test_replaying_what_was_kept_shows_the_same_rates(btc: Instrument) -> None:
    first = Engine([btc], id_prefix="td1", strategies={"s": Tells})
    events = [START, minute(1), rate("0.1", minute(2).open_ns), minute(2)]
    kept = [(step.before, step.event) for step in map(first.step, events) if step.durable]
    again = Engine([btc], id_prefix="td1", strategies={"s": Tells})
    replay(again, kept)
    assert told(again, minute(3)) == told(first, minute(3)) == ["0.1 after 0.1"]


def test_a_rate_survives_the_journal() -> None:
    event = rate("0.00010000", 5)
    assert decode_event(encode(event)) == event


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=12),
    st.dictionaries(st.integers(0, 60), st.integers(-9, 9), max_size=12),
)
def test_the_engine_shows_what_research_shows(steps: Sequence[int], rates: dict[int, int]) -> None:
    numbers = np.cumsum(steps).tolist()
    bars = [minute(number) for number in numbers]
    origin = minute(0).open_ns
    # Half minutes too; those from before the first bar are nobody's.
    charged = {origin + half * MINUTE_NS // 2: value / 1000 for half, value in sorted(rates.items())}
    charged = {time_ns: value for time_ns, value in charged.items() if time_ns > bars[0].open_ns - MINUTE_NS}
    strategy, lines = Tells(), list[float]()
    from tradedeck.engine.setup import Declaration

    declared = Declaration({}, "BTCUSDT", MINUTE_NS)
    strategy.setup(declared)
    for time_ns, value in charged.items():
        declared.main.rates[0].take(value, time_ns)
    for one in bars:
        declared.main.update(one)
        lines.append(strategy.rate.value)
    series = series_of(bars)
    funding = FundingSeries("BTCUSDT", np.array(list(charged), np.int64), np.array(list(charged.values()), np.float64))
    research, shown = Tells(), Declared({}, columns_of(series, [], rates_at(series, funding)))
    research.setup(shown)
    expected = shown.lines[0].values.tolist()
    assert all(one == other or (isnan(one) and isnan(other)) for one, other in zip(lines, expected, strict=True))
