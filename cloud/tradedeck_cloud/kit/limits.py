"""Rate limits: a token bucket for each key, in Valkey, in one atomic script."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from tradedeck.domain.errors import RateLimitedError

log = logging.getLogger(__name__)

_BUCKET = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local burst, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local left = tonumber(known[1]) or burst
left = math.min(burst, left + (at - (tonumber(known[2]) or at)) * rate)
local allowed = left >= 1
if allowed then left = left - 1 end
redis.call('HSET', KEYS[1], 'left', left, 'at', at)
redis.call('EXPIRE', KEYS[1], math.ceil(burst / rate) + 1)
return allowed and '0' or tostring((1 - left) / rate)
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """So many calls at once, so many more each second."""

    burst: int
    per_s: float


PER_USER = Budget(burst=120, per_s=40)
PER_ADDRESS_LOGIN = Budget(burst=10, per_s=0.2)
"""Password guesses from one address."""


class Limiter:
    """Counts calls. When Valkey is away calls pass: a limit must not become an outage."""

    def __init__(self, url: str) -> None:
        self._client: Any = Valkey.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._script = self._client.register_script(_BUCKET)

    async def take(self, key: str, budget: Budget) -> None:
        """Count one call of `key`.

        Raises:
            RateLimitedError: too many; it says when to come back.
        """
        try:
            wait_s = float(await self._script(keys=[f"limit:{key}"], args=[budget.burst, budget.per_s]))
        except ValkeyError as error:
            log.warning("limits.away", extra={"reason": str(error)})
            return
        if wait_s > 0:
            raise RateLimitedError(
                f"too many requests; try again in {max(1, round(wait_s))} s",
                code="limit",
                retry_after_s=wait_s,
            )

    async def ping(self) -> bool:
        """Whether Valkey answers."""
        try:
            return bool(await self._client.ping())
        except ValkeyError:
            return False

    async def close(self) -> None:
        """End the connection."""
        await self._client.aclose()
