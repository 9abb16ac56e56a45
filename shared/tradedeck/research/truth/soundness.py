"""Whether the evidence carries the result: the data, the markets, the number of trades, the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradedeck.engine.parameters import Parameter
from tradedeck.history.checking import report_on
from tradedeck.history.series import BarSeries
from tradedeck.research.reporting.contents import touches_gap, when
from tradedeck.research.reporting.extras import gaps_of
from tradedeck.research.trades import Trade
from tradedeck.research.truth.findings import Finding, Level

FEW = 30
"""Below so many trades luck and skill look alike."""
SPAN = 0.01
"""A market that ends within this part of the whole time before the main one lasts to the end."""
MOST = 0.5
"""The part of the profit that one trade may make."""


def data_confidence(series: BarSeries, trades: Sequence[Trade]) -> Finding:
    """What is doubtful about the bars, and how many trades were made across holes in them."""
    found, gaps = report_on(series), gaps_of(series)
    across = [trade.number for trade in trades if touches_gap(trade, gaps)]
    counted = {
        "bars missing": found.missing,
        "gaps": len(found.gaps),
        "stretches that stand still": len(found.stale),
        "leaps": len(found.outliers),
        "bars at odd times": len(found.off_grid),
        "faulty bars": found.faulty,
        "trades across gaps": len(across),
    }
    figures = {name: float(number) for name, number in counted.items()}
    told = ", ".join(f"{name}: {number:,}" for name, number in counted.items() if number)
    if not told:
        return Finding("data", Level.FINE, f"{found.rows:,} bars without a gap, none doubtful", figures=figures)
    if across:
        some = ", ".join(f"#{number}" for number in across[:5])
        told += f" ({some}{' ...' if len(across) > 5 else ''}: nobody knows what prices they would have met)"
    # News leaps too, and quiet markets stand still: alone they are told, but doubt nothing.
    doubtful = found.missing or found.off_grid or found.faulty or across
    return Finding("data", Level.WARNING if doubtful else Level.FINE, told, figures=figures)


def survivorship(series: BarSeries, others: Sequence[BarSeries]) -> Finding | None:
    """Whether several markets were chosen with hindsight, and whether one ends before the others."""
    if not others:
        return None
    end = int(series.open_ns[-1]) + series.timeframe_ns
    late = end - max(series.timeframe_ns, int(SPAN * (end - int(series.open_ns[0]))))
    ends = {one.symbol: int(one.open_ns[-1]) + one.timeframe_ns for one in others}
    early = [f"{name} ends on {when(ends[name])[:10]}" for name in ends if ends[name] < late]
    if early:
        detail = f"{', '.join(early)}, before {series.symbol}: from then on its last price stands and nothing trades"
        return Finding("survivorship", Level.WARNING, detail)
    detail = (
        f"all {len(others) + 1} markets last to the end; markets that were delisted on the way are not among them, "
        "so the result is that of survivors"
    )
    return Finding("survivorship", Level.WARNING, detail)


def enough_trades(trades: Sequence[Trade]) -> Finding:
    """Whether there are enough closed trades to tell anything."""
    closed = sum(not trade.is_open for trade in trades)
    figures = {"trades": float(closed)}
    if closed < FEW:
        return Finding(
            "trades", Level.WARNING, f"{closed} closed trades: below {FEW} luck and skill look alike", figures=figures
        )
    return Finding("trades", Level.FINE, f"{closed:,} closed trades", figures=figures)


def spread_of_profit(trades: Sequence[Trade]) -> Finding | None:
    """Whether one trade makes most of the profit; nothing to say without a profit."""
    closed = [trade for trade in trades if not trade.is_open]
    total = sum((trade.profit for trade in closed), Decimal(0))
    if total <= 0:
        return None
    best = max(closed, key=lambda trade: trade.profit)
    share = float(best.profit / total)
    level = Level.WARNING if share > MOST else Level.FINE
    detail = f"the best trade (#{best.number}, {when(best.entry_ns)[:16]}) makes {share:.0%} of the profit"
    return Finding("one lucky trade", level, detail, figures={"share": share})


def edges(declared: Sequence[Parameter], params: dict[str, str]) -> Finding | None:
    """Whether a parameter lies at the end of its range: the best value may be beyond."""
    ranged = [one for one in declared if one.low and one.high and one.low != one.high]
    if not ranged:
        return None
    at_edge = [
        f"{one.name} is {params[one.name]}, its {'least' if Decimal(params[one.name]) == Decimal(one.low) else 'most'}"
        for one in ranged
        if Decimal(params[one.name]) in {Decimal(one.low), Decimal(one.high)}
    ]
    if at_edge:
        detail = f"{', '.join(at_edge)}: at the edge of its range nothing shows what lies beyond"
        return Finding("parameters", Level.WARNING, detail)
    return Finding("parameters", Level.FINE, "none at the edge of its range")
