"""What an exception of ccxt means for an order: refused for certain, or nobody knows.

ccxt's classes mislead in places: a wrong clock (-1021) looks like a network error although the venue
has said no; an overload (-1008) may look like a plain refusal although the order may have been taken.
So the venue's own code decides where there is one, then the class.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum

from tradedeck.domain.errors import (
    RateLimitedError,
    RefusedError,
    TradedeckError,
    UnauthenticatedError,
    UnavailableError,
)


class Outcome(StrEnum):
    """What became of a request."""

    REFUSED = "refused"
    """The venue said no, or the request never left."""
    NO_KEY = "no_key"
    """Refused: the venue does not accept the key."""
    TOO_MANY = "too_many"
    """Refused: too many requests."""
    UNKNOWN = "unknown"
    """No answer, or one that does not say whether the venue acted."""


OUTCOMES: dict[str, Outcome] = {
    # Ours: raised before anything has left.
    "RefusedError": Outcome.REFUSED,
    "BaseError": Outcome.UNKNOWN,
    "ExchangeError": Outcome.UNKNOWN,
    "AuthenticationError": Outcome.NO_KEY,
    "PermissionDenied": Outcome.NO_KEY,
    "AccountNotEnabled": Outcome.NO_KEY,
    "AccountSuspended": Outcome.NO_KEY,
    "ArgumentsRequired": Outcome.REFUSED,
    "BadRequest": Outcome.REFUSED,
    "BadSymbol": Outcome.REFUSED,
    "OperationRejected": Outcome.REFUSED,
    "NoChange": Outcome.REFUSED,
    "MarginModeAlreadySet": Outcome.REFUSED,
    "MarketClosed": Outcome.REFUSED,
    "ManualInteractionNeeded": Outcome.REFUSED,
    "RestrictedLocation": Outcome.REFUSED,
    "InsufficientFunds": Outcome.REFUSED,
    "InvalidAddress": Outcome.REFUSED,
    "AddressPending": Outcome.REFUSED,
    "InvalidOrder": Outcome.REFUSED,
    "OrderNotFound": Outcome.REFUSED,
    "OrderNotCached": Outcome.REFUSED,
    "OrderImmediatelyFillable": Outcome.REFUSED,
    "OrderNotFillable": Outcome.REFUSED,
    # An order with this client id is working: only ours can be, so it did arrive once.
    "DuplicateOrderId": Outcome.UNKNOWN,
    "ContractUnavailable": Outcome.REFUSED,
    "NotSupported": Outcome.REFUSED,
    "InvalidProxySettings": Outcome.REFUSED,
    "ExchangeClosedByUser": Outcome.UNKNOWN,
    "OperationFailed": Outcome.UNKNOWN,
    "NetworkError": Outcome.UNKNOWN,
    "DDoSProtection": Outcome.TOO_MANY,
    "RateLimitExceeded": Outcome.TOO_MANY,
    "ExchangeNotAvailable": Outcome.UNKNOWN,
    "OnMaintenance": Outcome.UNKNOWN,
    # Raised for -1021 only: the venue has looked at the clock and refused.
    "InvalidNonce": Outcome.REFUSED,
    "ChecksumError": Outcome.UNKNOWN,
    "RequestTimeout": Outcome.UNKNOWN,
    "BadResponse": Outcome.UNKNOWN,
    "NullResponse": Outcome.UNKNOWN,
    "CancelPending": Outcome.UNKNOWN,
    "UnsubscribeError": Outcome.UNKNOWN,
}
"""Every exception class of ccxt by name, and our own refusal.

A class that is not here counts as its nearest base that is.
"""

_UNKNOWN_CODES = frozenset({-1000, -1001, -1006, -1007, -1008, -1016})
_KEY_CODES = frozenset({-1022, -2014, -2015})
_BUSY_CODES = frozenset({-1003, -1015})
_DUPLICATE = "Duplicate order sent"
_BODY = re.compile(r"\{.*\}", re.DOTALL)


def outcome_of(error: Exception) -> Outcome:
    """What became of the request that ended in `error`."""
    if _DUPLICATE in str(error):
        return Outcome.UNKNOWN
    code = code_of(error)
    if code in _UNKNOWN_CODES:
        return Outcome.UNKNOWN
    if code in _KEY_CODES:
        return Outcome.NO_KEY
    if code in _BUSY_CODES:
        return Outcome.TOO_MANY
    for base in type(error).__mro__:
        known = OUTCOMES.get(base.__name__)
        if known is not None:
            # A body with another code is an answer, whatever class ccxt chose for it.
            return Outcome.REFUSED if known is Outcome.UNKNOWN and code else known
    return Outcome.UNKNOWN


def code_of(error: Exception) -> int:
    """The venue's own code; 0 when the error does not carry it."""
    code = _body(error).get("code", 0)
    return code if isinstance(code, int) else 0


def reason_of(error: Exception) -> str:
    """What the venue said, for people."""
    message = _body(error).get("msg")
    if isinstance(message, str):
        return message
    return str(error).strip() or type(error).__name__


def is_missing(error: Exception) -> bool:
    """Whether the venue said that it knows no such order."""
    return any(base.__name__ == "OrderNotFound" for base in type(error).__mro__)


def as_error(error: Exception) -> TradedeckError:
    """One of our errors for a question that was not answered."""
    reason = reason_of(error)
    match outcome_of(error):
        case Outcome.NO_KEY:
            return UnauthenticatedError(f"the venue does not accept the API key: {reason}", code="venue.key")
        case Outcome.TOO_MANY:
            return RateLimitedError(f"the venue is asked too often: {reason}", code="venue.busy")
        case Outcome.REFUSED:
            return RefusedError(f"the venue refuses: {reason}", code="venue.refused")
        case Outcome.UNKNOWN:
            return UnavailableError(f"the venue does not answer: {reason}", code="venue.no_answer")


def _body(error: Exception) -> dict[str, object]:
    found = _BODY.search(str(error))
    if found is None:
        return {}
    try:
        return json.loads(found.group())
    except ValueError:
        return {}
