import json

import pytest

from tradedeck.domain.errors import RateLimitedError, RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.providers.binance.outcomes import Outcome, VenueError, body_of, no_answer, ws_result_of


def failure(status: int, code: int | None = None, message: str = "") -> VenueError:
    body = "<html>" if code is None else json.dumps({"code": code, "msg": message})
    with pytest.raises(VenueError) as caught:
        body_of(status, body)
    return caught.value


@pytest.mark.parametrize("code", [-1000, -1001, -1006, -1007, -1008, -1016])
def test_codes_that_leave_the_outcome_open_are_unknown_whatever_the_status(code: int) -> None:
    assert failure(400, code).outcome is Outcome.UNKNOWN
    assert failure(503, code).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("code", [-1013, -1021, -1100, -1102, -1111, -1121, -2010])
def test_every_other_code_is_a_plain_no(code: int) -> None:
    assert failure(400, code).outcome is Outcome.REFUSED


def test_a_duplicate_proves_that_the_order_arrived_once() -> None:
    assert failure(400, -2010, "Duplicate order sent.").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(-1022, Outcome.NO_KEY), (-2015, Outcome.NO_KEY), (-1003, Outcome.TOO_MANY), (-2013, Outcome.MISSING)],
)
def test_some_refusals_are_of_a_kind(code: int, outcome: Outcome) -> None:
    assert failure(400, code).outcome is outcome


@pytest.mark.parametrize("status", [500, 502, 503, 504, 403, 400])
def test_an_error_without_a_code_says_nothing_about_the_order(status: int) -> None:
    assert failure(status).outcome is Outcome.UNKNOWN
    with pytest.raises(VenueError) as caught:
        body_of(status, "{}")
    assert caught.value.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [418, 429])
def test_a_limit_without_a_code_is_a_limit(status: int) -> None:
    with pytest.raises(VenueError) as caught:
        body_of(status, "[]")
    assert caught.value.outcome is Outcome.TOO_MANY


def test_an_unreadable_good_answer_is_unknown() -> None:
    with pytest.raises(VenueError) as caught:
        body_of(200, "not json")
    assert caught.value.outcome is Outcome.UNKNOWN
    assert body_of(200, '{"orderId": 7}') == {"orderId": 7}


def test_a_websocket_refuses_with_the_same_codes() -> None:
    assert ws_result_of({"id": 1, "status": 200, "result": {"subscriptionId": 0}}) == {"subscriptionId": 0}
    with pytest.raises(VenueError) as caught:
        ws_result_of({"id": 1, "status": 401, "error": {"code": -2015, "msg": "Invalid API-key."}})
    assert caught.value.outcome is Outcome.NO_KEY


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.NO_KEY, UnauthenticatedError),
        (Outcome.TOO_MANY, RateLimitedError),
        (Outcome.REFUSED, RefusedError),
        (Outcome.MISSING, RefusedError),
        (Outcome.UNKNOWN, UnavailableError),
    ],
)
def test_each_outcome_is_one_of_our_errors_with_the_venues_words(outcome: Outcome, kind: type[Exception]) -> None:
    error = VenueError(outcome, "these words").as_error()
    assert type(error) is kind
    assert "these words" in error.message


def test_a_broken_connection_is_unknown_and_has_words_even_when_the_error_has_none() -> None:
    assert no_answer(TimeoutError()).outcome is Outcome.UNKNOWN
    assert no_answer(TimeoutError()).reason == "TimeoutError"
