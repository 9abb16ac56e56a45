"""The rules of a market that no venue has told us: its steps out of its prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.money import text
from tradedeck.history.series import BarSeries, Floats
from tradedeck.sim.listings import LISTED

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "EUR", "GBP", "BTC", "ETH", "BNB")
_FEE = Decimal("0.001")
_MOST_DECIMALS = 8
_LOOKED_AT = 100_000
_MOST_LOTS = 10**12


@dataclass(frozen=True, slots=True)
class Rules:
    """Steps somebody gave; None takes those of the listing or of the data."""

    tick: Decimal | None = None
    lot: Decimal | None = None


def instrument_for(series: BarSeries, rules: Rules) -> tuple[Instrument, str]:
    """The instrument of a series, and a sentence on what was assumed about it (empty when it is listed).

    Raises:
        RefusedError: a given step is not above zero.
    """
    for name, step in (("tick", rules.tick), ("lot", rules.lot)):
        if step is not None and step <= 0:
            raise RefusedError(f"--{name} must be above zero, not {text(step)}", code="backtest.step")
    listed = LISTED.get(series.symbol.upper())
    if listed is not None:
        lot = rules.lot or listed.lot
        return replace(listed, tick=rules.tick or listed.tick, lot=lot, min_size=max(lot, listed.min_size)), ""
    tick = rules.tick or step_of(series.open, series.high, series.low, series.close)
    lot = rules.lot or step_of(series.volume)
    base, quote = parts_of(series.symbol)
    made = Instrument(
        symbol=series.symbol, venue="unlisted", base=base, quote=quote, tick=tick, lot=lot, min_size=lot,
        max_size=lot * _MOST_LOTS, min_notional=Decimal(0), fees=FeeSchedule(maker=_FEE, taker=_FEE),
    )  # fmt: skip
    return made, (
        f"{series.symbol} is not listed: taken as {base} in {quote}, prices in steps of {text(tick)}, "
        f"sizes in steps of {text(lot)}, fees of {text(_FEE)}; --tick, --lot, --maker and --taker change that"
    )


def step_of(*columns: Floats) -> Decimal:
    """The power of ten that all values are whole multiples of, 1e-8 at the least."""
    values = np.concatenate([column[:_LOOKED_AT] for column in columns])
    if not values.any():
        return Decimal(1).scaleb(-_MOST_DECIMALS)
    for decimals in range(_MOST_DECIMALS):
        scaled = values * 10.0**decimals
        if np.allclose(scaled, np.rint(scaled), rtol=1e-12, atol=1e-6):
            return Decimal(1).scaleb(-decimals)
    return Decimal(1).scaleb(-_MOST_DECIMALS)


def parts_of(symbol: str) -> tuple[str, str]:
    """Base and quote asset of a symbol as venues write it."""
    name = symbol.upper().replace("-", "/").replace("_", "/")
    if "/" in name:
        base, _, quote = name.partition("/")
        return base, quote.split(":")[0].split("/")[0] or "QUOTE"
    found = next((quote for quote in _QUOTES if name.endswith(quote) and len(name) > len(quote)), "")
    return (name[: -len(found)], found) if found else (name, "QUOTE")
