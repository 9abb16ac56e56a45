"""Builds and connects everything: store, provider, sessions, sync, window."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import asdict

from PySide6.QtCore import QTimer

from tradedeck.design import THEMES
from tradedeck.domain.errors import TradedeckError, UnavailableError
from tradedeck.execution import Policy, Session, live, paper
from tradedeck.kit.clock import SystemClock
from tradedeck.providers.ccxt import CcxtVenue
from tradedeck.store import Store, StoreWorker
from tradedeck.store.secrets import open_secrets
from tradedeck.sync import CloudApi, SyncClient, Tokens, open_link
from tradedeck_desktop.login import LoginDialog
from tradedeck_desktop.settings import Settings
from tradedeck_desktop.terminal import Terminal
from tradedeck_desktop.window import Window

HEALTH_MS = 200
STORE_FILE = "device.db"
_TOKENS = "cloud-tokens"
_LAYOUT, _COLOURS = "desktop.layout", "desktop.colours"
_COLOUR_BLIND = "colour-blind"


class App:
    """The running terminal. Make it on a running event loop; `closed` is done when the user has ended it."""

    def __init__(self, settings: Settings) -> None:
        """Open the device's file.

        Raises:
            UnavailableError: it can't be used.
            CorruptError: it is damaged.
        """
        self._settings = settings
        store = Store(settings.data / STORE_FILE)
        self._device_id = store.device_id()
        self.worker = StoreWorker(store)
        self._secrets = open_secrets(settings.data)
        self._clock = SystemClock()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.terminal = Terminal(settings.symbols, self._open_session, settings.strategies)
        self.window = Window(self.terminal, THEMES[settings.theme], self._close)
        self._link = open_link(settings.cloud) if settings.cloud else None
        self._api = CloudApi(self._link) if self._link else None
        self.sync: SyncClient | None = None
        self._health = QTimer()
        self._health.setInterval(HEALTH_MS)
        self._health.timeout.connect(self._show_health)

    async def start(self) -> None:
        """Show the window at once, then connect; what fails is said in it."""
        layout, colours = await self.worker.call(lambda store: (store.setting(_LAYOUT), store.setting(_COLOURS)))
        self.window.colour_blind = colours == _COLOUR_BLIND
        self.window.use(THEMES[self._settings.theme])
        if layout:
            self.window.docks.restore(layout)
        self.window.show()
        self._health.start()
        if self._api is not None:
            self._start_sync(self._api)
        self._opening = self.terminal.tasks.start(self.terminal.open(self._settings.mode))

    async def wait_ready(self, timeout_s: float) -> None:
        """Wait until the session in front takes orders.

        Raises:
            UnavailableError: that took longer than `timeout_s`.
        """
        await asyncio.wait([self._opening], timeout=timeout_s)
        if self.terminal.session is None:
            raise UnavailableError("the venue does not answer", code="desktop.venue")
        await self.terminal.session.wait_ready(timeout_s)

    async def stop(self) -> None:
        """Keep what is open, end every connection."""
        self._health.stop()
        with contextlib.suppress(TradedeckError):
            await self._keep_looks()
        await self.terminal.stop()
        if self.sync is not None and self.sync.tokens is not None:
            with contextlib.suppress(TradedeckError):
                await self.sync.once()
        if self._link is not None:
            await self._link.close()
        await self.worker.close()
        self.window.hide()
        self.window.deleteLater()

    async def sign_in(self, email: str, password: str, *, new: bool = False) -> None:
        """Log in to the cloud, or make an account first.

        Raises:
            RefusedError: the cloud says no; the message says why.
            UnavailableError: it can't be reached.
        """
        if self._api is None or self.sync is None:
            return
        request_id = f"{self._device_id}:{email}"
        if new:
            tokens = await self._api.sign_up(email, password, request_id)
        else:
            tokens = await self._api.log_in(email, password, "desktop")
        self._keep_tokens(tokens)
        self.sync.use(tokens)

    async def _keep_looks(self) -> None:
        layout, colours = self.window.docks.save(), _COLOUR_BLIND if self.window.colour_blind else ""

        def keep(store: Store) -> None:
            store.put_setting(_LAYOUT, layout)
            store.put_setting(_COLOURS, colours)

        await self.worker.call(keep)

    def _open_session(self, mode: str) -> Session:
        settings = self._settings
        provider = CcxtVenue(settings.venue_key, settings.venue_secret.reveal(), url=settings.venue_url)
        make = live if mode == "live" else paper
        return make(
            provider,
            self.worker,
            account=settings.account,
            device_id=self._device_id,
            symbols=settings.symbols,
            strategies=settings.strategies,
            # The phone may trade on the same account.
            policy=Policy(shared=True),
        )

    def _start_sync(self, api: CloudApi) -> None:
        sync = SyncClient(api, self.worker, "desktop", self._clock)
        sync.on_tokens = self._keep_tokens
        sync.subscribe(self._show_sync)
        kept = self._secrets.get(_TOKENS)
        if kept:
            sync.use(Tokens(**json.loads(kept)))
        self.sync = sync
        self._show_sync()
        self.window.cloud_clicked = self._ask_log_in
        self.terminal.tasks.start(sync.run())

    def _show_sync(self) -> None:
        if self.sync is not None:
            session = self.terminal.session
            mode = session.mode if session is not None else self._settings.mode
            self.window.status.show_sync(self.sync.state, self.sync.replica.profit(mode))

    def _ask_log_in(self) -> None:
        dialog = LoginDialog(self.window, self.sign_in, self.terminal.tasks)
        dialog.open()

    def _keep_tokens(self, tokens: Tokens) -> None:
        self._secrets.put(_TOKENS, json.dumps(asdict(tokens)))

    def _show_health(self) -> None:
        session = self.terminal.session
        self.terminal.follow_connection()
        if session is not None:
            self.window.status.show_health(
                session.health(), session.engine.halted, session.failure, self._clock.now_ns()
            )
        elif self.terminal.trouble:
            self.window.status.show_trouble(self.terminal.trouble)

    def _close(self) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
