"""The reference of strategies names all there is, and its example runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks
from tradedeck.ports.desk import Desk
from tradedeck.ports.setup import Setup
from tradedeck.ports.strategy import Strategy
from tradedeck.ports.views import BarView, BookView, FillView, TradeView

PAGE = (ROOT / "docs/reference/strategy.md").read_text()


def names(kind: type) -> list[str]:
    return [name for name in vars(kind) if not name.startswith("_")]


@pytest.mark.parametrize("name", [name for name in names(Strategy) if name not in ("setup", "desk")])
def test_every_verb_and_handler_is_there(name: str) -> None:
    assert f"`{name}" in PAGE or f"self.{name}" in PAGE


@pytest.mark.parametrize("name", names(Setup))
def test_every_declaration_is_there(name: str) -> None:
    assert f"`setup.{name}(" in PAGE


@pytest.mark.parametrize("name", ["equity", "working", "last_close", "now_ns", "symbol"])
def test_what_may_be_seen_of_the_account_is_there(name: str) -> None:
    assert name in names(Desk)
    assert f"self.desk.{name}" in PAGE


@pytest.mark.parametrize("view", [BarView, FillView, TradeView, BookView])
def test_every_field_of_a_view_is_there(view: type) -> None:
    called = view.__name__.removesuffix("View").lower()
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{called}` |"))
    assert all(f"`{name}`" in row for name in names(view))


def test_the_example_runs_in_native_code_and_trades(tmp_path: Path) -> None:
    script = tmp_path / "dip.py"
    parts = [block.text for block in blocks("reference/strategy.md") if block.language == "python"]
    script.write_text("\n\n".join(parts))
    told = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=120).stdout
    tier, fills, _ = told.split()
    assert tier == "compiled"
    assert int(fills) > 10
