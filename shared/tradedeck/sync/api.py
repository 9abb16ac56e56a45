"""The calls a device makes, with messages as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradedeck.domain.errors import UnauthenticatedError
from tradedeck.domain.fill import Fill
from tradedeck.domain.order import Order
from tradedeck.store import OutboxLine
from tradedeck.sync.link import Link
from tradedeck.sync.replica import Checkpoint, PositionRow
from tradedeck.wire.accounts.v1 import accounts_service_pb2 as accounts
from tradedeck.wire.codec import Origin, fill_of, order_of
from tradedeck.wire.orders.v1 import orders_service_pb2 as orders
from tradedeck.wire.orders.v1.orders_facts_pb2 import DeviceFact
from tradedeck.wire.portfolio.v1 import portfolio_service_pb2 as portfolio

PULL_LIMIT = 500
RENEW_BEFORE_NS = 30_000_000_000
"""An access token with less than this left is renewed first."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A log-in: the e-mail it is for, a short-lived token, and the one that renews it once."""

    email: str
    access: str
    access_expires_ns: int
    refresh: str


class CloudApi:
    """Typed calls over a link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def sign_up(self, email: str, password: str, request_id: str) -> Tokens:
        """Make an account and log in.

        Raises:
            ConflictError: the e-mail has an account already.
            RefusedError: the e-mail or password won't do; the message says why.
        """
        request = accounts.SignUpRequest(email=email, password=password, request_id=request_id)
        body = await self._link.call("accounts", "SignUp", request.SerializeToString())
        return _tokens(email, accounts.SignUpResponse.FromString(body).session)

    async def log_in(self, email: str, password: str, device_name: str) -> Tokens:
        """Log in.

        Raises:
            UnauthenticatedError: e-mail and password do not belong together.
        """
        request = accounts.LoginRequest(email=email, password=password, device_name=device_name)
        body = await self._link.call("accounts", "Login", request.SerializeToString())
        return _tokens(email, accounts.LoginResponse.FromString(body).session)

    async def renew(self, tokens: Tokens) -> Tokens:
        """New tokens for old; the old refresh token is used up.

        Raises:
            UnauthenticatedError: the session is over; log in again.
        """
        request = accounts.RefreshRequest(refresh_token=tokens.refresh)
        body = await self._link.call("accounts", "Refresh", request.SerializeToString())
        return _tokens(tokens.email, accounts.RefreshResponse.FromString(body).session)

    async def log_out(self, tokens: Tokens) -> None:
        """End the session."""
        request = accounts.LogoutRequest(refresh_token=tokens.refresh)
        await self._link.call("accounts", "Logout", request.SerializeToString(), tokens.access)

    async def push(self, token: str, device_id: str, device_kind: str, lines: Sequence[OutboxLine]) -> int:
        """Hand outbox lines over; the number up to which the cloud has them all.

        Raises:
            ConflictError: lines are missing before the first of these.
        """
        request = orders.PushFactsRequest(device_id=device_id, device_kind=device_kind)
        for line in lines:
            fact = DeviceFact.FromString(line.body)
            fact.seq = line.seq
            request.facts.append(fact)
        body = await self._link.call("orders", "PushFacts", request.SerializeToString(), token)
        return orders.PushFactsResponse.FromString(body).last_seq

    async def pull(self, token: str, cursor: int) -> Checkpoint:
        """Everything that changed after `cursor`, on whichever device."""
        changed_orders: list[tuple[Order, Origin]] = []
        fills: list[tuple[Fill, Origin]] = []
        while True:
            request = orders.PullRequest(cursor=cursor, limit=PULL_LIMIT)
            body = await self._link.call("orders", "Pull", request.SerializeToString(), token)
            answer = orders.PullResponse.FromString(body)
            changed_orders += [(order_of(f), Origin(f.venue, f.account, f.mode)) for f in answer.orders]
            fills += [(fill_of(f), Origin(f.venue, f.account, f.mode)) for f in answer.fills]
            cursor = answer.cursor
            if not answer.more:
                positions = await self._positions(token)
                return Checkpoint(cursor, tuple(changed_orders), tuple(fills), positions, answer.as_of_ns)

    async def _positions(self, token: str) -> tuple[PositionRow, ...]:
        request = portfolio.GetPortfolioRequest()
        body = await self._link.call("portfolio", "GetPortfolio", request.SerializeToString(), token)
        answer = portfolio.GetPortfolioResponse.FromString(body)
        return tuple(PositionRow.from_text(p) for p in answer.positions)


def _tokens(email: str, session: accounts.Session) -> Tokens:
    if not session.access_token:
        raise UnauthenticatedError("the cloud gave no session; log in again")
    return Tokens(email, session.access_token, session.access_expires_ns, session.refresh_token)
