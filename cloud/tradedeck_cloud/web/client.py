"""The gateway's methods as pages call them."""

from __future__ import annotations

import uuid
from decimal import Decimal

from tradedeck_cloud.gateway.door import Caller, Door
from tradedeck_cloud.web import codec
from tradedeck_cloud.web.codec import FillPage, OrderPage, Summary, Tokens, Wanted

MAX_EQUITY_PAGES = 10
"""Five thousand minutes each: a month of trading around the clock."""


class Client:
    """One visitor's way through the gateway's door. Every method may raise TradedeckError."""

    def __init__(self, door: Door, token: str, address: str) -> None:
        self._door = door
        self._caller = Caller(token, address, "web")

    async def log_in(self, email: str, password: str) -> Tokens:
        """Start a session."""
        return codec.login_tokens(await self._call("accounts", "Login", codec.login_request(email, password)))

    async def sign_up(self, email: str, password: str) -> Tokens:
        """Make an account."""
        request = codec.sign_up_request(email, password, uuid.uuid4().hex)
        return codec.sign_up_tokens(await self._call("accounts", "SignUp", request))

    async def refresh(self, token: str) -> Tokens:
        """Renew a session."""
        return codec.refresh_tokens(await self._call("accounts", "Refresh", codec.refresh_request(token)))

    async def log_out(self, token: str) -> None:
        """End a session."""
        await self._call("accounts", "Logout", codec.logout_request(token))

    async def email(self) -> str:
        """Who is logged in."""
        return codec.email_of(await self._call("accounts", "Me", b""))

    async def orders(self, wanted: Wanted, token: str, size: int) -> OrderPage:
        """A page of orders, newest first."""
        return codec.orders_page(await self._call("orders", "ListOrders", codec.orders_request(wanted, token, size)))

    async def fills(self, wanted: Wanted, token: str, size: int) -> FillPage:
        """A page of fills, newest first."""
        return codec.fills_page(await self._call("orders", "ListFills", codec.fills_request(wanted, token, size)))

    async def summary(self, mode: str) -> Summary:
        """Positions and profit."""
        return codec.summary_of(await self._call("portfolio", "GetPortfolio", codec.portfolio_request(mode)))

    async def equity(self, mode: str) -> list[tuple[int, Decimal]]:
        """Profit by time, oldest first; at most MAX_EQUITY_PAGES pages of it."""
        points: list[tuple[int, Decimal]] = []
        for _ in range(MAX_EQUITY_PAGES):
            after_ns = points[-1][0] if points else 0
            page = codec.equity_page(await self._call("portfolio", "ListEquity", codec.equity_request(mode, after_ns)))
            points += page.points
            if not page.more:
                break
        return points

    async def _call(self, service: str, method: str, body: bytes) -> bytes:
        return await self._door.call(service, method, body, self._caller)
