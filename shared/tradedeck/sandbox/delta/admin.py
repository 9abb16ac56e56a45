"""The sandbox's path for this market's moods."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tradedeck.domain.errors import RefusedError
from tradedeck.sandbox.delta.door import HOUSE, QUOTA

MOODS = ("operational", "disrupted_cancel_only", "disrupted_post_only")


def add_admin(app: web.Application) -> None:
    """Add the path."""
    app.router.add_post("/sandbox/v1/delta", _mood)


async def _mood(request: web.Request) -> web.Response:
    """How the venue is: `trading_status`, keys `not_allowed` from here, and the `quota` of each."""
    body: dict[str, Any] = await request.json()
    house, quota = request.app[HOUSE], request.app[QUOTA]
    status = str(body.get("trading_status", house.trading_status))
    if status not in MOODS:
        raise RefusedError(f"trading_status must be one of {', '.join(MOODS)}", code="sandbox.mood")
    house.trading_status = status
    house.not_allowed = set(body.get("not_allowed", house.not_allowed))
    quota.limit = int(body.get("quota", quota.limit))
    return web.json_response({"trading_status": status, "quota": quota.limit})
