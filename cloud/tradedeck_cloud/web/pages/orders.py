"""Every order: filter, sort, page, export; one beside the list with its fills."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request, Response

from tradedeck.domain.errors import NotFoundError
from tradedeck.domain.money import text
from tradedeck.domain.order import OrderState
from tradedeck_cloud.web.client import Client
from tradedeck_cloud.web.codec import OrderLine, Wanted
from tradedeck_cloud.web.figures import iso_time, places
from tradedeck_cloud.web.pages.frame import Frame, Page, is_part
from tradedeck_cloud.web.pages.listing import (
    EXPORT_PAGE,
    MAX_EXPORT_PAGES,
    PAGE,
    Column,
    Query,
    arranged,
    csv_file,
    query_of,
)
from tradedeck_cloud.web.session import Visitor

MAX_FILLS_BESIDE = 200
STATES = tuple(state.value for state in OrderState)
COLUMNS: tuple[Column[OrderLine], ...] = (
    Column("time", "Placed (UTC)", lambda line: line.order.created_ns),
    Column("symbol", "Symbol", lambda line: line.order.symbol),
    Column("side", "Side", lambda line: line.order.side.value),
    Column("type", "Type", lambda line: line.order.type.value),
    Column("price", "Price", lambda line: line.order.price, number=True),
    Column("stop", "Stop", lambda line: line.order.stop_price, number=True),
    Column("size", "Size", lambda line: line.order.size, number=True),
    Column("filled", "Filled", lambda line: line.order.filled, number=True),
    Column("state", "State", lambda line: line.order.state.value),
    Column("source", "Source", lambda line: line.order.source),
    Column("mode", "Mode", lambda line: line.mode),
)
_TITLES = (
    "created", "updated", "client_order_id", "venue_order_id", "venue", "account", "mode", "symbol", "side", "type",
    "time_in_force", "post_only", "reduce_only", "size", "price", "stop_price", "filled", "state", "source", "reason",
)  # fmt: skip


def routes(frame: Frame) -> tuple[Page, ...]:
    """The list, its file, and one order."""

    async def show(request: Request, visitor: Visitor) -> Response:
        query = query_of(request, "/orders")
        values = await _values(visitor, query)
        if is_part(request):
            return frame.part("orders_part.html", as_of_ns=frame.now_ns(), **values)
        return await frame.page("orders.html", visitor, **values)

    async def export(request: Request, visitor: Visitor) -> Response:
        wanted = query_of(request, "/orders").wanted
        return csv_file("orders.csv", _TITLES, _rows(visitor.client, wanted))

    async def one(request: Request, visitor: Visitor) -> Response:
        wanted = Wanted(client_order_id=request.path_params["client_order_id"])
        found = await visitor.client.orders(wanted, "", 1)
        if not found.lines:
            raise NotFoundError("there is no such order", code="web.order")
        fills = (await visitor.client.fills(wanted, "", MAX_FILLS_BESIDE)).lines
        line = found.lines[0]
        return frame.part("order_part.html", line=line, fills=fills, **_columns_places([line]))

    return (
        Page("/orders", show),
        Page("/orders.csv", export),
        Page("/orders/{client_order_id}", one),
    )


async def _values(visitor: Visitor, query: Query) -> dict[str, Any]:
    page = await visitor.client.orders(query.wanted, query.token, PAGE)
    return {
        "active": "orders",
        "query": query,
        "columns": COLUMNS,
        "states": STATES,
        "lines": arranged(page.lines, COLUMNS, query),
        "next_token": page.next_token,
        "paper": query.wanted.mode == "paper",
        "export": Query("/orders.csv", query.wanted, "", "", falling=False).link(),
        **_columns_places(page.lines),
    }


def _columns_places(lines: list[OrderLine]) -> dict[str, int]:
    orders = [line.order for line in lines]
    return {
        "price_dp": places([price for order in orders for price in (order.price, order.stop_price)]),
        "size_dp": places([size for order in orders for size in (order.size, order.filled)]),
    }


async def _rows(client: Client, wanted: Wanted) -> AsyncIterator[tuple[Any, ...]]:
    token = ""
    for _ in range(MAX_EXPORT_PAGES):
        page = await client.orders(wanted, token, EXPORT_PAGE)
        for line in page.lines:
            yield _row(line)
        token = page.next_token
        if not token:
            return


def _row(line: OrderLine) -> tuple[Any, ...]:
    order = line.order
    return (
        iso_time(order.created_ns), iso_time(order.updated_ns), order.client_order_id, order.venue_order_id,
        line.venue, line.account, line.mode, order.symbol, order.side.value, order.type.value,
        order.time_in_force.value, order.post_only, order.reduce_only, text(order.size),
        "" if order.price is None else text(order.price), "" if order.stop_price is None else text(order.stop_price),
        text(order.filled), order.state.value, order.source, order.reason,
    )  # fmt: skip
