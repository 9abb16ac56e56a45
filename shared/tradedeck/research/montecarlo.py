"""How lucky was it? The same trades or returns in another order, drawn again, or with some left out.

Every function takes a seeded numpy generator: the same seed gives the same numbers. A million draws of
thousands of trades would not fit into memory, so they are made in batches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from tradedeck.domain.errors import RefusedError
from tradedeck.history.series import Floats, Ints

Progress = Callable[[int, int], bool]
"""Told how many draws are done and how many there will be; False stops, and what is done counts."""
Draw = Callable[[int], Floats]
"""So many curves, one a row: the account's worth after each step, as a multiple of its start."""

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
_BATCH_CELLS = 4_000_000
_STEPS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Outlook:
    """What came out of `draws` curves, as multiples of the starting capital.

    `final` and `drawdown` (a positive fraction of the peak, above 1 where debt is left) by percentile; `loss` is
    the share of curves that ended below their start, `ruin` of those that ever fell to `ruin_level` of it or
    below. `bands` holds the PERCENTILES of the curves at `steps`.
    """

    method: str
    draws: int
    final: dict[int, float]
    drawdown: dict[int, float]
    ruin: float
    ruin_level: float
    loss: float
    steps: tuple[int, ...]
    bands: dict[int, tuple[float, ...]]


def shuffled_trades(
    profits: Floats, capital: float, random: Generator, draws: int = 1000, *,
    ruin_level: float = 0.5, progress: Progress | None = None,
) -> Outlook:  # fmt: skip
    """The same trades in another order: the end stays, the way there does not. `profits` in money.

    Raises:
        RefusedError: there are no trades, or no capital.
    """
    _check(profits, draws, capital)

    def draw(count: int) -> Floats:
        return _curves(random.permuted(np.tile(profits, (count, 1)), axis=1), capital)

    return outlook("shuffled trades", draw, len(profits), draws, ruin_level, progress)


def bootstrapped_trades(
    profits: Floats, capital: float, random: Generator, draws: int = 1000, *,
    ruin_level: float = 0.5, progress: Progress | None = None,
) -> Outlook:  # fmt: skip
    """As many trades, drawn with replacement (Efron 1979). Raises as `shuffled_trades`."""
    _check(profits, draws, capital)

    def draw(count: int) -> Floats:
        return _curves(random.choice(profits, (count, len(profits))), capital)

    return outlook("drawn trades", draw, len(profits), draws, ruin_level, progress)


def skipped_trades(
    profits: Floats, capital: float, random: Generator, draws: int = 1000, *,
    skip: float = 0.1, ruin_level: float = 0.5, progress: Progress | None = None,
) -> Outlook:  # fmt: skip
    """The trades in their order, each missed with probability `skip`. Raises as `shuffled_trades`."""
    _check(profits, draws, capital)

    def draw(count: int) -> Floats:
        return _curves(profits * (random.random((count, len(profits))) >= skip), capital)

    return outlook(f"{skip:.0%} of trades missed", draw, len(profits), draws, ruin_level, progress)


def block_bootstrap(
    returns: Floats, random: Generator, draws: int = 1000, *,
    block: int = 20, ruin_level: float = 0.5, progress: Progress | None = None,
) -> Outlook:  # fmt: skip
    """Returns drawn in blocks of `block` in a row, the circular block bootstrap of Politis and Romano (1992).

    Raises:
        RefusedError: no returns, or a block that is not at least 1.
    """
    _check(returns, draws, 1.0)
    if block < 1:
        raise RefusedError("a block must hold at least one return", code="montecarlo.block")
    count_of = len(returns)

    def draw(count: int) -> Floats:
        starts = random.integers(0, count_of, (count, -(-count_of // block), 1))
        places = ((starts + np.arange(block)) % count_of).reshape(count, -1)[:, :count_of]
        return _compounded(returns[places])

    return outlook(f"blocks of {block} returns", draw, count_of, draws, ruin_level, progress)


def stationary_bootstrap(
    returns: Floats, random: Generator, draws: int = 1000, *,
    mean_block: float = 20.0, ruin_level: float = 0.5, progress: Progress | None = None,
) -> Outlook:  # fmt: skip
    """Blocks of random, geometric length around `mean_block` (Politis and Romano 1994). Raises as `block_bootstrap`."""
    _check(returns, draws, 1.0)
    if mean_block < 1:
        raise RefusedError("a block must hold at least one return", code="montecarlo.block")

    def draw(count: int) -> Floats:
        places = stationary_places(len(returns), count, 1.0 / mean_block, random)
        return _compounded(returns[places])

    return outlook(f"blocks of about {mean_block:g} returns", draw, len(returns), draws, ruin_level, progress)


def stationary_places(length: int, count: int, chance: float, random: Generator) -> Ints:
    """Which returns each draw takes: with probability `chance` any one, else the one after the last, in a circle."""
    jumps = random.random((count, length)) < chance
    jumps[:, 0] = True
    columns = np.arange(length)
    # The column of the newest jump at or before each column; the block goes on from where that jump landed.
    newest = np.maximum.accumulate(np.where(jumps, columns, 0), axis=1)
    landed = np.take_along_axis(random.integers(0, length, (count, length)), newest, axis=1)
    return (landed + columns - newest) % length


def outlook(
    method: str, draw: Draw, length: int, draws: int, ruin_level: float, progress: Progress | None = None
) -> Outlook:
    """Draw curves of `length` steps in batches and sum them up."""
    steps = np.unique(np.linspace(0, length - 1, min(length, _STEPS_SHOWN)).astype(np.int64))
    finals: list[Floats] = []
    depths: list[Floats] = []
    lows: list[Floats] = []
    shown: list[Floats] = []
    batch = max(1, _BATCH_CELLS // length)
    done = 0
    while done < draws:
        curves = draw(min(batch, draws - done))
        done += len(curves)
        finals.append(curves[:, -1])
        depths.append(_depth(curves))
        lows.append(np.min(curves, axis=1))
        shown.append(curves[:, steps])
        if progress is not None and not progress(done, draws):
            break
    final, low = np.concatenate(finals), np.concatenate(lows)
    bands = np.percentile(np.concatenate(shown), PERCENTILES, axis=0)
    return Outlook(
        method=method,
        draws=done,
        final=_percentiles(final),
        drawdown=_percentiles(np.concatenate(depths)),
        ruin=float(np.mean(low <= ruin_level)),
        ruin_level=ruin_level,
        loss=float(np.mean(final < 1.0)),
        steps=tuple(steps.tolist()),
        bands={p: tuple(bands[i].tolist()) for i, p in enumerate(PERCENTILES)},
    )


def _curves(profits: Floats, capital: float) -> Floats:
    return 1.0 + np.cumsum(profits, axis=1) / capital


def _compounded(returns: Floats) -> Floats:
    curves: Floats = np.cumprod(1.0 + returns, axis=1, dtype=np.float64)
    return curves


def _depth(curves: Floats) -> Floats:
    """The deepest fall of each curve below its peak, the start included, as a fraction of the peak."""
    peaks = np.maximum(np.maximum.accumulate(curves, axis=1), 1.0)
    return np.max(1.0 - curves / peaks, axis=1, initial=0.0)


def _percentiles(values: Floats) -> dict[int, float]:
    return dict(zip(PERCENTILES, np.percentile(values, PERCENTILES).tolist(), strict=True))


def _check(values: Floats, draws: int, capital: float) -> None:
    if not len(values):
        raise RefusedError("there is nothing to draw from: the run made no trades", code="montecarlo.empty")
    if draws < 1 or not capital > 0:
        raise RefusedError("draws and capital must be above zero", code="montecarlo.draws")
