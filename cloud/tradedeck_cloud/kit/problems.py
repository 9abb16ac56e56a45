"""One table from our kinds of error to gRPC codes and HTTP statuses."""

from __future__ import annotations

from typing import Any

import grpc

from tradedeck.domain.errors import ERROR_KINDS, RateLimitedError, TradedeckError

GRPC_CODES: dict[str, grpc.StatusCode] = {
    "refused": grpc.StatusCode.INVALID_ARGUMENT,
    "not_found": grpc.StatusCode.NOT_FOUND,
    "conflict": grpc.StatusCode.ABORTED,
    "unauthenticated": grpc.StatusCode.UNAUTHENTICATED,
    "rate_limited": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "unavailable": grpc.StatusCode.UNAVAILABLE,
    "corrupt": grpc.StatusCode.DATA_LOSS,
}
HTTP_STATUSES: dict[str, int] = {
    "refused": 422,
    "not_found": 404,
    "conflict": 409,
    "unauthenticated": 401,
    "rate_limited": 429,
    "unavailable": 503,
    "corrupt": 500,
}


def problem_json(error: TradedeckError) -> dict[str, Any]:
    """RFC 9457, with our kind and code."""
    return {
        "type": f"urn:tradedeck:{error.code}",
        "title": error.kind.replace("_", " "),
        "status": HTTP_STATUSES[error.kind],
        "detail": error.message,
        "kind": error.kind,
        "code": error.code,
        "retryable": error.kind in ("unavailable", "rate_limited"),
    }


def problem_headers(error: TradedeckError) -> dict[str, str]:
    """Extra headers an error calls for."""
    if isinstance(error, RateLimitedError):
        return {"retry-after": str(max(1, round(error.retry_after_s)))}
    return {}


def error_of(kind: str, code: str, message: str) -> TradedeckError:
    """The error that came over the bus."""
    return ERROR_KINDS[kind](message, code=code)
