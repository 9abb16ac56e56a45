"""An order's place in its queue."""

from __future__ import annotations

from math import log

import pytest

from tradedeck.sim.depth.layout import (
    AHEAD,
    LOG,
    LOG_OF_TOTAL,
    PLACE,
    POWER,
    POWER_OF_SHARE,
    POWER_OF_TOTAL,
    RISK_AVERSE,
)  # fmt: skip
from tradedeck.sim.depth.queue import join, resized, traded

ORDER = 1


def joined(lots: int) -> list[float]:
    places = [0.0] * PLACE * 2
    join(places, ORDER, lots)
    return places


def ahead(places: list[float]) -> float:
    return places[PLACE * ORDER + AHEAD]


def test_an_order_joins_the_end():
    assert ahead(joined(7)) == 7


def test_trades_come_from_the_front():
    places = joined(7)
    assert traded(places, ORDER, 5) == 0
    assert ahead(places) == 2


def test_what_a_trade_leaves_reaches_the_order():
    places = joined(7)
    assert traded(places, ORDER, 10) == 3
    assert ahead(places) == 0


def test_the_risk_averse_see_every_cancel_behind_them():
    places = joined(7)
    resized(places, ORDER, 20, 9, RISK_AVERSE, 1.0, 1.0)
    assert ahead(places) == 7
    resized(places, ORDER, 9, 4, RISK_AVERSE, 1.0, 1.0)
    assert ahead(places) == 4


@pytest.mark.parametrize(
    ("model", "behind"),
    [
        (POWER, 12**2 / (12**2 + 8**2)),
        (LOG, log(1 + 6) / (log(1 + 6) + log(1 + 4))),
        (POWER_OF_TOTAL, 12**2 / 20**2),
        (LOG_OF_TOTAL, log(1 + 6) / log(1 + 10)),
        (POWER_OF_SHARE, 1 - (8 / 20) ** 2),
    ],
)
def test_others_share_cancels_out_by_their_formula(model: int, behind: float):
    places = joined(8)
    resized(places, ORDER, 20, 15, model, 2.0, 0.5)
    assert ahead(places) == pytest.approx(8 - (1 - behind) * 5)


def test_a_trade_is_not_taken_for_a_cancel_as_well():
    places = joined(8)
    traded(places, ORDER, 3)
    resized(places, ORDER, 20, 17, POWER, 1.0, 1.0)
    assert ahead(places) == 5


def test_a_level_that_grows_moves_nobody():
    places = joined(8)
    resized(places, ORDER, 8, 30, LOG, 1.0, 1.0)
    assert ahead(places) == 8


@pytest.mark.parametrize("model", [POWER, LOG, POWER_OF_TOTAL, LOG_OF_TOTAL, POWER_OF_SHARE])
def test_an_empty_level_leaves_nobody_ahead(model: int):
    places = joined(0)
    resized(places, ORDER, 0, 0, model, 2.0, 1.0)
    assert ahead(places) == 0


@pytest.mark.parametrize("model", [POWER, LOG, POWER_OF_TOTAL, LOG_OF_TOTAL, POWER_OF_SHARE])
def test_nobody_stands_behind_the_end_of_the_level(model: int):
    places = joined(8)
    resized(places, ORDER, 20, 2, model, 2.0, 1.0)
    assert ahead(places) <= 2
