"""Messages at the doors: hints, and JSON for REST callers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message

from tradedeck.domain.errors import RefusedError
from tradedeck.wire.accounts.v1 import accounts_service_pb2 as accounts
from tradedeck.wire.live.v1.live_service_pb2 import WatchResponse
from tradedeck.wire.orders.v1 import orders_service_pb2 as orders
from tradedeck.wire.portfolio.v1 import portfolio_service_pb2 as portfolio
from tradedeck_cloud.gateway.routes import ROUTES

ALIVE = "alive"
HINT_EVERY_S = 15.0
"""A quiet connection hears something at least this often."""


def hint_message(changed: str, time_ns: int) -> bytes:
    """Serialised, for the gRPC stream."""
    return WatchResponse(changed=changed, time_ns=time_ns).SerializeToString()


def to_json(service: str, method: str, body: bytes) -> dict[str, Any]:
    """An answer as the JSON that REST callers get: names as in the protos, decimals and times as text."""
    message = _ANSWERS[service, method].FromString(body)
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def from_json(service: str, method: str, given: Mapping[str, Any]) -> bytes:
    """A REST caller's JSON as the request's bytes.

    Raises:
        RefusedError: a field that does not exist, or of the wrong kind.
    """
    message = _REQUESTS[service, method]()
    try:
        ParseDict(dict(given), message)
    except ParseError as error:
        raise RefusedError(f"the request can't be read: {error}", code="gateway.request") from error
    return message.SerializeToString()


_MESSAGES = {"accounts": accounts, "orders": orders, "portfolio": portfolio}
_REQUESTS: dict[tuple[str, str], type[Message]] = {
    key: getattr(_MESSAGES[key[0]], f"{key[1]}Request") for key in ROUTES
}
_ANSWERS: dict[tuple[str, str], type[Message]] = {
    key: getattr(_MESSAGES[key[0]], f"{key[1]}Response") for key in ROUTES
}
