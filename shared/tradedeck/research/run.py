"""One strategy over recorded bars, whichever way is fastest: the same orders, fills and cash in all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradedeck.compile.subset import SubsetError
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.history.series import BarSeries, Floats
from tradedeck.ports.strategy import Strategy
from tradedeck.research.curve import Curve, charges_of, curve_of
from tradedeck.research.declared import Declared, declare
from tradedeck.research.desk import ResearchDesk
from tradedeck.research.drive import Drive
from tradedeck.research.lines import Columns
from tradedeck.research.native import native_of, run_native
from tradedeck.research.result import FILL, ORDER, Note, Run, Tier
from tradedeck.research.settings import Settings
from tradedeck.research.tape import Tape, borrow_a_bar
from tradedeck.research.terms import Terms, terms_of
from tradedeck.sim.kernel import layout as at

Progress = Callable[[int], None]


def backtest(
    strategy: type[Strategy],
    series: BarSeries,
    instrument: Instrument,
    *,
    params: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    tier: Tier | None = None,
    others: Sequence[tuple[BarSeries, Instrument]] = (),
    funding: Floats | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run `strategy` over `series`; `others` are its second markets, `funding` the rate due at each bar's open.

    `tier` None takes native code where the strategy stays inside the subset, else Python. `progress` is told how
    many bars are done; raising in it stops the run.

    Raises:
        RefusedError: a parameter or setting is wrong, or a tier was asked for that the strategy can't run on.
    """
    used = settings or Settings()
    if not len(series):
        raise RefusedError("there are no bars to run over; check the dates", code="data.empty")
    markets = [Columns(series), *(Columns(aligned(series, other)) for other, _ in others)]
    made, declared = declare(strategy, params or {}, markets)
    terms = [terms_of(one, used, len(series)) for one in (instrument, *(other for _, other in others))]
    first = declared.warm_from()
    ran, why, logs, notes = _driven(made, declared, series, markets, terms, used, funding, first, tier, progress)
    base = Run(
        strategy=strategy.__name__,
        params=values_of(declared, params or {}),
        tier=ran,
        why_tier=why,
        instrument=instrument,
        grid=terms[0].grid,
        series=series,
        settings=used,
        orders=np.empty(0, ORDER),
        fills=np.empty(0, FILL),
        equity=np.empty(0),
        position=np.empty(0, np.int64),
        cash=Decimal(0),
        fees=Decimal(0),
        funding=Decimal(0),
        profit=Decimal(0),
        notes=notes,
        first_bar=first,
        others=tuple(columns.series for columns in markets[1:]),
    )
    return filled(base, [columns.series for columns in markets], terms, logs, funding)


Logs = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def _driven(
    strategy: Strategy, declared: Declared, series: BarSeries, markets: Sequence[Columns], terms: Sequence[Terms],
    settings: Settings, funding: Floats | None, first: int, tier: Tier | None, progress: Progress | None,
) -> tuple[Tier, str, Logs, tuple[Note, ...]]:  # fmt: skip
    """Run the fastest way that was not ruled out; which it was and why."""
    why = "asked for"
    if tier in (None, Tier.COMPILED):
        try:
            native = native_of(strategy, declared)
        except SubsetError as error:
            if tier is Tier.COMPILED:
                raise
            why = error.message
        else:
            ran = run_native(native, strategy, declared, series, terms[0], settings, funding, first)
            if ran is not None:
                return Tier.COMPILED, "inside the subset", [(ran.orders, ran.fills)], ran.notes
            why = "it left the subset while it ran: an error, or a number too large"
    tapes = [
        Tape(columns.series, one, settings, funding if number == 0 else None)
        for number, (columns, one) in enumerate(zip(markets, terms, strict=True))
    ]
    desk = ResearchDesk(tapes, declared.cursor)
    drive = Drive(strategy, declared, desk, tapes, series, first, progress)
    drive.run()
    return Tier.SPARSE if drive.sparse else Tier.INTERPRETED, why, drive.tables(), tuple(desk.notes)


def filled(
    run: Run, markets: Sequence[BarSeries], terms: Sequence[Terms],
    logs: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]], funding: Floats | None,
) -> Run:  # fmt: skip
    """A run with its logs, curve and exact sums, from the kernel's tables."""
    settings = run.settings
    curves: list[Curve] = []
    for number, (series, one, (_, fills)) in enumerate(zip(markets, terms, logs, strict=True)):
        borrow = borrow_a_bar(series, settings)
        plain = curve_of(series, fills, one, settings, None)
        charges = charges_of(series, plain.position, one, funding if number == 0 else None, borrow)
        curves.append(plain if charges is None else curve_of(series, fills, one, settings, charges))
    equity = float(settings.cash) + np.sum([curve.gain for curve in curves], axis=0)
    return replace(
        run,
        orders=np.concatenate([_orders(orders, number) for number, (orders, _) in enumerate(logs)]),
        fills=_by_bar(np.concatenate([_fills(fills, number) for number, (_, fills) in enumerate(logs)])),
        equity=equity,
        position=curves[0].position,
        cash=settings.cash + sum(curve.cash for curve in curves),
        fees=sum((curve.fees for curve in curves), Decimal(0)),
        funding=sum((curve.funding for curve in curves), Decimal(0)),
        profit=sum((curve.profit for curve in curves), Decimal(0)),
    )


def _orders(rows: NDArray[np.int64], market: int) -> NDArray[np.void]:
    made = np.zeros(len(rows), ORDER)
    made["number"] = np.arange(1, len(rows) + 1)
    made["market"] = market
    for name, cell in _ORDER_CELLS.items():
        made[name] = rows[:, cell]
    return made


def _fills(rows: NDArray[np.int64], market: int) -> NDArray[np.void]:
    made = np.zeros(len(rows), FILL)
    made["market"] = market
    for name, cell in _FILL_CELLS.items():
        made[name] = rows[:, cell]
    return made


def _by_bar(fills: NDArray[np.void]) -> NDArray[np.void]:
    return fills[np.argsort(fills["bar"], kind="stable")]


_ORDER_CELLS = {
    "kind": at.KIND, "sign": at.SIGN, "lots": at.LOTS, "price": at.PRICE, "stop": at.STOP, "placed": at.PLACED,
    "ended": at.ENDED, "state": at.STATE, "reason": at.REASON, "filled": at.FILLED, "group": at.GROUP,
    "parent": at.PARENT, "flags": at.FLAGS,
}  # fmt: skip
_FILL_CELLS = {
    "order": at.F_ORDER, "bar": at.F_BAR, "sign": at.F_SIGN, "price": at.F_PRICE, "lots": at.F_LOTS,
    "maker": at.F_MAKER,
}  # fmt: skip


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
