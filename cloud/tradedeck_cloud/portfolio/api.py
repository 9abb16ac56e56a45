"""Calls to portfolio: messages in and out."""

from __future__ import annotations

from collections.abc import Mapping

from tradedeck.ports.clock import Clock
from tradedeck.wire.portfolio.v1 import portfolio_service_pb2 as wire
from tradedeck_cloud.kit.calls import Method
from tradedeck_cloud.kit.codec import Call
from tradedeck_cloud.portfolio.facts import equity_message, portfolio_message
from tradedeck_cloud.portfolio.service import MAX_POINTS, PortfolioService


def methods(service: PortfolioService, clock: Clock) -> Mapping[str, Method]:
    """Every method by its name on the wire."""

    async def get_portfolio(call: Call) -> bytes:
        request = wire.GetPortfolioRequest.FromString(call.body)
        all_held = await service.positions(call.user_id, request.mode)
        return portfolio_message(all_held, clock.now_ns()).SerializeToString()

    async def list_equity(call: Call) -> bytes:
        request = wire.ListEquityRequest.FromString(call.body)
        size = min(request.page_size or MAX_POINTS, MAX_POINTS)
        rows = await service.equity(call.user_id, request.mode or "live", request.after_ns, size)
        points = [equity_message(row) for row in rows]
        return wire.ListEquityResponse(points=points, more=len(rows) == size).SerializeToString()

    return {"GetPortfolio": get_portfolio, "ListEquity": list_equity}
