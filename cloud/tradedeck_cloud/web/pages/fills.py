"""Every fill: filter, sort, page, export."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request, Response

from tradedeck.domain.money import text
from tradedeck_cloud.web.client import Client
from tradedeck_cloud.web.codec import FillLine, Wanted
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

COLUMNS: tuple[Column[FillLine], ...] = (
    Column("time", "Time (UTC)", lambda line: line.fill.time_ns),
    Column("symbol", "Symbol", lambda line: line.fill.symbol),
    Column("side", "Side", lambda line: line.fill.side.value),
    Column("price", "Price", lambda line: line.fill.price, number=True),
    Column("size", "Size", lambda line: line.fill.size, number=True),
    Column("notional", "Notional", lambda line: line.fill.price * line.fill.size, number=True),
    Column("fee", "Fee", lambda line: line.fill.fee, number=True),
    Column("role", "Role", lambda line: line.fill.maker),
    Column("order", "Order", lambda line: line.fill.client_order_id),
    Column("mode", "Mode", lambda line: line.mode),
)
_TITLES = (
    "time", "trade_id", "client_order_id", "venue", "account", "mode", "symbol", "side", "price", "size", "fee",
    "fee_asset", "maker",
)  # fmt: skip


def routes(frame: Frame) -> tuple[Page, ...]:
    """The list and its file."""

    async def show(request: Request, visitor: Visitor) -> Response:
        query = query_of(request, "/fills")
        values = await _values(visitor, query)
        if is_part(request):
            return frame.part("fills_part.html", as_of_ns=frame.now_ns(), **values)
        return await frame.page("fills.html", visitor, **values)

    async def export(request: Request, visitor: Visitor) -> Response:
        wanted = query_of(request, "/fills").wanted
        return csv_file("fills.csv", _TITLES, _rows(visitor.client, wanted))

    return (Page("/fills", show), Page("/fills.csv", export))


async def _values(visitor: Visitor, query: Query) -> dict[str, Any]:
    page = await visitor.client.fills(query.wanted, query.token, PAGE)
    fills = [line.fill for line in page.lines]
    return {
        "active": "fills",
        "query": query,
        "columns": COLUMNS,
        "lines": arranged(page.lines, COLUMNS, query),
        "next_token": page.next_token,
        "paper": query.wanted.mode == "paper",
        "export": Query("/fills.csv", query.wanted, "", "", falling=False).link(),
        "price_dp": places(fill.price for fill in fills),
        "size_dp": places(fill.size for fill in fills),
        "fee_dp": places(fill.fee for fill in fills),
        "notional_dp": places(fill.price * fill.size for fill in fills),
    }


async def _rows(client: Client, wanted: Wanted) -> AsyncIterator[tuple[Any, ...]]:
    token = ""
    for _ in range(MAX_EXPORT_PAGES):
        page = await client.fills(wanted, token, EXPORT_PAGE)
        for line in page.lines:
            yield _row(line)
        token = page.next_token
        if not token:
            return


def _row(line: FillLine) -> tuple[Any, ...]:
    fill = line.fill
    return (
        iso_time(fill.time_ns), fill.trade_id, fill.client_order_id, line.venue, line.account, line.mode, fill.symbol,
        fill.side.value, text(fill.price), text(fill.size), text(fill.fee), fill.fee_asset, fill.maker,
    )  # fmt: skip
