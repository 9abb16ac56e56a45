"""Whatever may happen can be written down and read back, exactly."""

from dataclasses import fields, is_dataclass
from decimal import Decimal
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradedeck.domain.errors import CorruptError
from tradedeck.domain.events import Event, Fill, MarketEvent, PlaceOrder, StartStrategy
from tradedeck.domain.order import OrderType, Side
from tradedeck.store.codec import decode_event, decode_events, encode


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a domain type; decimals are finite, as they enter only through one door."""
    arguments = get_args(hint)
    if hint is Decimal:
        return st.decimals(allow_nan=False, allow_infinity=False)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{f.name: values_of(hints[f.name]) for f in fields(hint)})  # pyright: ignore[reportArgumentType]
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([values_of(part) for part in arguments])
    if get_origin(hint) is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    return st.from_type(hint)


@pytest.mark.parametrize("kind", [*get_args(Event), Fill], ids=lambda kind: kind.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_every_kind_of_event_comes_back_the_same(kind: Any, data: st.DataObject) -> None:
    event = data.draw(values_of(kind))
    back = decode_event(encode(event))
    assert back == event
    assert type(back) is kind
    assert encode(back) == encode(event)


@settings(max_examples=30)
@given(st.lists(st.one_of([values_of(kind) for kind in get_args(MarketEvent)]), max_size=3))
def test_a_sequence_of_news_comes_back_the_same(news: list[Any]) -> None:
    assert list(decode_events(encode(tuple(news)))) == news


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        '{"$":"Elephant"}',
        '{"no":"name"}',
        '{"$":"Resume"}',
        '{"$":"Resume","time_ns":1,"mood":"good"}',
        '{"$":"d","v":"ten"}',
        '{"$":"Side","v":"up"}',
    ],
)
def test_a_damaged_line_is_corrupt_and_says_what_to_do(line: str) -> None:
    with pytest.raises(CorruptError, match="restore the data folder"):
        decode_event(line)


def test_a_journal_from_before_strategies_had_capital_is_read() -> None:
    start = decode_event(
        '{"$":"StartStrategy","strategy_id":"s1","name":"sma-cross","symbol":"BTCUSDT","timeframe_ns":60,'
        '"time_ns":9,"params":{"$":"map","v":{"fast":"5"}},"history":[]}'
    )
    assert start == StartStrategy("s1", "sma-cross", "BTCUSDT", 60, 9, {"fast": "5"}, capital=Decimal(10_000))


def test_a_wish_from_before_orders_protected_anything_is_read() -> None:
    wish = PlaceOrder("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(1), 7)
    assert decode_event(encode(wish).replace(',"protects":false', "")) == wish
