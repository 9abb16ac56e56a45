"""Native code gives what plain Python gives, to the last bit, and is compiled once a machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.indicators.markets import walk

from tradedeck.compile import cache, columns
from tradedeck.compile.columns import Growing, columns_of
from tradedeck.compile.sources import source_of
from tradedeck.domain.errors import RefusedError
from tradedeck.indicators import CATALOGUE, Definition
from tradedeck.indicators.over import over

EVERY = list(CATALOGUE.values())
COUNT_COMPILED = """
import numba.core.compiler as compiler, numpy as np
from tradedeck.compile.columns import Growing, columns_of
from tradedeck.indicators import CATALOGUE
count, real = [0], compiler.compile_extra
def counted(*args, **kwargs):
    count[0] += 1
    return real(*args, **kwargs)
compiler.compile_extra = counted
columns_of(CATALOGUE["sma"], {"x": np.arange(50.0)}, (5,))
print(count[0])
"""


@pytest.mark.parametrize("which", EVERY, ids=lambda which: which.name)
def test_native_equals_plain_to_the_last_bit(which: Definition) -> None:
    market = walk(9, 400)
    plain = over(which, {name: column.tolist() for name, column in market.items()})
    for mine, expected in zip(columns_of(which, market), plain, strict=True):
        np.testing.assert_array_equal(mine, np.array(expected))


@given(length=st.integers(0, 200), which=st.sampled_from(EVERY), seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_native_equals_plain_at_any_length(length: int, which: Definition, seed: int) -> None:
    market = walk(seed, length)
    params = tuple(max(p.low, 2) if p.whole else p.default for p in which.params)
    plain = over(which, {name: column.tolist() for name, column in market.items()}, params)
    for mine, expected in zip(columns_of(which, market, params), plain, strict=True):
        np.testing.assert_array_equal(mine, np.array(expected, np.float64))


def test_columns_with_gaps_in_memory_are_read_rightly() -> None:
    wide = np.arange(40.0).reshape(20, 2)
    (mine,) = columns_of(CATALOGUE["sma"], {"x": wide[:, 1]}, (2,))
    np.testing.assert_array_equal(mine[1:], wide[1:, 1] - 1)


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    def compiled() -> int:
        environment = {**os.environ, "TRADEDECK_CACHE": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run(
            [sys.executable, "-c", COUNT_COMPILED], env=environment, capture_output=True, text=True, check=True
        )
        return int(run.stdout)

    assert compiled() > 0
    assert compiled() == 0


def test_a_changed_file_in_the_cache_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEDECK_CACHE", str(tmp_path))
    assert cache.load_module("one", "value = 1\n").value == 1
    (path,) = tmp_path.glob("native-*/one_*.py")
    path.write_text("value = 2\n")
    assert cache.load_module("one", "value = 1\n").value == 1


def test_the_cache_keeps_the_newest_versions_and_modules_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEDECK_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "_MODULES", 4)
    for age in range(5):
        (tmp_path / f"native-old{age}").mkdir()
        os.utime(tmp_path / f"native-old{age}", (age, age))
    for i in range(9):
        cache.load_module("number", f"value = {i}\n")
    assert sorted(path.name for path in tmp_path.glob("native-old*")) == ["native-old3", "native-old4"]
    assert len(list(tmp_path.glob("native-*/number_*.py"))) == 4


def test_where_nothing_can_be_written_a_private_folder_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRADEDECK_CACHE", str(tmp_path / "file"))
    assert cache.load_module("one", "value = 1\n").value == 1


def test_without_numba_it_runs_in_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> None:
        return None

    monkeypatch.setattr(columns, "find_spec", nothing)
    (mine,) = columns_of(CATALOGUE["sma"], {"x": np.array([1.0, 3.0, 5.0])}, (2,))
    np.testing.assert_array_equal(mine, [np.nan, 2.0, 4.0])


def test_a_step_that_uses_more_than_numbers_is_refused_by_name() -> None:
    with pytest.raises(RefusedError, match="greedy can't be compiled: os"):
        source_of(greedy, "")


def greedy() -> str:
    return os.sep


@settings(deadline=None)
@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    hole=st.integers(0, 200),
    n=st.integers(1, 12),
)
def test_the_quick_mean_is_the_step_s_to_the_last_bit(values: list[float], hole: int, n: int) -> None:
    values = [float("nan") if place == hole else value for place, value in enumerate(values)]
    definition = CATALOGUE["sma"]
    (quick,) = columns_of(definition, {"x": np.array(values)}, (n,))
    (slow,) = over(definition, {"x": values}, (n,))
    assert np.array_equal(quick, np.array(slow), equal_nan=True)


@given(
    steps=st.lists(st.integers(1, 90), max_size=8), which=st.sampled_from(EVERY), seed=st.integers(0, 1000),
    hole=st.none() | st.integers(0, 199),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_what_grows_by_parts_is_the_same(steps: list[int], which: Definition, seed: int, hole: int | None) -> None:
    market = walk(seed, 200)
    if hole is not None and "x" in which.inputs:
        market["x"] = market["x"].copy()
        market["x"][hole] = np.nan
    growing = Growing(which, market)
    for step in steps:
        growing.reach(min(growing.done + step, growing.length))
    growing.reach(growing.length)
    for mine, expected in zip(growing.outputs, columns_of(which, market), strict=True):
        np.testing.assert_array_equal(mine, expected)
