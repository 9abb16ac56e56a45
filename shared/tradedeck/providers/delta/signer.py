"""Who is asking: key, secret, and how far the venue's clock is from ours."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tradedeck.kit.clock import SystemClock

_S_NS = 1_000_000_000
_US_NS = 1_000


class Signer:
    """Signs what leaves. A signature is good for 5 seconds, counted in whole seconds."""

    def __init__(self, key: str, secret: str) -> None:
        self.key = key
        self._secret = secret.encode()
        self._ahead_ns = 0
        self._clock = SystemClock()

    def now_ns(self) -> int:
        """Our own wall clock, UTC nanoseconds."""
        return self._clock.now_ns()

    def set_clock(self, server_us: int, asked_ns: int, answered_ns: int) -> None:
        """Take the venue's time, asked for and answered at these times of ours."""
        self._ahead_ns = server_us * _US_NS - (asked_ns + answered_ns) // 2

    def headers(self, method: str, path: str, query: str, body: str) -> dict[str, str]:
        """The headers of a signed request, made right before it leaves."""
        seconds = self._seconds()
        asked = f"?{query}" if query else ""
        return {
            "api-key": self.key,
            "timestamp": seconds,
            "signature": self._sign(f"{method}{seconds}{path}{asked}{body}"),
        }

    def key_auth(self) -> dict[str, Any]:
        """The first message on a private websocket."""
        seconds = self._seconds()
        payload = {"api-key": self.key, "signature": self._sign(f"GET{seconds}/live"), "timestamp": seconds}
        return {"type": "key-auth", "payload": payload}

    def _seconds(self) -> str:
        return str((self.now_ns() + self._ahead_ns) // _S_NS)

    def _sign(self, payload: str) -> str:
        return hmac.new(self._secret, payload.encode(), hashlib.sha256).hexdigest()
