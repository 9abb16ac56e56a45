"""All checks of a result, one after another, within a bounded time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradedeck.domain.instrument import Instrument
from tradedeck.engine.parameters import Parameter
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import Strategy
from tradedeck.research.declared import declare
from tradedeck.research.result import Run
from tradedeck.research.run import Rates
from tradedeck.research.trades import round_trips
from tradedeck.research.truth import soundness
from tradedeck.research.truth.findings import Clock, Finding
from tradedeck.research.truth.lookahead import look_ahead
from tradedeck.research.truth.memory import memory
from tradedeck.research.truth.recorder import Case
from tradedeck.research.truth.sensitivity import sensitivity

CUTS = 20
_SHARE = 0.6
"""The part of the time that runs over cut data may take; the rest is for worse assumptions."""


def check_truth(
    strategy: type[Strategy],
    run: Run,
    *,
    others: Sequence[tuple[BarSeries, Instrument]] = (),
    funding: Rates = None,
    cuts: int = CUTS,
    seconds: float = 60.0,
    progress: Callable[[str], None] | None = None,
) -> list[Finding]:
    """Everything that speaks against `run`, and what was found to be fine, look-ahead first.

    `others` and `funding` are those the run was made with. At most `cuts` runs over cut data are made; a run that is
    under way stops once `seconds` are over. `progress` is told in words what is being done; raising in it stops.

    Raises:
        RefusedError: the strategy is not the one of the run.
    """
    tell = progress or _say_nothing
    case = Case(strategy, run.series, run.instrument, run.params, run.settings, others, funding)
    trades = round_trips(run)
    found = look_ahead(run, case, cuts, Clock(seconds * _SHARE), tell)
    tell("looking for prices it holds")
    found.append(memory(strategy, run.series))
    tell("looking over the data")
    found += [soundness.data_confidence(run.series, trades), soundness.enough_trades(trades)]
    found.append(sensitivity(run, case, Clock(seconds * (1 - _SHARE)), tell))
    maybe = (
        soundness.spread_of_profit(trades),
        soundness.edges(parameters_of(case), run.params),
        soundness.survivorship(run.series, [series for series, _ in others]),
    )
    return [*found, *(one for one in maybe if one is not None)]


def parameters_of(case: Case) -> list[Parameter]:
    """What the strategy declares over these markets."""
    few = case.between(0, 1)
    return declare(case.strategy, case.params, few.columns())[1].parameters


def _say_nothing(_: str) -> None:
    """Nobody wants to know."""
