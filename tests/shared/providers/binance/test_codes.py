"""Every refusal says what the venue said, its code, and what to do."""

import json

import pytest

from tradedeck.providers.binance.codes import explained
from tradedeck.providers.binance.outcomes import VenueError, body_of

KNOWN = [
    -1000, -1003, -1006, -1007, -1008, -1013, -1015, -1021, -1022, -1100, -1102, -1111, -1115, -1116, -1117, -1121,
    -1125, -2010, -2011, -2013, -2014, -2015, -2019, -2021, -2022, -2027, -4014, -4028, -4046, -4048, -4061, -4116,
    -4120, -4131, -4161, -4164, -5022, -5027,
]  # fmt: skip


@pytest.mark.parametrize("code", KNOWN)
def test_a_known_code_is_told_with_advice(code: int) -> None:
    sentence = explained(code, "Said by the venue.")
    assert sentence.startswith(f"Said by the venue ({code}): ")
    assert "not in our list" not in sentence
    assert len(sentence.split(": ")[1].split()) >= 3


def test_an_unknown_code_still_says_what_to_do() -> None:
    assert explained(-9999, "Odd.") == (
        "Odd (-9999): this code is not in our list; look it up in the venue's list of errors, then change the order"
        " or the key"
    )


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("Account has insufficient balance for requested action.", "smaller size"),
        ("Order would immediately match and take.", "further from the market"),
        ("Stop price would trigger immediately.", "market order"),
    ],
)
def test_where_one_code_has_many_reasons_the_words_decide(said: str, advice: str) -> None:
    assert advice in explained(-2010, said)
    assert "whole lots" in explained(-1013, "Filter failure: LOT_SIZE")


def test_the_sentence_reaches_people() -> None:
    with pytest.raises(VenueError) as caught:
        body_of(400, json.dumps({"code": -2019, "msg": "Margin is insufficient."}))
    assert caught.value.as_error().message == (
        "the venue refuses: Margin is insufficient (-2019): the margin does not suffice; add funds, use a smaller size"
        " or close something"
    )
