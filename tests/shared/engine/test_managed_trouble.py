"""What becomes of managed orders when people, venues and programs get in their way."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.shared.engine.bench import bar
from tests.shared.engine.puppet import START, Puppet, Stage, filled, sent
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.events import (
    Accepted,
    CancelAll,
    Canceled,
    CancelOrder,
    Event,
    Halt,
    PlaceOrder,
    Rejected,
    StopStrategy,
)
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.money import text
from tradedeck.domain.order import OrderType, Side
from tradedeck.engine import Engine, replay


@pytest.mark.parametrize("by_hand", [CancelOrder("td1-1", 9), CancelAll(9)])
def test_what_a_person_cancels_has_no_successor_and_no_next_slice(silent: Stage, by_hand: Event) -> None:
    silent.do("buy", 1.0, price=98, show=0.4)
    silent.do("replace", 1, price=97)
    silent.take(by_hand)
    assert silent.take(filled(1, "0.1")).commands == ()
    assert silent.take(Canceled("td1-1", 10)).commands == ()
    assert silent.orders[0].reason == "canceled by hand"
    assert silent.take(filled(1, "0.3", trade="t2")).commands == ()
    assert len(silent.orders) == 1


def test_a_person_may_cancel_what_no_running_strategy_asked_for(silent: Stage) -> None:
    silent.take(PlaceOrder("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), 6, price=Decimal(90), source="s1"))
    assert sent(silent.take(CancelOrder("td1-1", 9)).commands) == [("Cancel", "td1-1")]


def test_what_the_venue_took_after_all_is_watched_again(silent: Stage) -> None:
    silent.do("buy", 1.0, price=90)
    silent.take(Rejected("td1-1", 7, "never arrived"))
    assert silent.puppet.desk.working == ()
    silent.take(Accepted("td1-1", "5", 8))
    assert silent.puppet.desk.working == (1,)


@pytest.mark.parametrize("end", [StopStrategy("s1", 9), Halt(9, "enough")])
def test_nothing_follows_after_a_stop_and_the_journal_says_so(silent: Stage, end: Event) -> None:
    silent.do("buy", 1.0, price=98, take=110, loss=90)
    silent.do("buy", 1.0, price=97)
    silent.do("replace", 2, price=96)
    assert sent(silent.take(end).commands)[0] == ("Cancel", "td1-1")
    late = silent.take(filled(1, "0.5"))
    assert late.commands == ()
    assert "no exits are placed" in late.notes[-1].text
    assert silent.take(Canceled("td1-2", 10)).commands == ()
    assert "no exits" not in str(silent.take(filled(2, "0.5")).notes)


def test_one_that_fails_while_it_is_told_of_a_fill_leaves_no_exits(btc: Instrument) -> None:
    class Breaks(Puppet):
        def on_fill(self, fill: object) -> None:
            raise ValueError("broken")

    stage = Stage(btc, kind=Breaks)
    stage.do("buy", 1.0, loss=90)
    assert stage.told() == ["buy market 1 filled"]
    assert stage.engine.runners == {}


def test_a_replayed_journal_goes_on_where_it_was(btc: Instrument, silent: Stage) -> None:
    kept: list[tuple[Any, Any]] = []

    def take(event: Event) -> None:
        step = silent.engine.step(event)
        if step.durable:
            kept.append((step.before, step.event))

    again = Engine([btc], id_prefix="td1", strategies={"puppet": Trailing})
    silent.engine = Engine([btc], id_prefix="td1", strategies={"puppet": Trailing})
    events: list[Event] = [
        bar(0, "100"), START, bar(2, "100"), filled(1), Accepted("td1-2", "2", 9), Accepted("td1-3", "3", 9),
        bar(3, "103"),
    ]  # fmt: skip
    for event in events:
        take(event)
    replay(again, kept)
    for event in (Canceled("td1-3", 10), bar(4, "105"), filled(2, side=Side.SELL)):
        first, second = silent.engine.step(event), again.step(event)
        assert (first.orders, first.commands, first.notes) == (second.orders, second.commands, second.notes)
    assert [text(o.stop_price) for o in again.orders.values() if o.stop_price] == ["95", "98"]


class Trailing(Puppet):
    """Buys once, with a take and a trailing stop."""

    def on_bar(self, bar: object) -> None:
        if not self.position and not self.desk.working:
            self.buy(1.0, price=98, take=110, trail=5)


def test_an_order_asked_for_at_the_first_of_two_bars_outlives_the_second(btc: Instrument) -> None:
    engine = Engine([btc], id_prefix="td1", strategies={"puppet": Trailing})
    engine.step(bar(0, "100"))
    engine.step(replace(START, history=(), timeframe_ns=3 * MINUTE_NS))
    engine.step(bar(0, "100"))
    assert sent(engine.step(bar(5, "100")).commands) == [("Place", "td1-1")]


def test_an_exit_the_market_is_past_already_closes_at_the_market(stage: Stage) -> None:
    stage.do("buy", 1.0, price=95, take=110, loss=90)
    stage.price("85")
    assert stage.told() == [
        "buy limit 1 @95 filled",
        "sell limit 1 @110 canceled",
        "sell stop 1 ^90 rejected",
        "sell market 1 filled",
    ]
    assert stage.puppet.position == 0


@pytest.mark.parametrize(("last", "follows"), [("94.99", True), ("95", True), ("95.01", False)])
def test_without_the_venues_words_the_last_price_says_whether_a_stop_is_late(
    silent: Stage, last: str, follows: bool
) -> None:
    silent.do("trail", 1.0, distance=5)
    silent.price(last)
    assert len(silent.take(Rejected("td1-1", 7, "no")).commands) == follows
    # Should the venue have had it after all, it is called back.
    silent.take(Accepted("td1-1", "5", 8))
    assert sent(silent.close(2, "95").commands) == [("Cancel", "td1-1")] * follows


def test_a_stop_that_opens_a_position_is_left_rejected(stage: Stage) -> None:
    stage.do("buy", 1.0, stop=99)
    assert stage.told() == ["buy stop 1 ^99 rejected"]


def test_a_fill_after_the_cancel_makes_the_successor_smaller(silent: Stage) -> None:
    silent.do("buy", 1.0, take=110, trail=5)
    silent.take(filled(1))
    silent.close(2, "103")
    silent.take(Canceled("td1-3", 10))
    assert silent.told()[3] == "sell stop 1 ^98 submitted"
    step = silent.take(filled(3, "0.3", side=Side.SELL))
    assert sent(step.commands) == [("Cancel", "td1-2"), ("Cancel", "td1-4")]
    assert silent.take(filled(3, "0.1", side=Side.SELL, trade="t8")).commands == ()
    silent.take(filled(4, "0.2", side=Side.SELL))
    silent.take(Canceled("td1-4", 11))
    assert silent.told()[4] == "sell stop 0.4 ^98 submitted"
    assert silent.puppet.desk.working == (2, 5)


def test_a_successor_with_nothing_left_to_do_is_not_replaced(silent: Stage) -> None:
    silent.do("sell", 1.0, stop=95)
    silent.do("replace", 1, stop=96)
    silent.take(Canceled("td1-1", 10))
    silent.do("cancel", 2)
    silent.take(filled(1, "0.5", side=Side.SELL))
    assert silent.take(Canceled("td1-2", 11)).commands == ()
    silent.do("sell", 1.0, stop=95)
    silent.do("replace", 3, stop=96)
    silent.take(Canceled("td1-3", 10))
    assert sent(silent.take(filled(3, "1", side=Side.SELL)).commands) == [("Cancel", "td1-4")]
    assert silent.take(Canceled("td1-4", 11)).commands == ()


def test_a_successor_of_a_size_of_its_own_keeps_it(silent: Stage) -> None:
    silent.do("sell", 1.0, stop=95)
    silent.do("replace", 1, size=2)
    silent.take(Canceled("td1-1", 10))
    assert silent.take(filled(1, "0.5", side=Side.SELL)).commands == ()
