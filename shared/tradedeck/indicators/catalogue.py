"""Every indicator by its name."""

from __future__ import annotations

from tradedeck.domain.errors import NotFoundError
from tradedeck.indicators.averages import AVERAGES
from tradedeck.indicators.channels import CHANNELS
from tradedeck.indicators.definition import Definition
from tradedeck.indicators.direction import DIRECTION
from tradedeck.indicators.momentum import MOMENTUM
from tradedeck.indicators.oscillators import OSCILLATORS
from tradedeck.indicators.price import PRICE
from tradedeck.indicators.statistics import STATISTICS
from tradedeck.indicators.trend import TREND
from tradedeck.indicators.volatility import VOLATILITY
from tradedeck.indicators.volume import VOLUME

GROUPS: dict[str, tuple[Definition, ...]] = {
    "Moving averages": AVERAGES,
    "Momentum": MOMENTUM,
    "Oscillators": OSCILLATORS,
    "Directional movement": DIRECTION,
    "Trend": TREND,
    "Volatility": VOLATILITY,
    "Channels": CHANNELS,
    "Volume": VOLUME,
    "Statistics": STATISTICS,
    "Prices": PRICE,
}
"""The catalogue in the order a reader wants it."""

CATALOGUE: dict[str, Definition] = {definition.name: definition for group in GROUPS.values() for definition in group}
"""Every indicator by its name."""


def definition_of(name: str) -> Definition:
    """The indicator called `name`.

    Raises:
        NotFoundError: there is none.
    """
    if name not in CATALOGUE:
        near = [known for known in CATALOGUE if known.startswith(name[:2])] or list(CATALOGUE)
        raise NotFoundError(f"no indicator is called {name!r}; did you mean {', '.join(near[:8])}?")
    return CATALOGUE[name]
