"""Several perpetuals on one account: what backs one backs all, and what falls takes all along."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.sandbox.perpetuals.exchange import CONTRACT, INSTRUMENT, SECOND_NS
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.order import OrderType, Side
from tradedeck.domain.trade import Trade
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.news import Ticket
from tradedeck.sandbox.perpetuals.terms import FeeTier

FIRST, SECOND = "BTCUSDT", "ETHUSDT"
OTHER = replace(CONTRACT, instrument=replace(INSTRUMENT, symbol=SECOND, base="ETH"))
FEES = FeeTier(Decimal(0), Decimal("0.0002"), Decimal("0.0005"))
LATER_NS = 600 * SECOND_NS


def opened(money: str) -> Perpetuals:
    exchange = Perpetuals([CONTRACT, OTHER], [FEES])
    exchange.open_account("a", {"USDT": Decimal(money)})
    for symbol in (FIRST, SECOND):
        move(exchange, symbol, "100")
    return exchange


def move(exchange: Perpetuals, symbol: str, price: str) -> None:
    """The market of one symbol goes here, and stays long enough for its mark price to follow."""
    for number in range(2):
        now_ns = exchange.now_ns + LATER_NS
        exchange.on_trade(Trade(symbol, str(number), Decimal(price), Decimal(1), Side.SELL, now_ns))


def trade(exchange: Perpetuals, symbol: str, side: Side, size: str) -> None:
    number = len(exchange.accounts["a"].orders)
    exchange.place("a", Ticket(f"order-{number}", symbol, side, OrderType.MARKET, Decimal(size)))


def test_a_fall_of_one_takes_all_cross_positions_along_but_no_isolated_one() -> None:
    exchange = opened("60")
    exchange.set_margin_mode("a", SECOND, MarginMode.ISOLATED)
    trade(exchange, FIRST, Side.BUY, "4")
    trade(exchange, SECOND, Side.BUY, "1")
    account = exchange.accounts["a"]
    move(exchange, FIRST, "80")
    assert (account.position(FIRST).size, account.position(SECOND).size) == (0, 1)
    assert exchange.clearing.imbalance("USDT") == 0
    both = opened("60")
    trade(both, FIRST, Side.BUY, "4")
    trade(both, SECOND, Side.BUY, "1")
    move(both, FIRST, "80")
    assert all(not position.size for position in both.accounts["a"].positions.values())
    assert both.clearing.imbalance("USDT") == 0


def test_a_gain_of_one_backs_the_other() -> None:
    exchange = opened("60")
    trade(exchange, FIRST, Side.BUY, "4")
    before = exchange.liquidation_price("a", FIRST)
    trade(exchange, SECOND, Side.SELL, "4")
    move(exchange, SECOND, "90")
    after = exchange.liquidation_price("a", FIRST)
    assert before is not None
    assert after is None or after < before


orders = st.tuples(
    st.sampled_from((FIRST, SECOND)), st.sampled_from(Side), st.integers(60, 5_000), st.integers(900, 1100)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(orders, max_size=30), st.sampled_from(MarginMode))
def test_money_is_conserved_over_all_symbols(todo: list[tuple[str, Side, int, int]], mode: MarginMode) -> None:
    exchange = opened("100")
    if mode is MarginMode.ISOLATED:
        exchange.set_margin_mode("a", SECOND, mode)
    account = exchange.accounts["a"]
    for symbol, side, lots, tenths in todo:
        with suppress(RefusedError):
            trade(exchange, symbol, side, str(Decimal(lots) / 1000))
        move(exchange, symbol, str(Decimal(tenths) / 10))
        assert exchange.clearing.imbalance("USDT") == 0
        for held in account.positions.values():
            assert not exchange.clearing.doomed(account, held.symbol)
