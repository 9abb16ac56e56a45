"""Kept connections: which bytes are a whole answer, when a connection is used again, and that nothing is sent twice."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.providers.binance import rest as rest_module
from tradedeck.providers.binance.line import AnswerError, Lines, answer_of
from tradedeck.providers.binance.rest import Rest, Signer, query_of

REQUEST = b"POST /api/v3/order HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nDate: now\r\n\r\n"

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    ("heard", "text"), [(OK, "{}"), (CHUNKED, "abcde"), (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, "{}")]
)
def test_an_answer_is_whole_only_with_its_last_byte(heard: bytes, text: str) -> None:
    assert [answer_of(heard[:length]) for length in range(len(heard))] == [None] * len(heard)
    whole = answer_of(heard)
    assert whole is not None
    assert (whole.status, whole.text, whole.stays) == (200, text, True)


def test_a_side_that_will_hang_up_says_so() -> None:
    closing = answer_of(b"HTTP/1.1 503 Busy\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n")
    assert closing is not None
    assert (closing.status, closing.stays) == (503, False)


@pytest.mark.parametrize(
    "heard",
    [
        b"SSH-2.0 hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_garbage_is_no_answer_and_the_line_is_not_used_again(heard: bytes) -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(heard)

    async with serving(garbage) as (lines, dialled):
        for _ in range(2):
            with pytest.raises(AnswerError):
                await lines.exchange(REQUEST)
        assert dialled() == 2


async def test_requests_one_after_the_other_share_a_line() -> None:
    async with serving(answering) as (lines, dialled):
        for _ in range(3):
            assert (await lines.exchange(REQUEST)).text == "{}"
        assert dialled() == 1


async def test_requests_at_the_same_time_do_not_wait_for_each_other() -> None:
    all_there = asyncio.Barrier(3)

    async def together(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await all_there.wait()
        writer.write(OK)

    async with serving(together) as (lines, dialled):
        async with asyncio.timeout(5):
            await asyncio.gather(*(lines.exchange(REQUEST) for _ in range(3)))
        assert dialled() == 3


async def test_a_line_that_the_other_side_closed_is_not_written_to() -> None:
    received: list[bytes] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        writer.close()

    async with serving(once) as (lines, dialled):
        for _ in range(2):
            assert (await lines.exchange(REQUEST)).status == 200
            await asyncio.sleep(0.05)
        assert dialled() == len(received) == 2


async def test_bytes_that_nobody_asked_for_end_the_line() -> None:
    async def chatty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")

    async with serving(chatty) as (lines, dialled):
        for _ in range(2):
            assert (await lines.exchange(REQUEST)).status == 200
            await asyncio.sleep(0.1)
        assert dialled() == 2


async def test_an_answer_after_the_caller_gave_up_is_nobody_elses() -> None:
    asked = asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await asyncio.sleep(0.05)
        writer.write(OK)

    async with serving(late) as (lines, dialled):
        given_up = asyncio.create_task(lines.exchange(REQUEST))
        await asked.wait()
        given_up.cancel()
        await asyncio.wait([given_up])
        assert (await lines.exchange(REQUEST)).text == "{}"
        assert dialled() == 2


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)


@given(
    st.dictionaries(
        st.sampled_from(["symbol", "price", "newClientOrderId"]), st.text(st.characters(codec="utf-8")) | st.integers()
    )
)
def test_a_query_is_escaped_like_everywhere(params: dict[str, str | int]) -> None:
    assert query_of(params) == urlencode(params)


@asynccontextmanager
async def serving(answer: Answering) -> AsyncGenerator[tuple[Lines, Callable[[], int]]]:
    """A server on this machine, lines to it, and how often it was dialled."""
    dialled: list[asyncio.StreamWriter] = []

    async def on_dial(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.append(writer)
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    server = await asyncio.start_server(on_dial, "127.0.0.1", 0)
    lines = Lines(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield lines, lambda: len(dialled)
    finally:
        lines.close()
        for writer in dialled:
            writer.close()
        server.close()
        await server.wait_closed()


async def test_comparing_clocks_leaves_a_line_for_the_next_order_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "WARM_S", 0.0)
    asked: list[bytes] = []

    async def clock(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"?")[0].split(b" HTTP")[0])
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{"serverTime":1234}')

    async with serving(clock) as (lines, dialled):
        rest = Rest(lines.base, Signer("k", "s"))
        assert await rest.set_clock() == 1234
        await rest.signed("POST", "/api/v3/order", {"symbol": "BTCUSDT"})
        assert asked == [b"GET /api/v3/time", b"POST /api/v3/order"]
        rest.stay_warm()
        while len(asked) < 4:
            await asyncio.sleep(0.01)
        assert asked[2:4] == [b"GET /api/v3/time"] * 2
        assert dialled() == 1
        await rest.close()
