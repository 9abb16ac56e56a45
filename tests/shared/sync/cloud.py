"""The cloud's side of a link, as the wire defines it: it keeps lines in order and hands pages out."""

from dataclasses import dataclass, field

from tradedeck.domain.errors import ConflictError, UnauthenticatedError
from tradedeck.sync import CloudApi
from tradedeck.wire.accounts.v1 import accounts_service_pb2 as accounts
from tradedeck.wire.orders.v1 import orders_facts_pb2 as facts
from tradedeck.wire.orders.v1 import orders_service_pb2 as orders
from tradedeck.wire.portfolio.v1 import portfolio_service_pb2 as portfolio

FAR_NS = 10**18


@dataclass
class FakeCloud:
    """One user's lines. `trouble` is raised by the next calls; `takes` limits the lines of one push."""

    lines: list[facts.DeviceFact] = field(default_factory=list[facts.DeviceFact])
    trouble: list[Exception] = field(default_factory=list[Exception])
    takes: int = 1000
    page: int = 2
    expires_ns: int = FAR_NS
    renewed: int = 0
    calls: list[str] = field(default_factory=list[str])
    closed: bool = False

    def api(self) -> CloudApi:
        return CloudApi(self)

    async def call(self, area: str, method: str, body: bytes, token: str = "") -> bytes:
        self.calls.append(f"{area}.{method}")
        if self.trouble:
            raise self.trouble.pop(0)
        if area != "accounts" and token != self.token:
            raise UnauthenticatedError("the session is over; log in again")
        match method:
            case "SignUp":
                return accounts.SignUpResponse(session=self._session()).SerializeToString()
            case "Login":
                return accounts.LoginResponse(session=self._session()).SerializeToString()
            case "Refresh":
                self.renewed += 1
                self.expires_ns = FAR_NS
                return accounts.RefreshResponse(session=self._session()).SerializeToString()
            case "PushFacts":
                return self._push(orders.PushFactsRequest.FromString(body))
            case "Pull":
                return self._pull(orders.PullRequest.FromString(body))
            case "GetPortfolio":
                return self._portfolio()
            case _:
                return b""

    async def close(self) -> None:
        self.closed = True

    @property
    def token(self) -> str:
        return f"access-{self.renewed}"

    def _session(self) -> accounts.Session:
        return accounts.Session(
            access_token=self.token, access_expires_ns=self.expires_ns, refresh_token=f"refresh-{self.renewed}"
        )

    def _push(self, request: orders.PushFactsRequest) -> bytes:
        for fact in request.facts[: self.takes]:
            if fact.seq > len(self.lines) + 1:
                raise ConflictError("lines are missing")
            if fact.seq == len(self.lines) + 1:
                self.lines.append(fact)
        return orders.PushFactsResponse(last_seq=len(self.lines)).SerializeToString()

    def _pull(self, request: orders.PullRequest) -> bytes:
        part = self.lines[request.cursor : request.cursor + self.page]
        cursor = request.cursor + len(part)
        return orders.PullResponse(
            cursor=cursor,
            orders=[line.order for line in part if line.HasField("order")],
            fills=[line.fill for line in part if line.HasField("fill")],
            more=cursor < len(self.lines),
            as_of_ns=cursor,
        ).SerializeToString()

    def _portfolio(self) -> bytes:
        row = portfolio.Position(
            venue="binance", account="main", symbol="BTCUSDT", mode="live", size="1", cost="9", mark="",
            realised="4", unrealised="0", fees="0.5", notional="9", fills=1,
        )  # fmt: skip
        return portfolio.GetPortfolioResponse(positions=[row] if self.lines else []).SerializeToString()
