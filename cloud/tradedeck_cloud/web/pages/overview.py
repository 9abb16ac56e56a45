"""How it goes: profit by time, tiles, positions, the latest fills."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from tradedeck.domain.money import text
from tradedeck_cloud.web.codec import Wanted
from tradedeck_cloud.web.figures import places
from tradedeck_cloud.web.pages.frame import Frame, Page, is_part, mode_of
from tradedeck_cloud.web.session import Visitor

LATEST_FILLS = 8


def routes(frame: Frame) -> tuple[Page, ...]:
    """The page, and the curve's points."""

    async def show(request: Request, visitor: Visitor) -> Response:
        mode = mode_of(request, "live")
        values = await _values(visitor, mode)
        if is_part(request):
            return frame.part("overview_part.html", part=True, **values)
        return await frame.page("overview.html", visitor, part=False, **values)

    async def equity(request: Request, visitor: Visitor) -> Response:
        points = await visitor.client.equity(mode_of(request, "live"))
        return JSONResponse({"points": [[time_ns // 10**9, text(profit)] for time_ns, profit in points]})

    return (Page("/overview", show), Page("/overview/equity", equity))


async def _values(visitor: Visitor, mode: str) -> dict[str, Any]:
    summary, fills = await asyncio.gather(
        visitor.client.summary(mode), visitor.client.fills(Wanted(mode=mode), "", LATEST_FILLS)
    )
    lines = [line.fill for line in fills.lines]
    positions = summary.positions
    return {
        "active": "overview",
        "mode": mode,
        "paper": mode == "paper",
        "summary": summary,
        "fills": fills.lines,
        "as_of_ns": summary.as_of_ns,
        "price_dp": places([*(fill.price for fill in lines), *(line.mark for line in positions)]),
        "size_dp": places([*(fill.size for fill in lines), *(line.size for line in positions)]),
        "money_dp": places([p for line in positions for p in (line.realised, line.unrealised, line.fees)]),
    }
