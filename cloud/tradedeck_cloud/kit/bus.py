"""NATS as services use it: calls, facts, and hints."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, StreamConfig

from tradedeck.domain.errors import TradedeckError, UnavailableError

log = logging.getLogger(__name__)

STREAM = "FACTS"
CONNECT_TIMEOUT_S = 5.0
FLUSH_TIMEOUT_S = 2
DRAIN_TIMEOUT_S = 3.0
PUBLISH_TIMEOUT_S = 5.0
CALL_TIMEOUT_S = 10.0
FETCH = 100
FETCH_WAIT_S = 5.0
RETRY_S = 0.5
REDELIVER_AFTER_S = 30.0
MAX_TRIES = 2
"""After so many refusals a fact is left out, so that those behind it are taken."""
ID_HEADER = "Nats-Msg-Id"
DEDUPLICATE_FOR_S = 600.0
KEEP_FACTS_S = 14 * 24 * 3600.0
"""The longest a reader may be away; the services' databases are the record, the stream is only the way."""

CallHandler = Callable[[bytes], Awaitable[bytes]]
FactsHandler = Callable[[Sequence[bytes]], Awaitable[None]]


class Bus:
    """One process's connection; it reconnects by itself."""

    def __init__(self, url: str) -> None:
        self._url = url
        # The client's own annotations are incomplete.
        self._client: Any = Client()
        self._answering: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect and make sure that the stream of facts is there.

        Raises:
            UnavailableError: the bus does not answer.
        """
        try:
            self._client = await cast(Any, nats).connect(
                self._url, connect_timeout=CONNECT_TIMEOUT_S, max_reconnect_attempts=-1, error_cb=_on_error,
                drain_timeout=DRAIN_TIMEOUT_S,
            )  # fmt: skip
            settings = StreamConfig(
                name=STREAM, subjects=["facts.>"], duplicate_window=DEDUPLICATE_FOR_S, max_age=KEEP_FACTS_S
            )
            jetstream = self._client.jetstream()
            try:
                await jetstream.add_stream(settings)
            except nats.js.errors.BadRequestError:
                # There is one already, made by a version with other settings.
                await jetstream.update_stream(settings)
        except (TimeoutError, OSError, nats.errors.Error) as error:
            raise UnavailableError("the message bus does not answer; is it running?", code="bus.away") from error

    async def close(self) -> None:
        """Send what waits and disconnect."""
        if self._client.is_connected:
            await self._client.drain()
        elif not self._client.is_closed:
            await self._client.close()

    @property
    def connected(self) -> bool:
        """Whether the bus answers."""
        return self._client.is_connected

    async def call(self, service: str, method: str, body: bytes, timeout_s: float = CALL_TIMEOUT_S) -> bytes:
        """Ask a service and wait for its answer.

        Raises:
            UnavailableError: nobody serves that method, or the answer took too long.
        """
        try:
            answer = await self._client.request(f"rpc.{service}.{method}", body, timeout=timeout_s)
        except nats.errors.Error as error:
            raise UnavailableError(f"{service} does not answer; try again in a moment", code="bus.no_answer") from error
        return answer.data

    async def serve(self, service: str, method: str, handler: CallHandler) -> None:
        """Answer calls; copies of a service share them."""

        async def answer(message: Msg) -> None:
            await message.respond(await handler(message.data))

        async def on_message(message: Msg) -> None:
            # Each call is its own task: a slow one must not hold up the rest.
            task = asyncio.create_task(answer(message))
            # The loop itself holds a task only weakly.
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

        await self._client.subscribe(f"rpc.{service}.{method}", queue=service, cb=on_message)

    async def publish(self, subject: str, fact_id: str, body: bytes) -> None:
        """Put a fact on the stream; the same id twice within ten minutes is kept once.

        Raises:
            UnavailableError: the bus did not confirm it; publish it again.
        """
        try:
            await self._client.jetstream().publish(
                f"facts.{subject}", body, timeout=PUBLISH_TIMEOUT_S, headers={ID_HEADER: fact_id}
            )
        except (TimeoutError, nats.errors.Error, nats.js.errors.Error) as error:
            raise UnavailableError("the message bus did not confirm a fact", code="bus.away") from error

    async def consume(self, reader: str, subject: str, handler: FactsHandler) -> None:
        """Hand facts to `handler` in order, several at once, until cancelled; each again until it is taken.

        A fact that is refused is handed over alone, logged and left out.
        """
        durable = f"{reader}-{subject.replace('.', '-').replace('>', 'all')}"
        settings = ConsumerConfig(ack_wait=REDELIVER_AFTER_S)
        while True:
            try:
                facts = await self._client.jetstream().pull_subscribe(
                    f"facts.{subject}", durable=durable, stream=STREAM, config=settings
                )
                try:
                    await _read(facts, handler)
                finally:
                    if not self._client.is_closed:
                        await facts.unsubscribe()
            except (nats.errors.Error, nats.js.errors.Error) as error:
                log.warning("bus.consume_again", extra={"reader": reader, "reason": str(error)})
                await asyncio.sleep(RETRY_S)

    async def hint(self, user_id: str, text: str) -> None:
        """Tell a user's screens that something changed. May be lost; nothing depends on it."""
        if self._client.is_connected:
            await self._client.publish(f"live.{user_id}", text.encode())

    @asynccontextmanager
    async def hints(self, user_id: str) -> AsyncGenerator[asyncio.Queue[str]]:
        """A queue of a user's hints; when it is full the newest is dropped, as an older one says the same.

        Raises:
            UnavailableError: the bus does not answer.
        """
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=64)

        async def on_message(message: Msg) -> None:
            if not queue.full():
                queue.put_nowait(message.data.decode())

        try:
            subscription = await self._client.subscribe(f"live.{user_id}", cb=on_message)
            await self._client.flush(FLUSH_TIMEOUT_S)
        except (TimeoutError, nats.errors.Error) as error:
            raise UnavailableError("the message bus does not answer; try again in a moment", code="bus.away") from error
        try:
            yield queue
        finally:
            if not self._client.is_closed:
                await subscription.unsubscribe()


async def _read(facts: Any, handler: FactsHandler) -> None:
    while True:
        try:
            batch = await facts.fetch(FETCH, timeout=FETCH_WAIT_S)
        except TimeoutError:
            # The client raises its own kind, which is one of these, and the built-in one.
            continue
        if not await _taken(batch, handler):
            # One of them is the cause: alone it can't hold up the others.
            for message in batch:
                await _taken_or_left(message, handler)


async def _taken(messages: Sequence[Msg], handler: FactsHandler) -> bool:
    """Whether the handler took them; waits while it can't be reached."""
    while True:
        try:
            await handler([message.data for message in messages])
        except UnavailableError:
            for message in messages:
                await message.in_progress()
            await asyncio.sleep(RETRY_S)
        except TradedeckError as error:
            log.warning(
                "bus.fact_refused", extra={"code": error.code, "reason": error.message, "at_once": len(messages)}
            )
            return False
        except Exception:
            log.exception("bus.fact_failed", extra={"at_once": len(messages)})
            return False
        else:
            for message in messages:
                await message.ack()
            return True


async def _taken_or_left(message: Msg, handler: FactsHandler) -> None:
    for _ in range(MAX_TRIES):
        if await _taken([message], handler):
            return
    log.error("bus.fact_left_out", extra={"subject": message.subject, "fact": (message.headers or {}).get(ID_HEADER)})
    await message.term()


async def _on_error(error: Exception) -> None:
    log.warning("bus.error", extra={"reason": str(error) or type(error).__name__})
