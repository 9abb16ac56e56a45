"""Delta Exchange's error codes, and which of our refusals become which."""

from __future__ import annotations

from typing import Any

from tradedeck.domain.errors import TradedeckError


class DeltaError(Exception):
    """An answer of the venue that says no. `flat`: errors about keys are written without `success`."""

    def __init__(
        self, code: str, status: int = 400, context: dict[str, Any] | None = None, *, flat: bool = False
    ) -> None:
        super().__init__(f"{status} {code}")
        self.code = code
        self.status = status
        self.context = context
        self.flat = flat
        self.reset_ms = 0

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        if self.flat:
            return {"error": self.code, "message": str((self.context or {}).get("message", self.code))}
        return {"success": False, "error": {"code": self.code, "context": self.context}}


NOT_FOUND = "open_order_not_found"
_BY_CODE = {
    "margin.insufficient": "insufficient_margin",
    "position.too_large": "risk_limits_breached",
    "leverage.invalid": "leverage_limit_exceeded",
    "leverage.in_use": "insufficient_margin",
    "order.reduce_only": "no_position_for_reduce_only",
    "order.would_match": "immediate_execution_post_only",
    "order.would_trigger": "immediate_execution_stop_order",
    "order.duplicate": "duplicate_client_order_id",
    "order.unchanged": "bad_schema",
    "order.too_many": "risk_limits_breached",
    "symbol.unknown": "invalid_contract",
}


def bad_schema(name: str, message: str) -> DeltaError:
    """A field that can't be read, or must not be so."""
    return DeltaError(
        "bad_schema", 400, {"schema_errors": [{"code": "validation_error", "param": name, "message": message}]}
    )


def wire_error(error: TradedeckError) -> DeltaError:
    """What Delta says where the exchange said no."""
    if error.code.startswith("filter."):
        return bad_schema("order", error.message)
    if error.code in ("order.not_open", "order.not_found"):
        return DeltaError(NOT_FOUND, 404)
    if error.code == "venue.no_price":
        return DeltaError("unavailable", 503)
    return DeltaError(_BY_CODE.get(error.code, "internal_error"), 400 if error.code in _BY_CODE else 500)
