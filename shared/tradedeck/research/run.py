"""One strategy over recorded bars, whichever way is fastest: the same orders, fills and cash in all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradedeck.compile.subset import SubsetError
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import BarSeries, Floats
from tradedeck.ports.strategy import Strategy
from tradedeck.research.curve import Curve, charges_of, curve_of
from tradedeck.research.declared import Declared, declare, overrides
from tradedeck.research.desk import ResearchDesk
from tradedeck.research.drive import Drive
from tradedeck.research.lines import Columns
from tradedeck.research.native import Ran, course_of, run_native
from tradedeck.research.result import FILL, ORDER, Note, Part, Run, Tier, fill_log
from tradedeck.research.settings import Account, Settings
from tradedeck.research.tape import Tape, borrow_a_bar
from tradedeck.research.terms import Terms, check_ticks, terms_of

Progress = Callable[[int], None]
Rates = Floats | Sequence[Floats | None] | None
"""Funding rates: of the main market alone, or of each market in their order, None for one that has none."""


def backtest(
    strategy: type[Strategy],
    series: BarSeries,
    instrument: Instrument,
    *,
    params: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    tier: Tier | None = None,
    others: Sequence[tuple[BarSeries, Instrument]] = (),
    funding: Rates = None,
    progress: Progress | None = None,
) -> Run:
    """Run `strategy` over `series`; `others` are its second markets.

    `funding` has one rate for each bar of `series`, due at its open, NaN where none is (`history.funding.rates_at`).
    Strategies see rates as a line; they are charged on perpetuals, not on a spot account.

    `tier` None takes native code where the strategy stays inside the subset, else Python. `progress` is told how
    many bars are done; raising in it stops the run.

    Raises:
        RefusedError: a parameter or setting is wrong, the markets are not of one money, or a tier was asked for
            that the strategy can't run on.
    """
    if not len(series):
        raise RefusedError("there are no bars to run over; check the dates", code="data.empty")
    columns = columns_of(series, [other for other, _ in others], funding)
    instruments = [instrument, *(its for _, its in others)]
    markets = [Market(one, its) for one, its in zip(columns, instruments, strict=True)]
    return run_over(strategy, markets, settings or Settings(), params or {}, tier, progress)


def columns_of(series: BarSeries, others: Sequence[BarSeries], funding: Rates) -> list[Columns]:
    """The columns of every market on the bars of the main one.

    Raises:
        RefusedError: a market has other bars or begins too late, or there are not as many rates as bars or markets.
    """
    rates = rates_of(funding, 1 + len(others))
    aside = (Columns(aligned(series, other), other, its) for other, its in zip(others, rates[1:], strict=True))
    return [Columns(series, None, rates[0]), *aside]


def rates_of(funding: Rates, count: int) -> list[Floats | None]:
    """The rates of each of `count` markets.

    Raises:
        RefusedError: there are more than that.
    """
    given = [funding] if funding is None or isinstance(funding, np.ndarray) else list(funding)
    if len(given) > count:
        raise RefusedError(f"funding of {len(given)} markets, but the run has {count}", code="data.funding")
    return [*given, *[None] * (count - len(given))]


@dataclass(frozen=True, slots=True)
class Market:
    """An instrument and the columns of its bars; several runs may share them."""

    columns: Columns
    instrument: Instrument


def run_over(
    strategy: type[Strategy],
    markets: Sequence[Market],
    settings: Settings,
    params: Mapping[str, str],
    tier: Tier | None,
    progress: Progress | None = None,
) -> Run:
    """As `backtest`, over columns that are already there."""
    if overrides(strategy, "on_trade") or overrides(strategy, "on_book"):
        raise RefusedError(
            f"{strategy.__name__} wants trades or books, and bars have none: replay a recorded order book instead",
            code="data.bars_only",
        )
    _check_money([market.instrument for market in markets], settings)
    made, declared = declare(strategy, params, [market.columns for market in markets])
    series = markets[0].columns.series
    for market in markets:
        check_ticks(market.columns.series, market.instrument)
    start_ns = int(series.open_ns[0]) if len(series) else 0
    terms = [terms_of(market.instrument, settings, len(series), start_ns) for market in markets]
    charges = [charges_in(market.columns, settings) for market in markets]
    task = _Task(made, declared, markets, terms, settings, charges, declared.warm_from())
    ran, why, logs, notes = task.run(tier, progress)
    base = Run(
        strategy=strategy.__name__,
        params=values_of(declared, params),
        tier=ran,
        why_tier=why,
        instrument=markets[0].instrument,
        grid=terms[0].grid,
        series=series,
        settings=settings,
        orders=np.empty(0, ORDER),
        fills=np.empty(0, FILL),
        equity=np.empty(0),
        cash=Decimal(0),
        fees=Decimal(0),
        funding=Decimal(0),
        profit=Decimal(0),
        notes=notes,
        first_bar=task.first,
        others=tuple(market.columns.series for market in markets[1:]),
    )
    return filled(base, markets, terms, logs, charges)


def charges_in(columns: Columns, settings: Settings) -> Floats | None:
    """The rate charged at each bar's open; a spot account holds nothing that pays funding."""
    return None if settings.account is Account.SPOT else columns.charges


def _check_money(instruments: Sequence[Instrument], settings: Settings) -> None:
    """One account counts in one asset: the quote asset, on an inverse account the coin that is its margin."""
    main = instruments[0]
    for other in instruments[1:]:
        if settings.account is Account.INVERSE and other.base != main.base:
            raise RefusedError(f"{other.symbol} has its margin in {other.base}, not {main.base}", code="data.money")
        if settings.account is not Account.INVERSE and other.quote != main.quote:
            raise RefusedError(f"{other.symbol} is quoted in {other.quote}, not {main.quote}", code="data.money")


Logs = Sequence[tuple[NDArray[np.void], NDArray[np.int64]]]
"""Of each market: its order log, and the kernel's rows of its fills."""


@dataclass(frozen=True, slots=True)
class _Task:
    """A strategy that is set up, and everything it runs over."""

    strategy: Strategy
    declared: Declared
    markets: Sequence[Market]
    terms: Sequence[Terms]
    settings: Settings
    charges: Sequence[Floats | None]
    first: int

    def run(self, tier: Tier | None, progress: Progress | None) -> tuple[Tier, str, Logs, tuple[Note, ...]]:
        """Run the fastest way that is not ruled out; which it was and why."""
        why = "asked for"
        if tier in (None, Tier.COMPILED):
            ran, why = self._native(progress, must=tier is Tier.COMPILED)
            if ran is not None:
                return Tier.COMPILED, why, [(ran.orders, ran.fills)], ran.notes
        tapes = [
            Tape(market.columns.series, one, self.settings, charges, market.columns.traded)
            for market, one, charges in zip(self.markets, self.terms, self.charges, strict=True)
        ]
        self.declared.compute()
        desk = ResearchDesk(tapes, self.declared.cursor)
        drive = Drive(self.strategy, self.declared, desk, tapes, tapes[0].series, self.first, progress)
        drive.run()
        return Tier.SPARSE if drive.sparse else Tier.INTERPRETED, why, drive.logs(), tuple(desk.notes)

    def _native(self, progress: Progress | None, *, must: bool) -> tuple[Ran | None, str]:
        course = course_of(self.markets[0].columns.series, self.terms[0], self.settings, self.charges[0])
        try:
            ran = run_native(self.strategy, self.declared, course, progress)
        except SubsetError as error:
            if must:
                raise
            return None, error.message
        if ran is None:
            return None, "it left the subset while it ran: an error, or a number too large"
        return ran, "inside the subset"


def filled(
    run: Run, markets: Sequence[Market], terms: Sequence[Terms],
    logs: Logs, charged: Sequence[Floats | None],
) -> Run:  # fmt: skip
    """A run with its logs, curve and exact sums, from the kernel's tables."""
    settings = run.settings
    curves: list[Curve] = []
    for number, (market, one, (_, fills), rates) in enumerate(zip(markets, terms, logs, charged, strict=True)):
        series = market.columns.series
        start = float(settings.cash) if number == 0 else 0.0
        curve = curve_of(series, fills, one, start, None)
        charges = charges_of(series, fills, one, rates, borrow_a_bar(series, settings))
        curves.append(curve if charges is None else curve_of(series, fills, one, start, charges))
    paid = sum((curve.paid for curve in curves), Decimal(0))
    return replace(
        run,
        orders=_joined([orders for orders, _ in logs]),
        fills=_by_bar([fill_log(fills, number) for number, (_, fills) in enumerate(logs)]),
        equity=curves[0].equity if len(curves) == 1 else np.sum([curve.equity for curve in curves], axis=0),
        cash=settings.cash + paid,
        fees=sum((curve.fees for curve in curves), Decimal(0)),
        funding=sum((curve.funding for curve in curves), Decimal(0)),
        profit=paid + sum((curve.held for curve in curves), Decimal(0)),
        parts=tuple(map(_part, markets, curves)),
    )


def _part(market: Market, curve: Curve) -> Part:
    columns = market.columns
    profit = curve.paid + curve.held
    return Part(market.instrument, columns.series, columns.own, columns.funding, curve.fees, curve.funding, profit)


def _joined(logs: list[NDArray[np.void]]) -> NDArray[np.void]:
    return logs[0] if len(logs) == 1 else np.concatenate(logs)


def _by_bar(logs: list[NDArray[np.void]]) -> NDArray[np.void]:
    if len(logs) == 1:
        return logs[0]
    fills = np.concatenate(logs)
    return fills[np.argsort(fills["bar"], kind="stable")]


def values_of(declared: Declared, given: Mapping[str, str]) -> dict[str, str]:
    """Every parameter with the value it had."""
    return {parameter.name: given.get(parameter.name, parameter.default) for parameter in declared.parameters}


def aligned(main: BarSeries, other: BarSeries) -> BarSeries:
    """`other` on the bars of `main`: where it has none, its last close stands and nothing traded.

    Raises:
        RefusedError: another timeframe, or `other` begins after `main`.
    """
    if other.timeframe_ns != main.timeframe_ns:
        raise RefusedError(f"{other.symbol} has another timeframe than {main.symbol}", code="data.timeframe")
    newest = np.searchsorted(other.open_ns, main.open_ns, side="right") - 1
    if len(newest) and newest[0] < 0:
        raise RefusedError(f"{other.symbol} begins after {main.symbol}; start later", code="data.start")
    own = other.open_ns[newest] == main.open_ns
    close = other.close[newest]
    return BarSeries(
        other.symbol,
        main.timeframe_ns,
        main.open_ns,
        np.where(own, other.open[newest], close),
        np.where(own, other.high[newest], close),
        np.where(own, other.low[newest], close),
        close,
        np.where(own, other.volume[newest], 0.0),
    )
