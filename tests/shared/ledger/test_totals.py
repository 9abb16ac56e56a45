"""The report block adds up, whatever order fills come in."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.ledger import totals_of
from tradedeck.sim.listings import LISTED

MARKS = {"BTCUSDT": Decimal(120), "ETHUSDT": Decimal(9)}
rows = st.tuples(
    st.sampled_from(list(MARKS)), st.sampled_from(list(Side)), st.decimals("0.01", "500", places=2),
    st.decimals("0.001", "9", places=3), st.decimals("0", "1", places=4),
)  # fmt: skip


def order(name: str, venue_id: str) -> Order:
    one = Decimal(1)
    return Order(
        name, "BTCUSDT", Side.BUY, OrderType.LIMIT, one, one, None, TimeInForce.GTC, False, False, "manual", 1, 1,
        venue_order_id=venue_id,
    )  # fmt: skip


@given(st.lists(rows, max_size=30), st.randoms(use_true_random=False))
def test_totals_are_the_cash_that_moved_plus_what_is_still_held(
    given_rows: list[tuple[str, Side, Decimal, Decimal, Decimal]], chance: random.Random
) -> None:
    fills = [
        Fill(symbol, str(n), "c", side, price, size, fee, "USDT", False, n)
        for n, (symbol, side, price, size, fee) in enumerate(given_rows)
    ]
    chance.shuffle(fills)
    totals = totals_of([], fills, MARKS, LISTED)
    cash = -sum((f.notional * f.side.sign for f in fills), Decimal(0))
    held = sum((f.size * f.side.sign * MARKS[f.symbol] for f in fills), Decimal(0))
    assert totals.realised + totals.unrealised == cash + held
    assert totals.notional == sum((f.notional for f in fills), Decimal(0))
    assert totals.fees == sum((f.fee for f in fills), Decimal(0))
    assert totals.fills == len(fills)


def test_only_orders_the_venue_took_are_counted() -> None:
    totals = totals_of([order("1", "77"), order("2", "")], [], {}, {})
    assert totals.as_text() == {
        "orders": 1, "fills": 0, "notional": "0", "fees": "0", "realised": "0", "unrealised": "0",
    }  # fmt: skip


def test_a_closed_position_needs_no_mark_and_an_open_one_does(btc: Instrument) -> None:
    buy = Fill("BTCUSDT", "1", "c", Side.BUY, Decimal(5), Decimal(2), Decimal(0), "USDT", True, 1)
    sell = replace(buy, trade_id="2", side=Side.SELL, price=Decimal(6))
    instruments = {"BTCUSDT": btc}
    assert totals_of([], [buy, sell], {}, instruments).realised == 2
    with pytest.raises(KeyError):
        totals_of([], [buy], {}, instruments)
