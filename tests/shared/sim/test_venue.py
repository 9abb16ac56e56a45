"""The simulated venue speaks as a real one: reports in their place, answers to questions."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from tests.shared.engine.bench import bar, trade
from tradedeck.domain.errors import NotFoundError
from tradedeck.domain.events import (
    Accepted,
    Cancel,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    Place,
    Rejected,
    Resume,
)
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderType, Side, TimeInForce
from tradedeck.sim.exchange import Exchange
from tradedeck.sim.listings import instrument_of
from tradedeck.sim.venue import SimVenue, history


def order(name: str, size: str = "1", price: str | None = None) -> Order:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    amount = None if price is None else Decimal(price)
    return Order(
        name, "BTCUSDT", Side.BUY, kind, Decimal(size), amount, None, TimeInForce.GTC, False, False, "manual", 1, 1
    )


def venue_over(btc: Instrument, *events: Event) -> tuple[SimVenue, AsyncIterator[Event]]:
    exchange = Exchange([btc])
    for account in ("mine", "other"):
        exchange.open_account(account, {"USDT": Decimal(10_000)})
    venue = SimVenue(history(events), exchange, "mine")
    return venue, aiter(venue)


async def test_reports_come_before_the_trade_that_caused_them_and_after_the_event_that_asked(btc: Instrument) -> None:
    venue, feed = venue_over(btc, trade(1, "100"), trade(2, "95"), bar(1, "95"))
    assert (await anext(feed)) == trade(1, "100")
    await venue.send(Place(order("1", price="99")))
    await venue.send(Place(order("1", price="99")))
    kinds = [type(await anext(feed)) for _ in range(5)]
    assert [kind.__name__ for kind in kinds] == ["Accepted", "Rejected", "Filled", "Trade", "Bar"]
    with pytest.raises(StopAsyncIteration):
        await anext(feed)


async def test_a_place_or_cancel_that_can_not_be_is_a_report_and_no_exception(btc: Instrument) -> None:
    venue, feed = venue_over(btc, trade(1, "100"))
    await venue.send(Place(order("0")))
    early = await anext(feed)
    assert isinstance(early, Rejected)
    assert early.code == "venue.no_price"
    await anext(feed)
    await venue.send(Place(order("1", size="1000")))
    await venue.send(Cancel(order("none")))
    await venue.send(Place(order("2", price="90")))
    await venue.send(Cancel(order("2", price="90")))
    told = [event async for event in feed]
    assert [type(event) for event in told] == [Rejected, CancelRejected, Accepted, Canceled]
    assert isinstance(told[0], Rejected)
    assert told[0].code == "balance.insufficient"


async def test_time_is_the_markets_and_not_that_of_wishes(btc: Instrument) -> None:
    venue, feed = venue_over(btc, trade(1, "100"), Resume(10**18), trade(2, "100"))
    await anext(feed)
    await anext(feed)
    await venue.send(Place(order("1")))
    (fill,) = [event async for event in feed if isinstance(event, Filled)]
    assert fill.time_ns == trade(1, "100").time_ns


async def test_a_look_up_gives_a_clear_answer(btc: Instrument) -> None:
    venue, feed = venue_over(btc, trade(1, "100"))
    await anext(feed)
    await venue.send(Place(order("1", price="90")))
    finding = await venue.look_up(order("1"))
    assert finding.found
    assert finding.reports == (Accepted("1", "1", 10**9),)
    assert not (await venue.look_up(order("2"))).found


def test_listings_are_found_by_symbol_or_named() -> None:
    assert instrument_of("btcusdt").quote == "USDT"
    with pytest.raises(NotFoundError, match="no listing for DOGE; choose one of BTCUSDT"):
        instrument_of("DOGE")
