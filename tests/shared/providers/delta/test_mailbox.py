"""What waits for a slow reader: prices give way, reports never do."""

from __future__ import annotations

from decimal import Decimal

from tradedeck.domain.book import Quote
from tradedeck.domain.events import Accepted, Event
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.ports.provider import Provider
from tradedeck.providers.delta import DeltaVenue
from tradedeck.providers.delta.mailbox import MAX_NEWS, Mailbox


def quote(number: int) -> Quote:
    return Quote("BTCUSD", Decimal(1), Decimal(1), Decimal(2), Decimal(1), number)


async def test_prices_beyond_the_bound_give_way_to_the_newest_and_reports_stay() -> None:
    mailbox = Mailbox()
    mailbox.put([Accepted("td-1", "1", 1)])
    mailbox.put(quote(number) for number in range(MAX_NEWS + 100))
    mailbox.put([Accepted("td-2", "2", 2), Trade("BTCUSD", "1", Decimal(1), Decimal(1), Side.BUY, 3)])
    mailbox.close()
    read: list[Event] = [event async for event in mailbox]
    assert len(read) == MAX_NEWS + 3
    assert isinstance(read[0], Accepted)
    assert isinstance(read[-2], Accepted)
    quotes = [event for event in read if isinstance(event, Quote)]
    assert quotes[-1] == quote(MAX_NEWS + 99), "the newest price is the one that counts"


def test_the_venue_is_a_provider() -> None:
    venue: Provider = DeltaVenue("", "")
    assert venue.health().state == "connecting"
    assert venue.capabilities.client_id_length == 32
