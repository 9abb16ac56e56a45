"""What a strategy may declare, and what it is told when it may not."""

from math import isnan
from typing import Any

import pytest

from tests.shared.engine.bench import bar
from tradedeck.domain.errors import RefusedError
from tradedeck.engine import Parameter, strategy_parameters
from tradedeck.engine.seen import SeenBar
from tradedeck.engine.setup import Declaration
from tradedeck.ports.strategy import Setup, Strategy

HOUR_NS = 3600 * 10**9


class Everything(Strategy):
    """Declares one of each."""

    def setup(self, setup: Setup) -> None:
        self.count = setup.integer("count", 3, low=1, high=9)
        self.part = setup.number("part", 0.00001, low=0, high=2.5)
        self.way = setup.choice("way", "up", ("up", "down"))
        self.other = setup.market("other", "ETHUSDT")
        self.slow = setup.sma(2, timeframe="1h")
        setup.every("15m")


def test_parameters_are_listed_in_their_order() -> None:
    assert strategy_parameters(Everything) == (
        Parameter("count", "integer", "3", "1", "9"),
        Parameter("part", "number", "0.00001", "0", "2.5"),
        Parameter("way", "choice", "up", options=("up", "down")),
        Parameter("other", "market", "ETHUSDT"),
    )


def test_given_values_take_the_place_of_the_defaults() -> None:
    strategy = Everything()
    declared = Declaration({"count": "4", "part": "1.5", "way": "down", "other": "SOLUSDT"}, "BTCUSDT", HOUR_NS)
    strategy.setup(declared)
    declared.check_names()
    assert (strategy.count, strategy.part, strategy.way, strategy.other.symbol) == (4, 1.5, "down", "SOLUSDT")
    assert isnan(strategy.other.bar.close)


@pytest.mark.parametrize(
    ("verb", "args", "options", "words"),
    [
        ("choice", ("way", "up", ("down",)), {}, "way must be one of down, not up"),
        ("market", ("other", "BTCUSDT"), {}, "other: BTCUSDT is followed already"),
        ("line", ("nope",), {}, "there is no indicator nope"),
        ("line", ("sma", 2), {"source": "mid"}, "source is one of open, high, low, close, volume, not mid"),
        ("line", ("sma", 2), {"output": "nope"}, "sma has the outputs .*, no nope"),
        ("line", ("sma", 0), {}, "sma: length must be"),
        ("line", ("sma", 2), {"timeframe": "90m"}, "must be a multiple"),
        ("every", ("soon",), {}, "'soon' is no period; write it like 15m"),
        ("every", ("0m",), {}, "is no period"),
        ("every", ("xm",), {}, "is no period"),
        ("every", ("",), {}, "is no period"),
    ],
)
def test_what_can_not_be_is_refused_in_words(
    verb: str, args: tuple[Any, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(RefusedError, match=words):
        getattr(Declaration({}, "BTCUSDT", HOUR_NS), verb)(*args, **options)


def test_any_indicator_output_and_column_can_be_a_line() -> None:
    declared = Declaration({}, "BTCUSDT", 60 * 10**9)
    mean, volume, range_, strength = (
        declared.line("sma", 2, source="open"), declared.line("sma", 1, source="volume"), declared.atr(1),
        declared.rsi(2),
    )  # fmt: skip
    for number, price in enumerate(["10", "10", "12"]):
        declared.main.update(bar(number, price))
    assert (mean.value, volume.value, range_.value, strength.value) == (11.0, 1.0, 2.0, 100.0)


def test_a_signal_is_true_only_at_the_bar_of_the_crossing() -> None:
    declared = Declaration({}, "BTCUSDT", 60 * 10**9)
    line, other = declared.sma(1), declared.line("sma", 1, source="volume")
    signals = [
        declared.crosses_above(line, 10), declared.crosses_below(line, 10.0), declared.crosses_above(line, other),
        declared.crosses_below(other, line),
    ]  # fmt: skip
    seen: list[list[bool]] = []
    for number, price in enumerate(["10", "11", "12", "10", "9", "0.5", "1", "2"]):
        declared.main.update(bar(number, price))
        seen.append([signal.value for signal in signals])
    above, below, over_volume, under_close = zip(*seen, strict=True)
    assert [number for number, true in enumerate(above) if true] == [1]
    assert [number for number, true in enumerate(below) if true] == [4]
    assert [number for number, true in enumerate(over_volume) if true] == [7]
    assert over_volume == under_close


def test_a_line_without_a_value_crosses_nothing() -> None:
    declared = Declaration({}, "BTCUSDT", 60 * 10**9)
    signal = declared.crosses_above(declared.sma(2), 10)
    for number, price in enumerate(["9", "12"]):
        declared.main.update(bar(number, price))
        assert not signal.value
    assert declared.main.bar == SeenBar("BTCUSDT", 60 * 10**9, 120 * 10**9, 12, 12, 12, 12, 1)
