"""Errors cross wires by their kind."""

import pytest

from tradedeck.domain.errors import ERROR_KINDS, RateLimitedError, RefusedError, TradedeckError


@pytest.mark.parametrize("kind", sorted(ERROR_KINDS))
def test_every_kind_comes_back_as_its_own_class(kind: str) -> None:
    error = ERROR_KINDS[kind]("say what to do", code="some.code")
    assert type(error).kind == kind
    assert (error.message, error.code, str(error)) == ("say what to do", "some.code", "say what to do")
    assert ERROR_KINDS[kind]("x").code == kind
    assert isinstance(error, TradedeckError)


def test_a_rate_limit_says_when_to_come_back() -> None:
    error = RateLimitedError("slow down", retry_after_s=7)
    assert isinstance(error, RefusedError)
    assert error.retry_after_s == 7
