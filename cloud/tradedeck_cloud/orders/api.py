"""Calls to orders: messages in and out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from tradedeck.domain.errors import RefusedError
from tradedeck.ports.clock import Clock
from tradedeck.wire.orders.v1 import orders_service_pb2 as wire
from tradedeck_cloud.kit.calls import Method
from tradedeck_cloud.kit.codec import Call
from tradedeck_cloud.orders.facts import fill_message, line_of, order_message
from tradedeck_cloud.orders.models import OrderFilter, PageAt
from tradedeck_cloud.orders.service import MAX_PAGE, OrderService

DEFAULT_PAGE = 100
_NEWEST = PageAt(2**63 - 1, "")


def methods(service: OrderService, clock: Clock) -> Mapping[str, Method]:
    """Every method by its name on the wire."""

    async def push_facts(call: Call) -> bytes:
        request = wire.PushFactsRequest.FromString(call.body)
        lines = [line_of(fact) for fact in request.facts]
        last_seq = await service.push(call.user_id, request.device_id, request.device_kind, lines)
        return wire.PushFactsResponse(last_seq=last_seq).SerializeToString()

    async def pull(call: Call) -> bytes:
        request = wire.PullRequest.FromString(call.body)
        changes = await service.changes(call.user_id, request.cursor, request.limit)
        return wire.PullResponse(
            cursor=changes.cursor,
            orders=[order_message(row) for row in changes.orders],
            fills=[fill_message(row) for row in changes.fills],
            more=changes.more,
            as_of_ns=clock.now_ns(),
        ).SerializeToString()

    async def list_orders(call: Call) -> bytes:
        request = wire.ListOrdersRequest.FromString(call.body)
        wanted = OrderFilter(request.symbol, request.state, request.source, request.mode, request.client_order_id)
        size = _page_size(request.page_size)
        rows = await service.orders(call.user_id, wanted, _start(request.page_token), size)
        token = _token(rows[-1].created_ns, rows[-1].client_order_id) if len(rows) == size else ""
        return wire.ListOrdersResponse(
            orders=[order_message(row) for row in rows], next_page_token=token
        ).SerializeToString()

    async def list_fills(call: Call) -> bytes:
        request = wire.ListFillsRequest.FromString(call.body)
        wanted = OrderFilter(request.symbol, mode=request.mode, client_order_id=request.client_order_id)
        size = _page_size(request.page_size)
        rows = await service.fills(call.user_id, wanted, _start(request.page_token), size)
        token = _token(rows[-1].time_ns, rows[-1].trade_id) if len(rows) == size else ""
        return wire.ListFillsResponse(
            fills=[fill_message(row) for row in rows], next_page_token=token
        ).SerializeToString()

    return {"PushFacts": push_facts, "Pull": pull, "ListOrders": list_orders, "ListFills": list_fills}


def _page_size(asked: int) -> int:
    return min(asked, MAX_PAGE) if asked else DEFAULT_PAGE


def _token(time_ns: int, row_id: str) -> str:
    return base64.urlsafe_b64encode(f"{time_ns}:{row_id}".encode()).decode()


def _start(token: str) -> PageAt:
    if not token:
        return _NEWEST
    try:
        time_ns, _, row_id = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        return PageAt(int(time_ns), row_id)
    except (ValueError, binascii.Error) as error:
        raise RefusedError("that page token is not one of ours; start from the first page", code="page") from error
