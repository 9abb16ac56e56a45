"""What the venue's answers mean: only a clear no is a refusal."""

import json

import pytest

from tradedeck.providers.binance.outcomes import Outcome, VenueError, body_of


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, {"code": -2010, "msg": "insufficient balance"}, Outcome.REFUSED),
        (400, {"code": -2010, "msg": "Duplicate order sent."}, Outcome.UNKNOWN),
        (400, {"code": -1007, "msg": "timeout"}, Outcome.UNKNOWN),
        (400, {"msg": "no code"}, Outcome.UNKNOWN),
        (401, {"code": -2015, "msg": "key"}, Outcome.NO_KEY),
        (429, {"code": -1003, "msg": "slow down"}, Outcome.TOO_MANY),
        (418, {}, Outcome.TOO_MANY),
        (500, {"code": -9999, "msg": "internal"}, Outcome.UNKNOWN),
        (503, {"code": -1102, "msg": "odd"}, Outcome.UNKNOWN),
    ],
)
def test_only_a_clear_no_is_a_refusal(status: int, body: dict[str, object], outcome: Outcome) -> None:
    with pytest.raises(VenueError) as answer:
        body_of(status, json.dumps(body))
    assert answer.value.outcome is outcome


def test_a_page_instead_of_json_decides_nothing() -> None:
    with pytest.raises(VenueError) as answer:
        body_of(403, "<html>blocked</html>")
    assert answer.value.outcome is Outcome.UNKNOWN
