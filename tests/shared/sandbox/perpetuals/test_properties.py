"""Whatever happens in whatever order: no money is made or lost, and nobody is served out of turn."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.sandbox.perpetuals.exchange import CONTRACT, FOK, IOC, SYMBOL, Desk, opened
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.order import OrderState, Side, TimeInForce
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.terms import ConditionKind

accounts = st.sampled_from("abc")
sides = st.sampled_from(Side)
prices = st.integers(900, 1100).map(lambda tenths: str(Decimal(tenths) / 10))
sizes = st.integers(1, 40_000).map(lambda lots: str(Decimal(lots) / 1000))
large = st.integers(60, 40_000).map(lambda lots: str(Decimal(lots) / 1000))
forces = st.sampled_from((TimeInForce.GTC, IOC, FOK))
actions = st.one_of(
    st.tuples(st.just("limit"), accounts, sides, sizes, prices, forces, st.booleans()),
    st.tuples(st.just("market"), accounts, sides, sizes, st.booleans()),
    st.tuples(st.just("trade"), prices, sizes, st.integers(0, 20_000)),
    st.tuples(st.just("cancel"), accounts, st.integers(0, 20)),
    st.tuples(st.just("amend"), accounts, st.integers(0, 20), sizes, prices),
    st.tuples(st.just("leverage"), accounts, st.integers(1, 100)),
    st.tuples(st.just("mode"), accounts, st.sampled_from(MarginMode)),
    st.tuples(st.just("stop"), accounts, sides, st.sampled_from(ConditionKind), sizes, prices, st.booleans()),
    st.tuples(st.just("margin"), accounts, st.integers(-50, 50)),
)


def act(desk: Desk, action: tuple[object, ...]) -> None:
    match action:
        case ("limit", str(who), Side() as side, str(size), str(price), TimeInForce() as force, bool(reduce)):
            desk.exchange.place(who, desk.ticket(side, size, price, time_in_force=force, reduce_only=reduce))
        case ("market", str(who), Side() as side, str(size), bool(reduce)):
            desk.exchange.place(who, desk.ticket(side, size, reduce_only=reduce))
        case ("trade", str(price), str(size), int(seconds)):
            desk.trade(price, size, seconds=seconds)
        case ("cancel", str(who), int(index)):
            desk.exchange.cancel(who, nth_open(desk, who, index))
        case ("amend", str(who), int(index), str(size), str(price)):
            desk.exchange.amend(who, nth_open(desk, who, index), size=Decimal(size), price=Decimal(price))
        case ("leverage", str(who), int(leverage)):
            desk.exchange.set_leverage(who, SYMBOL, leverage)
        case ("mode", str(who), MarginMode() as mode):
            desk.exchange.set_margin_mode(who, SYMBOL, mode)
        case ("stop", str(who), Side() as side, ConditionKind() as kind, str(size), str(level), bool(reduce)):
            trailing = kind is ConditionKind.TRAILING
            more = {"callback": Decimal("0.01")} if trailing else {}
            desk.wait(who, side, kind, size, "" if trailing else level, reduce_only=reduce, **more)
        case ("margin", str(who), int(amount)):
            desk.exchange.add_margin(who, SYMBOL, Decimal(amount))
        case _:
            raise AssertionError(action)


def nth_open(desk: Desk, who: str, index: int) -> int:
    working = list(desk.exchange.accounts[who].open)
    return working[index % len(working)] if working else 0


@settings(max_examples=120, deadline=None)
@given(st.lists(actions, max_size=60), st.sampled_from((0, 1, 5)))
def test_money_is_conserved_and_books_agree_with_their_fills(todo: list[tuple[object, ...]], levels: int) -> None:
    desk = opened(money="300", contract=replace(CONTRACT, levels=levels))
    for action in todo:
        with suppress(RefusedError):
            act(desk, action)
        clearing = desk.exchange.clearing
        assert desk.imbalance == 0
        assert desk.size("a") + desk.size("b") + desk.size("c") + clearing.house[SYMBOL] == 0
    for account in desk.exchange.accounts.values():
        by_order: dict[int, Decimal] = {}
        for done in account.fills:
            by_order[done.order_id] = by_order.get(done.order_id, Decimal(0)) + done.fill.size
        assert {n: o.filled for n, o in account.orders.items() if o.filled} == by_order
        assert account.position(SYMBOL).size == sum((d.fill.size * d.fill.side.sign for d in account.fills), Decimal(0))
        assert set(account.open) == {n for n, o in account.orders.items() if o.is_open}


@settings(max_examples=120, deadline=None)
@given(st.lists(actions, max_size=60))
def test_a_position_is_backed_or_gone(todo: list[tuple[object, ...]]) -> None:
    desk = opened(money="300")
    for action in todo:
        with suppress(RefusedError):
            act(desk, action)
        for account in desk.exchange.accounts.values():
            assert not desk.exchange.clearing.doomed(account, SYMBOL)
            if not account.position(SYMBOL).size:
                assert account.wallets["USDT"] >= 0


Entry = tuple[int, str, Decimal, Decimal]


class Naive:
    """An order book as a plain list: best price first, then the earlier."""

    def __init__(self) -> None:
        self.resting: dict[Side, list[Entry]] = {Side.BUY: [], Side.SELL: []}
        self.fills: list[tuple[int, int, Decimal, Decimal]] = []

    def place(self, number: int, who: str, side: Side, size: Decimal, price: Decimal) -> None:
        """Trade with the best of the other side until the limit, an own order, or nothing is left."""
        others = self.resting[side.opposite]
        while size:
            others.sort(key=lambda entry: (entry[3] * side.sign, entry[0]))
            if not others or (others[0][3] - price) * side.sign > 0:
                self.resting[side].append((number, who, size, price))
                return
            maker, owner, left, at = others[0]
            if owner == who:
                return
            traded = min(size, left)
            self.fills.append((number, maker, traded, at))
            size -= traded
            others[0] = (maker, owner, left - traded, at)
            if left == traded:
                del others[0]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(accounts, sides, large, st.integers(995, 1005)), max_size=40))
def test_the_book_serves_by_price_and_time_as_a_naive_one_does(todo: list[tuple[str, Side, str, int]]) -> None:
    desk, naive = opened(money="10000000", contract=replace(CONTRACT, levels=0)), Naive()
    for who, side, size, tenths in todo:
        price = str(Decimal(tenths) / 10)
        order, _ = desk.exchange.place(who, desk.ticket(side, size, price))
        naive.place(int(order.venue_order_id), who, side, Decimal(size), Decimal(price))
    book = desk.exchange.books[SYMBOL]
    for side in Side:
        shown = [(o.resting.id, o.size, o.price) for o in book.offers(side) if o.resting is not None]
        expected = sorted(naive.resting[side], key=lambda entry: (-entry[3] * side.sign, entry[0]))
        assert shown == [(number, size, price) for number, _, size, price in expected]
    trades: dict[int, list[tuple[Decimal, Decimal]]] = {}
    for number, maker, size, price in naive.fills:
        for one in (number, maker):
            trades.setdefault(one, []).append((size, price))
    done: dict[int, list[tuple[Decimal, Decimal]]] = {}
    for account in desk.exchange.accounts.values():
        for fill in account.fills:
            done.setdefault(fill.order_id, []).append((fill.fill.size, fill.fill.price))
    assert done == trades


@settings(max_examples=40, deadline=None)
@given(st.lists(actions, max_size=40))
def test_the_same_orders_give_the_same_news(todo: list[tuple[object, ...]]) -> None:
    runs: list[list[OrderState]] = []
    books: list[object] = []
    for _ in range(2):
        desk = opened(money="300")
        for action in todo:
            with suppress(RefusedError):
                act(desk, action)
        states = [order.state for account in desk.exchange.accounts.values() for order in account.orders.values()]
        runs.append(states)
        books.append((desk.heard, [desk.wallet(name) for name in "abc"]))
    assert runs[0] == runs[1]
    assert books[0] == books[1]
