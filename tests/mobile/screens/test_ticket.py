from decimal import Decimal

import pytest

from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.order import OrderType, Side
from tradedeck.execution import Session
from tradedeck_mobile.screens.symbol.state import Ticket

BTC = Instrument(
    "BTCUSDT", "binance", "BTC", "USDT", Decimal("0.01"), Decimal("0.00001"), Decimal("0.00001"), Decimal(9000),
    Decimal(5), FeeSchedule(Decimal("0.001"), Decimal("0.002")),
)  # fmt: skip
LAST = Decimal(64_000)


@pytest.mark.parametrize("size", ["", "0", "0.000001", "10000", "."])
def test_a_size_the_venue_would_not_take_is_said_before_anything_is_sent(size: str) -> None:
    ticket = Ticket(BTC, Side.BUY, size=size)
    assert not ticket.check()
    assert set(ticket.errors) == {"size"}


def test_a_price_off_the_grid_is_said_and_a_market_order_needs_none() -> None:
    ticket = Ticket(BTC, Side.BUY, kind="limit", size="1", price="64000.001")
    assert not ticket.check()
    assert "steps of 0.01" in ticket.errors["price"]
    ticket.choose("market", LAST)
    assert ticket.check()


def test_choosing_a_limit_suggests_the_last_price_and_keeps_what_was_typed() -> None:
    ticket = Ticket(BTC, Side.BUY)
    ticket.choose("limit", LAST)
    assert ticket.price == "64000"
    ticket.price = "60000"
    ticket.choose("stop", LAST)
    assert (ticket.price, ticket.price_label) == ("60000", "Trigger price")


def test_the_estimate_is_exact_and_a_passive_order_pays_the_makers_fee() -> None:
    ticket = Ticket(BTC, Side.BUY, size="0.5")
    estimate = ticket.estimate(LAST)
    assert estimate is not None
    assert (estimate.notional, estimate.fee) == (Decimal(32_000), Decimal(64))
    ticket.kind, ticket.price = "post", "60000"
    passive = ticket.estimate(LAST)
    assert passive is not None
    assert (passive.notional, passive.fee) == (Decimal(30_000), Decimal(30))


@pytest.mark.parametrize("size", ["", "-1", "0", "."])
def test_without_a_size_there_is_no_estimate(size: str) -> None:
    assert Ticket(BTC, Side.BUY, size=size).estimate(LAST) is None
    assert Ticket(BTC, Side.BUY, size="1").estimate(None) is None


def test_the_summary_names_money() -> None:
    assert Ticket(BTC, Side.SELL, size="0.5").summary(LAST) == "Sell 0.5 BTC, about 32,000.00 USDT"
    limit = Ticket(BTC, Side.BUY, kind="limit", size="0.1", price="60000.5")
    assert limit.summary(LAST) == "Buy 0.1 BTC, limit at 60,000.5 USDT, about 6,000.05 USDT"


@pytest.mark.parametrize(
    ("kind", "type_", "price", "stop"),
    [
        ("limit", OrderType.LIMIT, Decimal(50_000), None),
        ("post", OrderType.LIMIT, Decimal(50_000), None),
        ("stop", OrderType.STOP, None, Decimal(66_000)),
    ],
)
async def test_an_order_goes_out_as_it_was_written(
    session: Session, kind: str, type_: OrderType, price: Decimal | None, stop: Decimal | None
) -> None:
    ticket = Ticket(session.instruments["BTCUSDT"], Side.BUY, kind=kind, size="0.01", price=str(price or stop))
    order = await ticket.send(session)
    assert order is not None
    assert (order.type, order.price, order.stop_price) == (type_, price, stop)
    assert order.post_only is (kind == "post")


async def test_what_the_gate_refuses_is_said_on_the_sheet(session: Session) -> None:
    ticket = Ticket(session.instruments["BTCUSDT"], Side.BUY, kind="limit", size="0.00001", price="100")
    assert await ticket.send(session) is None
    assert "minimum" in ticket.failure
    assert not ticket.busy
