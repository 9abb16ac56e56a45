"""How much of the profit is left when the assumptions are worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.instrument import Instrument
from tradedeck.history.timeframes import timeframe_text
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import FeeTier, Settings
from tradedeck.research.truth.findings import Clock, Finding, Level, OutOfTimeError
from tradedeck.research.truth.recorder import Case

CHECK = "sensitivity"
_TICKS = (1, 2, 5)
_FEW = 50_000
"""Over so few bars Python is done before other assumptions are compiled."""
_SECOND_NS = 1_000_000_000


def sensitivity(run: Run, case: Case, clock: Clock, tell: Callable[[str], None]) -> Finding:
    """The profit under higher fees, more slippage and latency; a warning when any of them turns it into a loss."""
    found = {"as assumed": float(run.profit)}
    variants = worse(run.settings, run.instrument, run.series.timeframe_ns)
    for name, settings in variants.items():
        tell(f"with {name}")
        try:
            found[name] = _profit(run, case, settings, clock)
        except OutOfTimeError:
            break
    short = "" if len(found) > len(variants) else f" (time was over after {len(found) - 1} of {len(variants)})"
    told = ", ".join(f"{profit:,.2f} with {name}" for name, profit in found.items() if name != "as assumed")
    lost = [name for name, profit in found.items() if run.profit > 0 >= profit]
    head = f"profit {found['as assumed']:,.2f}; {told}{short}"
    if lost:
        return Finding(CHECK, Level.WARNING, f"gone with {lost[0]}; {head}", figures=found)
    return Finding(CHECK, Level.FINE if len(found) > 1 else Level.WARNING, head, figures=found)


def worse(settings: Settings, instrument: Instrument, timeframe_ns: int) -> dict[str, Settings]:
    """Variants of the assumptions by name. A rebate for makers is taken away rather than doubled."""
    dear = [
        FeeTier(one.volume, max(2 * one.maker, Decimal(0)), max(2 * one.taker, Decimal(0)))
        for one in settings.fees_for(instrument)
    ]
    if settings.tiers:
        made = {"fees doubled": replace(settings, tiers=tuple(dear))}
    else:
        made = {"fees doubled": replace(settings, maker=dear[0].maker, taker=dear[0].taker)}
    for ticks in _TICKS:
        name = f"{ticks} more tick{'s' if ticks > 1 else ''} of slippage"
        made[name] = replace(settings, slippage_ticks=settings.slippage_ticks + ticks)
    for late in (_SECOND_NS, timeframe_ns):
        made[f"{timeframe_text(late)} more latency"] = replace(settings, latency_ns=settings.latency_ns + late)
    return made


def _profit(run: Run, case: Case, settings: Settings, clock: Clock) -> float:
    def go_on(_: int) -> None:
        if clock.over:
            raise OutOfTimeError

    go_on(0)
    again = backtest(
        case.strategy, case.series, case.instrument, params=case.params, settings=settings, others=case.others,
        funding=case.funding, progress=go_on, tier=Tier.INTERPRETED if len(case.series) <= _FEW else None,
    )  # fmt: skip
    return float(again.profit)
