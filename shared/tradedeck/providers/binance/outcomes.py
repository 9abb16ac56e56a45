"""What an answer of Binance means for an order: refused for certain, or nobody knows."""

from __future__ import annotations

import json
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
from tradedeck.providers.binance.codes import explained


class Outcome(StrEnum):
    """What became of a request."""

    REFUSED = "refused"
    """The venue said no, or the request never left."""
    MISSING = "missing"
    """The venue knows no such order."""
    NO_KEY = "no_key"
    """Refused: the venue does not accept the key."""
    TOO_MANY = "too_many"
    """Refused: too many requests."""
    UNKNOWN = "unknown"
    """No answer, or one that does not say whether the venue acted."""


OUTCOMES: dict[int, Outcome] = {
    -1000: Outcome.UNKNOWN,
    -1001: Outcome.UNKNOWN,
    -1002: Outcome.NO_KEY,
    -1003: Outcome.TOO_MANY,
    -1006: Outcome.UNKNOWN,
    -1007: Outcome.UNKNOWN,
    -1008: Outcome.UNKNOWN,
    -1015: Outcome.TOO_MANY,
    -1016: Outcome.UNKNOWN,
    -1022: Outcome.NO_KEY,
    -1125: Outcome.MISSING,
    -2011: Outcome.MISSING,
    -2013: Outcome.MISSING,
    -2014: Outcome.NO_KEY,
    -2015: Outcome.NO_KEY,
    # An order with this client id is working, and only ours can be: it did arrive once.
    -4115: Outcome.UNKNOWN,
    -4116: Outcome.UNKNOWN,
}
"""Codes that are more than a plain refusal (the venue's pages of errors); any other is one below HTTP 500."""
CLOCK = (-1021, -5028)
"""Refused because our clock and the venue's differ."""
_DUPLICATE = "Duplicate order sent"
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.IM_A_TEAPOT)
"""Binance says 418 to an address that did not stop at 429."""


class VenueError(Exception):
    """An answer that is not what was asked for. `reason` is what the venue said and what to do, for people."""

    def __init__(self, outcome: Outcome, reason: str, code: int = 0, *, retry_after_s: float = 1.0) -> None:
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
                return RateLimitedError(
                    f"the venue is asked too often: {self.reason}", code="venue.busy", retry_after_s=self.retry_after_s
                )
            case Outcome.REFUSED | Outcome.MISSING:
                return RefusedError(f"the venue refuses: {self.reason}", code="venue.refused")
            case Outcome.UNKNOWN:
                return UnavailableError(f"the venue does not answer: {self.reason}", code="venue.no_answer")


def no_answer(error: Exception) -> VenueError:
    """The connection failed or the time was up; the request may have arrived."""
    return VenueError(Outcome.UNKNOWN, str(error).strip() or type(error).__name__)


def body_of(status: int, text: str) -> Any:
    """The JSON of a good answer.

    Raises:
        VenueError: the answer is an error, or is no JSON.
    """
    try:
        body: Any = json.loads(text)
    except ValueError:
        raise VenueError(Outcome.UNKNOWN, f"HTTP {status} with an unreadable answer") from None
    if status < HTTPStatus.BAD_REQUEST:
        return body
    raise _refusal(status, cast("dict[str, Any]", body) if isinstance(body, dict) else {})


def ws_result_of(answer: dict[str, Any]) -> Any:
    """The result in an answer on a websocket.

    Raises:
        VenueError: the answer is an error.
    """
    error: Any = answer.get("error")
    if error:
        raise _refusal(int(answer.get("status", HTTPStatus.BAD_REQUEST)), error)
    return answer.get("result")


def _refusal(status: int, body: dict[str, Any]) -> VenueError:
    code, said = body.get("code"), str(body.get("msg") or f"HTTP {status}")
    if not isinstance(code, int) or code >= 0:
        outcome = Outcome.TOO_MANY if status in _BUSY else Outcome.UNKNOWN
        return VenueError(outcome, said)
    reason = explained(code, said)
    # An order with this client id is working, and only ours can be: it did arrive once.
    if _DUPLICATE in said:
        return VenueError(Outcome.UNKNOWN, reason, code)
    # A failing server's code says nothing about the order; Binance itself calls that unknown.
    unlisted = Outcome.UNKNOWN if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Outcome.REFUSED
    return VenueError(OUTCOMES.get(code, unlisted), reason, code)
