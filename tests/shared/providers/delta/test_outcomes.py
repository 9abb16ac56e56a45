"""What the venue's answers mean: only a clear no is a refusal, and every code is a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tradedeck.domain.errors import RateLimitedError, RefusedError, UnauthenticatedError, UnavailableError
from tradedeck.providers.delta.outcomes import SENTENCES, Outcome, VenueError, body_of, refusal


def nested(code: str) -> dict[str, Any]:
    return {"success": False, "error": {"code": code, "context": None}}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, nested("insufficient_margin"), Outcome.REFUSED),
        (400, nested("immediate_execution_post_only"), Outcome.REFUSED),
        (400, nested("something_new"), Outcome.REFUSED),
        (404, nested("open_order_not_found"), Outcome.MISSING),
        (400, nested("duplicate_client_order_id"), Outcome.UNKNOWN),
        (500, nested("insufficient_margin"), Outcome.UNKNOWN),
        (503, nested("unavailable"), Outcome.UNKNOWN),
        (400, {"success": False}, Outcome.UNKNOWN),
        (200, {"success": False, "error": {"code": "bad_schema"}}, Outcome.REFUSED),
        (200, [], Outcome.UNKNOWN),
        (429, nested("anything"), Outcome.TOO_MANY),
        (429, {}, Outcome.TOO_MANY),
        (401, {"error": "SignatureExpired", "message": "x"}, Outcome.CLOCK),
        (401, {"error": "Signature Mismatch"}, Outcome.NO_KEY),
        (401, {"error": "InvalidApiKey"}, Outcome.NO_KEY),
        (401, {"error": "UnauthorizedApiAccess"}, Outcome.NO_KEY),
        (401, nested("ip_not_whitelisted_for_api_key"), Outcome.NO_KEY),
    ],
)
def test_only_a_clear_no_is_a_refusal(status: int, body: object, outcome: Outcome) -> None:
    with pytest.raises(VenueError) as told:
        body_of(status, json.dumps(body))
    assert told.value.outcome is outcome


def test_a_page_instead_of_json_decides_nothing() -> None:
    with pytest.raises(VenueError) as told:
        body_of(403, "<html>blocked</html>")
    assert told.value.outcome is Outcome.UNKNOWN


def test_every_code_is_a_sentence_that_does_not_merely_repeat_it() -> None:
    for code in (*SENTENCES, "something_new", ""):
        reason = refusal(code, 400).reason
        assert len(reason.split()) >= 6
        assert reason != code
    assert "'something_new'" in refusal("something_new", 400).reason


def test_what_the_venue_adds_is_kept_but_not_at_any_length() -> None:
    body = {"success": False, "error": {"code": "bad_schema", "context": {"field": "x" * 1_000}}}
    with pytest.raises(VenueError, match="field") as told:
        body_of(400, json.dumps(body))
    assert len(told.value.reason) < 400


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.NO_KEY, UnauthenticatedError),
        (Outcome.TOO_MANY, RateLimitedError),
        (Outcome.REFUSED, RefusedError),
        (Outcome.MISSING, RefusedError),
        (Outcome.UNKNOWN, UnavailableError),
        (Outcome.CLOCK, UnavailableError),
    ],
)
def test_questions_end_in_our_own_errors(outcome: Outcome, kind: type[Exception]) -> None:
    assert type(VenueError(outcome, "because").as_error()) is kind


def test_a_busy_venue_says_how_long_to_wait() -> None:
    with pytest.raises(VenueError) as told:
        body_of(429, "{}", 12.5)
    error = told.value.as_error()
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_s == 12.5
