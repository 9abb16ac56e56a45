"""Fees that follow from what was traded: the row of rates of a UTC day, from the 30 days before it."""

from __future__ import annotations

from math import floor

from tradedeck.sim.kernel.funds import fees_of
from tradedeck.sim.kernel.layout import (
    ACCOUNT,
    INVERSE,
    MIN_VOLUME,
    OPEN_NS,
    SETTLED,
    START_DAY,
    START_VOLUME,
    TIER,
    TIER_WIDTH,
    TIERS,
    TODAY,
    VOLUME_ELSEWHERE,
    VOLUMES,
    Cells,
)

WINDOW = 30
_SLOTS = 31
_DAY_NS = 86400000000000


def day_of(time_ns: int) -> int:
    """The UTC day of a time, counted from 1."""
    return time_ns // _DAY_NS + 1


def enter_day(state: Cells, terms: Cells) -> None:
    """Before a fill: on a new day, take the rates that the 30 days before it have earned.

    Only fills look, so that it makes no difference which bars without any were walked.
    """
    today = day_of(state[OPEN_NS])
    if today == state[TODAY]:
        return
    for back in range(min(today - state[TODAY], _SLOTS)):
        state[VOLUMES + (today - back) % _SLOTS] = 0
    state[TODAY] = today
    volume = volume_before(state, today) + terms[VOLUME_ELSEWHERE]
    if today - terms[START_DAY] < WINDOW:
        volume += terms[START_VOLUME]
    tier = 0
    while tier + 1 < terms[TIERS] and volume >= terms[MIN_VOLUME + TIER_WIDTH * (tier + 1)]:
        tier += 1
    if tier != state[TIER]:
        # What was paid so far stays paid: the new rates would count it anew.
        paid = fees_of(state, terms)
        state[TIER] = tier
        state[SETTLED] += floor(paid - fees_of(state, terms) + 0.5)


def volume_before(state: Cells, today: int) -> int:
    """What was traded in the 30 days before a day, which is not before the newest fill's."""
    volume = 0
    for day in range(today - WINDOW, min(today, state[TODAY] + 1)):
        volume += state[VOLUMES + day % _SLOTS]
    return volume


def count_volume(state: Cells, terms: Cells, lots: int, notional: int) -> None:
    """Count a fill in; inverse contracts are worth the same at any price, so their number is counted."""
    state[VOLUMES + state[TODAY] % _SLOTS] += lots if terms[ACCOUNT] == INVERSE else notional
