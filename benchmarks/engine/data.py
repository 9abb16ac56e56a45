"""Seeded bars and ticks on disk, the same for everybody who runs the benchmark."""

from __future__ import annotations

from pathlib import Path

import numpy as np

BARS = 1_000_000
TICKS = 5_000_000
START_MS = 1_609_459_200_000
"""2021-01-01 UTC."""
_STEPS = 4
"""Price steps inside a bar: they give it an honest high and low."""


def bars_file(cache: Path, count: int = BARS) -> Path:
    """One-minute bars as an .npz of columns; made once.

    Columns: `ts_ms` opening times (UTC milliseconds); `open`, `high`, `low`, `close` on a grid of 0.01;
    `volume` on a grid of 0.001.
    """
    path = cache / "data" / f"bars_{count}.npz"
    if not path.exists():
        _write(path, _bars(count))
    return path


def ticks_file(cache: Path, count: int = TICKS) -> Path:
    """Trades as an .npz of columns; made once.

    Columns: `ts_ns` (UTC nanoseconds), `price` on a grid of 0.01, `size` on a grid of 0.001, `side` +1 when
    the buyer took and -1 when the seller did.
    """
    path = cache / "data" / f"ticks_{count}.npz"
    if not path.exists():
        _write(path, _ticks(count))
    return path


def _write(path: Path, columns: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name("half_" + path.name)  # a stopped run must not leave a file that looks whole
    np.savez(half, allow_pickle=False, **columns)
    half.replace(path)


def _bars(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(42)
    moves = rng.normal(0.0, 0.0008 / np.sqrt(_STEPS), count * _STEPS)
    walk = np.clip(30_000.0 * np.exp(np.cumsum(moves)), 1000.0, None).reshape(count, _STEPS)
    close = np.round(walk[:, -1], 2)
    open_ = np.concatenate(([30_000.0], close[:-1]))
    high = np.round(np.maximum(np.maximum(walk.max(1), open_), close), 2)
    low = np.round(np.minimum(np.minimum(walk.min(1), open_), close), 2)
    volume = np.round(np.round(rng.lognormal(2.0, 0.6, count), 3) + 0.001, 3)
    ts_ms = START_MS + 60_000 * np.arange(count, dtype=np.int64)
    return {"ts_ms": ts_ms, "open": open_, "high": high, "low": low, "close": close, "volume": volume}


def _ticks(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(43)
    gaps = rng.exponential(50e6, count).astype(np.int64) + 1
    ts_ns = START_MS * 1_000_000 + np.cumsum(gaps)
    price = np.round(30_000.0 * np.exp(np.cumsum(rng.normal(0, 2e-5, count))), 2)
    size = np.round(np.round(rng.lognormal(-3, 1.0, count), 3) + 0.001, 3)
    side = np.where(rng.random(count) < 0.5, 1, -1).astype(np.int8)
    return {"ts_ns": ts_ns, "price": price, "size": size, "side": side}
