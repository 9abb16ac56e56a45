"""Every indicator that TA-Lib has agrees with it at every bar, warm-up included."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from shared.indicators.markets import Columns, walk, week

from tradedeck.compile.columns import columns_of
from tradedeck.indicators import CATALOGUE, Definition

NAMES = {"keltner": "KC", "heikin": "HA"}
TALIB: Any = import_module("talib")
ABSTRACT: Any = import_module("talib.abstract")
KNOWN = set(cast("list[str]", TALIB.get_functions()))
SHARED = [name for name in CATALOGUE if NAMES.get(name, name.upper()) in KNOWN]
MARKETS: dict[str, Callable[[], Columns]] = {"week": week, "walk 1": lambda: walk(1), "walk 2": lambda: walk(2)}
ORDER = {"smi": (0, 2, 1, 3)}
"""Where TA-Lib has the parameters in another order."""
CANCELS = {"linearreg_slope", "linearreg_angle", "fosc"}
"""TA-Lib loses digits to large prices here; a test below holds ours to exact fractions instead."""


def theirs(definition: Definition, columns: Columns, params: tuple[float, ...]) -> list[NDArray[np.float64]]:
    function = ABSTRACT.Function(NAMES.get(definition.name, definition.name.upper()))
    names = [name for name in function.parameters if "matype" not in name]
    order = ORDER.get(definition.name, range(len(params)))
    for name, at in zip(names, order, strict=False):
        whole = isinstance(function.parameters[name], int)
        function.parameters = {name: int(params[at]) if whole else float(params[at])}
    result: Any = function({name: column for name, column in columns.items() if name != "x"})
    outputs = cast("list[NDArray[np.float64]]", result if isinstance(result, list) else [result])
    return [np.asarray(column, np.float64) for column in outputs]


def others(definition: Definition) -> tuple[float, ...]:
    """Parameters that are not the usual ones."""
    return tuple(p.default + 3 if p.whole else min(p.default * 0.75, p.high) for p in definition.params)


def test_most_of_the_catalogue_has_a_twin_in_talib() -> None:
    assert len(SHARED) >= 90


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("usual", [True, False], ids=["usual", "other"])
def test_it_equals_talib_at_every_bar(name: str, market: str, usual: bool) -> None:
    definition = CATALOGUE[name]
    columns = MARKETS[market]()
    params = definition.defaults if usual else others(definition)
    ours = columns_of(definition, columns, params)
    loose = 1e-6 if name in CANCELS else 1e-9
    for output, mine, their in zip(definition.outputs, ours, theirs(definition, columns, params), strict=True):
        expected = np.where(np.isnan(mine), np.nan, their) if (name, output) == ("supertrend", "side") else their
        np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=loose, err_msg=f"{name} {output}")


def test_a_slope_keeps_the_digits_that_large_prices_cost() -> None:
    closes = week()["close"]
    (slopes,) = columns_of(CATALOGUE["linearreg_slope"], {"x": closes}, (14,))
    for end in range(700, 800):
        window = [Fraction(float(value)) for value in closes[end - 13 : end + 1]]
        exact = sum((2 * i - 13) * value for i, value in enumerate(window)) / 2 / Fraction(14 * 195, 12)
        assert slopes[end] == pytest.approx(float(exact), rel=1e-11, abs=1e-12)
