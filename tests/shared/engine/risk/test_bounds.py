"""Each limit at its bound, just under it and just over it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.shared.engine.risk.desk import DAY_S, Desk, wish
from tradedeck.domain.events import PlaceOrder, SetLimits
from tradedeck.domain.limits import NO_LIMITS, Limits
from tradedeck.domain.order import Side


def only(**limits: Decimal | int) -> Limits:
    return replace(NO_LIMITS, **limits)


@pytest.mark.parametrize(
    ("limits", "under", "at", "over", "words"),
    [
        (
            only(max_order_size=Decimal(5)),
            wish("4.999"),
            wish("5"),
            wish("5.001"),
            "order of size 5.001 is over the limit of 5",
        ),
        (
            only(max_order_notional=Decimal(500)),
            wish("4.999"),
            wish("5"),
            wish("5.001"),
            "order of 500.1 is over the limit of 500",
        ),
        (
            only(max_order_notional=Decimal(500)),
            wish("1", "99"),
            wish("1", "500", side=Side.SELL),
            wish("1", "500.01", side=Side.SELL),
            "order of 500.01",
        ),
        (
            only(price_collar=Decimal("0.1")),
            wish("1", "109.99"),
            wish("1", "110"),
            wish("1", "110.01"),
            "price 110.01 is more than 10 % beyond the last price 100",
        ),
        (
            only(price_collar=Decimal("0.1")),
            wish("1", "90.01", side=Side.SELL),
            wish("1", "90", side=Side.SELL),
            wish("1", "89.99", side=Side.SELL),
            "price 89.99 is more than 10 %",
        ),
        (
            only(price_collar=Decimal("0.1")),
            wish("1", stop="109"),
            wish("1", stop="110"),
            wish("1", stop="110.01"),
            "stop price 110.01",
        ),
        (
            only(max_position_size=Decimal(5)),
            wish("4.999"),
            wish("5"),
            wish("5.001"),
            "the position could pass 5: it could reach 5.001",
        ),
        (
            only(max_position_size=Decimal(5)),
            wish("4.999", side=Side.SELL),
            wish("5", side=Side.SELL),
            wish("5.001", side=Side.SELL),
            "it could reach 5.001",
        ),
        (
            only(max_position_notional=Decimal(500)),
            wish("4.999"),
            wish("5"),
            wish("5.001"),
            "the position could pass 500: it could reach 500.1",
        ),
        (
            only(max_leverage=Decimal(5), equity=Decimal(100)),
            wish("4.999", symbol="BTCPERP"),
            wish("5", symbol="BTCPERP"),
            wish("5.001", symbol="BTCPERP"),
            "could reach 500.1 on an equity of 100, the limit is 5 times",
        ),
        (
            only(max_price_age_s=60),
            wish("1", second=60.9),
            wish("1", second=61),
            wish("1", second=61.1),
            "the last price of BTCUSDT is 60 s old, the limit is 60 s",
        ),
    ],
)
def test_an_order_may_reach_a_limit_but_not_pass_it(
    limits: Limits, under: PlaceOrder, at: PlaceOrder, over: PlaceOrder, words: str
) -> None:
    (named,) = [name for name in Limits.__slots__ if name != "equity" and getattr(limits, name) is not None]
    assert Desk(limits).ask(under) == ""
    assert Desk(limits).ask(at) == ""
    assert Desk(limits).ask(over) == f"risk.{named}"
    assert words in (said := Desk(limits).why(over))
    assert said.endswith(f"({named} of the account)")


def test_the_last_free_place_among_open_orders_may_be_taken() -> None:
    desk = Desk(only(max_open_orders=2))
    assert [desk.ask(wish("1", "90")) for _ in range(3)] == ["", "", "risk.max_open_orders"]
    assert "2 orders are open already, the limit is 2" in desk.why(wish("1", "90"))
    desk.cancel(next(iter(desk.engine.open_orders.values())))
    assert desk.ask(wish("1", "90")) == ""


@pytest.mark.parametrize(
    ("now", "code"), [("90.01", ""), ("90", "risk.max_daily_loss"), ("89.99", "risk.max_daily_loss")]
)
def test_who_has_lost_enough_today_takes_no_more_risk(now: str, code: str) -> None:
    desk = Desk(only(max_daily_loss=Decimal(100)))
    desk.holds("10")
    desk.price(now, 2)
    assert desk.ask(wish("1", second=2)) == code
    assert desk.ask(wish("10", side=Side.SELL, second=2)) == "", "what shrinks the position goes out"


def test_a_daily_loss_is_told_with_its_numbers_and_counts_what_was_realised() -> None:
    desk = Desk(only(max_daily_loss=Decimal(100)))
    desk.holds("10")
    desk.holds("-10", price="85")
    desk.holds("1", "BTCEUR")
    desk.price("1000", 1, "BTCEUR")
    assert desk.why(wish("1")).startswith("150 USDT lost since midnight UTC, the limit is 100;")
    assert desk.ask(wish("1", symbol="BTCEUR")) == "", "each quote asset by itself"


def test_after_midnight_losses_are_measured_from_the_last_prices_before_it() -> None:
    desk = Desk(only(max_daily_loss=Decimal(100)))
    desk.holds("10")
    desk.price("90", DAY_S - 1)
    assert desk.ask(wish("1", second=DAY_S - 1)) == "risk.max_daily_loss"
    desk.price("81", DAY_S)
    assert desk.ask(wish("1", second=DAY_S)) == "", "90 was lost since midnight, not 190"
    desk.price("80", DAY_S + 1)
    assert desk.ask(wish("1", second=DAY_S + 1)) == "risk.max_daily_loss"


def test_an_order_that_would_turn_a_position_round_is_new_risk() -> None:
    desk = Desk(only(max_daily_loss=Decimal(100)))
    desk.holds("10")
    desk.price("80", 2)
    assert desk.ask(wish("10.001", side=Side.SELL, second=2)) == "risk.max_daily_loss"
    assert desk.ask(wish("6", "85", side=Side.SELL, second=2)) == ""
    assert desk.ask(wish("5", "85", side=Side.SELL, second=2)) == "risk.max_daily_loss", "6 are on their way already"


@pytest.mark.parametrize("limit", ["max_orders_per_minute", "max_account_orders_per_minute"])
def test_only_so_many_orders_leave_within_a_minute(limit: str) -> None:
    desk = Desk(only(**{limit: 3}))
    assert [desk.ask(wish("1")) for _ in range(4)] == ["", "", "", f"risk.{limit}"]
    assert "sent 3 orders within a minute, the limit is 3" in desk.why(wish("1"))
    assert desk.ask(wish("1", second=60.9)) == f"risk.{limit}"
    assert desk.ask(wish("1", second=61)) == ""


def test_the_rate_of_one_source_leaves_others_alone_that_of_the_account_does_not() -> None:
    desk = Desk(only(max_orders_per_minute=2, max_account_orders_per_minute=3))
    sources = ["a", "a", "a", "b", "b"]
    codes = [desk.ask(wish("1", source=source)) for source in sources]
    assert codes == ["", "", "risk.max_orders_per_minute", "", "risk.max_account_orders_per_minute"]


def test_orders_stamped_by_a_clock_that_runs_ahead_are_forgotten_in_time() -> None:
    desk = Desk(only(max_orders_per_minute=1))
    assert desk.ask(wish("1", second=10**6)) == ""
    assert desk.ask(wish("1", second=2)) == "risk.max_orders_per_minute"
    assert desk.ask(wish("1", second=61.9)) == "risk.max_orders_per_minute"
    assert desk.ask(wish("1", second=62)) == ""


@pytest.mark.parametrize(
    ("later_s", "code"), [(0, "risk.duplicate_window_ms"), (0.499, "risk.duplicate_window_ms"), (0.5, ""), (0.6, "")]
)
def test_the_same_order_twice_within_the_window_counts_once(later_s: float, code: str) -> None:
    desk = Desk(only(duplicate_window_ms=500))
    assert desk.ask(wish("1", "99")) == ""
    assert desk.ask(wish("1", "99", second=1 + later_s)) == code


def test_a_duplicate_is_explained_and_a_different_order_is_none() -> None:
    desk = Desk(only(duplicate_window_ms=500))
    assert desk.ask(wish("1", "99")) == ""
    assert "the same order was sent 50 ms ago and counts once; to have it twice wait 500 ms" in desk.why(
        wish("1", "99", second=1.05)
    )
    others = [wish("2", "99"), wish("1", "98"), wish("1", "99", side=Side.SELL), wish("1"), wish("1", stop="99")]
    others += [wish("1", "99", source="webhook"), wish("1", "99", symbol="BTCPERP")]
    assert [desk.ask(other) for other in others] == [""] * len(others)


def test_what_was_sent_is_forgotten_when_no_window_reaches_it() -> None:
    desk = Desk(only(duplicate_window_ms=500))
    for second in range(0, 600, 100):
        assert desk.ask(wish("1", "99", second=second)) == ""
        assert desk.ask(wish("1", "98", second=second)) == ""


def test_leverage_counts_every_perpetual_at_its_worst_and_no_spot() -> None:
    desk = Desk(only(max_leverage=Decimal(2), equity=Decimal(1000)))
    desk.holds("5", "BTCPERP")
    desk.holds("1000")
    desk.holds("7", "BTCEUR")
    assert desk.ask(wish("10", "90", symbol="BTCPERP")) == ""
    assert desk.ask(wish("25", "110", symbol="BTCPERP", side=Side.SELL)) == "risk.max_leverage"
    assert desk.ask(wish("5.001", "90", symbol="BTCPERP")) == "risk.max_leverage", "15 may be held already"
    assert desk.ask(wish("5", "90", symbol="BTCPERP")) == ""
    assert desk.ask(wish("5", symbol="BTCPERP", side=Side.SELL)) == "", "what shrinks a position needs no equity"
    assert desk.ask(wish("1000")) == "", "spot is paid in full"


def test_leverage_adds_up_over_perpetuals() -> None:
    desk = Desk(only(max_leverage=Decimal(2), equity=Decimal(1000)))
    desk.holds("-15", "ETHPERP")
    assert desk.ask(wish("5.001", symbol="BTCPERP")) == "risk.max_leverage"
    assert desk.ask(wish("5", symbol="BTCPERP")) == ""


def test_what_is_earned_backs_more_and_what_is_lost_less() -> None:
    desk = Desk(only(max_leverage=Decimal(2), equity=Decimal(1000)))
    desk.holds("10", "BTCPERP")
    desk.price("50", 2, "BTCPERP")
    assert "on an equity of 500" in desk.why(wish("20", symbol="BTCPERP", second=2))
    desk.engine.step(SetLimits("account", only(max_leverage=Decimal(2), equity=Decimal(500)), 3))
    assert "on an equity of 500" in desk.why(wish("20", symbol="BTCPERP", second=2)), "told with the loss in it"


def test_the_limits_of_a_scope_can_be_asked_for() -> None:
    gate = Desk(Limits(), sources={"grid": only(max_open_orders=3)}).engine.risk
    assert (gate.limits_of("account"), gate.limits_of("grid")) == (Limits(), only(max_open_orders=3))
    assert gate.limits_of("nobody") == NO_LIMITS


def test_leverage_is_not_judged_before_anybody_tells_the_equity() -> None:
    assert Desk(only(max_leverage=Decimal(1))).ask(wish("1000", symbol="BTCPERP")) == ""
