"""Where an order stands in its level's queue, estimated from sizes and trades.

Trades at the level always come from the front. When the level shrinks by more than traded, somebody canceled:

* RISK_AVERSE: always behind us, until only what is ahead of us can be left.
* the others: behind us with a probability from the lots ahead (f) and behind (b), an exponent n, and lots in
  base units for the logarithms: POWER b^n / (b^n + f^n), LOG ln(1+b) / (ln(1+b) + ln(1+f)),
  POWER_OF_TOTAL b^n / (b+f)^n, LOG_OF_TOTAL ln(1+b) / ln(1+b+f), POWER_OF_SHARE 1 - (f / (f+b))^n.

Where a formula has no answer (nobody ahead and nobody behind), the order goes to the end.

Source: hftbacktest 2.4 and the articles it names: rigtorp.se/2013/06/08/estimating-order-queue-position.html.
"""

from __future__ import annotations

from math import floor, log

from tradedeck.sim.depth.layout import (
    AHEAD,
    LOG,
    LOG_OF_TOTAL,
    PLACE,
    POWER,
    POWER_OF_TOTAL,
    RISK_AVERSE,
    TRADED,
)  # fmt: skip

_UNKNOWN = -1e300
UNSEEN = 2.0**62
"""Lots ahead on a level behind the best price that quotes have never shown: all that will be there."""


def join(places: list[float], order: int, lots: int) -> None:
    """The order joins the end of a level of `lots`."""
    places[PLACE * order + AHEAD] = float(lots)
    places[PLACE * order + TRADED] = 0.0


def unseen(places: list[float], order: int) -> None:
    """The order joins the end of a level of unknown size."""
    join(places, order, 0)
    places[PLACE * order + AHEAD] = UNSEEN


def exposed(places: list[float], order: int) -> None:
    """The best price is behind the order's: on a level never seen there is nobody ahead after all."""
    if places[PLACE * order + AHEAD] > UNSEEN / 2.0:
        join(places, order, 0)


def traded(places: list[float], order: int, lots: int) -> int:
    """`lots` traded at the order's level; how many of them are left for the order itself."""
    at = PLACE * order
    places[at + TRADED] += lots
    ahead = places[at + AHEAD] - lots
    places[at + AHEAD] = ahead
    reached = floor(0.5 - ahead)
    if reached <= 0:
        return 0
    places[at + AHEAD] = 0.0
    return reached


def resized(places: list[float], order: int, before: int, after: int, model: int, exponent: float, lot: float) -> None:
    """The order's level went from `before` lots to `after`."""
    at = PLACE * order
    ahead = places[at + AHEAD]
    if model != RISK_AVERSE:
        canceled = before - after - places[at + TRADED]
        places[at + TRADED] = 0.0
        if canceled >= 0.0:
            back = before - ahead
            behind = _behind(ahead, back, model, exponent, lot)
            ahead = ahead - (1.0 - behind) * canceled + min(back - behind * canceled, 0.0)
            if behind == _UNKNOWN:
                ahead = float(after)
    places[at + AHEAD] = min(ahead, float(after))


def _behind(front: float, back: float, model: int, exponent: float, lot: float) -> float:
    """The probability that a canceled lot was behind the order.

    Lots ahead may be some less than none: cancels are shared out in fractions.
    """
    if model == LOG:
        share = _log(back * lot)
        return _share(share, share + _log(front * lot))
    if model == LOG_OF_TOTAL:
        return _share(_log(back * lot), _log((back + front) * lot))
    if model == POWER:
        share = _power(back, exponent)
        return _share(share, share + _power(front, exponent))
    if model == POWER_OF_TOTAL:
        return _share(_power(back, exponent), _power(back + front, exponent))
    if front + back == 0.0:
        return _UNKNOWN
    share = _power(front / (front + back), exponent)
    return _UNKNOWN if share == _UNKNOWN else 1.0 - share


def _share(part: float, total: float) -> float:
    if part <= _UNKNOWN or total <= _UNKNOWN / 2.0 or (total == 0.0 and part == 0.0):
        return _UNKNOWN
    return 1.0 if total == 0.0 else part / total


def _power(base: float, exponent: float) -> float:
    return _UNKNOWN if base < 0.0 and exponent != floor(exponent) else base**exponent


def _log(lots: float) -> float:
    return _UNKNOWN if lots <= -1.0 else log(1.0 + lots)
