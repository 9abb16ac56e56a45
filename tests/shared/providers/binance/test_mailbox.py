import asyncio
from decimal import Decimal

from tradedeck.domain.events import Accepted, Event
from tradedeck.domain.order import Side
from tradedeck.domain.trade import Trade
from tradedeck.providers.binance.mailbox import MAX_TRADES, Mailbox


def trade(number: int) -> Trade:
    return Trade("BTCUSDT", str(number), Decimal(1), Decimal(1), Side.BUY, number)


async def read(mailbox: Mailbox) -> list[Event]:
    return [event async for event in mailbox]


async def test_what_waits_is_read_in_order_before_the_end() -> None:
    mailbox = Mailbox()
    mailbox.put([trade(1), Accepted("a", "7", 1), trade(2)])
    mailbox.close()
    assert [event.time_ns for event in await read(mailbox)] == [1, 1, 2]


async def test_a_reader_that_waits_is_woken() -> None:
    mailbox = Mailbox()
    reading = asyncio.create_task(read(mailbox))
    await asyncio.sleep(0)
    mailbox.put([trade(1)])
    await asyncio.sleep(0)
    mailbox.close()
    assert await reading == [trade(1)]


async def test_too_many_trades_keep_the_newest_and_every_report() -> None:
    mailbox = Mailbox()
    for number in range(MAX_TRADES + 10):
        mailbox.put([trade(number)])
    mailbox.put([Accepted("a", "7", 1)])
    mailbox.close()
    events = await read(mailbox)
    assert len(events) == MAX_TRADES + 1
    assert events[-2] == trade(MAX_TRADES + 9)
    assert isinstance(events[-1], Accepted)
