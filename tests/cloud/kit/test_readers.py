"""A reader of facts never stops, whatever the client below or the handler above it does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import nats.errors
import pytest

from tradedeck.domain.errors import RefusedError, UnavailableError
from tradedeck_cloud.kit import bus
from tradedeck_cloud.kit.background import end, keep_going


@dataclass
class Message:
    """A message of the bus as its client hands it over; notes what becomes of it."""

    data: bytes
    subject: str = "facts.orders.filled"
    headers: dict[str, str] | None = None
    fate: list[str] = field(default_factory=list[str])

    async def ack(self) -> None:
        self.fate.append("ack")

    async def term(self) -> None:
        self.fate.append("term")

    async def in_progress(self) -> None:
        self.fate.append("in progress")


class Subscription:
    """Gives what it was given, an error as an error, and ends the reader when nothing is left."""

    def __init__(self, *answers: list[Message] | Exception) -> None:
        self._answers = list(answers)

    async def fetch(self, batch: int, timeout: float) -> list[Message]:
        assert batch > 0
        assert timeout > 0
        if not self._answers:
            raise asyncio.CancelledError
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def read(facts: Any, handler: bus.FactsHandler) -> None:
    with pytest.raises(asyncio.CancelledError):
        await bus._read(facts, handler)


@pytest.mark.parametrize("silence", [TimeoutError(), nats.errors.TimeoutError()])
async def test_silence_of_either_kind_is_waited_out(silence: Exception) -> None:
    message, taken = Message(b"a"), list[bytes]()

    async def take(data: Sequence[bytes]) -> None:
        taken.extend(data)

    await read(Subscription(silence, [message]), take)
    assert taken == [b"a"]
    assert message.fate == ["ack"]


async def test_only_the_fact_that_is_refused_is_left_out() -> None:
    messages = [Message(b"good"), Message(b"bad"), Message(b"fine")]

    async def take(data: Sequence[bytes]) -> None:
        if b"bad" in data:
            raise RefusedError("no")

    await read(Subscription(list(messages)), take)
    assert [message.fate for message in messages] == [["ack"], ["term"], ["ack"]]


async def test_a_failure_of_our_own_leaves_out_one_fact_only() -> None:
    messages = [Message(b"good"), Message(b"bad")]

    async def take(data: Sequence[bytes]) -> None:
        if b"bad" in data:
            raise KeyError("a mistake")

    await read(Subscription(list(messages)), take)
    assert [message.fate for message in messages] == [["ack"], ["term"]]


async def test_a_database_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "RETRY_S", 0.001)
    message, tries = Message(b"a"), list[int]()

    async def take(data: Sequence[bytes]) -> None:
        tries.append(len(data))
        if len(tries) < 4:
            raise UnavailableError("away")

    await read(Subscription([message]), take)
    assert message.fate == ["in progress"] * 3 + ["ack"]


async def test_work_that_fails_or_ends_is_done_again() -> None:
    turns = list[str]()

    async def work() -> None:
        turns.append("turn")
        if len(turns) == 1:
            raise KeyError("a mistake")
        if len(turns) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep_going("a reader", work, pause_s=0.001)
    assert len(turns) == 3


async def test_work_that_forgets_that_it_was_cancelled_ends_all_the_same() -> None:
    cancelled = list[int]()

    async def forgetful() -> None:
        while len(cancelled) < 3:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(1)

    task = asyncio.create_task(forgetful())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end([task])
    assert task.done()
