# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false, reportCallIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""vectorbt with its Rust engine: signals at a close, filled at the next open."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import vectorbt as vbt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from pairs import PAIRS, summed
from serve import Job, serve

RUST = {"engine": "rust"}
TERMS = {"size": 1.0, "init_cash": 1e8, "fees": 0.001, "freq": "1min", **RUST}
CHUNK = 250
"""Columns at a time: a thousand at once take more memory than most machines have."""


def columns(data, count):
    """Opens and closes as series with a time index."""
    bars = np.load(data)
    index = pd.to_datetime(bars["ts_ms"][:count], unit="ms")
    return (pd.Series(bars[name][:count], index=index) for name in ("open", "close"))


def shifted(up, valid):
    """Entries and exits one bar after the close that decided them."""
    entries, exits = np.zeros_like(up), np.zeros_like(up)
    entries[1:] = up[:-1]
    exits[1:] = (~up & valid)[:-1]
    return entries, exits


def single(data):
    """A million bars; no statistics."""
    opens, closes = columns(data, None)

    def run():
        fast = vbt.MA.run(closes, 20, short_name="fast", **RUST).ma.values
        slow = vbt.MA.run(closes, 50, short_name="slow", **RUST).ma.values
        entries, exits = shifted(fast > slow, ~np.isnan(slow))
        made = vbt.Portfolio.from_signals(closes, entries, exits, price=opens, **TERMS)
        return float(made.final_value()), int(made.orders.count())

    return Job(len(closes), lambda: run, lambda result: {"equity": round(result[0], 2), "fills": result[1]})


def sweep(data):
    """A thousand pairs over 100,000 bars, final equity of each."""
    opens, closes = columns(data, 100_000)
    lengths = sorted({length for pair in PAIRS for length in pair})
    column = {length: number for number, length in enumerate(lengths)}

    def run():
        means = vbt.MA.run(closes, lengths, **RUST).ma.values
        values, fills = [], []
        for start in range(0, len(PAIRS), CHUNK):
            part = PAIRS[start : start + CHUNK]
            fast = means[:, [column[pair[0]] for pair in part]]
            slow = means[:, [column[pair[1]] for pair in part]]
            entries, exits = shifted(fast > slow, ~np.isnan(slow))
            made = vbt.Portfolio.from_signals(closes, entries, exits, price=opens, **TERMS)
            values.append(made.final_value().to_numpy())
            fills.append(made.orders.count().to_numpy())
        return np.concatenate(values), np.concatenate(fills)

    return Job(len(closes) * len(PAIRS), lambda: run, lambda result: summed(result[0], result[1], closes.to_numpy()))


if __name__ == "__main__":
    serve(
        {"single": single, "sweep": sweep},
        {name: version(name) for name in ("vectorbt", "vectorbt-rust", "pandas", "numpy")},
    )
