"""The ticket without its widgets: what is typed, what it means, what is wrong with it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderType, Side, TimeInForce
from tradedeck_desktop.panels.ticket.model import Draft, TicketModel


@pytest.fixture
def placed() -> list[Draft]:
    return []


@pytest.fixture
def ticket(qtbot: QtBot, instrument: Instrument, placed: list[Draft]) -> TicketModel:
    model = TicketModel(placed.append)
    model.use(instrument)
    model.set_last(Decimal("67000.10"))
    return model


def test_a_limit_order_is_placed_after_the_question(ticket: TicketModel, placed: list[Draft]) -> None:
    ticket.set(size="0.25", price="66,900.50")
    ticket.submit()
    assert (ticket.armed, placed) == (True, [])
    ticket.submit()
    assert ticket.armed is False
    assert placed == [
        Draft(
            "BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal("0.25"), Decimal("66900.50"), None, TimeInForce.GTC, False,
            False,
        )
    ]  # fmt: skip


def test_one_click_asks_nothing(ticket: TicketModel, placed: list[Draft]) -> None:
    ticket.set(one_click=True, type=OrderType.MARKET, side=Side.SELL, size="1")
    ticket.submit()
    assert [(d.side, d.type, d.price) for d in placed] == [(Side.SELL, OrderType.MARKET, None)]


def test_a_change_takes_the_question_back(ticket: TicketModel, placed: list[Draft]) -> None:
    ticket.set(size="0.25", price="66900")
    ticket.submit()
    ticket.set(size="0.26")
    assert ticket.armed is False
    ticket.submit()
    ticket.disarm()
    assert (ticket.armed, placed) == (False, [])


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"size": "abc", "price": "67000"}, "size", "not a number"),
        ({"size": "nan", "price": "67000"}, "size", "finite"),
        ({"size": "0.000001", "price": "67000"}, "size", "between"),
        ({"size": "0.0000151", "price": "67000"}, "size", "steps of 0.00001"),
        ({"size": "99999", "price": "67000"}, "size", "9000"),
        ({"size": "0.5", "price": "67000.001"}, "price", "steps of 0.01"),
        ({"size": "0.5", "price": "-1"}, "price", "above zero"),
        ({"size": "0.5", "price": ""}, "price", "enter a price"),
        ({"size": "0.00002", "price": "67000"}, "size", "below the minimum of 5 USDT"),
        ({"size": "0.5", "type": OrderType.STOP, "stop_price": "1.234"}, "stop_price", "steps of 0.01"),
        ({"size": "0.5", "type": OrderType.STOP, "stop_price": ""}, "stop_price", "enter a stop price"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_never_sent(
    ticket: TicketModel, placed: list[Draft], fields: dict[str, object], field: str, words: str
) -> None:
    ticket.set(one_click=True, **fields)
    preview = ticket.preview()
    assert (preview.field, words in preview.error) == (field, True), preview
    ticket.submit()
    assert placed == []


def test_an_empty_ticket_says_nothing_yet(ticket: TicketModel) -> None:
    assert ticket.preview().error == ""
    assert ticket.preview().sentence == ""


def test_the_preview_names_money_and_the_worst_fee(ticket: TicketModel) -> None:
    ticket.set(size="0.5", price="66000")
    preview = ticket.preview()
    assert preview.notional == "33,000.00 USDT"
    assert preview.fee == "≤ 66.0000 USDT"
    assert "buy 0.5 BTC for 33,000.00 USDT" in preview.sentence
    ticket.set(post_only=True)
    assert ticket.preview().fee == "≤ 33.0000 USDT"


def test_a_market_order_is_valued_at_the_last_price_and_says_about(ticket: TicketModel) -> None:
    ticket.set(type=OrderType.MARKET, size="2")
    assert ticket.preview().notional == "≈ 134,000.20 USDT"
    ticket.set_last(Decimal(50_000))
    assert ticket.preview().notional == "≈ 100,000.00 USDT"


def test_options_that_a_type_does_not_have_are_left_out(ticket: TicketModel) -> None:
    ticket.set(type=OrderType.MARKET, size="1", post_only=True, time_in_force=TimeInForce.FOK, reduce_only=True)
    draft = ticket.draft()
    assert (draft.post_only, draft.time_in_force, draft.reduce_only) == (False, TimeInForce.GTC, True)


def test_another_symbol_clears_what_was_typed(ticket: TicketModel, instrument: Instrument) -> None:
    ticket.set(size="1", price="67000")
    ticket.use(instrument)
    assert (ticket.size, ticket.price) == ("", "")


def test_the_last_price_fills_the_price_on_the_safe_side(ticket: TicketModel) -> None:
    ticket.set_last(Decimal("67000.105"))
    ticket.fill_price()
    assert ticket.price == "67000.1"
    ticket.set(side=Side.SELL)
    ticket.fill_price()
    assert ticket.price == "67000.11"


def test_without_a_symbol_there_is_nothing_to_trade(qtbot: QtBot) -> None:
    with pytest.raises(RefusedError, match="choose a symbol"):
        TicketModel(lambda _: None).draft()


def test_the_same_price_again_is_no_news(qtbot: QtBot, ticket: TicketModel) -> None:
    with qtbot.assertNotEmitted(ticket.changed):
        ticket.set_last(Decimal("67000.10"))
