"""What a page is, and the frame around every page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from tradedeck.domain.errors import RefusedError, TradedeckError
from tradedeck.ports.clock import Clock
from tradedeck_cloud.web.session import Visitor

MODES = ("live", "paper")
Handler = Callable[[Request, Visitor], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """A path and who answers it; only `public` ones are shown to visitors who have not logged in."""

    path: str
    handler: Handler
    method: str = "GET"
    public: bool = False


class Frame:
    """Turns templates into responses."""

    def __init__(self, environment: Environment, clock: Clock) -> None:
        self._environment = environment
        self._clock = clock

    def now_ns(self) -> int:
        """For "as of"."""
        return self._clock.now_ns()

    def part(self, template: str, /, **values: Any) -> Response:
        """A piece of a page, for one that is open."""
        return HTMLResponse(self._environment.get_template(template).render(values))

    async def page(self, template: str, visitor: Visitor, /, status: int = 200, **values: Any) -> Response:
        """A whole page with rail and header."""
        known = {
            "email": await visitor.client.email() if visitor.logged_in else "",
            "form_token": visitor.form_token,
            "as_of_ns": self._clock.now_ns(),
            "paper": False,
            "export": "",
        }
        return HTMLResponse(self._environment.get_template(template).render(known | values), status)

    def problem(self, request: Request, error: TradedeckError, status: int) -> Response:
        """A page, or a piece of one, that says what went wrong and what to do."""
        values = {"error": error, "status": status, "retry": str(request.url.path)}
        part = "hx-request" in request.headers
        template = "problem_part.html" if part else "problem.html"
        return HTMLResponse(self._environment.get_template(template).render(values), status)


def mode_of(request: Request, otherwise: str) -> str:
    """Which mode the visitor wants to see.

    Raises:
        RefusedError: there is no such mode.
    """
    mode = request.query_params.get("mode", otherwise)
    if mode and mode not in MODES:
        raise RefusedError(f"there is no mode {mode}; choose live or paper", code="web.mode")
    return mode


def is_part(request: Request) -> bool:
    """Whether an open page asks for new content."""
    return "hx-request" in request.headers
