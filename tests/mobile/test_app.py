"""The whole app in one process: real components, router and events, a real venue on loopback."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import flet as ft

from tests.mobile.client import Client
from tests.mobile.conftest import Drawer
from tradedeck.design import DARK, LIGHT
from tradedeck.domain.money import text
from tradedeck.domain.order import OrderState
from tradedeck.sandbox.server import RunningSandbox
from tradedeck_mobile.app import Host


async def enter(client: Client) -> None:
    await client.tap("login.local")
    await client.until(lambda: client.has("home.worth"))


async def open_market(client: Client) -> None:
    await client.page.push_route("/markets")
    await client.tap("market.BTCUSDT")
    await client.until(lambda: client.has("symbol.buy") and not client.find("symbol.buy").disabled)


async def order(client: Client, side: str, size: str, *, kind: str = "market", price: str = "") -> None:
    await client.tap(f"symbol.{side}")
    await client.tap(f"ticket.kind.{kind}")
    await client.type("Size, BTC", size)
    if price:
        await client.type("Trigger price, USDT" if kind == "stop" else "Price, USDT", price)
    await client.tap("ticket.review")
    await client.tap("ticket.confirm")


async def test_the_first_screen_asks_who_you_are_and_a_phone_without_cloud_goes_on(client: Client) -> None:
    await client.until(lambda: client.has("login.local"))
    assert not client.has("login.submit"), "there is no cloud to log in to"
    await enter(client)
    assert client.find("mode").content.value == "LIVE · main"
    assert client.text("status.cloud") == "Not in the cloud"


async def test_a_market_order_becomes_a_position_with_exact_fees(
    client: Client, host: Host, sandbox: RunningSandbox
) -> None:
    await enter(client)
    await open_market(client)
    await order(client, "buy", "0.01")
    await client.page.push_route("/")
    await client.until(lambda: client.has("position.BTCUSDT.size"))
    assert client.text("position.BTCUSDT.size") == "0.01"
    (fill,) = (await host.device()).session.engine.fills  # type: ignore[union-attr]
    assert client.text("home.fees") == text(fill.price * Decimal("0.01") * Decimal("0.001"))
    (kept,) = sandbox.sandbox.exchange.accounts["sandbox-key"].fills
    assert (kept.price, kept.size, kept.fee) == (fill.price, fill.size, fill.fee)


async def test_an_order_that_waits_is_listed_and_can_be_canceled(client: Client, host: Host) -> None:
    await enter(client)
    await open_market(client)
    await order(client, "buy", "0.02", kind="limit", price="50000")
    await client.page.push_route("/orders")
    session = (await host.device()).session
    assert session is not None
    (key,) = session.engine.orders
    await client.until(lambda: client.has(f"order.{key}.state") and client.text(f"order.{key}.state") == "Working")
    assert client.text(f"order.{key}.title") == "Buy 0.02 BTCUSDT"
    await client.tap(f"order.{key}.cancel")
    await client.tap("cancel.confirm")
    await client.until(lambda: "No open orders" in client.texts())
    assert session.engine.orders[key].state is OrderState.CANCELED
    await client.tap("orders.done")
    await client.until(lambda: client.has(f"order.{key}.state"))
    assert client.text(f"order.{key}.state") == "Canceled"
    assert not client.has(f"order.{key}.cancel")


async def test_what_the_ticket_does_not_take_is_said_at_its_field(client: Client) -> None:
    await enter(client)
    await open_market(client)
    await client.tap("symbol.sell")
    await client.type("Size, BTC", "0.000001")
    await client.tap("ticket.review")
    await client.until(lambda: client.field("Size, BTC").error is not None)
    assert "in steps of 0.00001" in client.field("Size, BTC").error
    assert not client.has("ticket.confirm")


async def test_the_chart_shows_history_and_follows_the_market(client: Client) -> None:
    await enter(client)
    await open_market(client)
    await client.until(lambda: client.has("chart"))
    canvas = client.find("chart").content
    await client.session.dispatch_event(canvas._i, "resize", {"w": 400.0, "h": 500.0})
    await client.until(lambda: bool(shapes(client)))
    first = shapes(client)[0].key
    await client.until(lambda: shapes(client)[0].key != first)


def shapes(client: Client) -> list[Any]:
    return client.find("chart").content.shapes


async def test_the_look_is_changed_at_once_and_remembered(client: Client, vault: Drawer) -> None:
    await enter(client)
    await client.page.push_route("/account")
    await client.until(lambda: client.has("account.dark"))
    assert client.controls(ft.View)[-1].bgcolor == DARK.bg0
    switch = client.find("account.dark")
    client.session.apply_patch(switch._i, {"value": False})
    await client.session.dispatch_event(switch._i, "change", False)
    await client.until(lambda: client.controls(ft.View)[-1].bgcolor == LIGHT.bg0)
    await client.until(lambda: vault.kept.get("look") == "light")


async def test_leaving_leads_back_to_the_first_screen(client: Client) -> None:
    await enter(client)
    await client.page.push_route("/account")
    await client.tap("account.leave")
    await client.until(lambda: client.has("login.local"))


async def test_after_a_restart_orders_and_positions_are_there_again(host: Host, client: Client) -> None:
    await enter(client)
    await open_market(client)
    await order(client, "buy", "0.01")
    await client.page.push_route("/")
    await client.until(lambda: client.has("position.BTCUSDT.size"))
    await host.close()
    again = Client()
    await again.start(host.main)
    await enter(again)
    await again.until(lambda: again.has("position.BTCUSDT.size"))
    assert again.text("position.BTCUSDT.size") == "0.01"
    again.page.on_disconnect(None)
    again.close()
