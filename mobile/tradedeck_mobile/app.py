"""Builds the phone's app and connects everything; the only place that knows all of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft

from tradedeck.domain.errors import TradedeckError
from tradedeck.sync import Tokens
from tradedeck_mobile.device import Device
from tradedeck_mobile.kit.look import Look, dress
from tradedeck_mobile.kit.vault import LOGIN, LOOK, VENUE_KEY, VENUE_SECRET, SecureVault, Vault
from tradedeck_mobile.parts.app import Services
from tradedeck_mobile.routes import WIDE_PX, App, Screen
from tradedeck_mobile.screens.account.state import read_look
from tradedeck_mobile.settings import Settings
from tradedeck_mobile.state import AppState

log = logging.getLogger(__name__)

Main = Callable[[ft.Page], Awaitable[None]]


class Host:
    """One device, and the pages that show it: one on a phone, one a browser tab in web mode."""

    def __init__(self, settings: Settings, make_vault: Callable[[], Vault] = SecureVault) -> None:
        self._settings = settings
        self._make_vault = make_vault
        self._device: Device | None = None
        self._opening = asyncio.Lock()

    async def device(self) -> Device:
        """The device, opened when first asked for."""
        async with self._opening:
            if self._device is None:
                device = Device(self._settings)
                await device.open()
                self._device = device
            return self._device

    async def close(self) -> None:
        """Stop the device."""
        if self._device is not None:
            await self._device.close()
            self._device = None

    async def main(self, page: ft.Page) -> None:
        """Show the app on a page."""
        page.title = "Tradedeck"
        dress(page)
        page.on_error = lambda event: log.error("ui.client_failed", extra={"error": str(event.data)})
        device = await self.device()
        state, vault, look = AppState(device), self._make_vault(), Look()
        screen = Screen(wide=(page.width or 0) >= WIDE_PX)

        def resized(event: ft.PageResizeEvent) -> None:
            screen.wide = event.width >= WIDE_PX

        async def enter() -> None:
            state.show()
            await page.push_route("/")

        async def leave() -> None:
            await device.log_out()
            await vault.keep(LOGIN, "")
            state.show()
            await page.push_route("/login")

        page.on_resize = resized
        services = Services(device, state, vault, look, enter, leave)
        page.render_views(App, services, screen)
        _keep_tokens(device, vault)
        state.attach()
        page.on_disconnect = lambda _event: state.detach()
        await _restore(page, services)
        state.starting = False
        state.show()


def _keep_tokens(device: Device, vault: Vault) -> None:
    """Each refresh token works once: the new one goes to the vault at once."""
    saving: set[asyncio.Task[None]] = set()

    def renewed(tokens: Tokens) -> None:
        device.keep(tokens)
        task = asyncio.create_task(vault.keep(LOGIN, f"{tokens.email} {tokens.refresh}"))
        saving.add(task)
        task.add_done_callback(saving.discard)

    device.sync.on_tokens = renewed


async def _restore(page: Any, services: Services) -> None:
    """Look, key and log-in as they were left."""
    device, vault = services.device, services.vault
    name, blind = read_look(await vault.read(LOOK))
    services.look.use(name, blind=blind)
    page.theme_mode = ft.ThemeMode.DARK if name == "dark" else ft.ThemeMode.LIGHT
    if device.session is None:
        await device.use_key(await vault.read(VENUE_KEY), await vault.read(VENUE_SECRET))
    email, _, refresh = (await vault.read(LOGIN)).partition(" ")
    if not refresh:
        return
    try:
        if await device.resume(email, refresh):
            services.state.user = email
    except TradedeckError as error:
        log.warning("phone.log_in_not_resumed", extra={"reason": error.message})
