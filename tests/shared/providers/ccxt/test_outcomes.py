"""Every exception of ccxt means something definite for an order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tradedeck.domain.errors import (
    RateLimitedError,
    RefusedError,
    TradedeckError,
    UnauthenticatedError,
    UnavailableError,
)
from tradedeck.providers.ccxt.library import load_library, open_exchange, open_session
from tradedeck.providers.ccxt.outcomes import OUTCOMES, Outcome, as_error, code_of, is_missing, outcome_of, reason_of

errors: Any = import_module("ccxt.base.errors")


def names(tree: dict[str, Any]) -> Iterator[str]:
    for name, below in tree.items():
        yield name
        yield from names(below)


def test_the_table_names_every_class_ccxt_has() -> None:
    assert set(names(errors.error_hierarchy)) == set(OUTCOMES) - {"RefusedError"}


@pytest.mark.parametrize(
    ("kind", "text", "outcome"),
    [
        ("InsufficientFunds", "binance Account has insufficient balance", Outcome.REFUSED),
        ("BadRequest", 'binance {"code":-1013,"msg":"Filter failure: NOTIONAL"}', Outcome.REFUSED),
        ("InvalidNonce", 'binance {"code":-1021,"msg":"Timestamp"}', Outcome.REFUSED),
        ("ExchangeError", 'binance {"code":-9999,"msg":"No."}', Outcome.REFUSED),
        ("InvalidOrder", "binance Duplicate order sent.", Outcome.UNKNOWN),
        ("OperationFailed", 'binance {"code":-1006,"msg":"Unexpected response"}', Outcome.UNKNOWN),
        ("RequestTimeout", 'binance {"code":-1007,"msg":"Timeout"}', Outcome.UNKNOWN),
        ("ExchangeError", 'binance {"code":-1008,"msg":"Overloaded"}', Outcome.UNKNOWN),
        ("ExchangeError", "binance POST /api/v3/order", Outcome.UNKNOWN),
        ("ExchangeNotAvailable", "binance POST /api/v3/order", Outcome.UNKNOWN),
        ("DDoSProtection", 'binance {"code":-2015,"msg":"Invalid API-key"}', Outcome.NO_KEY),
        ("DDoSProtection", 'binance 429 {"code":-1003,"msg":"Too much"}', Outcome.TOO_MANY),
        ("AuthenticationError", 'binance {"code":-1022,"msg":"Signature"}', Outcome.NO_KEY),
    ],
)
def test_where_the_class_misleads_the_code_decides(kind: str, text: str, outcome: Outcome) -> None:
    assert outcome_of(getattr(errors, kind)(text)) is outcome


def test_what_nobody_foresaw_is_unknown_and_our_own_refusal_is_not() -> None:
    assert outcome_of(KeyError("fills")) is Outcome.UNKNOWN
    assert outcome_of(TimeoutError()) is Outcome.UNKNOWN
    assert outcome_of(RefusedError("no such symbol")) is Outcome.REFUSED


def test_code_and_reason_come_from_the_body() -> None:
    error = errors.BadRequest('binance {"code":-1013,"msg":"Filter failure: NOTIONAL"}')
    assert (code_of(error), reason_of(error)) == (-1013, "Filter failure: NOTIONAL")
    broken = errors.ExchangeError("binance {not json}")
    assert (code_of(broken), reason_of(broken)) == (0, "binance {not json}")
    assert reason_of(errors.RequestTimeout()) == "RequestTimeout"


def test_only_an_unknown_order_is_missing() -> None:
    assert is_missing(errors.OrderNotFound("gone"))
    assert not is_missing(errors.InvalidOrder("no"))


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("AuthenticationError", UnauthenticatedError),
        ("RateLimitExceeded", RateLimitedError),
        ("BadSymbol", RefusedError),
        ("NetworkError", UnavailableError),
    ],
)
def test_questions_end_in_errors_of_ours(kind: str, ours: type[TradedeckError]) -> None:
    assert type(as_error(getattr(errors, kind)("why"))) is ours


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, Outcome.REFUSED), (500, Outcome.UNKNOWN), (503, Outcome.UNKNOWN)]
)
async def test_a_failing_server_refuses_nothing_whatever_its_code(status: int, outcome: Outcome) -> None:
    session = open_session()
    exchange = open_exchange(load_library(), session, "key", "secret", "")
    body = '{"code":-1102,"msg":"odd"}'
    with pytest.raises(errors.BaseError) as answer:
        exchange.handle_errors(status, "Odd", "https://x", "POST", {}, body, json.loads(body), {}, "")
    assert outcome_of(answer.value) is outcome
    await exchange.close()
    await session.close()
