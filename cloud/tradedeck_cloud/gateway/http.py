"""The HTTP application: REST, health, metrics, and problems in one form."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck_cloud.gateway.door import MAX_BODY_BYTES, Door
from tradedeck_cloud.gateway.rest import rest_router
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.problems import HTTP_STATUSES, problem_headers, problem_json

PROBLEM = "application/problem+json"
Check = Callable[[], Awaitable[bool]]


def http_app(door: Door, bus: Bus, checks: dict[str, Check]) -> FastAPI:
    """REST under /v1, /healthz, /readyz, /metrics, OpenAPI under /openapi.json."""
    app = FastAPI(title="Tradedeck", version="1", docs_url=None, redoc_url=None, max_body_size=MAX_BODY_BYTES)
    app.include_router(rest_router(door, bus))
    app.add_exception_handler(TradedeckError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)

    @app.get("/healthz", tags=["operations"])
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", tags=["operations"])
    async def ready() -> JSONResponse:
        found = dict(zip(checks, await asyncio.gather(*(check() for check in checks.values())), strict=True))
        return JSONResponse(found, 200 if all(found.values()) else 503)

    @app.get("/metrics", tags=["operations"])
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    assert all((health, ready, metrics))
    return app


async def _on_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, TradedeckError)
    return JSONResponse(
        problem_json(error),
        HTTP_STATUSES[error.kind],
        headers=problem_headers(error),
        media_type=PROBLEM,
    )


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return await _on_error(request, RefusedError(f"{where}: {first['msg']}", code="gateway.request"))
