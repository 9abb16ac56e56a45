"""A stranger's class is one's own afterwards: it can be sent where the work is."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

from shared.research.runs import BTC, week

from tradedeck.compile.stranger import load_stranger
from tradedeck.engine import strategy_parameters
from tradedeck.ports.strategy import Strategy
from tradedeck.research.run import backtest

TEXT = """
from tradedeck.ports.strategy import BarView, Setup, Strategy


class Mine(Strategy):
    def setup(self, setup: Setup) -> None:
        self.size = setup.number("size", 0.01, low=0.001, high=1)

    def on_bar(self, bar: BarView) -> None:
        self.target(self.size if bar.close > bar.open else 0.0)
"""


def test_a_class_comes_back_from_a_pickle_as_itself() -> None:
    kind = load_stranger(TEXT)
    assert load_stranger(TEXT) is kind
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert issubclass(kind, Strategy)


def test_an_instance_keeps_what_it_has() -> None:
    mine = load_stranger(TEXT)()
    mine.position = 3.0
    assert pickle.loads(pickle.dumps(mine)).position == 3.0


def test_a_class_is_sent_to_another_process() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        found = pool.submit(strategy_parameters, load_stranger(TEXT)).result()
    assert [parameter.name for parameter in found] == ["size"]


def test_a_pickle_outlives_its_class_and_runs_alike() -> None:
    day = week().slice(0, 600)
    text = TEXT.replace("Mine", "Other")
    first = backtest(load_stranger(text), day, BTC)
    sent = pickle.dumps(load_stranger(text))
    gc.collect()
    again = backtest(pickle.loads(sent), day, BTC)
    assert again.fills.tolist() == first.fills.tolist()
    assert len(first.fills) > 0
