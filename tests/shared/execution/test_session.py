"""What a session promises to screens: answers, sentences, and nothing half done."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.shared.engine.bench import bar, trade
from tests.shared.execution.device import Device, buy, filled
from tests.shared.execution.venues import ScriptedVenue, accepts, until
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RateLimitedError, RefusedError, UnavailableError
from tradedeck.domain.events import Cancel, Canceled, Command, Note, Place, PlaceOrder, Resume, Step
from tradedeck.domain.order import OrderState, OrderType, Side
from tradedeck.engine import Limits
from tradedeck.execution import Session
from tradedeck.execution.dispatch import MAX_IN_FLIGHT, Dispatcher
from tradedeck.execution.inbox import MAX_WAITING_EVENTS, Inbox
from tradedeck.execution.marks import MAX_WAITING_LINES
from tradedeck.store import Store


async def fill_the_disk(device: Device) -> None:
    """From now on the file may not grow by a page."""
    _, worker = device.open[-1]

    def limit(store: Store) -> None:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")

    await worker.call(limit)


async def buys_until_full(session: Session, sent: list[str]) -> str:
    """The sentence that ends it."""
    for _ in range(200):
        try:
            sent.append((await buy(session)).client_order_id)
        except UnavailableError as error:
            return error.message
    raise AssertionError("the disk never filled")


async def test_a_full_disk_stops_trading_with_a_sentence_and_nothing_half_kept(
    device: Device, venue: ScriptedVenue
) -> None:
    loose = Limits(max_position_notional=Decimal(10**9), max_open_orders=10**4, max_orders_per_minute=10**4)
    session = await device.running(venue, limits=loose)
    await fill_the_disk(device)
    kept: list[str] = []
    assert "is full; free some space" in await buys_until_full(session, kept)
    assert not session.ready
    assert "is full" in session.failure
    # Who asks now is told at once, and nothing more leaves.
    for asking in (session.cancel_all(), session.resume(), session.cancel(kept[0])):
        with pytest.raises(UnavailableError, match="is full"):
            await asyncio.wait_for(asking, timeout=1)
    with pytest.raises(RefusedError, match="is full"):
        await buy(session)
    await until(lambda: len(venue.sent) == len(kept))
    assert set(venue.sent) == set(kept)
    await device.stop()
    store = Store(device.path)
    orders = [step for step in store.steps("live:binance:main") if isinstance(step.event, PlaceOrder)]
    assert len(orders) == len(kept)
    assert store.outbox_size() == len(kept)
    store.close()
    again = ScriptedVenue([device.btc])
    session = await device.running(again, limits=loose)
    assert set(session.engine.orders) == set(kept)
    assert (await buy(session)).client_order_id == f"tdabc123-{len(kept) + 1}"
    assert len(again.sent) <= 1


@pytest.mark.parametrize(
    ("size", "price", "words"),
    [
        (0.1, Decimal(90), "write it as text"),
        (Decimal("NaN"), Decimal(90), "not a finite"),
        (Decimal(1), Decimal("inf"), "not a finite"),
        ("one", Decimal(90), "not a number"),
        (Decimal("1e99"), Decimal(90), "beyond any amount"),
        (Decimal("1e40"), Decimal(90), "must be between"),
        (Decimal(1), Decimal("1e50"), "beyond the last price"),
        (Decimal(-1), Decimal(90), "must be between"),
    ],
)
async def test_nonsense_is_refused_in_words_and_the_session_goes_on(
    device: Device, venue: ScriptedVenue, size: Any, price: Any, words: str
) -> None:
    session = await device.running(venue)
    with pytest.raises(RefusedError, match=words):
        await session.place("BTCUSDT", Side.BUY, OrderType.LIMIT, size, price=price)
    with pytest.raises(RefusedError, match="NOPE is not traded here"):
        await session.place("NOPE", Side.BUY, OrderType.MARKET, Decimal(1))
    with pytest.raises(RefusedError, match="nothing to cancel"):
        await session.cancel("nothing")
    wrong = [("nope", "BTCUSDT", "5"), ("sma-cross", "NOPE", "5"), ("sma-cross", "BTCUSDT", "0")]
    for name, symbol, fast in wrong:
        with pytest.raises(RefusedError):
            await session.start_strategy(name, symbol, {"fast": fast})
    assert session.engine.runners == {}
    assert venue.sent == {}
    assert (await buy(session)).state is OrderState.SUBMITTED


async def test_orders_are_placed_canceled_halted_and_resumed(device: Device, venue: ScriptedVenue) -> None:
    venue.on_send = accepts(venue)
    session = await device.running(venue)
    order, _ = await buy(session), await buy(session)
    await session.cancel(order.client_order_id)
    venue.tell(Canceled(order.client_order_id, 5))
    await until(lambda: session.engine.orders[order.client_order_id].state is OrderState.CANCELED)
    assert await session.cancel_all("BTCUSDT") == 1
    await session.halt("enough")
    with pytest.raises(RefusedError, match=r"halted \(enough\)"):
        await buy(session)
    await session.resume()
    await buy(session)
    assert (session.mode, session.origin.account, session.instruments["BTCUSDT"]) == ("live", "main", device.btc)
    assert session.provider is venue


async def test_a_strategy_is_warmed_by_history_and_goes_on_after_a_restart(
    device: Device, venue: ScriptedVenue
) -> None:
    venue.history = [bar(n, "100") for n in range(60)]
    session = await device.running(venue)
    name = await session.start_strategy("sma-cross", "BTCUSDT", {"size": "0.1"})
    assert session.engine.runners[name].newest_open_ns == 59 * MINUTE_NS
    await device.stop()
    again = ScriptedVenue([device.btc], history=[bar(n, "100") for n in range(70)])
    session = await device.running(again)
    await until(lambda: session.engine.runners[name].newest_open_ns == 69 * MINUTE_NS)
    await session.stop_strategy(name)
    assert session.engine.runners == {}
    await session.start_strategy("sma-cross", "BTCUSDT", {})
    await device.stop()
    for trouble in (UnavailableError("no history now"), RateLimitedError("slow down")):
        bare = ScriptedVenue([device.btc], generation=1, trouble=[trouble])
        session = await device.running(bare)
        assert len(session.engine.runners) == 1
        await device.stop()


async def test_a_screen_that_fails_does_not_stop_trading(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    seen: list[Step] = []

    def broken(step: Step) -> None:
        raise ValueError("a screen's mistake")

    ends = [session.subscribe(broken), session.subscribe(seen.append)]
    await buy(session)
    for end in ends:
        end()
    await buy(session)
    assert len(seen) == 1
    assert session.ready


async def test_news_that_break_off_stop_the_session_with_a_sentence(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    venue.tell(RuntimeError("bad frame"))
    await until(lambda: bool(session.failure))
    assert "the venue's news broke off: bad frame; restart" in session.failure
    with pytest.raises(RefusedError, match="broke off"):
        await buy(session)


async def test_a_fill_beyond_the_order_stops_the_session(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    order = await buy(session)
    venue.tell(filled(order.client_order_id, "1", "2"))
    await until(lambda: "filled of 1" in session.failure)


async def test_an_internal_error_stops_the_session_and_is_told(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    venue.tell(Note(10**9, "no event at all"))  # pyright: ignore[reportArgumentType]
    await until(lambda: "an internal error stopped trading" in session.failure)


async def test_a_stopped_session_answers_that_it_is_stopped(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    await session.stop()
    assert venue.closed
    with pytest.raises(UnavailableError, match="has stopped; start it again"):
        await asyncio.wait_for(session.cancel_all(), timeout=1)
    await session.stop()


async def test_the_last_prices_are_kept_for_the_cloud(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    venue.tell(trade(2, "101"))
    await until(lambda: session.engine.last_price("BTCUSDT") == 101)
    await device.stop()
    store = Store(device.path)
    assert store.marks() == {"BTCUSDT": (Decimal(101), 2 * 10**9)}
    store.close()


async def test_a_full_inbox_refuses_wishes_and_frees_those_who_wait_when_it_fails() -> None:
    inbox = Inbox()
    for number in range(MAX_WAITING_EVENTS):
        await inbox.put(Resume(number))
    with pytest.raises(UnavailableError, match="overloaded"):
        await inbox.ask(Resume(0))
    waiting = asyncio.create_task(inbox.put(Resume(1)))
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.fail(UnavailableError("over"))
    await asyncio.wait_for(waiting, timeout=1)
    with pytest.raises(UnavailableError, match="over"):
        await inbox.ask(Resume(0))


async def test_one_orders_commands_keep_their_order_and_only_so_many_leave_at_once(
    device: Device, venue: ScriptedVenue
) -> None:
    session = await device.running(venue)
    orders = [await buy(session) for _ in range(MAX_IN_FLIGHT + 3)]
    going, most, log = set[str](), 0, list[str]()

    class Slow:
        async def send(self, command: Command) -> None:
            nonlocal most
            if isinstance(command, Place):
                going.add(command.order.client_order_id)
            most = max(most, len(going))
            await asyncio.sleep(0.01)
            going.discard(command.order.client_order_id)
            log.append(command.order.client_order_id + type(command).__name__)

    dispatcher = Dispatcher(Slow(), Inbox().put, {order.client_order_id for order in orders})
    for order in orders:
        await dispatcher.send(Place(order))
        await dispatcher.send(Cancel(order))
    await until(lambda: len(log) == 2 * len(orders))
    assert most == MAX_IN_FLIGHT
    for order in orders:
        assert log.index(order.client_order_id + "Place") < log.index(order.client_order_id + "Cancel")


async def test_without_a_cloud_prices_do_not_fill_the_disk(device: Device, venue: ScriptedVenue) -> None:
    session = await device.running(venue)
    _, worker = device.open[-1]
    await worker.call(lambda store: store.add_facts([b"order"] * MAX_WAITING_LINES))
    venue.tell(trade(2, "105"))
    await until(lambda: session.engine.last_price("BTCUSDT") == 105)
    before = await worker.call(Store.outbox_size)
    await session.stop()
    assert await worker.call(Store.outbox_size) == before
    assert (await worker.call(Store.marks))["BTCUSDT"][0] == 105
