"""A native module is made from what a class is now, and from nothing else."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.shared.compile.grammar import instrument, load
from tradedeck.compile import cache
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import Strategy
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Settings

HEAD = "from tradedeck.ports.strategy import BarView, Setup, Strategy\n\n"
CLOSES = np.array([100.0, 101.0, 102.0, 103.0])
SERIES = BarSeries(
    "MADE", 60 * 10**9, np.arange(1, 5) * 60 * 10**9, CLOSES, CLOSES + 1, CLOSES - 1, CLOSES, np.full(4, 1000.0)
)


def run(kind: type[Strategy], tier: Tier | None = None, settings: Settings | None = None) -> Run:
    return backtest(kind, SERIES, instrument(Account.SPOT), settings=settings or Settings(), tier=tier)


def bought(kind: type[Strategy]) -> list[int]:
    """Lots of each order, the same natively (or as the default runs it) and in Python."""
    native, python = run(kind), run(kind, Tier.INTERPRETED)
    assert native.orders.tolist() == python.orders.tolist()
    return native.orders["lots"].tolist()


def made(tmp_path: Path, body: str, name: str) -> type[Strategy]:
    return load(HEAD + body, tmp_path, name)


ONCE = "        if not self.position and not self.working:\n            self.buy({size})\n"


def test_a_module_s_number_that_has_changed_counts_from_the_next_run_on(tmp_path: Path) -> None:
    text = "K = 1.0\n\n\nclass Made(Strategy):\n    def on_bar(self, bar: BarView) -> None:\n" + ONCE.format(size="K")
    kind = made(tmp_path, text, "constant")
    assert bought(kind) == [100]
    vars(sys.modules[kind.__module__])["K"] = 2.0
    assert bought(kind) == [200]


def test_a_class_s_number_that_has_changed_counts_too(tmp_path: Path) -> None:
    text = "class Made(Strategy):\n    size = 1.0\n\n    def on_bar(self, bar: BarView) -> None:\n"
    kind = made(tmp_path, text + ONCE.format(size="self.size"), "class_constant")
    assert bought(kind) == [100]
    setattr(kind, "size", 3.0)  # noqa: B010
    assert bought(kind) == [300]


def test_a_handler_from_a_plain_base_is_not_forgotten(tmp_path: Path) -> None:
    text = "class Mix:\n    def on_bar(self, bar: BarView) -> None:\n" + ONCE.format(size="1.0")
    assert bought(made(tmp_path, text + "\n\nclass Made(Mix, Strategy):\n    pass\n", "mixed")) == [100]


def test_a_handler_replaced_later_is_the_one_that_runs(tmp_path: Path) -> None:
    text = "class Made(Strategy):\n    pass\n\n\ndef other(self: Strategy, bar: BarView) -> None:\n    self.buy(1.0)\n"
    kind = made(tmp_path, text, "replaced")
    module: ModuleType = sys.modules[kind.__module__]
    kind.on_bar = module.other
    assert len(bought(kind)) == 4
    assert run(kind).tier is not Tier.COMPILED


def test_names_are_those_of_the_module_a_method_was_written_in(tmp_path: Path) -> None:
    text = "LIM = 1.0\n\n\nclass Made(Strategy):\n    def on_bar(self, bar: BarView) -> None:\n"
    base = made(tmp_path, text + ONCE.format(size="LIM"), "base")
    module = ModuleType("elsewhere")
    module.LIM = 7.0  # pyright: ignore[reportAttributeAccessIssue]
    derived = type("Derived", (base,), {"__module__": "elsewhere"})
    assert bought(derived) == [100]


def test_an_enclosing_function_s_names_run_in_python(tmp_path: Path) -> None:
    text = "q = 5.0\n\n\ndef make(q: float) -> type[Strategy]:\n    class Made(Strategy):\n"
    text += "        def on_bar(self, bar: BarView) -> None:\n            self.buy(q)\n\n    return Made\n"
    text += "\n\nMade = make(1.0)\n"
    kind = made(tmp_path, text, "closed")
    assert bought(kind) == [100] * 4
    assert "enclosing function" in run(kind).why_tier


def test_two_texts_the_module_does_not_know_are_two(tmp_path: Path) -> None:
    text = "class Made(Strategy):\n    def setup(self, setup: Setup) -> None:\n        self.a = 'x'\n"
    text += "        self.b = 'y'\n\n"
    text += "    def on_bar(self, bar: BarView) -> None:\n        if self.a == self.b:\n            self.buy(1.0)\n"
    assert bought(made(tmp_path, text, "texts")) == []


def test_an_unwritable_cache_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEDECK_CACHE", "/proc/nowhere")
    text = "class Made(Strategy):\n    def on_bar(self, bar: BarView) -> None:\n        self.buy(0.37)\n"
    assert bought(made(tmp_path, text, "uncached")) == [37] * 4


def test_fees_are_exact_however_much_was_traded(tmp_path: Path) -> None:
    text = "class Made(Strategy):\n    def on_bar(self, bar: BarView) -> None:\n"
    text += "        self.target(1000.0 - self.position)\n"
    kind = made(tmp_path, text, "flips")
    rich = Settings(cash=Decimal(10**9), volume_share=0, maker=Decimal("0.0000001"), taker=Decimal("0.3333333"))
    native, python = run(kind, None, rich), run(kind, Tier.INTERPRETED, rich)
    worth = sum(
        Decimal(int(p)) * Decimal("0.5") * int(n) / 100
        for p, n in zip(native.fills["price"], native.fills["lots"], strict=True)
    )
    assert native.fees == python.fees == worth * Decimal("0.3333333")
    assert abs(native.equity[-1] - float(rich.cash + native.profit)) < 1e-3


def test_whoever_waits_for_the_compiler_is_told_once_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEDECK_CACHE", str(tmp_path / "cache"))
    told: list[str] = []
    monkeypatch.setattr(cache, "_WATCHERS", [])
    cache.watch(told.append)
    cache.load_module("one", "x = 1\n")
    cache.load_module("one", "x = 1\n")
    assert told == ["one"]
