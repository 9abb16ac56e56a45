"""What pages ask of services and what they get: plain values to messages and back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradedeck.domain.fill import Fill
from tradedeck.domain.money import exact
from tradedeck.domain.order import Order
from tradedeck.wire.accounts.v1 import accounts_service_pb2 as accounts
from tradedeck.wire.codec import fill_of, order_of
from tradedeck.wire.orders.v1 import orders_service_pb2 as orders
from tradedeck.wire.portfolio.v1 import portfolio_service_pb2 as portfolio


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session as a browser keeps it; both ends in UTC nanoseconds."""

    access: str
    access_expires_ns: int
    refresh: str
    refresh_expires_ns: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders or fills a list shows; empty means all."""

    symbol: str = ""
    state: str = ""
    source: str = ""
    mode: str = ""
    client_order_id: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order and where it was placed."""

    order: Order
    venue: str
    account: str
    mode: str


@dataclass(frozen=True, slots=True)
class FillLine:
    """An execution and where it happened."""

    fill: Fill
    venue: str
    account: str
    mode: str
    quote: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Newest first; an empty token says that nothing older follows."""

    lines: list[OrderLine]
    next_token: str


@dataclass(frozen=True, slots=True)
class FillPage:
    """Newest first; an empty token says that nothing older follows."""

    lines: list[FillLine]
    next_token: str


@dataclass(frozen=True, slots=True)
class PositionLine:
    """A net position; amounts in the quote asset, size in the base asset."""

    venue: str
    account: str
    symbol: str
    mode: str
    size: Decimal
    cost: Decimal
    mark: Decimal | None
    mark_time_ns: int
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    notional: Decimal
    fills: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Positions and their sums, as of a time in UTC nanoseconds."""

    positions: list[PositionLine]
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    notional: Decimal
    fills: int
    as_of_ns: int

    @property
    def profit(self) -> Decimal:
        """What is left after fees."""
        return self.realised + self.unrealised - self.fees


@dataclass(frozen=True, slots=True)
class EquityPage:
    """Profit by time (UTC ns), oldest first."""

    points: list[tuple[int, Decimal]]
    more: bool


def login_request(email: str, password: str) -> bytes:
    """Log in as a browser."""
    return accounts.LoginRequest(email=email, password=password, device_name="browser").SerializeToString()


def login_tokens(body: bytes) -> Tokens:
    """The session a log-in gave."""
    return _tokens(accounts.LoginResponse.FromString(body).session)


def sign_up_request(email: str, password: str, request_id: str) -> bytes:
    """Make an account."""
    return accounts.SignUpRequest(email=email, password=password, request_id=request_id).SerializeToString()


def sign_up_tokens(body: bytes) -> Tokens:
    """The first session of a new account."""
    return _tokens(accounts.SignUpResponse.FromString(body).session)


def refresh_request(token: str) -> bytes:
    """The next session."""
    return accounts.RefreshRequest(refresh_token=token).SerializeToString()


def refresh_tokens(body: bytes) -> Tokens:
    """The renewed session."""
    return _tokens(accounts.RefreshResponse.FromString(body).session)


def logout_request(token: str) -> bytes:
    """End a session."""
    return accounts.LogoutRequest(refresh_token=token).SerializeToString()


def email_of(body: bytes) -> str:
    """Who is logged in, from the answer of Me."""
    return accounts.MeResponse.FromString(body).user.email


def orders_request(wanted: Wanted, token: str, size: int) -> bytes:
    """A page of orders."""
    return orders.ListOrdersRequest(
        page_size=size, page_token=token, symbol=wanted.symbol, state=wanted.state, source=wanted.source,
        mode=wanted.mode, client_order_id=wanted.client_order_id,
    ).SerializeToString()  # fmt: skip


def orders_page(body: bytes) -> OrderPage:
    """The page."""
    answer = orders.ListOrdersResponse.FromString(body)
    lines = [OrderLine(order_of(fact), fact.venue, fact.account, fact.mode) for fact in answer.orders]
    return OrderPage(lines, answer.next_page_token)


def fills_request(wanted: Wanted, token: str, size: int) -> bytes:
    """A page of fills."""
    return orders.ListFillsRequest(
        page_size=size, page_token=token, symbol=wanted.symbol, client_order_id=wanted.client_order_id,
        mode=wanted.mode,
    ).SerializeToString()  # fmt: skip


def fills_page(body: bytes) -> FillPage:
    """The page."""
    answer = orders.ListFillsResponse.FromString(body)
    lines = [FillLine(fill_of(fact), fact.venue, fact.account, fact.mode, fact.quote) for fact in answer.fills]
    return FillPage(lines, answer.next_page_token)


def portfolio_request(mode: str) -> bytes:
    """Positions of a mode."""
    return portfolio.GetPortfolioRequest(mode=mode).SerializeToString()


def summary_of(body: bytes) -> Summary:
    """Positions and sums."""
    answer = portfolio.GetPortfolioResponse.FromString(body)
    return Summary(
        [_position(line) for line in answer.positions], _amount(answer.realised), _amount(answer.unrealised),
        _amount(answer.fees), _amount(answer.notional), answer.fills, answer.as_of_ns,
    )  # fmt: skip


def equity_request(mode: str, after_ns: int) -> bytes:
    """Profit by time after a time."""
    return portfolio.ListEquityRequest(mode=mode, after_ns=after_ns).SerializeToString()


def equity_page(body: bytes) -> EquityPage:
    """The points."""
    answer = portfolio.ListEquityResponse.FromString(body)
    return EquityPage([(point.time_ns, exact(point.profit)) for point in answer.points], answer.more)


def _position(line: portfolio.Position) -> PositionLine:
    return PositionLine(
        line.venue, line.account, line.symbol, line.mode, _amount(line.size), _amount(line.cost),
        exact(line.mark) if line.mark else None, line.mark_time_ns, _amount(line.realised), _amount(line.unrealised),
        _amount(line.fees), _amount(line.notional), line.fills,
    )  # fmt: skip


def _amount(value: str) -> Decimal:
    return exact(value or "0")


def _tokens(session: accounts.Session) -> Tokens:
    return Tokens(session.access_token, session.access_expires_ns, session.refresh_token, session.refresh_expires_ns)
