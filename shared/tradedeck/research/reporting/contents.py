"""A report as plain data: what its JSON holds, and what its page is drawn from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np

from tradedeck.domain.money import text
from tradedeck.research import metrics
from tradedeck.research.figures import benchmark_of, close_times, costs_by_market, costs_of, measure
from tradedeck.research.reporting.extras import Extras, Gap, gaps_of
from tradedeck.research.reporting.why import ENDINGS, Explainer, Grids, lines_text
from tradedeck.research.result import Kind, Run, State
from tradedeck.research.settings import Account
from tradedeck.research.trades import Trade, round_trips

FORMAT = 2
"""Raised when a field changes its meaning."""
MAX_EXPLAINED = 2000
"""So many bars with orders are explained in the JSON, the first ones; `why` tells of any other."""
ROLLING_DAYS = 30


def report_of(run: Run, extras: Extras | None = None, trades: Sequence[Trade] | None = None) -> dict[str, Any]:
    """Everything a report says, as JSON-ready values: exact amounts as text, what is unknown as None.

    `trades` are the run's `round_trips`, for whoever has them already.
    """
    known = extras or Extras()
    trades = round_trips(run) if trades is None else trades
    gaps = gaps_of(run.series) if known.gaps is None else known.gaps
    return plain({
        "format": FORMAT,
        "run": _run(run),
        "fingerprint": known.fingerprint,
        "settings": run.assumed,
        "figures": asdict(measure(run, trades)),
        "costs": _costs(run),
        "luck": {"trials": known.trials, "deflated_sharpe": known.deflated_sharpe},
        "daily": _daily(run),
        "trades": [_trade(trade, gaps) for trade in trades],
        "orders": _orders(run),
        "fills": _fills(run),
        "notes": [asdict(note) for note in run.notes],
        "why": _explained(run, known),
        "data": _data(run, gaps, trades),
        "checks": [asdict(check) for check in known.checks],
        "heat": asdict(known.heat) if known.heat else None,
        "outlooks": [asdict(outlook) for outlook in known.outlooks],
    })  # fmt: skip


def to_json(report: Mapping[str, Any]) -> str:
    """The report's one canonical text: the same report is the same bytes."""
    return json.dumps(report, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Values JSON knows: decimals as text, NaN and infinity as None, tuples as lists, keys as text."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return text(value)
    if isinstance(value, bool | str | int | None):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, np.ndarray | Sequence):
        return [plain(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return plain(value.item())


def when(time_ns: int) -> str:
    """A time for people: UTC, to the second."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _run(run: Run) -> dict[str, Any]:
    series, instrument = run.series, run.instrument
    return {
        "strategy": run.strategy,
        "params": run.params,
        "symbol": instrument.symbol,
        "venue": instrument.venue,
        "money": instrument.base if run.settings.account is Account.INVERSE else instrument.quote,
        "base": instrument.base,
        "price_decimals": instrument.price_decimals(),
        "size_decimals": instrument.size_decimals(),
        "tier": run.tier,
        "why_tier": run.why_tier,
        "timeframe_ns": series.timeframe_ns,
        "bars": len(series),
        "first_bar": run.first_bar,
        "from_ns": int(series.open_ns[0]) if len(series) else 0,
        "to_ns": int(series.open_ns[-1]) + series.timeframe_ns if len(series) else 0,
        "others": [other.symbol for other in run.others],
    }


def _costs(run: Run) -> dict[str, Any]:
    each = {market: asdict(costs) for market, costs in costs_by_market(run).items()}
    return {**asdict(costs_of(run)), "markets": each}


def _daily(run: Run) -> dict[str, Any]:
    start, closes = float(run.settings.cash), close_times(run.series)
    equity, days = metrics.daily(run.equity, closes)
    benchmark, _ = metrics.daily(benchmark_of(run), closes)
    returns = metrics.returns_of(equity, start)
    window = min(ROLLING_DAYS, max(7, len(returns) // 3))
    return {
        "day": days.tolist(),
        "equity": equity.tolist(),
        "benchmark": benchmark.tolist(),
        "returns": returns.tolist(),
        "drawdown": metrics.underwater(equity, start).tolist(),
        "rolling_window": window,
        "rolling_sharpe": metrics.rolling_sharpe(returns, window).tolist(),
        "monthly": metrics.monthly(returns, days),
    }


def _trade(trade: Trade, gaps: Sequence[Gap]) -> dict[str, Any]:
    told = {field.name: getattr(trade, field.name) for field in fields(trade)}
    return {**told, "rate": trade.rate, "in_gap": touches_gap(trade, gaps)}


def touches_gap(trade: Trade, gaps: Sequence[Gap]) -> bool:
    """Whether bars are missing between a trade's entry and its exit, or just before its entry.

    What happened then, nobody knows; an order that was asked for before a gap and filled after it met a later price.
    """
    return any(
        gap.end_ns == trade.entry_ns
        or (gap.start_ns > trade.entry_ns and (trade.is_open or gap.end_ns <= trade.exit_ns))
        for gap in gaps
    )


def _orders(run: Run) -> dict[str, Any]:
    orders, grids = run.orders, Grids(run)
    markets = orders["market"].tolist()

    def sizes(name: str) -> list[str]:
        return [grids.size(market, lots) for market, lots in zip(markets, orders[name].tolist(), strict=True)]

    def prices(name: str) -> list[str | None]:
        pairs = zip(markets, orders[name].tolist(), strict=True)
        return [grids.price(market, ticks) if ticks else None for market, ticks in pairs]

    return {
        "number": orders["number"].tolist(),
        "market": markets,
        "kind": [Kind(kind).name.lower() for kind in orders["kind"].tolist()],
        "sign": orders["sign"].tolist(),
        "size": sizes("lots"),
        "filled": sizes("filled"),
        "price": prices("price"),
        "stop": prices("stop"),
        "placed": orders["placed"].tolist(),
        "ended": orders["ended"].tolist(),
        "state": [State(state).name.lower() for state in orders["state"].tolist()],
        "reason": [ENDINGS[reason] if 0 <= reason < len(ENDINGS) else "" for reason in orders["reason"].tolist()],
        "parent": orders["parent"].tolist(),
        "group": orders["group"].tolist(),
    }


def _fills(run: Run) -> dict[str, Any]:
    fills, grids = run.fills, Grids(run)
    markets = fills["market"].tolist()
    return {
        "order": fills["order"].tolist(),
        "market": markets,
        "bar": fills["bar"].tolist(),
        "sign": fills["sign"].tolist(),
        "size": [grids.size(market, lots) for market, lots in zip(markets, fills["lots"].tolist(), strict=True)],
        "price": [grids.price(market, ticks) for market, ticks in zip(markets, fills["price"].tolist(), strict=True)],
        "maker": fills["maker"].tolist(),
    }


def _explained(run: Run, extras: Extras) -> dict[str, Any]:
    explainer, told = Explainer(run, extras.lines), dict[str, Any]()
    for bar in explainer.busy[:MAX_EXPLAINED]:
        found = explainer.why(bar)
        told[str(bar)] = {**asdict(found), "lines": lines_text(found.lines)}
    return told


def _data(run: Run, gaps: Sequence[Gap], trades: Sequence[Trade]) -> dict[str, Any]:
    missing = sum(gap.missing for gap in gaps)
    expected = len(run.series) + missing
    series = run.series
    return {
        "gaps": [asdict(gap) for gap in gaps],
        "missing": missing,
        "completeness": len(series) / expected if expected else None,
        "no_volume": int(np.count_nonzero(series.volume == 0)),
        "trades_in_gaps": sum(touches_gap(trade, gaps) for trade in trades),
    }
