"""Who is asking: API key, signature, and the age of the request. Wall-clock time, as at the venue."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from contextvars import ContextVar

from tradedeck.sandbox.params import Params
from tradedeck.sandbox.refusals import (
    BAD_KEY,
    BAD_SIGNATURE,
    BAD_WINDOW,
    NO_KEY,
    TOO_EARLY,
    TOO_LATE,
    missing,
    refusal,
)

DEFAULT_WINDOW_MS = 5_000
MAX_WINDOW_MS = 60_000
MAX_AHEAD_MS = 1_000
SKEW_MS: ContextVar[int] = ContextVar("skew_ms", default=0)
"""How far the venue's clock is ahead of the true time, for the request that is handled."""


def wall_ms() -> int:
    """What the venue's own clock says, in UTC milliseconds."""
    return time.time_ns() // 1_000_000 + SKEW_MS.get()


def signature_of(secret: str, payload: str) -> str:
    """Hex HMAC-SHA256."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def rest_payload(query: str, body: str) -> str:
    """What a REST client signed: query and body as sent, joined, the signature left out."""
    return "".join(
        "&".join(part for part in text.split("&") if part and not part.startswith("signature="))
        for text in (query, body)
    )


def ws_payload(params: Mapping[str, str]) -> str:
    """What a client of the websocket API signed: all parameters but the signature, by name."""
    return "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "signature")


def check_key(secrets: Mapping[str, str], key: str) -> str:
    """The secret that belongs to an API key."""
    if not key:
        raise refusal(NO_KEY, status=401)
    secret = secrets.get(key)
    if secret is None:
        raise refusal(BAD_KEY, status=401)
    return secret


def check_signed(secrets: Mapping[str, str], key: str, params: Params, payload: str) -> None:
    """Raise WireError unless a known key has signed this request lately."""
    secret = check_key(secrets, key)
    timestamp = int(params.text("timestamp")) if params.text("timestamp").isdigit() else -1
    if timestamp < 0:
        raise missing("timestamp")
    window = params.integer("recvWindow", DEFAULT_WINDOW_MS)
    if window > MAX_WINDOW_MS:
        raise refusal(BAD_WINDOW)
    now = wall_ms()
    if timestamp >= now + MAX_AHEAD_MS:
        raise refusal(TOO_EARLY)
    if now - timestamp > window:
        raise refusal(TOO_LATE)
    if not hmac.compare_digest(signature_of(secret, payload), params.text("signature").lower()):
        raise refusal(BAD_SIGNATURE)
