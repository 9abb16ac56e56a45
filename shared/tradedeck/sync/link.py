"""Two doors to the same gateway: gRPC, and plain HTTP where gRPC can't pass."""

from __future__ import annotations

from typing import Any, Protocol, cast

import aiohttp
import grpc
import grpc.aio

from tradedeck.domain.errors import (
    ERROR_KINDS,
    ConflictError,
    CorruptError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    TradedeckError,
    UnauthenticatedError,
    UnavailableError,
)

CALL_TIMEOUT_S = 10.0
CODE_KEY = "x-code"
_OFFLINE = "the cloud can't be reached; everything is kept here and will be sent later"

_BY_STATUS: dict[grpc.StatusCode, type[TradedeckError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: RefusedError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.ABORTED: ConflictError,
    grpc.StatusCode.UNAUTHENTICATED: UnauthenticatedError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: RateLimitedError,
    grpc.StatusCode.DATA_LOSS: CorruptError,
}


class Link(Protocol):
    """Carries one call to a service of the cloud and its answer back."""

    async def call(self, area: str, method: str, body: bytes, token: str = "") -> bytes:
        """Call `method` of the service of `area`, such as orders, PushFacts.

        Raises:
            UnavailableError: the cloud could not be reached or did not answer in time.
            RefusedError: it said no (see its subclasses).
        """
        ...

    async def close(self) -> None:
        """End the connection."""
        ...


class GrpcLink:
    """The gRPC door: in the clear on this machine, by TLS to any other."""

    def __init__(self, address: str) -> None:
        if _is_loopback(address):
            self._channel = grpc.aio.insecure_channel(address)
        else:
            # Passwords and tokens never cross a network in the clear.
            self._channel = grpc.aio.secure_channel(address, grpc.ssl_channel_credentials())

    async def call(self, area: str, method: str, body: bytes, token: str = "") -> bytes:
        """See Link."""
        path = f"/tradedeck.wire.{area}.v1.{area.title()}Service/{method}"
        metadata = (("authorization", f"Bearer {token}"),) if token else ()
        ask = cast(Any, self._channel).unary_unary(path)
        try:
            return await ask(body, timeout=CALL_TIMEOUT_S, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise _from_status(error) from error

    async def close(self) -> None:
        """End the channel."""
        await self._channel.close()


class HttpLink:
    """The HTTP door: the same bytes as POST bodies."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def call(self, area: str, method: str, body: bytes, token: str = "") -> bytes:
        """See Link."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S))
        headers = {"content-type": "application/x-protobuf"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        try:
            async with self._session.post(f"{self._url}/rpc/{area}/{method}", data=body, headers=headers) as answer:
                if answer.status == 200:
                    return await answer.read()
                problem = await answer.json(content_type=None)
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise UnavailableError(_OFFLINE, code="cloud.unreachable") from error
        kind = ERROR_KINDS.get(problem.get("kind", ""), UnavailableError)
        raise kind(problem.get("detail", _OFFLINE), code=problem.get("code", ""))

    async def close(self) -> None:
        """End the session."""
        if self._session is not None:
            await self._session.close()


def open_link(address: str) -> Link:
    """The door that fits `address`: http(s)://... or host:port for gRPC."""
    return HttpLink(address) if address.startswith(("http://", "https://")) else GrpcLink(address)


def _is_loopback(address: str) -> bool:
    host = address.rsplit(":", 1)[0].strip("[]")
    return host in ("localhost", "::1") or host.startswith("127.")


def _from_status(error: grpc.aio.AioRpcError) -> TradedeckError:
    kind = _BY_STATUS.get(error.code())
    if kind is None:
        return UnavailableError(_OFFLINE, code="cloud.unreachable")
    trailing = dict(error.trailing_metadata() or ())
    return kind(error.details() or "the cloud said no", code=str(trailing.get(CODE_KEY, "")))
