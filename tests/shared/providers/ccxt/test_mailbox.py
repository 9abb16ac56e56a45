"""What waits for the session: trades may age, reports and bars may not."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from tradedeck.domain.bar import Bar
from tradedeck.domain.events import Accepted
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.providers.ccxt.mailbox import MAX_WAITING_TRADES, Mailbox

ONE = Decimal(1)


def trade(number: int) -> Trade:
    return Trade("X", str(number), ONE, ONE, Side.BUY, number)


async def test_only_the_oldest_trades_go_when_nobody_reads() -> None:
    mailbox = Mailbox()
    first = Accepted("td-1", "1", 0)
    bar = Bar("X", 60, 0, ONE, ONE, ONE, ONE, ONE)
    mailbox.put(first)
    mailbox.put(trade(0))
    mailbox.put(bar)
    for number in range(1, MAX_WAITING_TRADES + 3):
        mailbox.put(trade(number))
    mailbox.close()
    events = [event async for event in mailbox]
    assert events[:2] == [first, bar]
    assert events[2:] == [trade(number) for number in range(3, MAX_WAITING_TRADES + 3)]


async def test_a_reader_waits_for_what_comes_and_ends_when_it_is_closed() -> None:
    mailbox = Mailbox()
    seen: list[object] = []

    async def read() -> None:
        async for event in mailbox:
            seen.append(event)

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    mailbox.put(trade(1))
    await asyncio.sleep(0.01)
    assert seen == [trade(1)]
    mailbox.close()
    await asyncio.wait_for(reading, 1)
