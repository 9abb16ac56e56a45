"""The simulated exchange: money is conserved, promises are kept, priorities hold."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradedeck.domain.errors import ConflictError, NotFoundError, RefusedError, TradedeckError, UnavailableError
from tradedeck.domain.events import Accepted, Canceled, Expired, Filled, Report
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderState, OrderType, Side, TimeInForce
from tradedeck.domain.trade import Trade
from tradedeck.sim.exchange import MAX_OPEN_ORDERS, Exchange, News, Ticket

ACCOUNT = "a"
START = {"USDT": Decimal(1000), "BTC": Decimal(10)}


def exchange_at(btc: Instrument, price: str = "100", *, owns: dict[str, Decimal] = START) -> Exchange:
    exchange = Exchange([btc])
    exchange.open_account(ACCOUNT, owns)
    printed(exchange, price)
    return exchange


def printed(exchange: Exchange, price: str | Decimal, size: str | Decimal = "1") -> list[Report]:
    number = exchange.now_ns + 1
    trade = Trade("BTCUSDT", str(number), Decimal(price), Decimal(size), Side.BUY, number)
    return [news.report for news in exchange.on_trade(trade)]


def ticket(name: str, side: Side, kind: OrderType, size: str, **terms: Any) -> Ticket:
    return Ticket(name, "BTCUSDT", side, kind, Decimal(size), **terms)


def limit(name: str, side: Side, size: str, price: str, **terms: Any) -> Ticket:
    return ticket(name, side, OrderType.LIMIT, size, price=Decimal(price), **terms)


def fills(news: Sequence[News | Report]) -> list[Fill]:
    reports = [item.report if isinstance(item, News) else item for item in news]
    return [report.fill for report in reports if isinstance(report, Filled)]


def test_a_market_order_takes_one_tick_beyond_the_last_price_whole(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    news = exchange.place(ACCOUNT, ticket("1", Side.BUY, OrderType.MARKET, "2"))
    assert isinstance(news[0].report, Accepted)
    (fill,) = fills(news)
    assert (fill.price, fill.size, fill.maker, fill.fee) == (Decimal("100.01"), 2, False, Decimal("0.20002"))
    assert exchange.order(ACCOUNT, client_order_id="1").state is OrderState.FILLED


def test_a_resting_order_fills_only_through_its_price_and_only_for_what_traded(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    exchange.place(ACCOUNT, limit("1", Side.BUY, "3", "99"))
    assert printed(exchange, "99", "5") == []
    (first,) = fills(printed(exchange, "98.99", "1"))
    assert (first.price, first.size, first.maker) == (Decimal(99), 1, True)
    assert exchange.order(ACCOUNT, client_order_id="1").state is OrderState.PARTIALLY_FILLED
    (second,) = fills(printed(exchange, "98", "7"))
    assert second.size == 2
    assert exchange.open_orders(ACCOUNT) == []


def test_better_prices_fill_first_and_then_the_older_order(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    for name, price in (("old", "98"), ("young", "98"), ("best", "99")):
        exchange.place(ACCOUNT, limit(name, Side.BUY, "1", price))
    told = fills(printed(exchange, "97", "2.5"))
    assert [(f.client_order_id, f.size) for f in told] == [("best", 1), ("old", 1), ("young", Decimal("0.5"))]
    sells = exchange_at(btc)
    for name, price in (("far", "103"), ("near", "101")):
        sells.place(ACCOUNT, limit(name, Side.SELL, "1", price))
    assert [f.client_order_id for f in fills(printed(sells, "104", "2"))] == ["near", "far"]


def test_a_stop_waits_for_its_price_and_then_takes(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    exchange.place(ACCOUNT, ticket("1", Side.SELL, OrderType.STOP, "1", stop_price=Decimal(95)))
    assert printed(exchange, "95.01") == []
    (fill,) = fills(printed(exchange, "94"))
    assert (fill.price, fill.maker) == (Decimal("93.99"), False)


def test_a_stop_limit_rests_once_triggered(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    terms = {"price": Decimal(104), "stop_price": Decimal(105)}
    exchange.place(ACCOUNT, ticket("1", Side.BUY, OrderType.STOP_LIMIT, "1", **terms))
    assert printed(exchange, "103", "9") == []
    assert printed(exchange, "106") == []
    assert [f.price for f in fills(printed(exchange, "103.5", "9"))] == [Decimal(104)]


@pytest.mark.parametrize("kind", [TimeInForce.IOC, TimeInForce.FOK])
def test_an_impatient_order_takes_at_once_or_expires(btc: Instrument, kind: TimeInForce) -> None:
    exchange = exchange_at(btc)
    news = exchange.place(ACCOUNT, limit("1", Side.BUY, "1", "99", time_in_force=kind))
    assert isinstance(news[-1].report, Expired)
    assert exchange.accounts[ACCOUNT].wallet.free == START
    assert fills(exchange.place(ACCOUNT, limit("2", Side.BUY, "1", "101", time_in_force=kind)))


def test_promises_that_would_break_at_once_are_refused(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    with pytest.raises(RefusedError, match="immediately match"):
        exchange.place(ACCOUNT, limit("1", Side.BUY, "1", "100.01", post_only=True))
    with pytest.raises(RefusedError, match="trigger immediately"):
        exchange.place(ACCOUNT, ticket("2", Side.SELL, OrderType.STOP, "1", stop_price=Decimal(100)))
    exchange.place(ACCOUNT, limit("3", Side.BUY, "1", "100", post_only=True))
    assert [o.client_order_id for o in exchange.open_orders(ACCOUNT, "BTCUSDT")] == ["3"]
    assert exchange.open_orders(ACCOUNT, "ETHUSDT") == []


@pytest.mark.parametrize("price", [None, Decimal(50)])
def test_before_the_first_price_nothing_is_taken_and_nothing_left_behind(
    btc: Instrument, price: Decimal | None
) -> None:
    exchange = Exchange([btc])
    exchange.open_account(ACCOUNT, START)
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    with pytest.raises(UnavailableError, match="no price yet"):
        exchange.place(ACCOUNT, ticket("1", Side.BUY, kind, "1", price=price))
    assert exchange.accounts[ACCOUNT].wallet.free == START
    assert exchange.open_orders(ACCOUNT) == []
    assert exchange.books["BTCUSDT"].working == ()


def test_what_can_not_be_carried_out_is_refused_with_a_code(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    exchange.place(ACCOUNT, limit("1", Side.BUY, "1", "90"))
    refused: list[tuple[type[TradedeckError], str, Ticket]] = [
        (ConflictError, "order.duplicate", limit("1", Side.BUY, "1", "90")),
        (RefusedError, "balance.insufficient", limit("2", Side.SELL, "11", "110")),
        (RefusedError, "filter.LOT_SIZE", limit("2", Side.SELL, "0.000001", "110")),
        (RefusedError, "filter.PRICE_FILTER", limit("2", Side.SELL, "1", "110.001")),
        (RefusedError, "filter.NOTIONAL", limit("2", Side.SELL, "0.00001", "110")),
    ]
    for kind, code, wrong in refused:
        with pytest.raises(kind) as error:
            exchange.place(ACCOUNT, wrong)
        assert error.value.code == code
    absent: list[Callable[[], object]] = [
        lambda: exchange.place("nobody", limit("2", Side.BUY, "1", "90")),
        lambda: exchange.place(ACCOUNT, Ticket("2", "DOGE", Side.BUY, OrderType.MARKET, Decimal(1))),
        lambda: exchange.cancel(ACCOUNT, 999),
        lambda: exchange.order(ACCOUNT, order_id=999),
        lambda: exchange.order(ACCOUNT, client_order_id="none"),
    ]
    for doing in absent:
        with pytest.raises(NotFoundError):
            doing()
    with pytest.raises(ConflictError, match="exists already"):
        exchange.open_account(ACCOUNT, {})


def test_an_account_may_have_so_many_working_orders_and_no_more(btc: Instrument) -> None:
    exchange = exchange_at(btc, owns={"USDT": Decimal(10**6)})
    for number in range(MAX_OPEN_ORDERS):
        exchange.place(ACCOUNT, limit(str(number), Side.BUY, "0.1", "90"))
    with pytest.raises(RefusedError, match="MAX_NUM_ORDERS"):
        exchange.place(ACCOUNT, limit("one more", Side.BUY, "0.1", "90"))


def test_a_cancel_gives_everything_back_once(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    (accepted,) = exchange.place(ACCOUNT, limit("1", Side.BUY, "1", "90"))
    assert isinstance(accepted.report, Accepted)
    number = int(accepted.report.venue_order_id)
    wallet = exchange.accounts[ACCOUNT].wallet
    assert wallet.locked("USDT") == Decimal("90.09")
    assert exchange.owner_of(number) == ACCOUNT
    assert isinstance(exchange.cancel(ACCOUNT, number)[0].report, Canceled)
    assert wallet.free == START
    assert exchange.order(ACCOUNT, order_id=number).state is OrderState.CANCELED
    with pytest.raises(NotFoundError):
        exchange.cancel(ACCOUNT, number)


def test_a_restored_half_filled_order_holds_back_only_its_rest(btc: Instrument) -> None:
    before = exchange_at(btc)
    before.place(ACCOUNT, limit("1", Side.SELL, "10", "101"))
    (part,) = fills(printed(before, "102", "4"))
    left = {asset: amount for asset, amount in before.accounts[ACCOUNT].wallet.free.items() if amount}
    after = Exchange([btc], first_id=50)
    after.open_account(ACCOUNT, {**left, "BTC": Decimal(6)})
    after.restore(ACCOUNT, before.open_orders(ACCOUNT))
    assert after.accounts[ACCOUNT].wallet.locked("BTC") == 6
    (rest,) = fills(printed(after, "103", "9"))
    assert (part.size, rest.size) == (4, 6)
    assert after.accounts[ACCOUNT].wallet.free["BTC"] == 0


def test_an_exchange_goes_on_where_an_earlier_run_ended(btc: Instrument) -> None:
    before = exchange_at(btc)
    before.place(ACCOUNT, limit("half", Side.SELL, "2", "101"))
    printed(before, "102", "0.5")
    terms = {"price": Decimal(95), "stop_price": Decimal(107)}
    before.place(ACCOUNT, ticket("armed", Side.BUY, OrderType.STOP_LIMIT, "1", **terms))
    before.place(
        ACCOUNT, ticket("waits", Side.BUY, OrderType.STOP_LIMIT, "1", price=Decimal(99), stop_price=Decimal(120))
    )
    (accepted, *_) = before.place(ACCOUNT, limit("gone", Side.BUY, "1", "90"))
    assert isinstance(accepted.report, Accepted)
    before.cancel(ACCOUNT, int(accepted.report.venue_order_id))
    printed(before, "107", "0.1")
    last = before.books["BTCUSDT"].last
    assert last is not None
    triggered = {w.id for w in before.books["BTCUSDT"].working if w.triggered}
    after = Exchange([btc])
    after.resume(before.accounts, now_ns=before.now_ns, last={"BTCUSDT": last}, triggered=triggered)
    assert after.books["BTCUSDT"].working == before.books["BTCUSDT"].working
    assert [f.client_order_id for f in fills(printed(after, "94", "9"))] == ["armed"]
    assert after.owner_of(1) == ACCOUNT
    (news, *_) = after.place(ACCOUNT, limit("new", Side.BUY, "1", "90"))
    assert isinstance(news.report, Accepted)
    assert news.report.venue_order_id == "5"
    numbers = [f.trade_id for f in after.accounts[ACCOUNT].fills]
    assert len(set(numbers)) == len(numbers)


def test_a_trade_that_is_used_up_reaches_nobody_else(btc: Instrument) -> None:
    exchange = exchange_at(btc)
    for name in ("1", "2"):
        exchange.place(ACCOUNT, limit(name, Side.BUY, "1", "99"))
    assert [f.client_order_id for f in fills(printed(exchange, "98", "1"))] == ["1"]


# Whatever happens

sizes = st.integers(1, 400).map(lambda n: Decimal(n) / 100)
ticks = st.integers(9000, 11000).map(lambda n: Decimal(n) / 100)


@dataclass(frozen=True)
class Print:
    price: Decimal
    size: Decimal


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    kind = draw(st.sampled_from(OrderType))
    return Ticket(
        "named when placed",
        "BTCUSDT",
        draw(st.sampled_from(Side)),
        kind,
        draw(sizes),
        draw(ticks) if kind.has_price else None,
        draw(ticks) if kind.has_stop else None,
        draw(st.sampled_from(TimeInForce)),
        draw(st.booleans()),
    )


doings = st.lists(st.builds(Print, ticks, sizes) | tickets() | st.integers(1, 20), max_size=40)


@settings(max_examples=150)
@given(doings)
def test_no_money_is_made_or_lost_and_every_fill_keeps_its_promise(
    btc: Instrument, given_doings: list[Print | Ticket | int]
) -> None:
    exchange = exchange_at(btc)
    placed: dict[str, Ticket] = {}
    for number, doing in enumerate(given_doings):
        if isinstance(doing, Print):
            made = [f for f in fills(printed(exchange, doing.price, doing.size)) if f.maker]
            assert sum((f.size for f in made), Decimal(0)) <= doing.size
            assert all((f.price - doing.price) * f.side.sign > 0 for f in made), "filled through, never at"
            continue
        with contextlib.suppress(RefusedError):
            if isinstance(doing, Ticket):
                placed[str(number)] = replace(doing, client_order_id=str(number))
                exchange.place(ACCOUNT, placed[str(number)])
            else:
                exchange.cancel(ACCOUNT, doing)
    check_books(exchange, placed)


def check_books(exchange: Exchange, placed: dict[str, Ticket]) -> None:
    books = exchange.accounts[ACCOUNT]
    bought = sum((f.size * f.side.sign for f in books.fills), Decimal(0))
    paid = sum((f.notional * f.side.sign + f.fee for f in books.fills), Decimal(0))
    wallet = books.wallet
    assert wallet.free.get("BTC", Decimal(0)) + wallet.locked("BTC") == START["BTC"] + bought
    assert wallet.free["USDT"] + wallet.locked("USDT") == START["USDT"] - paid
    assert wallet.free.get("BTC", Decimal(0)) >= 0
    stops = [t for t in placed.values() if t.type is OrderType.STOP and t.side is Side.BUY]
    # A buy stop may trade far above its price: the one way below zero, and it is stated in STOP_RESERVE.
    assert wallet.free["USDT"] >= 0 or stops
    assert set(wallet.assets()) <= {"BTC", "USDT"}
    for order in books.orders.values():
        own = [f for f in books.fills if f.client_order_id == order.client_order_id]
        assert sum((f.size for f in own), Decimal(0)) == order.filled <= order.size
        if order.price is not None:
            assert all((order.price - f.price) * f.side.sign >= 0 for f in own), "never worse than its limit"
    working = {str(w.id) for w in exchange.books["BTCUSDT"].working}
    assert working == {o.venue_order_id for o in exchange.open_orders(ACCOUNT)}
    assert set(map(int, working)) == set(wallet.reserves)
