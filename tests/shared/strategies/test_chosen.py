"""People name a bundled strategy or a file of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared.strategies.markets import BTC, week
from tradedeck.domain.errors import NotFoundError, RefusedError, TradedeckError
from tradedeck.research.result import Tier
from tradedeck.research.run import backtest
from tradedeck.strategies import SmaCross
from tradedeck.strategies.chosen import chosen

ONE = """
from tradedeck.ports.strategy import BarView, Setup, Strategy

class Up(Strategy):
    def on_bar(self, bar: BarView) -> None:
        if bar.close > bar.open:
            self.target(0.01)
        else:
            self.close()
"""
TWO = ONE + "\n\nclass Down(Up):\n    pass\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.py"


def test_a_bundled_one_by_its_name() -> None:
    assert chosen("sma-cross") is SmaCross


def test_the_only_class_of_a_file_and_one_of_several(file: Path) -> None:
    file.write_text(ONE)
    assert chosen(str(file)).__name__ == chosen(f"{file}:Up").__name__ == "Up"
    file.write_text(TWO)
    assert chosen(f"{file}:Down").__name__ == "Down"


def test_a_file_of_ones_own_runs_in_native_code(file: Path) -> None:
    file.write_text(ONE)
    run = backtest(chosen(str(file)), week().slice(0, 500), BTC)
    assert run.tier is Tier.COMPILED
    assert len(run.fills) > 100


@pytest.mark.parametrize(
    ("source", "text", "kind", "words"),
    [
        (ONE, "sma-crosss", NotFoundError, "no strategy sma-crosss; give FILE.py:CLASS or one of dca, "),
        (ONE, "{folder}/other.py", NotFoundError, "there is no file"),
        (ONE, "{folder}/mine.py:Upp", NotFoundError, "has no strategy Upp; it has Up"),
        ("x = 1", "{folder}/mine.py", NotFoundError, "has no class that derives from Strategy"),
        (TWO, "{folder}/mine.py", RefusedError, "several strategies; write .*mine.py:CLASS with one of Up, Down"),
        ("def", "{folder}/mine.py", RefusedError, "mine.py, line 1: "),
        ("import nothing_like_it", "{folder}/mine.py", RefusedError, "can't be run: No module named"),
    ],
)
def test_what_is_wrong_is_said(file: Path, source: str, text: str, kind: type[TradedeckError], words: str) -> None:
    file.write_text(source)
    with pytest.raises(kind, match=words):
        chosen(text.format(folder=file.parent))
