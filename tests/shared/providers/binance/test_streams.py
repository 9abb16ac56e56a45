"""Streams against a small venue of their own that can fall silent, end a stream or talk nonsense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tradedeck.providers.binance import streams
from tradedeck.providers.binance.connection import fixed
from tradedeck.providers.binance.outcomes import Outcome, VenueError
from tradedeck.providers.binance.streams import Stream, Streams

HELLO: dict[str, Any] = {"method": "SUBSCRIBE", "params": [], "id": 1}
PROBE: dict[str, Any] = {"method": "LIST_SUBSCRIPTIONS", "id": 2}


class Wire:
    """A venue's websocket: says yes to everything unless told to be deaf."""

    def __init__(self) -> None:
        self.sockets: list[web.WebSocketResponse] = []
        self.heard: list[dict[str, Any]] = []
        self.deaf = False
        self.url = ""

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            asked = json.loads(message.data)
            self.heard.append(asked)
            if not (self.deaf and asked == PROBE):
                await socket.send_json({"result": None, "id": asked["id"]})
        return socket

    async def say(self, text: str) -> None:
        await self.sockets[-1].send_str(text)


@pytest.fixture
async def wire(unused_tcp_port: int) -> AsyncIterator[Wire]:
    wire = Wire()
    app = web.Application()
    app.router.add_get("/ws", wire.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    wire.url = f"http://127.0.0.1:{unused_tcp_port}/ws"
    yield wire
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not happened():
            await asyncio.sleep(0.01)


async def test_a_silent_stream_is_asked_and_lives_when_it_answers(
    wire: Wire, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "QUIET_S", 0.05)
    both = Streams(session, [Stream("market", fixed(wire.url), lambda: HELLO, PROBE)], lambda _: None)
    await both.start(5)
    await until(lambda: wire.heard.count(PROBE) >= 2)
    assert both.health().generation == 1
    await both.stop()


async def test_a_stream_that_does_not_answer_is_dialled_again(
    wire: Wire, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "QUIET_S", 0.05)
    monkeypatch.setattr(streams, "HELLO_S", 0.1)
    wire.deaf = True
    one = Streams(session, [Stream("market", fixed(wire.url), lambda: HELLO, PROBE)], lambda _: None)
    await one.start(5)
    await until(lambda: one.health().generation == 2)
    await one.stop()


@pytest.mark.parametrize(
    "ending",
    [
        {"e": "serverShutdown"},
        {"data": {"e": "serverShutdown"}},
        {"event": {"e": "eventStreamTerminated"}},
        {"e": "listenKeyExpired", "listenKey": "x"},
    ],
)
async def test_a_stream_that_is_told_to_end_is_opened_anew_at_once(
    wire: Wire, session: aiohttp.ClientSession, ending: Mapping[str, Any]
) -> None:
    one = Streams(session, [Stream("account", fixed(wire.url), lambda: HELLO)], lambda _: None)
    await one.start(5)
    await wire.say(json.dumps(ending))
    await until(lambda: one.health().generation == 2)
    assert len(wire.sockets) == 2
    await one.stop()


async def test_nonsense_is_skipped_and_the_stream_lives_on(wire: Wire, session: aiohttp.ClientSession) -> None:
    heard: list[Mapping[str, Any]] = []

    def hear(raw: Mapping[str, Any]) -> None:
        if "boom" in raw:
            raise KeyError("boom")
        heard.append(raw)

    one = Streams(session, [Stream("market", fixed(wire.url), lambda: HELLO)], hear)
    await one.start(5)
    for text in ("{not json", "[1, 2]", '{"data": [1]}', '{"e": ["list"]}', '{"boom": 1}', '{"e": "trade", "t": 7}'):
        await wire.say(text)
    await until(lambda: {"e": "trade", "t": 7} in heard)
    assert (one.health().state, one.health().generation) == ("live", 1)
    await one.stop()


async def test_upkeep_that_is_refused_opens_the_stream_anew_and_a_lost_answer_does_not(
    wire: Wire, session: aiohttp.ClientSession
) -> None:
    outcomes = [Outcome.UNKNOWN, Outcome.MISSING]
    calls = 0

    async def upkeep() -> None:
        nonlocal calls
        calls += 1
        if outcomes:
            raise VenueError(outcomes.pop(0), "no", -1125)

    stream = Stream("account", fixed(wire.url), upkeep=upkeep, upkeep_s=0.05)
    one = Streams(session, [stream], lambda _: None)
    await one.start(5)
    await until(lambda: calls == 1)
    assert one.health().generation == 1
    await until(lambda: one.health().generation == 2 and calls >= 3)
    await one.stop()


async def test_a_gap_counts_as_a_new_generation(wire: Wire, session: aiohttp.ClientSession) -> None:
    one = Streams(session, [Stream("market", fixed(wire.url), lambda: HELLO)], lambda _: None)
    await one.start(5)
    one.mark_gap("trades 5 to 6")
    assert (one.health().state, one.health().generation) == ("live", 2)
    await one.stop()
