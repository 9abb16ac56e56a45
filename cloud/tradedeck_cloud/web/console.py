"""The console's routes, and what every page has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined

from tradedeck.design import DARK, LIGHT, colour_blind, css, font_files
from tradedeck.domain.errors import TradedeckError, UnauthenticatedError
from tradedeck.ports.clock import Clock
from tradedeck_cloud.gateway.door import Door
from tradedeck_cloud.gateway.rest import send_hints
from tradedeck_cloud.kit.bus import Bus
from tradedeck_cloud.kit.problems import HTTP_STATUSES, problem_headers
from tradedeck_cloud.web import figures
from tradedeck_cloud.web.pages import entrance, fills, orders, overview
from tradedeck_cloud.web.pages.frame import Frame, Handler
from tradedeck_cloud.web.session import ACCESS, Sessions, same_origin

STATIC = Path(__file__).parent / "static"
NOT_LOGGED_IN = 4401
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
Endpoint = Callable[[Request], Awaitable[Response]]


def add_console(app: FastAPI, door: Door, bus: Bus, clock: Clock) -> None:
    """Serve the console at the root of `app`: pages, their assets, and hints at /ws/live."""
    frame = Frame(_environment(), clock)
    sessions = Sessions(door, clock)
    router = APIRouter(include_in_schema=False)
    for page in (*entrance.routes(frame), *overview.routes(frame), *orders.routes(frame), *fills.routes(frame)):
        endpoint = _endpoint(frame, sessions, page.handler, public=page.public)
        router.add_api_route(page.path, endpoint, methods=[page.method], response_class=HTMLResponse)
    router.add_api_route("/", _to_overview, methods=["GET"])
    router.add_api_route("/static/tokens.css", _tokens, methods=["GET"])
    for font in font_files():
        router.add_api_route(f"/static/fonts/{font.name}", _file(font), methods=["GET"])
    router.add_api_websocket_route("/ws/live", _live(door, bus))
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _endpoint(frame: Frame, sessions: Sessions, handler: Handler, *, public: bool) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            visitor = await sessions.visitor(request)
        except TradedeckError as error:
            return _finished(frame.problem(request, error, HTTP_STATUSES[error.kind]), error)
        try:
            if not (public or visitor.logged_in):
                raise UnauthenticatedError("log in first", code="auth.missing")
            response = await handler(request, visitor)
        except UnauthenticatedError:
            response = _to_login(request)
        except TradedeckError as error:
            response = _finished(frame.problem(request, error, HTTP_STATUSES[error.kind]), error)
        sessions.remember(visitor, request, response)
        response.headers.update(HEADERS)
        return response

    return endpoint


def _finished(response: Response, error: TradedeckError) -> Response:
    response.headers.update({**HEADERS, **problem_headers(error)})
    return response


def _to_login(request: Request) -> Response:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if "hx-request" in request.headers:
        # A part of a page is asked for: the whole page must go.
        return Response(status_code=401, headers={"hx-redirect": "/login"})
    return RedirectResponse(f"/login?next={quote(wanted)}", 303)


async def _to_overview(_: Request) -> Response:
    return RedirectResponse("/overview", 303)


def _file(path: Path) -> Endpoint:
    async def send(_: Request) -> Response:
        return FileResponse(path, headers={"cache-control": "max-age=86400"})

    return send


async def _tokens(_: Request) -> Response:
    return Response(css() + _colour_pair(), media_type="text/css", headers={"cache-control": "no-cache"})


def _colour_pair() -> str:
    """Up and down for people who do not tell red from green, chosen by `data-pair=blind`."""
    dark, light = colour_blind(DARK), colour_blind(LIGHT)
    names = ":root[data-pair=blind]"
    in_dark = f"--up: {dark.up}; --down: {dark.down};"
    return (
        f"{names} {{ --up: {light.up}; --down: {light.down}; }}\n"
        f"@media (prefers-color-scheme: dark) {{ {names}:not([data-theme=light]) {{ {in_dark} }} }}\n"
        f"{names}[data-theme=dark] {{ {in_dark} }}\n"
    )


def _live(door: Door, bus: Bus) -> Any:
    async def live(socket: WebSocket) -> None:
        try:
            if not same_origin(socket):
                raise UnauthenticatedError("another site's page", code="web.origin")
            user_id = door.user_of(socket.cookies.get(ACCESS, ""))
        except TradedeckError:
            # Accepted first: a browser learns the reason of a refusal only from an open connection.
            await socket.accept()
            await socket.close(code=NOT_LOGGED_IN)
            return
        await send_hints(socket, bus, user_id)

    return live


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tradedeck_cloud.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(
        figure=figures.figure, signed=figures.signed, direction=figures.direction, when=figures.when,
        clock_time=figures.clock_time, words=figures.words, exact=figures.text,
    )  # fmt: skip
    return environment
