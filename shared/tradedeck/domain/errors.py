"""What can go wrong, as one tree.

TradedeckError
├── RefusedError            the request can't be carried out as it stands; asking again won't help
│   ├── NotFoundError       what was named is not there
│   ├── ConflictError       it clashes with what is there
│   ├── UnauthenticatedError  nobody we know, or the session is over
│   └── RateLimitedError    too many requests; later is fine
├── UnavailableError        the other side could not be reached or did not answer; may be retried
└── CorruptError            something that must hold does not; the process must stop
"""

from __future__ import annotations


class TradedeckError(Exception):
    """Base of every error of ours: a stable `code` for programs, one sentence for people."""

    kind = "error"

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.kind


class RefusedError(TradedeckError):
    """The request can't be carried out as it stands."""

    kind = "refused"


class NotFoundError(RefusedError):
    """What was named is not there."""

    kind = "not_found"


class ConflictError(RefusedError):
    """The request clashes with what is already there."""

    kind = "conflict"


class UnauthenticatedError(RefusedError):
    """Nobody we know, a wrong secret, or a session that is over."""

    kind = "unauthenticated"


class RateLimitedError(RefusedError):
    """Too many requests; `retry_after_s` says when to come back."""

    kind = "rate_limited"

    def __init__(self, message: str, *, code: str = "", retry_after_s: float = 1.0) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class UnavailableError(TradedeckError):
    """The other side could not be reached or did not answer in time. Whether it acted is not known."""

    kind = "unavailable"


class CorruptError(TradedeckError):
    """Something that must hold does not. Nothing may go on from here."""

    kind = "corrupt"


ERROR_KINDS: dict[str, type[TradedeckError]] = {
    error.kind: error
    for error in (
        RefusedError,
        NotFoundError,
        ConflictError,
        UnauthenticatedError,
        RateLimitedError,
        UnavailableError,
        CorruptError,
    )
}
"""Every kind by its name, to turn a problem that came over a wire back into an error."""
