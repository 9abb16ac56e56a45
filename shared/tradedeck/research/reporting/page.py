"""The report as one page that needs nothing else: no network, no server, no library."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from tradedeck.design import css
from tradedeck.research.figures import benchmark_of
from tradedeck.research.reporting.columns import Buckets, buckets_of, deflated, gathered, packed, step_for
from tradedeck.research.reporting.contents import when
from tradedeck.research.reporting.extras import Extras
from tradedeck.research.result import Run

_ASSETS = files("tradedeck.research.reporting").joinpath("assets")
_SCRIPTS = ("columns.js", "format.js", "plot.js", "price.js", "why.js", "table.js", "cards.js", "small.js", "main.js")
_FONTS = {400: "inter-Regular.woff2", 600: "inter-SemiBold.woff2"}
MAX_LINES = 4
"""So many lines are drawn; each is as long as the price itself."""
_LEFT_OUT = ("why",)
"""The page explains any bar by itself."""


def page_of(run: Run, report: Mapping[str, Any], extras: Extras | None = None) -> str:
    """The HTML of a report. The data travels inside as deflated JSON."""
    title = f"{run.strategy} on {run.instrument.symbol}"
    told = {key: value for key, value in report.items() if key not in _LEFT_OUT}
    told["chart"] = _chart(run, extras or Extras())
    told["title"] = title
    told["span"] = f"{when(told['run']['from_ns'])[:16]} to {when(told['run']['to_ns'])[:16]} UTC"
    return (
        _text("page.html")
        .replace("{{title}}", escape(title))
        .replace("{{style}}", _fonts() + css() + _text("page.css"))
        .replace("{{script}}", "\n".join(_text(name) for name in _SCRIPTS))
        .replace("{{data}}", _packed(told))
    )


def _packed(told: Mapping[str, Any]) -> str:
    return deflated(json.dumps(told, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode())


def _chart(run: Run, extras: Extras) -> dict[str, Any]:
    series, buckets = run.series, buckets_of(len(run.series))
    tick = float(run.instrument.tick)
    seconds = series.timeframe_ns / 1e9
    offsets = (series.open_ns[buckets.starts] - series.open_ns[0]) / 1e9 if len(series) else np.empty(0)
    lows, highs = _curve_range(run, buckets)
    benchmark = benchmark_of(run)[buckets.lasts]
    cents = max(0.01, float(run.settings.cash) * 1e-7)
    return {
        "bucket": buckets.size,
        "origin_s": int(series.open_ns[0]) / 1e9 if len(series) else 0,
        "seconds": seconds,
        "time": packed(offsets, min(1.0, seconds)),
        "prices": {name: packed(values, tick) for name, values in gathered(series, buckets).items()},
        "equity": packed(run.equity[buckets.lasts], cents),
        "equity_low": packed(lows, cents),
        "equity_high": packed(highs, cents),
        "benchmark": packed(benchmark, cents),
        "position": packed(run.position[buckets.lasts].astype(np.float64), 1.0),
        "lot": float(run.instrument.lot),
        "lines": [
            {"name": name, **packed(values[buckets.lasts], step_for(values))}
            for name, values in list(extras.lines.items())[:MAX_LINES]
        ],
    }


def _curve_range(run: Run, buckets: Buckets) -> tuple[Any, Any]:
    if not buckets.bars:
        return np.empty(0), np.empty(0)
    return (
        np.minimum.reduceat(run.equity, buckets.starts),
        np.maximum.reduceat(run.equity, buckets.starts),
    )


def _fonts() -> str:
    faces: list[str] = []
    for weight, name in _FONTS.items():
        data = base64.b64encode(_ASSETS.joinpath(name).read_bytes()).decode()
        faces.append(
            f"@font-face {{ font-family: Inter; font-weight: {weight}; font-display: block;"
            f" src: url(data:font/woff2;base64,{data}) format('woff2'); }}\n"
        )
    return "".join(faces)


def _text(name: str) -> str:
    return _ASSETS.joinpath(name).read_text(encoding="utf-8")
