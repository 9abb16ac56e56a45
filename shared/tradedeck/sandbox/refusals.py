"""Binance's own error codes and texts, and which of our errors become which (spot errors page, 2026-07)."""

from __future__ import annotations

from tradedeck.domain.errors import ConflictError, RefusedError, TradedeckError


class WireError(Exception):
    """An answer of the venue that says no: HTTP status, Binance's code and its text."""

    def __init__(
        self, code: int, message: str, *, status: int = 400, data: object = None, retry_after_s: int = 0
    ) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status
        self.data = data
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, object]:
        """The JSON body."""
        plain: dict[str, object] = {"code": self.code, "msg": self.message}
        return plain if self.data is None else plain | {"data": self.data}


BAD_SYMBOL = (-1121, "Invalid symbol.")
NOT_OPEN = (-2011, "Unknown order sent.")
NO_ORDER = (-2013, "Order does not exist.")
NO_KEY = (-2014, "API-key format invalid.")
BAD_KEY = (-2015, "Invalid API-key, IP, or permissions for action.")
BAD_SIGNATURE = (-1022, "Signature for this request is not valid.")
TOO_EARLY = (-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
TOO_LATE = (-1021, "Timestamp for this request is outside of the recvWindow.")
BAD_WINDOW = (-1131, "recvWindow must be less than 60000.")
BAD_TYPE = (-1116, "Invalid orderType.")
BAD_SIDE = (-1117, "Invalid side.")
BAD_FORCE = (-1115, "Invalid timeInForce.")
BAD_INTERVAL = (-1120, "Invalid interval.")

_BY_CODE = {
    "order.duplicate": (-2010, "Duplicate order sent."),
    "balance.insufficient": (-2010, "Account has insufficient balance for requested action."),
    "order.would_match": (-2010, "Order would immediately match and take."),
    "order.would_trigger": (-2010, "Stop price would trigger immediately."),
    "symbol.unknown": BAD_SYMBOL,
    "order.not_open": NOT_OPEN,
    "order.not_found": NO_ORDER,
    "venue.no_price": (-1013, "Market is closed."),
}


def refusal(reason: tuple[int, str], *, status: int = 400) -> WireError:
    """One of the constants above as an error."""
    return WireError(*reason, status=status)


def missing(name: str) -> WireError:
    """A parameter that must be there."""
    return WireError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, legal: str) -> WireError:
    """A parameter that is written wrongly."""
    return WireError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def wire_error(error: TradedeckError) -> WireError:
    """What Binance says where the exchange said no."""
    if error.code.startswith("filter."):
        return WireError(-1013, f"Filter failure: {error.code.removeprefix('filter.')}")
    known = _BY_CODE.get(error.code)
    if known is not None:
        return WireError(*known)
    if isinstance(error, ConflictError | RefusedError):
        return WireError(-2010, error.message)
    return WireError(-1000, "An unknown error occurred while processing the request.", status=500)
