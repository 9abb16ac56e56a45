"""What only this provider does; the rest is in the contract of all providers."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.shared.providers.binance.test_messages import ORDER
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck.domain.events import Cancel, CancelRejected, Place, Rejected
from tradedeck.history import bundled_week
from tradedeck.providers.binance import BinanceVenue
from tradedeck.providers.binance.outcomes import Outcome, VenueError
from tradedeck.providers.binance.rest import Rest, Signer
from tradedeck.sandbox.server import RunningSandbox, SandboxSettings, running


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    async with running(SandboxSettings(data=bundled_week(), speed=None, skip=100)) as started:
        yield started


async def test_without_a_key_there_are_prices_and_bars_but_no_account(sandbox: RunningSandbox) -> None:
    venue = BinanceVenue("", "", url=sandbox.url)
    await venue.connect(["BTCUSDT"])
    assert venue.health().state == "live"
    assert len(await venue.bars("BTCUSDT", MINUTE_NS, 5)) == 5
    with pytest.raises(RefusedError):
        await venue.balances()
    with pytest.raises(RefusedError, match="no bars of 7 s"):
        await venue.bars("BTCUSDT", 7_000_000_000, 5)
    await venue.close()


async def test_an_order_before_the_connection_is_refused_as_it_never_left() -> None:
    venue = BinanceVenue("k", "s", url="http://127.0.0.1:1")
    assert venue.health().state == "connecting"
    await venue.send(Place(ORDER))
    await venue.send(Cancel(ORDER))
    await venue.close()
    events = [event async for event in venue]
    assert [type(event) for event in events] == [Rejected, CancelRejected]
    with pytest.raises(UnavailableError):
        await venue.server_time_ns()


async def test_connecting_again_replaces_the_old_connection(sandbox: RunningSandbox) -> None:
    venue = BinanceVenue("sandbox-key", "sandbox-secret", url=sandbox.url)
    await venue.connect(["BTCUSDT"])
    await venue.connect(["BTCUSDT"])
    async with asyncio.timeout(5):
        while len(sandbox.sandbox.hub.connections) > 2:
            await asyncio.sleep(0.02)
    await venue.close()


async def test_a_clock_that_is_wrong_by_an_hour_is_measured_away() -> None:
    signer = Signer("k", "s")
    before = int(signer.stamp()["timestamp"])
    signer.set_clock(before + 3_600_000, before, before)
    assert int(signer.stamp()["timestamp"]) - before >= 3_600_000


async def test_a_redirect_is_not_followed_with_the_key(unused_tcp_port: int) -> None:
    asked: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound("/elsewhere")

    app = web.Application()
    app.router.add_get("/{path:.*}", redirect)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    rest = Rest(f"http://127.0.0.1:{unused_tcp_port}", Signer("k", "s"))
    with pytest.raises(VenueError) as caught:
        await rest.public("/api/v3/time")
    assert caught.value.outcome is Outcome.UNKNOWN
    assert asked == ["/api/v3/time"]
    await rest.close()
    await runner.cleanup()


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
async def test_a_request_whose_answer_is_cut_off_is_never_sent_again(method: str) -> None:
    received: list[bytes] = []

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(cut, sock=listening.dup())
    port = server.sockets[0].getsockname()[1]
    rest = Rest(f"http://127.0.0.1:{port}", Signer("k", "s"))
    with pytest.raises(VenueError) as caught:
        await rest.signed(method, "/api/v3/order", {"symbol": "BTCUSDT"})
    assert caught.value.outcome is Outcome.UNKNOWN
    assert len(received) == 1
    await rest.close()
    server.close()
    await server.wait_closed()
