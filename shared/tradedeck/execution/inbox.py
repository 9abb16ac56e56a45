"""Everything that may happen to a session, as one feed: the venue's news and people's wishes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from tradedeck.domain.errors import UnavailableError
from tradedeck.domain.events import Event, Step
from tradedeck.ports.feed import Feed

MAX_WAITING_EVENTS = 10_000
_END = object()
_WAKE = object()


class Inbox:
    """A bounded queue. When it is full the venue's feed waits in the provider; wishes are refused."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | object] = asyncio.Queue(MAX_WAITING_EVENTS)
        self._urgent: deque[Event] = deque()
        self._answers: dict[int, tuple[Event, asyncio.Future[Step]]] = {}
        self._failure: Exception | None = None
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Events in the order they came, urgent ones first, until `end`."""
        while (event := await self._queue.get()) is not _END:
            self.taken += 1
            while self._urgent:
                yield self._urgent.popleft()
            if event is not _WAKE:
                yield event  # type: ignore[misc]

    async def pump(self, feed: Feed) -> None:
        """Move `feed` in here until it ends."""
        async for event in feed:
            await self._queue.put(event)

    async def put(self, event: Event) -> None:
        """Add an event; waits while the queue is full."""
        await self._queue.put(event)

    @property
    def failed(self) -> bool:
        """Whether nobody takes events any more."""
        return self._failure is not None

    @property
    def waiting(self) -> int:
        """How many events wait."""
        return self._queue.qsize()

    async def ask(self, event: Event, *, urgent: bool = False) -> Step:
        """Add a wish and wait for the step it led to, which is kept by then; an urgent one passes all that wait.

        Raises:
            UnavailableError: the session is overloaded or has stopped.
        """
        if self._failure is not None:
            raise self._failure
        answer: asyncio.Future[Step] = asyncio.get_running_loop().create_future()
        # The event is held with its answer, so that its identity can't be reused meanwhile.
        self._answers[id(event)] = (event, answer)
        try:
            if urgent:
                self._urgent.append(event)
                if not self._queue.full():
                    self._queue.put_nowait(_WAKE)
            else:
                self._queue.put_nowait(event)
        except asyncio.QueueFull as error:
            del self._answers[id(event)]
            raise UnavailableError("the terminal is overloaded; try again in a moment") from error
        return await answer

    def answer(self, step: Step) -> None:
        """Tell whoever asked what their wish led to."""
        waiting = self._answers.pop(id(step.event), None)
        if waiting is not None and not waiting[1].done():
            waiting[1].set_result(step)

    def fail(self, error: Exception) -> None:
        """The session has stopped: nobody will be answered any more, and nobody is left waiting for room."""
        self._failure = error
        while not self._queue.empty():
            self._queue.get_nowait()
        for _, answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)
        self._answers.clear()

    async def end(self) -> None:
        """No more events after those that wait."""
        await self._queue.put(_END)
