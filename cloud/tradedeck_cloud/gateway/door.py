"""What every door does with a call: authenticate, limit, route. gRPC, REST and pages all come through here."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from tradedeck.domain.errors import TradedeckError, UnauthenticatedError
from tradedeck.ports.clock import Clock
from tradedeck_cloud.gateway.routes import Route, route_of
from tradedeck_cloud.kit.auth import TokenKeys
from tradedeck_cloud.kit.bus import CALL_TIMEOUT_S, Bus
from tradedeck_cloud.kit.codec import Call, read_reply, write_call
from tradedeck_cloud.kit.limits import PER_ADDRESS_LOGIN, PER_USER, Limiter
from tradedeck_cloud.kit.telemetry import REQUESTS

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the door: the token they show and where they come from."""

    token: str
    address: str
    door: str


class Door:
    """Passes calls on to services over the bus."""

    def __init__(self, bus: Bus, keys: TokenKeys, limiter: Limiter, clock: Clock) -> None:
        self._bus = bus
        self._keys = keys
        self._limiter = limiter
        self._clock = clock

    def user_of(self, token: str) -> str:
        """Whose token it is.

        Raises:
            UnauthenticatedError: nobody's.
        """
        if not token:
            raise UnauthenticatedError("log in first", code="auth.missing")
        return self._keys.user_of(token)

    async def call(self, service: str, method: str, body: bytes, caller: Caller) -> bytes:
        """Carry out one call; the bytes of the answer.

        Raises:
            TradedeckError: why it was not carried out.
        """
        outcome = "ok"
        try:
            route = route_of(service, method)
            user_id = await self._admit(route, caller)
            deadline_ns = self._clock.now_ns() + round(CALL_TIMEOUT_S * 1e9)
            call = Call(user_id, uuid.uuid4().hex, deadline_ns, body)
            return read_reply(await self._bus.call(service, method, write_call(call)))
        except TradedeckError as error:
            outcome = error.kind
            raise
        finally:
            REQUESTS.labels(caller.door, f"{service}.{method}", outcome).inc()

    async def _admit(self, route: Route, caller: Caller) -> str:
        if route.guessable:
            await self._limiter.take(f"login:{caller.address}", PER_ADDRESS_LOGIN)
        if route.public:
            return ""
        user_id = self.user_of(caller.token)
        await self._limiter.take(f"user:{user_id}", PER_USER)
        return user_id
