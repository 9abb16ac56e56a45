"""Who visits: session and form tokens in cookies no script can read."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from tradedeck.domain.errors import RefusedError, TradedeckError, UnauthenticatedError
from tradedeck.ports.clock import Clock
from tradedeck_cloud.gateway.door import Door
from tradedeck_cloud.web.client import Client
from tradedeck_cloud.web.codec import Tokens

ACCESS = "td_access"
REFRESH = "td_refresh"
FORM = "td_form"
FORM_FIELD = "form_token"
RENEWAL_KEPT_S = 20.0
"""A page asks for several things at once; all of them may come with the token that one has just renewed."""
MAX_FORM_BYTES = 8192


@dataclass(slots=True)
class Visitor:
    """One request's visitor. `tokens` holds a session to hand to the browser, None for one it has already."""

    client: Client
    logged_in: bool
    form_token: str
    tokens: Tokens | None = None
    leaving: bool = False


class Sessions:
    """Recognises visitors and renews their sessions."""

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock
        self._renewals: dict[str, asyncio.Task[Tokens]] = {}

    async def visitor(self, request: Request) -> Visitor:
        """Who sends this request; a session that has run out is renewed.

        Raises:
            UnavailableError: a session can't be renewed now.
        """
        address = address_of(request)
        form_token = request.cookies.get(FORM) or secrets.token_urlsafe(24)
        access = request.cookies.get(ACCESS, "")
        if self.knows(access):
            return Visitor(Client(self._door, access, address), True, form_token)
        tokens = await self._renewed(request.cookies.get(REFRESH, ""), address)
        if tokens is None:
            return Visitor(Client(self._door, "", address), False, form_token)
        return Visitor(Client(self._door, tokens.access, address), True, form_token, tokens)

    def knows(self, access: str) -> bool:
        """Whether an access token is good."""
        try:
            self._door.user_of(access)
        except UnauthenticatedError:
            return False
        return True

    def remember(self, visitor: Visitor, request: Request, response: Response) -> None:
        """Write into the browser's cookies what this request changed."""
        safe = request.url.scheme == "https"
        if FORM not in request.cookies:
            response.set_cookie(FORM, visitor.form_token, httponly=True, samesite="strict", secure=safe)
        if visitor.leaving:
            for name in (ACCESS, REFRESH, FORM):
                response.delete_cookie(name)
        elif (tokens := visitor.tokens) is not None:
            for name, value, end_ns in (
                (ACCESS, tokens.access, tokens.access_expires_ns),
                (REFRESH, tokens.refresh, tokens.refresh_expires_ns),
            ):
                life_s = max(0, (end_ns - self._clock.now_ns()) // 10**9)
                response.set_cookie(name, value, max_age=life_s, httponly=True, samesite="strict", secure=safe)

    async def _renewed(self, refresh: str, address: str) -> Tokens | None:
        if not refresh:
            return None
        renewal = self._renewals.get(refresh)
        if renewal is None:
            renewal = asyncio.create_task(Client(self._door, "", address).refresh(refresh))
            self._renewals[refresh] = renewal
            asyncio.get_running_loop().call_later(RENEWAL_KEPT_S, self._renewals.pop, refresh, None)
        try:
            return await asyncio.shield(renewal)
        except UnauthenticatedError:
            return None
        except TradedeckError:
            self._renewals.pop(refresh, None)
            raise


def address_of(connection: HTTPConnection) -> str:
    """Where a request comes from."""
    return connection.client.host if connection.client else ""


def same_origin(connection: HTTPConnection) -> bool:
    """Whether a page of ours sent it; programs without an origin are no browser and may pass."""
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")


async def checked_form(request: Request) -> dict[str, str]:
    """The fields of a form that a page of ours sent.

    Raises:
        RefusedError: another site sent it, or it is too long.
    """
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > MAX_FORM_BYTES:
        raise RefusedError("that form is too long; shorten what you wrote", code="web.form_length")
    async with request.form() as given:
        fields = {name: value for name, value in given.items() if isinstance(value, str)}
    shown, kept = fields.pop(FORM_FIELD, ""), request.cookies.get(FORM, "")
    if not kept or not hmac.compare_digest(shown.encode(), kept.encode()) or not same_origin(request):
        raise RefusedError("that form has expired; load the page again and send it once more", code="web.form")
    return fields
