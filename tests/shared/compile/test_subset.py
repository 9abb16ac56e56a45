"""Sources of strangers: what harms is refused with its line and unseen; what is honest runs as it stands."""

from __future__ import annotations

import linecache
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from traceback import extract_tb
from types import FrameType
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.shared.compile.fuzz import differences
from tests.shared.compile.grammar import Writer, instrument, market
from tests.shared.compile.hostile.cases import HONEST, Case, cases, placed
from tradedeck import strategies
from tradedeck.compile.declaring import MAX_CELLS, MAX_DECLARED
from tradedeck.compile.expressions import FUNCTIONS, MATH_FUNCTIONS, MATH_NUMBERS
from tradedeck.compile.spelling import MAX_BYTES
from tradedeck.compile.stranger import check_source, load_stranger
from tradedeck.compile.subset import MAX_LIST, MAX_LOOP, MAX_NOTES, MAX_STATEMENTS, MAX_STEPS, SubsetError
from tradedeck.compile.verbs import VERBS
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import BarView, Strategy
from tradedeck.research.declared import declare
from tradedeck.research.lines import Columns
from tradedeck.research.native import shape_of
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account

HOSTILE = list(cases())
GOOD = list(cases(Path(__file__).parent / "honest"))
PLAIN = "\n".join(line for line in HONEST.splitlines() if not line.startswith("@")) + "\n"
SERIES = market(Random(1), 200)


def refused(text: str) -> SubsetError:
    with pytest.raises(SubsetError) as caught:
        check_source(text)
    return caught.value


def names(case: Case) -> str:
    return case.title


def run(kind: type[Strategy], tier: Tier | None = None, series: BarSeries = SERIES) -> Run:
    return backtest(kind, series, instrument(Account.SPOT), tier=tier)


def test_the_corpus_is_large() -> None:
    assert len(HOSTILE) >= 200
    assert len(GOOD) >= 30


@pytest.mark.parametrize("case", HOSTILE, ids=names)
def test_hostile_code_is_refused_with_its_line(case: Case) -> None:
    assert refused(case.text).line == case.line


@pytest.mark.parametrize("case", GOOD, ids=names)
def test_honest_code_is_taken_and_leaves_the_shape_that_was_read(case: Case) -> None:
    checked = check_source(case.text)
    made, declared = declare(load_stranger(case.text), {}, [Columns(replace(SERIES, timeframe_ns=60 * 10**9))])
    found = shape_of(made, declared)
    assert found.numbers == checked.shape.numbers
    assert found.lists == checked.shape.lists
    assert found.lines.keys() == checked.shape.lines.keys()
    assert found.signals.keys() == checked.shape.signals.keys()
    assert found.texts == checked.shape.texts
    assert found.bounds == checked.shape.bounds
    assert found.has_timer == checked.shape.has_timer


def test_random_strategies_of_the_grammar_are_taken() -> None:
    written = [Writer(Random(seed)).source() for seed in range(100)]
    whole = [text for text in written if "def helper" not in text or "self.helper(" in text]
    assert len(whole) > 50
    assert {check_source(text).name for text in whole} == {"Made"}


@pytest.mark.parametrize("name", ["sma_cross", "rsi_reversion", "donchian_breakout", "dca", "grid"])
def test_bundled_strategies_of_one_market_are_taken_as_they_stand(name: str) -> None:
    check_source((Path(strategies.__path__[0]) / f"{name}.py").read_text(encoding="utf-8"))


BOMBS = {
    "brackets": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "lists": "x = " + "[" * 5000 + "]" * 5000,
    "open brackets": "x = " + "(" * 60000,
    "minus": "x = " + "-" * 60000 + "1",
    "not": "x = " + "not " * 15000 + "1",
    "sums": "x = " + "+".join(["1"] * 30000),
    "powers": "x = " + "**".join(["1"] * 20000),
    "attributes": "x = a" + ".a" * 30000,
    "calls": "x = a" + "()" * 30000,
    "indices": "x = a" + "[0]" * 20000,
    "lambdas": "x = " + "lambda:" * 9000 + "1",
    "choices": "x = " + "1 if 1 else " * 5000 + "1",
    "comparisons": "x = " + "1<" * 30000 + "1",
    "texts with values": "x = " + "f'{" * 10000,
    "texts side by side": "x = " + "'a'" * 20000,
    "decorators": "@a\n" * 20000,
    "digits": "x = " + "9" * 60000,
    "await": "x = " + "await " * 10000 + "1",
    "stars": "f(" + "*" * 60000 + ")",
    "targets": "x = " * 16000 + "1",
    "semicolons": "x = 1;" * 10000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_for_the_parser_is_refused_before_it(name: str) -> None:
    assert refused(BOMBS[name]).line == 1 if name != "decorators" else refused(BOMBS[name])


def test_blocks_and_branches_nested_without_end_are_refused() -> None:
    deep = "\n".join(" " * k + "if 1:" for k in range(200))
    assert "nested" in refused(deep).reason
    chain = "if 1: pass\n" + "elif 1: pass\n" * 5000
    assert "elif" in refused(chain).reason
    within = "if bar.close > 1: pass\n" + "elif bar.close > 1: pass\n" * 150
    assert "nested" in refused(placed("bar", within)[0]).reason


def test_signs_that_are_no_text_are_refused_with_their_line() -> None:
    assert refused("x = 1\ny = '\0'\n").line == 2
    assert refused("x = 1\r\n\r\ny = '\0'\n").line == 3
    assert refused("x = 1\ny = '\ud800'\n").line == 2
    assert refused("x = 1\n# \u202e\n").line == 2
    assert refused("x = 1\ry = 2\n").line == 1
    assert refused("\ufeffx = 1\n").line == 1
    assert refused("# -*- coding: utf-7 -*-\n+AGEAYgBj-\n").line == 2


def test_a_source_that_is_too_long_is_refused() -> None:
    assert "KiB" in refused(PLAIN + "#" * MAX_BYTES).reason
    check_source(PLAIN + "#" * (MAX_BYTES - len(PLAIN.encode())))


def test_nothing_and_words_are_no_strategy() -> None:
    assert refused("").line == 1
    assert refused("\n\n").line == 1
    assert "class" in refused("hello = 'world'\n").reason


def test_names_that_wait_for_each_other_do_not_hold_up_the_check() -> None:
    count = 400
    body = [f"x{k} = 0" for k in range(count)]
    body += ["for _ in range(2):", *(f"    x{k} = x{k + 1}" for k in range(count - 1)), f"    x{count - 1} = 0.5"]
    assert "kind" in refused(placed("bar", "\n".join(body))[0]).reason


def test_a_text_does_not_make_the_check_run_it(tmp_path: Path) -> None:
    there = tmp_path / "there"
    for where in ("module", "class", "setup", "bar"):
        refused(placed(where, f"open({str(there)!r}, 'w')")[0])
    assert not there.exists()


def test_what_is_loaded_reaches_only_what_the_subset_needs() -> None:
    space = load_stranger(PLAIN).on_bar.__globals__
    assert set(space["__builtins__"]) == {
        "abs", "min", "max", "float", "int", "round", "bool", "range", "__build_class__",
    }  # fmt: skip
    assert {name for name in space if not name.startswith("_")} == {
        "BarView", "FillView", "LEVEL", "Mine", "Setup", "Strategy", "annotations", "math",
    } - {"annotations"}  # fmt: skip


def test_an_index_out_of_range_tells_its_line_in_native_code_and_in_python() -> None:
    text, line = placed("bar", "self.level = self.cells[self.count]")
    for tier in (None, Tier.INTERPRETED):
        with pytest.raises(IndexError) as caught:
            run(load_stranger(text), tier)
        last = extract_tb(caught.value.__traceback__)[-1]
        assert (last.lineno, last.line) == (line, "self.level = self.cells[self.count]")
    linecache.checkcache()
    assert last.line


def test_a_strategy_of_a_stranger_runs_natively_and_as_in_python() -> None:
    hold = "if self.cells[3] > self.fast.value:\n    self.target(LEVEL)\nelse:\n    self.close()"
    code = f"self.cells[self.count % 8] = bar.close\n{hold}"
    kind = load_stranger(placed("bar", code)[0])
    native, python = run(kind), run(kind, Tier.INTERPRETED)
    assert native.tier is Tier.COMPILED, native.why_tier
    assert len(native.fills) > 10
    assert differences(native, python) == []


TRUTHS = """yes = bar.close > bar.open
self.level = yes
self.level -= -yes * 0.5 + (+yes)
self.count += abs(yes) + round(yes) + int(yes) + max(yes, False) + min(yes, 2) + yes // 2 + yes % 2 + yes * yes - yes
self.level += float(yes) + yes / 2 + yes ** 2.0 + max(yes, 0.5) + math.sqrt(yes) + (yes if self.count else 0.5)
self.cells[yes] = yes
if yes < 0.5 or yes == 1 or bool(yes) == True:
    self.count += yes
self.target(yes * (self.count % 3))
"""


def test_truths_count_as_in_python() -> None:
    kind = load_stranger(placed("bar", TRUTHS)[0])
    native, python = run(kind), run(kind, Tier.INTERPRETED)
    assert (native.tier, len(native.fills) > 10) == (Tier.COMPILED, True)
    assert differences(native, python) == []


def test_a_helper_that_returns_a_number_at_every_end_is_taken() -> None:
    helper = "def size(self, x: float) -> float:\n    if x > 1.0:\n        return 1.0\n    else:\n        return 0.5"
    text, _ = placed("class", helper)
    check_source(text.replace("self.count += 1", "self.target(self.size(bar.close))"))


def test_the_most_work_of_one_event_is_counted_through_calls() -> None:
    helper = "def work(self):\n    for k in range(100):\n        self.level += 1.0"
    text, _ = placed("class", helper)
    check_source(text.replace("self.count += 1", "for k in range(100): self.work()"))
    assert "loops" in refused(text.replace("self.count += 1", "for k in range(101): self.work()")).reason


@pytest.mark.parametrize(
    "code",
    [
        "self.count *= self.count + 2",
        "self.count += self.count + 1",
        "x = self.count + 1\nself.count = x * x * x * x * x",
    ],
)
def test_whole_numbers_end_in_an_error_before_they_grow_in_native_code_and_in_python(code: str) -> None:
    text, line = placed("bar", code)
    for tier in (None, Tier.INTERPRETED):
        with pytest.raises(OverflowError, match="2\\*\\*53") as caught:
            run(load_stranger(text), tier)
        assert line + code.count("\n") in [frame.lineno for frame in extract_tb(caught.value.__traceback__)]


class Walk:
    """Writes loops within loops and calls, of any depth."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def source(self) -> str:
        methods = [f"def m{k}(self):\n" + self.block(k, 2) for k in range(3)]
        text, _ = placed("class", "\n".join(methods))
        called = "\n".join(" " * 8 + f"self.m{k}()" for k in range(3))
        return text.replace("        self.count += 1", called + "\n" + self.block(3, 2, "        "))

    def block(self, level: int, depth: int, pad: str = "    ") -> str:
        lines: list[str] = []
        for _ in range(self.random.randint(1, 2)):
            kind, inner = self.random.randrange(4), pad + "    "
            if kind == 0 and depth:
                turns = self.random.choice(["2", "7", "self.turns", "2, 9", "9, 2, -1", "0, 30, 4"])
                lines += [
                    f"{pad}for {'abcde'[level]}{depth} in range({turns}):",
                    self.block(level, depth - 1, inner),
                ]
            elif kind == 1 and depth:
                lines += [
                    f"{pad}if self.level < {self.random.randint(1, 40)}.0:",
                    self.block(level, depth - 1, inner),
                ]
            elif kind == 2 and level:
                lines.append(f"{pad}self.m{self.random.randrange(level)}()")
            else:
                lines.append(f"{pad}self.level = self.level * 0.5 + 1.0")
        return "\n".join(lines)


@pytest.mark.parametrize("seed", range(40))
def test_no_event_does_more_steps_than_were_counted_before(seed: int) -> None:
    text = Walk(Random(seed)).source()
    steps = check_source(text).steps
    kind = load_stranger(text)
    made, _ = declare(kind, {"turns": "10"}, [Columns(SERIES)])
    lines = 0

    def count(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if frame.f_code.co_filename.startswith("<strategy"):
            lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        made.on_bar(cast(BarView, None))
    finally:
        sys.settrace(before)
    # The head of a loop is looked at once a turn and once more; its turns are no statements of their own.
    assert 0 < lines <= 2 * steps + 1


def test_the_slowest_source_that_is_taken_ends() -> None:
    steps = "for k in range(10000):\n    self.level = self.level * 0.999 + k"
    kind = load_stranger(placed("bar", "\n".join([steps] * 30))[0])
    short = replace(SERIES, **{
        name: getattr(SERIES, name)[:20] for name in ("open_ns", "open", "high", "low", "close", "volume")
    })  # fmt: skip
    assert np.isfinite(run(kind, series=short).equity).all()


MUTANTS = [PLAIN, *(Writer(Random(seed)).source() for seed in range(5)), *(case.text for case in HOSTILE)]
BITS = [
    "(", ")", "[", "]", ":", ",", ".", "=", "*", "**", "-", "+", "/", "not ", "\n", "\n    ", "        ", "self", "~",
    "self.", "__class__", "lambda: ", "yield ", "await ", "import os\n", "0", "9" * 30, "1e999", "'", '"', "'''", "...",
    "f'{x}'", "\\", "#", "\0", "\u202e", "é", "ﬁ", "if ", "else: ", "for k in range(3): ", "while 1: ", "return ", ";",
    "def f(self): ", "class X: ", "@", ":=", "self.cells", "self.cells[0]", "self.buy(1.0)", "setup.sma(3)", "None",
    "True", "\r", "\t",
]  # fmt: skip


@settings(max_examples=600, deadline=None, derandomize=True)
@given(some.data())
def test_mutations_of_sources_are_taken_or_refused_and_never_crash(data: some.DataObject) -> None:
    text = data.draw(some.sampled_from(MUTANTS))
    for _ in range(data.draw(some.integers(1, 4))):
        start = data.draw(some.integers(0, len(text)))
        stop = min(len(text), start + data.draw(some.sampled_from([0, 0, 1, 3, 10, 40])))
        text = text[:start] + data.draw(some.sampled_from(["", *BITS])) + text[stop:]
    try:
        checked = check_source(text)
    except SubsetError as error:
        told = error.line
    else:
        told = 1
        assert load_stranger(text).__name__ == checked.name
    assert 1 <= told <= text.count("\n") + 2


@settings(max_examples=300, deadline=None, derandomize=True)
@given(some.text(max_size=200))
def test_any_text_is_taken_or_refused_and_never_crashes(text: str) -> None:
    refused(text)


def test_every_reason_is_in_plain_words() -> None:
    reasons = {refused(case.text).reason for case in HOSTILE}
    words = ("NoneType", "AST", " ast.", "Traceback", "object at", "FunctionDef")
    assert not [reason for reason in reasons if any(word in reason for word in words)]


def test_the_reference_shows_a_source_that_is_taken_and_names_all_there_is() -> None:
    text = (Path(__file__).parents[3] / "docs/reference/subset.md").read_text(encoding="utf-8")
    assert check_source(text.split("```python\n")[1].split("```")[0]).name == "Mine"
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| ")}
    told = {word.strip("`;,") for word in rows["functions"].split()} | {"e"}
    assert told >= FUNCTIONS | MATH_FUNCTIONS | MATH_NUMBERS
    assert {word.strip("`;,") for word in rows["verbs"].split()} >= VERBS
    for row, most in (
        ("turns of loops within loops, through calls", MAX_LOOP), ("statements done at one event", MAX_STEPS),
        ("statements of a handler, calls written out in place", MAX_STATEMENTS), ("cells", MAX_LIST),
        ("cells", MAX_CELLS), ("declarations", MAX_DECLARED), ("notes at one event", MAX_NOTES),
    ):  # fmt: skip
        assert f"{most:,}" in rows[row]
