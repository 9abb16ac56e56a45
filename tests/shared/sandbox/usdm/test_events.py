"""Who only listens knows as much as who asks: the user stream adds up to what REST shows."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.sandbox.perpetuals.exchange import SYMBOL, Desk, opened
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.order import Side
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.news import News
from tradedeck.sandbox.perpetuals.terms import ConditionKind
from tradedeck.sandbox.usdm.events import events_of
from tradedeck.sandbox.usdm.wire import balances_json, conditional_json, order_json, risk_json

sides = st.sampled_from(Side)
prices = st.integers(950, 1050).map(lambda tenths: str(Decimal(tenths) / 10))
sizes = st.integers(60, 20_000).map(lambda lots: str(Decimal(lots) / 1000))
actions = st.one_of(
    st.tuples(st.just("order"), sides, sizes, st.one_of(st.just(""), prices), st.booleans()),
    st.tuples(st.just("stop"), sides, sizes, prices),
    st.tuples(st.just("trade"), prices, sizes, st.integers(0, 10_000)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("isolate")),
)


class Listener:
    """An account kept from its events alone."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.orders: dict[int, dict[str, Any]] = {}
        self.algos: dict[int, str] = {}
        self.size = Decimal(0)
        self.account: dict[str, Any] = {}

    def hear(self, news: list[News]) -> None:
        for one in news:
            for account, event in events_of(self.desk.exchange, one):
                if account == "a":
                    self._take(event)

    def _take(self, event: dict[str, Any]) -> None:
        detail = event.get("o")
        if event["e"] == "ORDER_TRADE_UPDATE" and detail:
            self.orders[detail["i"]] = detail
            self.size += Decimal(detail["l"]) * (1 if detail["S"] == "BUY" else -1)
        elif event["e"] == "ALGO_UPDATE" and detail:
            self.algos[detail["aid"]] = detail["X"]
        elif event["e"] == "ACCOUNT_UPDATE":
            self.account = event["a"]


def act(desk: Desk, action: tuple[Any, ...]) -> list[News]:
    match action:
        case ("order", side, size, price, reduce):
            return desk.exchange.place("a", desk.ticket(side, size, price, reduce_only=reduce))[1]
        case ("stop", side, size, level):
            desk.wait("a", side, ConditionKind.STOP, size, level)
            return []
        case ("trade", price, size, seconds):
            return desk.trade(price, size, seconds=seconds)
        case ("cancel", index):
            working = list(desk.exchange.accounts["a"].open)
            return desk.exchange.cancel("a", working[int(index) % len(working)])[1] if working else []
        case _:
            return desk.exchange.set_margin_mode("a", SYMBOL, MarginMode.ISOLATED)


@settings(max_examples=100, deadline=None)
@given(st.lists(actions, max_size=40))
def test_orders_positions_and_balances_add_up_from_the_stream(todo: list[tuple[Any, ...]]) -> None:
    desk = opened(money="500")
    listener = Listener(desk)
    for action in todo:
        with suppress(RefusedError):
            listener.hear(act(desk, action))
    exchange, account = desk.exchange, desk.exchange.accounts["a"]
    assert listener.size == Decimal(risk_json(exchange, account, account.position(SYMBOL))["positionAmt"])
    assert set(listener.orders) == set(account.orders)
    for number, told in listener.orders.items():
        asked = order_json(exchange, account, account.orders[number])
        assert (told["X"], told["z"], told["ap"]) == (asked["status"], asked["executedQty"], asked["avgPrice"])
    for number, state in listener.algos.items():
        assert state == conditional_json(account, account.conditionals[number])["algoStatus"]
    if listener.account:
        (balance,) = balances_json(exchange, account)
        assert listener.account["B"][0]["wb"] == balance["balance"]
