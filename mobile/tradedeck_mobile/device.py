"""The phone as a device: its journal, its line to the venue, its line to the cloud. Knows no screen."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from contextlib import suppress

from tradedeck.domain.errors import ConflictError, TradedeckError, UnavailableError
from tradedeck.execution import Policy, Session, live, paper
from tradedeck.kit.clock import SystemClock
from tradedeck.providers.binance import BinanceVenue
from tradedeck.store import Store, StoreWorker
from tradedeck.sync import CloudApi, SyncClient, Tokens
from tradedeck_mobile.doors import open_doors
from tradedeck_mobile.settings import Settings

log = logging.getLogger(__name__)

FILE = "device.db"
START_RETRY_S = 2.0
"""Pause before trying again to reach a venue that this phone has never seen."""


class Device:
    """One a data folder. Screens read `session` and `sync`, and listen for changes of both."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.session: Session | None = None
        self.is_started = False
        """Whether the session has read its journal."""
        self.failure = ""
        self.user: str | None = None
        """The e-mail of who is in; "" is somebody without a cloud account, None nobody."""
        self._worker = StoreWorker(Store(settings.data / FILE))
        self._doors = open_doors((settings.cloud, settings.cloud_http))
        self._api = CloudApi(self._doors)
        self.sync = SyncClient(self._api, self._worker, "mobile", self.clock)
        self._tasks: list[asyncio.Task[None]] = []
        self._refreshes: set[str] = set()
        self._session_listeners: list[Callable[[], None]] = []

    @property
    def has_cloud(self) -> bool:
        """Whether an address of a cloud is known."""
        return bool(self.settings.cloud or self.settings.cloud_http)

    # Its life

    async def open(self) -> None:
        """Start syncing, and trading when the venue's key came with the settings."""
        self._tasks.append(asyncio.create_task(self.sync.run(), name="sync"))
        if self.settings.venue_key:
            await self.use_key(self.settings.venue_key, self.settings.venue_secret)

    async def close(self) -> None:
        """Stop everything; what is on disk is whole."""
        await self._end_session()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._doors.close()
        await self._worker.close()

    # The venue

    async def use_key(self, key: str, secret: str) -> None:
        """Trade with this key from now on; without one, on paper. Returns before the venue has answered."""
        await self._end_session()
        venue = BinanceVenue(key, secret, url=self.settings.venue_url)
        device_id = await self._worker.call(Store.device_id)
        make = live if key else paper
        self.session = make(
            venue,
            self._worker,
            account=self.settings.account,
            device_id=device_id,
            symbols=self.settings.symbols,
            # The desktop may trade on the same account.
            policy=Policy(shared=True),
        )
        self._tasks.append(asyncio.create_task(self._start(self.session), name="session"))
        self._tell()

    def on_session(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the session is another one or has started; the result ends that."""
        self._session_listeners.append(listener)
        return lambda: self._session_listeners.remove(listener)

    async def _start(self, session: Session) -> None:
        while session is self.session:
            try:
                await session.start()
                self.failure, self.is_started = "", True
            except UnavailableError as error:
                self.failure = error.message
                self._tell()
                await asyncio.sleep(START_RETRY_S)
            except TradedeckError as error:
                self.failure = error.message
                break
            else:
                break
        self._tell()

    async def _end_session(self) -> None:
        session, self.session, self.is_started = self.session, None, False
        starting = [task for task in self._tasks if task.get_name() == "session"]
        for task in starting:
            task.cancel()
            self._tasks.remove(task)
        await asyncio.gather(*starting, return_exceptions=True)
        if session is not None:
            await session.stop()
        self.failure = ""

    def _tell(self) -> None:
        for listener in list(self._session_listeners):
            listener()

    # The cloud

    async def sign_up(self, email: str, password: str) -> Tokens:
        """Make a cloud account and log in.

        Raises:
            RefusedError: it can't be made; the message says why.
            UnavailableError: the cloud can't be reached.
        """
        await self._check_owner(email)
        return await self._enter(await self._api.sign_up(email, password, str(uuid.uuid4())))

    async def log_in(self, email: str, password: str) -> Tokens:
        """Log in.

        Raises:
            RefusedError: e-mail and password do not belong together, or this phone is somebody else's.
            UnavailableError: the cloud can't be reached.
        """
        await self._check_owner(email)
        return await self._enter(await self._api.log_in(email, password, "phone"))

    async def resume(self, email: str, refresh: str) -> bool:
        """Go on with a log-in kept from earlier, also when the cloud is away; whether that is possible."""
        if self.user == email and self.sync.tokens is not None:
            return refresh in self._refreshes
        await self._check_owner(email)
        await self._enter(Tokens(email, "", 0, refresh))
        return True

    def keep(self, tokens: Tokens) -> None:
        """Remember that this log-in is ours."""
        self._refreshes.add(tokens.refresh)

    def stay_local(self) -> None:
        """Use the phone without a cloud account."""
        self.user = ""

    async def log_out(self) -> None:
        """End the log-in here and, when it can be reached, in the cloud. Trading records stay."""
        tokens = self.sync.tokens
        self.sync.use(None)
        self.user = None
        self._refreshes.clear()
        if tokens is not None:
            with suppress(TradedeckError):
                await self._api.log_out(tokens)

    async def _enter(self, tokens: Tokens) -> Tokens:
        await self._worker.call(lambda store: store.put_setting("owner", tokens.email))
        self.keep(tokens)
        self.user = tokens.email
        self.sync.use(tokens)
        return tokens

    async def _check_owner(self, email: str) -> None:
        """A journal is synced to one user only: somebody else's trades must not end up in this account."""
        owner = await self._worker.call(lambda store: store.setting("owner", email))
        if owner != email:
            raise ConflictError(
                f"this phone keeps the trades of {owner}; log in as {owner} or use another data folder",
                code="device.owner",
            )

    # Small things to remember

    async def setting(self, key: str, default: str) -> str:
        """Something kept on this phone."""
        return str(await self._worker.call(lambda store: store.setting(key, default)))

    async def keep_setting(self, key: str, value: str) -> None:
        """Keep something on this phone."""
        await self._worker.call(lambda store: store.put_setting(key, value))
