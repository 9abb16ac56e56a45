"""The exchange for perpetuals: what orders do, and what they are refused for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.shared.sandbox.perpetuals.exchange import CONTRACT, FOK, IOC, SYMBOL, Desk, opened
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.order import OrderState, Side
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.news import ConditionState, Happening, OrderNews
from tradedeck.sandbox.perpetuals.terms import ConditionKind, Trigger


def refused(desk: Desk, code: str, side: Side, size: str, price: str = "", account: str = "a", **more: object) -> None:
    with pytest.raises(RefusedError) as caught:
        desk.exchange.place(account, desk.ticket(side, size, price, **more))
    assert caught.value.code == code


def test_a_market_order_walks_the_book_and_leaves_what_is_not_there() -> None:
    desk = opened()
    order = desk.buy("a", "7")
    assert (order.state, order.filled) == (OrderState.EXPIRED, 5)
    assert [done.fill.price for done in desk.exchange.accounts["a"].fills] == [
        Decimal(price) for price in ("100.1", "100.2", "100.3", "100.4", "100.5")
    ]
    assert desk.imbalance == 0


def test_made_up_liquidity_is_whole_again_after_the_next_recorded_trade() -> None:
    desk = opened()
    desk.buy("a", "5")
    assert desk.exchange.books[SYMBOL].best(Side.SELL) is None
    desk.trade("100")
    assert desk.exchange.books[SYMBOL].best(Side.SELL) == Decimal("100.1")


def test_orders_of_two_clients_meet_and_both_pay_their_own_rate() -> None:
    desk = opened()
    maker = desk.sell("b", "2", "100.1")
    taker = desk.buy("a", "2", "100.1", time_in_force=IOC)
    # One unit of made-up size was there before.
    assert (taker.filled, desk.order("b", maker).filled) == (2, 1)
    fee = {name: desk.exchange.accounts[name].fills[-1].fill.fee for name in "ab"}
    assert fee == {"a": Decimal("0.05005"), "b": Decimal("0.02002")}
    assert desk.imbalance == 0


def test_a_recorded_trade_fills_what_it_prints_through_and_no_more_than_its_size() -> None:
    desk = opened()
    first, later, higher = (desk.buy("a", "1", price) for price in ("99", "99", "99.5"))
    desk.trade("99", "1.5")
    assert [desk.order("a", one).filled for one in (higher, first, later)] == [1, 0, 0]
    desk.trade("98.9", "1.5")
    assert [desk.order("a", one).filled for one in (first, later)] == [1, Decimal("0.5")]


def test_a_self_trade_expires_the_taker() -> None:
    desk = opened(contract=replace(CONTRACT, levels=0))
    mine = desk.sell("a", "1", "100")
    taker = desk.buy("a", "1", "100")
    assert (taker.state, taker.reason) == (OrderState.EXPIRED, "SELF_TRADE")
    assert desk.order("a", mine).is_open


def test_fill_or_kill_takes_all_or_nothing() -> None:
    desk = opened()
    assert desk.buy("a", "5.5", "101", time_in_force=FOK).filled == 0
    assert desk.buy("a", "5", "101", time_in_force=FOK).state is OrderState.FILLED


def test_a_post_only_order_never_takes() -> None:
    desk = opened()
    refused(desk, "order.would_match", Side.BUY, "1", "100.1", post_only=True)
    assert desk.buy("a", "1", "100", post_only=True).is_open


def test_a_reduce_only_order_makes_smaller_and_never_turns() -> None:
    desk = opened()
    refused(desk, "order.reduce_only", Side.SELL, "1", reduce_only=True)
    desk.buy("a", "1")
    resting = desk.sell("a", "1", "105", reduce_only=True)
    closing = desk.sell("a", "3", reduce_only=True)
    assert (closing.filled, closing.reason, desk.size("a")) == (1, "REDUCE_ONLY", 0)
    assert desk.order("a", resting).state is OrderState.EXPIRED


def test_an_amended_order_keeps_its_number_and_loses_its_place_only_for_more() -> None:
    desk = opened(contract=replace(CONTRACT, levels=0))
    first, second = desk.buy("a", "2", "99"), desk.buy("b", "2", "99")
    smaller, _ = desk.exchange.amend("a", int(first.venue_order_id), size=Decimal(1), price=Decimal(99))
    assert smaller.venue_order_id == first.venue_order_id
    desk.sell("c", "1", "99")
    assert (desk.size("a"), desk.size("b")) == (1, 0)
    third = desk.buy("a", "1", "99")
    desk.exchange.amend("b", int(second.venue_order_id), size=Decimal(3), price=Decimal(99))
    desk.sell("c", "1", "99")
    assert (desk.order("a", third).filled, desk.size("b")) == (1, 0)


@pytest.mark.parametrize(
    ("code", "size", "price"),
    [
        ("filter.PRICE_FILTER", "1", "99.05"),
        ("filter.LOT_SIZE", "0.0001", "99"),
        ("filter.NOTIONAL", "0.01", "99"),
        ("margin.insufficient", "203", "99"),
        ("position.too_large", "1000", "503"),
    ],
)
def test_the_rules_of_the_contract_and_the_margin_are_kept(code: str, size: str, price: str) -> None:
    desk = opened(money="1000" if code != "position.too_large" else "1000000")
    refused(desk, code, Side.BUY, size, price)


def test_a_client_id_is_free_again_once_its_order_is_done_or_never() -> None:
    desk = opened()
    ticket = desk.ticket(Side.BUY, "1", "99")
    order, _ = desk.exchange.place("a", ticket)
    with pytest.raises(RefusedError, match="in use"):
        desk.exchange.place("a", ticket)
    desk.exchange.cancel("a", int(order.venue_order_id))
    assert desk.exchange.place("a", ticket)[0].is_open
    strict = opened(ids_are_forever=True)
    once, _ = strict.exchange.place("a", ticket)
    strict.exchange.cancel("a", int(once.venue_order_id))
    with pytest.raises(RefusedError, match="in use"):
        strict.exchange.place("a", ticket)


def test_nobody_trades_before_the_market_has() -> None:
    exchange = Perpetuals([CONTRACT])
    exchange.open_account("a", {"USDT": Decimal(1000)})
    with pytest.raises(Exception, match="nothing has traded yet"):
        exchange.place("a", Desk(exchange).ticket(Side.BUY, "1"))


# Conditional orders


def test_a_stop_waits_takes_no_margin_and_becomes_an_order_when_its_price_comes() -> None:
    desk = opened()
    desk.buy("a", "1")
    before = desk.exchange.clearing.standing(desk.exchange.accounts["a"], "USDT")
    number = desk.wait("a", Side.SELL, ConditionKind.STOP, "1", "95", reduce_only=True)
    assert desk.exchange.clearing.standing(desk.exchange.accounts["a"], "USDT") == before
    desk.trade("95.1")
    assert desk.size("a") == 1
    desk.trade("95")
    stopped = desk.exchange.accounts["a"].conditionals[number]
    assert (stopped.state, desk.size("a")) == (ConditionState.FINISHED, 0)
    assert desk.exchange.parents[stopped.order_id] == number


@pytest.mark.parametrize(
    ("side", "kind", "level"),
    [
        (Side.SELL, ConditionKind.STOP, "101"),
        (Side.BUY, ConditionKind.STOP, "99"),
        (Side.SELL, ConditionKind.TAKE_PROFIT, "99"),
        (Side.BUY, ConditionKind.TAKE_PROFIT, "101"),
    ],
)
def test_a_condition_that_holds_already_is_refused(side: Side, kind: ConditionKind, level: str) -> None:
    with pytest.raises(RefusedError) as caught:
        opened().wait("a", side, kind, "1", level)
    assert caught.value.code == "order.would_trigger"


def test_a_mark_price_trigger_is_not_fooled_by_one_print() -> None:
    desk = opened()
    desk.buy("a", "2")
    by_last = desk.wait("a", Side.SELL, ConditionKind.STOP, "1", "95")
    by_mark = desk.wait("a", Side.SELL, ConditionKind.STOP, "1", "95", trigger=Trigger.MARK)
    desk.trade("94", seconds=0)
    conditionals = desk.exchange.accounts["a"].conditionals
    assert (conditionals[by_last].state, conditionals[by_mark].state) == (
        ConditionState.FINISHED,
        ConditionState.WAITING,
    )
    desk.trade("94", seconds=600)
    assert conditionals[by_mark].state is ConditionState.FINISHED


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back() -> None:
    desk = opened()
    desk.buy("a", "1")
    desk.wait("a", Side.SELL, ConditionKind.TRAILING, "1", callback=Decimal("0.02"), activation=Decimal(103))
    for price in ("102", "100", "103", "110", "108"):
        desk.trade(price)
    assert desk.size("a") == 1
    desk.trade("107.8")
    assert desk.size("a") == 0


def test_a_take_profit_limit_waits_in_the_book_once_triggered() -> None:
    desk = opened()
    desk.buy("a", "1")
    number = desk.wait("a", Side.SELL, ConditionKind.TAKE_PROFIT, "1", "105", price=Decimal(106))
    desk.trade("105")
    taken = desk.exchange.accounts["a"].conditionals[number]
    assert taken.state is ConditionState.TRIGGERED
    assert desk.exchange.accounts["a"].orders[taken.order_id].is_open
    desk.trade("106.5")
    assert desk.exchange.accounts["a"].conditionals[number].state is ConditionState.FINISHED


def test_a_condition_whose_order_is_refused_says_why() -> None:
    desk = opened()
    number = desk.wait("a", Side.SELL, ConditionKind.STOP, "1", "95", reduce_only=True)
    desk.trade("94")
    one = desk.exchange.accounts["a"].conditionals[number]
    assert (one.state, one.reason) == (ConditionState.REJECTED, "ReduceOnly Order is rejected.")


def test_a_closing_stop_shuts_the_whole_position() -> None:
    desk = opened()
    desk.buy("a", "1")
    desk.wait("a", Side.SELL, ConditionKind.STOP, "0", "95", close=True)
    desk.buy("a", "2")
    desk.trade("95")
    assert desk.size("a") == 0


# Margin, liquidation, funding, fees


def test_a_cross_position_is_liquidated_at_the_price_that_was_told() -> None:
    desk = opened(money="100")
    desk.exchange.set_leverage("a", SYMBOL, 50)
    desk.buy("a", "20")
    desk.buy("a", "5")
    price = desk.exchange.liquidation_price("a", SYMBOL)
    assert price is not None
    while desk.size("a"):
        above = desk.exchange.prices[SYMBOL].mark > price
        desk.trade(str(desk.exchange.prices[SYMBOL].last - Decimal("0.1")), seconds=600)
        assert above or not desk.size("a")
    assert desk.imbalance == 0
    (last,) = [one for one in desk.heard if isinstance(one, OrderNews) and one.what is Happening.LIQUIDATION]
    assert last.order.client_order_id.startswith("autoclose-")


def test_an_isolated_position_can_lose_no_more_than_was_set_aside() -> None:
    desk = opened()
    desk.exchange.set_margin_mode("a", SYMBOL, MarginMode.ISOLATED)
    desk.exchange.set_leverage("a", SYMBOL, 10)
    desk.buy("a", "1")
    kept = desk.wallet("a") - desk.exchange.accounts["a"].position(SYMBOL).isolated
    desk.trade("50", seconds=6000)
    assert (desk.size("a"), desk.wallet("a")) == (0, kept)
    assert desk.imbalance == 0


def test_nobody_owes_anything_after_a_crash_and_the_fund_pays() -> None:
    desk = opened(money="60")
    desk.exchange.set_leverage("a", SYMBOL, 50)
    desk.buy("a", "5")
    desk.trade("10", seconds=6000)
    assert (desk.wallet("a"), desk.imbalance) == (0, 0)
    assert desk.exchange.clearing.insurance["USDT"] < 1_000_000


def test_funding_is_paid_every_eight_hours_by_the_long_to_the_short() -> None:
    desk = opened()
    desk.buy("a", "1")
    desk.sell("b", "1")
    before = desk.wallet("a"), desk.wallet("b")
    desk.trade("100", seconds=8 * 3600)
    paid, earned = before[0] - desk.wallet("a"), desk.wallet("b") - before[1]
    assert paid == earned == Decimal("0.01")
    desk.exchange.move_time(desk.exchange.now_ns + 24 * 3600 * 10**9)
    assert before[0] - desk.wallet("a") == Decimal("0.04")
    assert desk.imbalance == 0


def test_who_trades_more_pays_less() -> None:
    desk = opened()
    account = desk.exchange.accounts["a"]
    for _ in range(13):
        desk.buy("a", "4", "101", time_in_force=IOC)
        desk.trade("100")
        desk.sell("a", "4", "99", time_in_force=IOC)
        desk.trade("100")
    first, last = account.fills[0].fill, account.fills[-1].fill
    assert (first.fee / first.notional, last.fee / last.notional) == (Decimal("0.0005"), Decimal("0.0004"))


def test_leverage_has_its_bounds() -> None:
    desk = opened()
    with pytest.raises(RefusedError, match="not valid"):
        desk.exchange.set_leverage("a", SYMBOL, 101)
    desk.exchange.set_leverage("a", SYMBOL, 100)
    desk.buy("a", "5")
    with pytest.raises(RefusedError) as caught:
        desk.exchange.set_margin_mode("a", SYMBOL, MarginMode.ISOLATED)
    assert caught.value.code == "margin.in_use"


def test_deleveraging_takes_a_part_away_unasked() -> None:
    desk = opened()
    desk.buy("a", "3")
    news = desk.exchange.deleverage("a", SYMBOL, Decimal(1))
    assert desk.size("a") == 2
    assert any(isinstance(one, OrderNews) and one.what is Happening.DELEVERAGED for one in news)
    assert desk.imbalance == 0
