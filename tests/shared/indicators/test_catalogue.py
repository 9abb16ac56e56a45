"""What every indicator of the catalogue promises."""

from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.indicators.markets import walk
from shared.indicators.test_formulas import FORMULAS
from shared.indicators.test_talib import SHARED

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.indicators import CATALOGUE, COLUMNS, GROUPS, Definition, Streaming, checked, definition_of
from tradedeck.indicators.over import over

EVERY = list(CATALOGUE.values())


def named(definition: Definition) -> str:
    return definition.name


def plain(length: int) -> dict[str, list[float]]:
    return {name: column.tolist() for name, column in walk(5, length).items()}


def test_there_are_more_than_a_hundred_and_no_name_twice() -> None:
    assert len(CATALOGUE) == sum(len(group) for group in GROUPS.values()) > 100


def test_every_one_is_held_to_talib_or_to_its_formula() -> None:
    assert set(CATALOGUE) == {*SHARED, *(formula.__name__ for formula in FORMULAS)}


@pytest.mark.parametrize("definition", EVERY, ids=named)
def test_values_begin_at_the_stated_bar_and_never_stop(definition: Definition) -> None:
    warm = definition.warm_up(*definition.defaults)
    columns = over(definition, plain(warm + 30))
    for output in columns:
        assert not any(isnan(value) for value in output[warm - 1 :])
    assert warm == 1 or any(isnan(output[warm - 2]) for output in columns)


@pytest.mark.parametrize("definition", EVERY, ids=named)
def test_values_begin_there_with_the_least_parameters_too(definition: Definition) -> None:
    params = tuple(max(p.low, 2) if p.whole else p.default for p in definition.params)
    warm = definition.warm_up(*params)
    columns = over(definition, plain(warm + 30), params)
    assert not any(isnan(value) for output in columns for value in output[warm - 1 :])
    assert warm == 1 or any(isnan(output[warm - 2]) for output in columns)


@pytest.mark.parametrize("definition", EVERY, ids=named)
def test_a_flat_market_breaks_nothing(definition: Definition) -> None:
    flat = {name: [100.0] * 300 for name in (*COLUMNS, "x")} | {"volume": [0.0] * 300}
    for output in over(definition, flat):
        assert np.isfinite(output[definition.warm_up(*definition.defaults) - 1 :]).all()


@given(length=st.integers(0, 260), which=st.sampled_from(EVERY), least=st.booleans())
@settings(max_examples=150, deadline=None)
def test_bar_by_bar_equals_the_whole_series(length: int, which: Definition, least: bool) -> None:
    params = tuple(max(p.low, 2) if p.whole else p.default for p in which.params) if least else ()
    columns = plain(length)
    stream = Streaming(which, params)
    assert all(isnan(value) for value in stream.values)
    rows: list[tuple[float, ...]] = []
    for bar in zip(*(columns[name] for name in (*COLUMNS, "x")), strict=True):
        before = stream.values
        stream.update(*bar)
        assert stream.previous is before
        rows.append(stream.values)
    for i, output in enumerate(over(which, columns, params)):
        np.testing.assert_array_equal([row[i] for row in rows], output)


def test_no_value_leaves_an_indicator_as_it_was() -> None:
    stream = Streaming(CATALOGUE["sma"], (2,))
    for x in (1.0, 3.0, nan, 5.0):
        stream.update(x, x, x, x, x, x)
    assert (stream.previous, stream.values) != ((2.0,), (4.0,))
    assert isnan(stream.previous[0])
    assert stream.values == (4.0,)


def test_a_running_sum_does_not_drift() -> None:
    x = [1e9, 1e-3] * 50 + [0.1] * 2000
    (means,) = over(CATALOGUE["sma"], {"x": x}, (20,))
    assert means[-1] == pytest.approx(0.1, rel=1e-14)


@pytest.mark.parametrize("params", [(0,), (2.5,), (nan,), (1e9,), (-3,)])
def test_a_parameter_outside_its_bounds_is_named(params: tuple[float, ...]) -> None:
    with pytest.raises(RefusedError, match="sma: length must be a whole number from 1 to 100000"):
        checked(CATALOGUE["sma"], params)


def test_too_many_parameters_are_refused_with_their_names() -> None:
    with pytest.raises(RefusedError, match=r"macd takes 3 parameters \(fast, slow, smooth\), not 4"):
        checked(CATALOGUE["macd"], (1, 2, 3, 4))


def test_parameters_left_out_are_the_usual_ones() -> None:
    assert checked(CATALOGUE["macd"], (5,)) == (5, 26, 9)
    assert CATALOGUE["t3"].defaults == (5, 0.7)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(RefusedError, match="atr needs the column low"):
        over(CATALOGUE["atr"], {"high": [1.0], "close": [1.0]})


def test_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(RefusedError, match="columns of one length"):
        over(CATALOGUE["medprice"], {"high": [1.0], "low": [1.0, 2.0]})


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(NotFoundError, match=r"did you mean .*sma"):
        definition_of("smaa")
