"""What an answer of Delta Exchange means: refused for certain, or nobody knows; each code as a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, cast

from tradedeck.domain.errors import (
    RateLimitedError,
    RefusedError,
    TradedeckError,
    UnauthenticatedError,
    UnavailableError,
)

Json = Mapping[str, Any]


class Outcome(StrEnum):
    """What became of a request."""

    REFUSED = "refused"
    """The venue said no, or the request never left."""
    MISSING = "missing"
    """The venue knows no such order."""
    NO_KEY = "no_key"
    """Refused: the venue does not accept the key."""
    CLOCK = "clock"
    """Refused: our clock and the venue's differ, or the request was on its way too long."""
    TOO_MANY = "too_many"
    """Refused: too many requests."""
    UNKNOWN = "unknown"
    """No answer, or one that does not say whether the venue acted."""


NOT_ALLOWED_HERE = (
    "the key may not be used from this internet address: add the address to the key's allow-list at the venue;"
    " a phone changes its address all the time, so trade through the cloud, which orders from one that stays"
)
SENTENCES: dict[str, tuple[Outcome, str]] = {
    "insufficient_margin": (
        Outcome.REFUSED,
        "the margin is not enough for this order; add funds, lower the size or raise the leverage",
    ),
    "order_size_exceed_available": (
        Outcome.REFUSED,
        "the book does not hold so much at the moment; lower the size or use a limit order",
    ),
    "risk_limits_breached": (
        Outcome.REFUSED,
        "the position would pass the venue's risk limit; lower the size or the leverage",
    ),
    "invalid_contract": (Outcome.REFUSED, "this contract is not there or has expired; choose another symbol"),
    "immediate_liquidation": (
        Outcome.REFUSED,
        "the order would be liquidated at once; lower the size or the leverage",
    ),
    "out_of_bankruptcy": (
        Outcome.REFUSED,
        "the price is beyond the position's bankruptcy price; use a price nearer to the market",
    ),
    "self_matching_disrupted_post_only": (
        Outcome.REFUSED,
        "the post-only order would have met an order of your own; cancel that one first or move the price",
    ),
    "immediate_execution_post_only": (
        Outcome.REFUSED,
        "the post-only order would trade at once; move its price away from the market",
    ),
    "bad_schema": (Outcome.REFUSED, "the venue can't read the request; check price, size and order type"),
    "open_order_not_found": (Outcome.MISSING, "no such order is working at the venue; it may have ended already"),
    "order_not_found": (Outcome.MISSING, "the venue knows no such order"),
    "SignatureExpired": (
        Outcome.CLOCK,
        "the request was older than 5 seconds when it arrived; set this computer's clock and ask again",
    ),
    "request_expired": (
        Outcome.CLOCK,
        "the request was older than 5 seconds when it arrived; set this computer's clock and ask again",
    ),
    "Signature Mismatch": (Outcome.NO_KEY, "the signature is wrong: the secret does not belong to the key; check both"),
    "invalid_signature": (Outcome.NO_KEY, "the signature is wrong: the secret does not belong to the key; check both"),
    "InvalidApiKey": (
        Outcome.NO_KEY,
        "the venue does not know the key; keys of the India site and of the global site are not the same",
    ),
    "api_key_not_found": (
        Outcome.NO_KEY,
        "the venue does not know the key; keys of the India site and of the global site are not the same",
    ),
    "incomplete_payload": (Outcome.NO_KEY, "the venue got no key, time or signature; enter key and secret again"),
    "UnauthorizedApiAccess": (Outcome.NO_KEY, "the key lacks a right; allow trading for it at the venue"),
    "ip_not_whitelisted_for_api_key": (Outcome.NO_KEY, NOT_ALLOWED_HERE),
    "ip_not_whitelisted": (Outcome.NO_KEY, NOT_ALLOWED_HERE),
    "rate_limit_exceeded": (Outcome.TOO_MANY, "the venue is asked too often; wait until its window of 5 minutes ends"),
    "unavailable": (Outcome.UNKNOWN, "the venue is not available at the moment"),
    "negative_order_size": (Outcome.REFUSED, "the size must be at least one contract; use a larger size"),
    "market_disrupted_cancel_only_mode": (
        Outcome.REFUSED,
        "the venue takes only cancels for this contract at the moment; wait until it trades again",
    ),
    "market_disrupted_post_only_mode": (
        Outcome.REFUSED,
        "the contract is in an auction and takes only post-only orders; wait or send one",
    ),
    "no_position_for_reduce_only": (
        Outcome.REFUSED,
        "there is no position that this reduce-only order could make smaller; send it without reduce-only",
    ),
    "immediate_execution_stop_order": (
        Outcome.REFUSED,
        "the stop price has been reached already; move it, or send a plain order",
    ),
    "leverage_limit_exceeded": (Outcome.REFUSED, "the contract does not allow so much leverage; choose less"),
}
"""What the venue's codes mean, in words that say what to do."""
_DUPLICATE = re.compile("duplicate|already.exists|not.unique", re.IGNORECASE)


class VenueError(Exception):
    """An answer that is not what was asked for. `reason` is for people, `code` the venue's own word."""

    def __init__(self, outcome: Outcome, reason: str, code: str = "", retry_after_s: float = 1.0) -> None:
        super().__init__(f"{outcome} {code} {reason}")
        self.outcome = outcome
        self.reason = reason
        self.code = code
        self.retry_after_s = retry_after_s

    def as_error(self) -> TradedeckError:
        """The same as one of our errors, for a question."""
        match self.outcome:
            case Outcome.NO_KEY:
                return UnauthenticatedError(f"the venue does not accept the API key: {self.reason}", code="venue.key")
            case Outcome.TOO_MANY:
                return RateLimitedError(self.reason, code="venue.busy", retry_after_s=self.retry_after_s)
            case Outcome.REFUSED | Outcome.MISSING:
                return RefusedError(f"the venue refuses: {self.reason}", code="venue.refused")
            case Outcome.UNKNOWN | Outcome.CLOCK:
                return UnavailableError(f"the venue does not answer: {self.reason}", code="venue.no_answer")


def no_answer(error: Exception) -> VenueError:
    """The connection failed or the time was up; the request may have arrived."""
    return VenueError(Outcome.UNKNOWN, str(error).strip() or type(error).__name__)


def refusal(code: str, status: int, detail: str = "", retry_after_s: float = 1.0) -> VenueError:
    """What an error code means; one that nobody listed is still a sentence."""
    outcome, sentence = SENTENCES.get(code, (Outcome.REFUSED, ""))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        outcome, sentence = SENTENCES["rate_limit_exceeded"]
    # A failing server's code says nothing about the order, and an order with this client id can only be ours.
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR or not code or _DUPLICATE.search(code):
        outcome = Outcome.UNKNOWN
    if not sentence:
        said = f"'{code}'" if code else f"HTTP {status}"
        sentence = f"the venue answered {said}, which has no further explanation; see its status page"
    return VenueError(outcome, f"{sentence} ({detail})" if detail else sentence, code, retry_after_s)


def body_of(status: int, text: str, retry_after_s: float = 1.0) -> Json:
    """The JSON of a good answer: `result` and `meta`.

    Raises:
        VenueError: the answer is an error, or is no JSON.
    """
    try:
        raw: Any = json.loads(text)
    except ValueError:
        raw = None
    body = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    if status < HTTPStatus.BAD_REQUEST and body.get("success") is True:
        return body
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise refusal("rate_limit_exceeded", status, retry_after_s=retry_after_s)
    if raw is None:
        raise VenueError(Outcome.UNKNOWN, f"HTTP {status} with an unreadable answer")
    raise refusal(*_said(body, status))


def _said(body: Json, status: int) -> tuple[str, int, str]:
    """Code, status and detail: nested in most errors, flat in those about keys."""
    error: Any = body.get("error")
    if isinstance(error, Mapping):
        nested = cast("Json", error)
        context: Any = nested.get("context")
        detail = "" if not context else json.dumps(context, separators=(",", ":"))[:200]
        return str(nested.get("code") or ""), status, detail
    return str(error or ""), status, ""
