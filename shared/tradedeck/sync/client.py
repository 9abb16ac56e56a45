"""Keeps a device and the cloud in step, for as long as it runs. Losing the cloud costs nothing but time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from tradedeck.domain.errors import RateLimitedError, TradedeckError, UnauthenticatedError, UnavailableError
from tradedeck.ports.clock import Clock
from tradedeck.store import Store, StoreWorker
from tradedeck.sync.api import RENEW_BEFORE_NS, CloudApi, Tokens
from tradedeck.sync.replica import Replica

log = logging.getLogger(__name__)

OWNER = "sync.owner"
"""The setting that names whose journal this is: the first to log in."""
BATCH = 200
"""Outbox lines in one push."""
PERIOD_S = 0.5
"""How often the outbox is looked at and the picture asked for."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
"""Pauses while the cloud is away double from the first to the longest."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """For a status bar. `state` is signed_out, connecting, up_to_date, sending or offline; `as_of_ns` in UTC."""

    state: str = "signed_out"
    waiting: int = 0
    as_of_ns: int = 0
    detail: str = ""


class SyncClient:
    """Pushes the outbox and pulls the picture of every device. One a device file."""

    def __init__(self, api: CloudApi, worker: StoreWorker, device_kind: str, clock: Clock) -> None:
        self._api = api
        self._worker = worker
        self._kind = device_kind
        self._clock = clock
        self._tokens: Tokens | None = None
        self._email = ""
        self._listeners: list[Callable[[], None]] = []
        self.replica = Replica()
        self.state = SyncState()
        self.on_tokens: Callable[[Tokens], None] | None = None
        """Called with every new pair of tokens, so that they can be kept in a safe place."""

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the state or the picture has changed; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def use(self, tokens: Tokens | None) -> None:
        """Work for this log-in from now on; None signs out. A new user starts with an empty picture."""
        if tokens is None or tokens.email != self._email:
            self.replica = Replica()
        self._tokens, self._email = tokens, tokens.email if tokens else ""
        self._set(SyncState("connecting" if tokens else "signed_out"))

    @property
    def tokens(self) -> Tokens | None:
        """The log-in in use."""
        return self._tokens

    async def run(self) -> None:
        """Stay in step until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            if self._tokens is None:
                await asyncio.sleep(PERIOD_S)
                continue
            try:
                await self.once()
            except UnauthenticatedError as error:
                self._tokens = None
                self._set(SyncState("signed_out", detail=error.message))
            except TradedeckError as error:
                self._set(replace(self.state, state="offline", detail=error.message))
                if not isinstance(error, UnavailableError | RateLimitedError):
                    log.error("sync.refused", extra={"code": error.code, "reason": error.message})
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            except Exception as error:
                # One answer that can't be read must not end the line for good.
                log.exception("sync.failed")
                self._set(replace(self.state, state="offline", detail=f"the cloud's answer can't be read: {error}"))
                await asyncio.sleep(LONGEST_PAUSE_S)
            else:
                pause_s = FIRST_PAUSE_S
                await asyncio.sleep(PERIOD_S)

    async def once(self) -> None:
        """Push everything that waits, then pull the picture.

        Raises:
            UnavailableError: the cloud is away; nothing is lost.
            UnauthenticatedError: the log-in is over.
        """
        await self._push_all()
        token, replica = await self._token(), self.replica
        checkpoint = await self._api.pull(token, replica.cursor)
        changed = replica.apply(checkpoint)
        waiting = await self._worker.call(Store.outbox_size)
        if replica is not self.replica:
            return  # Somebody else uses this device by now.
        state = SyncState("sending" if waiting else "up_to_date", waiting, checkpoint.as_of_ns)
        self._set(state, force=changed)

    async def _push_all(self) -> None:
        device_id = await self._worker.call(Store.device_id)
        while lines := await self._worker.call(lambda store: store.outbox(BATCH)):
            await self._check_owner()
            last_seq = await self._api.push(await self._token(), device_id, self._kind, lines)
            if last_seq < lines[0].seq:
                # Sending the same lines again at once would go on for ever.
                raise UnavailableError("the cloud did not take what was sent; it will be sent again", code="sync.stuck")
            # Only what this call has shown to the cloud may go.
            shown = min(last_seq, lines[-1].seq)
            await self._worker.call(lambda store, upto=shown: store.confirm(upto))

    async def _check_owner(self) -> None:
        """A journal is one user's for ever: its lines are numbered for one book, and are nobody else's business."""
        email = self._tokens.email if self._tokens else ""
        owner = await self._worker.call(lambda store: store.setting(OWNER))
        if owner is None and email:
            await self._worker.call(lambda store: store.put_setting(OWNER, email))
        elif email and owner != email:
            raise UnauthenticatedError(
                f"this device's journal belongs to {owner}; log in as {owner}, or start with another data folder",
                code="sync.owner",
            )

    async def _token(self) -> str:
        tokens = self._tokens
        if tokens is None:
            raise UnauthenticatedError("log in first", code="sync.signed_out")
        if tokens.access_expires_ns - self._clock.now_ns() < RENEW_BEFORE_NS:
            old, tokens = tokens, await self._api.renew(tokens)
            if self._tokens is not old:
                raise UnavailableError("somebody else has logged in meanwhile", code="sync.other_user")
            self._tokens = tokens
            if self.on_tokens is not None:
                self.on_tokens(tokens)
        return tokens.access

    def _set(self, state: SyncState, *, force: bool = False) -> None:
        if state == self.state and not force:
            return
        self.state = state
        for listener in list(self._listeners):
            listener()
