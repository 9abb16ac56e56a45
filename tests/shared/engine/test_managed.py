"""What follows from brackets, pairs, trails, replacements, expiries and icebergs, and what must not."""

from dataclasses import replace
from typing import Any

import pytest

from tests.shared.engine.puppet import START, Puppet, Stage, filled, sent
from tradedeck.domain.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Expired,
    Rejected,
    Restarted,
    Unknown,
)
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderState, Side
from tradedeck.engine import Engine


def test_each_fill_of_a_bracket_gets_its_own_pair_of_exits(stage: Stage) -> None:
    assert stage.do("bracket", 1.0, take=110.001, loss=94.999, price=98) == 1
    stage.price("97", "0.4")
    stage.price("97", "100")
    assert stage.told() == [
        "buy limit 1 @98 filled",
        "sell limit 0.4 @110.01 accepted",
        "sell stop 0.4 ^94.99 accepted",
        "sell limit 0.6 @110.01 accepted",
        "sell stop 0.6 ^94.99 accepted",
    ]
    stage.price("111")
    assert [o.state for o in stage.orders[1:]] == [OrderState.FILLED, OrderState.CANCELED] * 2
    assert [o.reason for o in stage.orders[1:]] == ["", "its partner filled"] * 2
    assert stage.puppet.position == 0
    assert [fill.order for fill in stage.puppet.fills] == [1, 1, 2, 4]


def test_a_short_bracket_is_the_mirror_image(stage: Stage) -> None:
    stage.do("bracket", -1.0, take=90.009, loss=105.001)
    assert stage.told()[1:] == ["buy limit 1 @90 accepted", "buy stop 1 ^105.01 accepted"]
    stage.price("106")
    assert [o.state for o in stage.orders[1:]] == [OrderState.CANCELED, OrderState.FILLED]


@pytest.mark.parametrize(
    ("options", "exits"),
    [
        ({"take": 110}, ["sell limit 1 @110 accepted"]),
        ({"loss": 95}, ["sell stop 1 ^95 accepted"]),
        ({"trail": 4.999}, ["sell stop 1 ^95 accepted"]),
        ({"trail": 5, "loss": 97}, ["sell stop 1 ^97 accepted"]),
    ],
)
def test_an_order_may_have_one_exit_alone(stage: Stage, options: dict[str, Any], exits: list[str]) -> None:
    stage.do("buy", 1.0, **options)
    assert stage.told()[1:] == exits


def test_exits_are_not_held_back_by_the_accounts_own_limits(stage: Stage) -> None:
    stage.do("buy", 499.0, loss=50, take=150)
    assert [o.state for o in stage.orders] == [OrderState.FILLED, OrderState.ACCEPTED, OrderState.ACCEPTED]


def test_an_exit_too_small_for_the_venue_is_refused_and_its_partner_stays(stage: Stage) -> None:
    stage.do("buy", 0.06, take=110, loss=80)
    assert stage.told()[1:] == ["sell limit 0.06 @110 accepted", "sell stop 0.06 ^80 refused"]


def test_a_pair_closes_at_the_first_to_fill_and_a_part_is_enough(stage: Stage) -> None:
    stage.do("buy", 1.0)
    assert stage.do("oco", 1.0, take=110, loss=90) == 2
    assert stage.puppet.desk.working == (2, 3)
    stage.price("111", "0.3")
    assert stage.told()[1:] == ["sell limit 1 @110 partially_filled", "sell stop 1 ^90 canceled"]


def test_a_pair_for_a_short_buys(stage: Stage) -> None:
    stage.do("oco", -1.0, take=90, loss=110)
    assert stage.told() == ["buy limit 1 @90 accepted", "buy stop 1 ^110 accepted"]


def test_canceling_one_of_a_pair_leaves_the_other(stage: Stage) -> None:
    stage.do("oco", 1.0, take=110, loss=90)
    stage.do("cancel", 1)
    assert [o.state for o in stage.orders] == [OrderState.CANCELED, OrderState.ACCEPTED]


def test_a_partner_of_unknown_fate_is_canceled_all_the_same(silent: Stage) -> None:
    silent.do("oco", 1.0, take=110, loss=90)
    silent.take(Accepted("td1-1", "1", 6))
    silent.take(Unknown("td1-2", 7, "no answer"))
    step = silent.take(filled(1, "0.5", side=Side.SELL))
    assert sent(step.commands) == [("Cancel", "td1-2")]
    assert silent.take(filled(1, "0.5", side=Side.SELL, trade="t9")).commands == ()


def test_a_trailing_stop_follows_the_best_close_and_never_goes_back(stage: Stage) -> None:
    stage.do("buy", 1.0)
    assert stage.do("trail", 1.0, distance=5) == 2
    for minute, close in enumerate(["101", "104", "102", "104", "104.5"], 2):
        stage.close(minute, close)
    assert stage.told()[1:] == [
        "sell stop 1 ^95 canceled",
        "sell stop 1 ^96 canceled",
        "sell stop 1 ^99 canceled",
        "sell stop 1 ^99.5 accepted",
    ]
    assert stage.orders[1].reason == "replaced"
    assert stage.puppet.desk.working == (5,)


def test_a_short_trails_downwards(stage: Stage) -> None:
    stage.do("trail", -1.0, distance=5.001)
    stage.close(2, "97")
    assert stage.told() == ["buy stop 1 ^105.01 canceled", "buy stop 1 ^102.01 accepted"]


def test_a_trail_behind_its_first_stop_waits_until_it_would_be_tighter(stage: Stage) -> None:
    stage.do("buy", 1.0, loss=97, trail=5)
    stage.close(2, "101")
    assert stage.told()[1:] == ["sell stop 1 ^97 accepted"]
    stage.close(3, "103")
    assert stage.told()[1:] == ["sell stop 1 ^97 canceled", "sell stop 1 ^98 accepted"]


def test_a_successor_comes_only_after_its_predecessor_is_known_to_be_gone(silent: Stage) -> None:
    silent.do("buy", 2.0, price=90)
    assert silent.do("replace", 1, price=91.009, size=1.5) == 2
    silent.take(Accepted("td1-1", "1", 6))
    assert silent.puppet.desk.working == (1, 2)
    silent.take(Unknown("td1-1", 7, "no answer"))
    assert silent.told() == ["buy limit 2 @90 accepted"]
    step = silent.take(Canceled("td1-1", 8))
    assert sent(step.commands) == [("Place", "td1-2")]
    assert silent.told() == ["buy limit 2 @90 canceled", "buy limit 1.5 @91 submitted"]
    assert silent.puppet.desk.working == (2,)
    assert silent.take(Canceled("td1-1", 8)).commands == ()


def test_a_successor_takes_what_is_left_and_keeps_what_was_not_named(silent: Stage) -> None:
    silent.do("buy", 2.0, stop=105, price=106, loss=90)
    silent.take(filled(1, "0.5"))
    silent.do("replace", 1, stop=107.001)
    silent.take(Canceled("td1-1", 8))
    assert silent.told()[2] == "buy stop_limit 1.5 @106 ^107.01 submitted"
    step = silent.take(filled(3, "1.5"))
    assert sent(step.commands) == [("Place", "td1-4")]


@pytest.mark.parametrize("end", [filled(1, "2"), Expired("td1-1", 8), Rejected("td1-1", 8, "no")])
def test_what_filled_or_ended_otherwise_has_no_successor(silent: Stage, end: Event) -> None:
    silent.do("buy", 2.0, price=90)
    silent.do("replace", 1, price=91)
    assert silent.take(end).commands == ()
    assert silent.puppet.desk.working == ()


def test_a_successor_that_waits_may_be_changed_or_called_off(silent: Stage) -> None:
    silent.do("buy", 2.0, price=90)
    assert silent.do("replace", 1, size=1) == 2
    assert silent.do("replace", 1, price=95) == 0
    assert silent.do("replace", 2, price=92) == 3
    assert silent.do("replace", 2, price=93) == 0
    assert silent.do("replace", 3, stop=92) == 4
    assert silent.puppet.desk.working == (1, 4)
    silent.take(Canceled("td1-1", 8))
    assert silent.told()[1] == "buy limit 1 @92 submitted"
    silent.do("replace", 4, price=94)
    silent.do("cancel", 5)
    assert silent.take(Canceled("td1-2", 9)).commands == ()
    assert silent.orders[1].reason == "canceled by the strategy"
    assert silent.do("replace", 4, price=1) == 0


def test_a_trail_goes_on_while_its_successor_waits(silent: Stage) -> None:
    silent.do("trail", 1.0, distance=5)
    silent.take(Accepted("td1-1", "1", 6))
    assert sent(silent.close(2, "101").commands) == [("Cancel", "td1-1")]
    assert silent.close(3, "103").commands == ()
    silent.take(Canceled("td1-1", 8))
    assert silent.told()[1] == "sell stop 1 ^98 submitted"


def test_a_trail_that_is_being_canceled_does_not_move(silent: Stage) -> None:
    silent.do("trail", 1.0, distance=5)
    silent.do("cancel", 1)
    silent.close(2, "110")
    assert silent.take(Canceled("td1-1", 8)).commands == ()


def test_a_trail_needs_a_price_to_start_from(btc: Instrument) -> None:
    engine = Engine([btc], id_prefix="td1", strategies={"puppet": Puppet})
    engine.step(replace(START, history=()))
    with pytest.raises(Exception, match="no price of BTCUSDT yet"):
        engine.runners["s1"].desk.trail(1.0, 5.0, None)


def test_orders_end_with_their_time_at_the_close_of_a_bar(stage: Stage) -> None:
    stage.do("buy", 1.0, price=90, good_for_hours=1)
    stage.do("buy", 1.0, price=91, tif="day")
    stage.do("buy", 1.0, price=92, tif="day", good_for_hours=1)
    assert {o.time_in_force for o in stage.orders} == {"gtc"}
    stage.close(59, "100")
    assert len(stage.engine.open_orders) == 3
    stage.close(60, "100")
    assert [o.reason for o in stage.orders] == ["its time was over", "", "its time was over"]
    stage.close(24 * 60 - 2, "100")
    assert len(stage.engine.open_orders) == 1
    stage.close(24 * 60 - 1, "100")
    assert stage.engine.open_orders == {}


def test_time_that_is_over_calls_a_waiting_successor_off(silent: Stage) -> None:
    silent.do("buy", 1.0, price=90, good_for_hours=1)
    silent.do("replace", 1, price=91)
    silent.close(61, "100")
    assert silent.take(Canceled("td1-1", 8)).commands == ()
    assert silent.orders[0].reason == "its time was over"


def test_a_cancel_that_failed_or_may_be_lost_is_asked_for_again_at_the_next_bar(silent: Stage) -> None:
    silent.do("oco", 1.0, take=110, loss=90)
    for number in (1, 2):
        silent.take(Accepted(f"td1-{number}", str(number), 6))
    assert sent(silent.take(filled(1, side=Side.SELL)).commands) == [("Cancel", "td1-2")]
    assert silent.close(2, "100").commands == ()
    silent.take(CancelRejected("td1-2", 7, "busy"))
    assert sent(silent.close(3, "100").commands) == [("Cancel", "td1-2")]
    assert silent.take(Restarted(9)).commands == ()
    assert sent(silent.close(4, "100").commands) == [("Cancel", "td1-2")]


def test_an_iceberg_shows_its_slices_one_after_the_other(stage: Stage) -> None:
    assert stage.do("buy", 1.0, price=98, show=0.4) == 1
    assert stage.told() == ["buy limit 0.4 @98 accepted"]
    stage.price("97", "0.1")
    assert len(stage.orders) == 1
    stage.price("97", "0.3")
    stage.price("97", "50")
    stage.price("97", "50")
    assert stage.told() == [f"buy limit {size} @98 filled" for size in ("0.4", "0.4", "0.2")]
    assert [fill.order for fill in stage.puppet.fills] == [1, 1, 2, 3]
    stage.price("97")
    assert len(stage.orders) == 3


def test_canceling_the_slice_that_works_ends_an_iceberg(silent: Stage) -> None:
    silent.do("buy", 1.0, price=98, show=0.4, take=110)
    assert sent(silent.take(filled(1, "0.4")).commands) == [("Place", "td1-2"), ("Place", "td1-3")]
    assert silent.told()[1:] == ["sell limit 0.4 @110 submitted", "buy limit 0.4 @98 submitted"]
    silent.do("cancel", 3)
    assert sent(silent.take(filled(3, "0.4")).commands) == [("Place", "td1-4")]
    assert silent.told()[3] == "sell limit 0.4 @110 submitted"
