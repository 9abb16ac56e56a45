"""A session's plan comes from options or a TOML file, and what can't be is refused in a sentence."""

import argparse
from decimal import Decimal
from pathlib import Path

import pytest

from tradedeck.domain.bar import MINUTE_NS
from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.domain.events import StartStrategy
from tradedeck.execution import DeadMan, OnStop, Policy
from tradedeck.execution.commands.plan import Plan, Wanted, add_plan_arguments, plan_of, read_plan

OWN = "from tradedeck.ports.strategy import Strategy\nclass Mine(Strategy):\n    pass\n"
FULL = """
account = "main"
mode = "live"
symbols = ["ETHUSDT"]
at_exit = "cancel"
dead_man = "keep-stops"
dead_man_s = 90
shared = true
[[strategy]]
name = "sma-cross"
symbol = "BTCUSDT"
timeframe = "5m"
capital = 5000
[strategy.params]
fast = 10
slow = 30
[[strategy]]
name = "mine.py"
symbol = "BTCUSDT"
"""


def options(*words: str) -> Plan:
    parser = argparse.ArgumentParser()
    add_plan_arguments(parser)
    return plan_of(parser.parse_args(words))


def test_a_file_says_everything(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(FULL)
    (tmp_path / "mine.py").write_text(OWN)
    plan = read_plan(tmp_path / "plan.toml")
    assert (plan.account, plan.mode) == ("main", "live")
    assert plan.policy == Policy(OnStop.CANCEL, DeadMan.KEEP_STOPS, 90, shared=True)
    assert plan.strategies == (
        Wanted("sma-cross", "BTCUSDT", 5 * MINUTE_NS, {"fast": "10", "slow": "30"}, Decimal(5000)),
        Wanted("mine:Mine", "BTCUSDT", MINUTE_NS),
    )
    assert plan.kinds["mine:Mine"].__name__ == "Mine"
    assert plan.followed("XRPUSDT") == ("ETHUSDT", "BTCUSDT")


def test_options_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    plan = options(
        "--account", "main", "--symbol", "BTCUSDT", "--symbol", "ETHUSDT", "--strategy", "sma-cross", "--strategy",
        f"{tmp_path}/mine.py:Mine", "--timeframe", "5m", "--param", "fast=10", "--capital", "5000",
    )  # fmt: skip
    assert plan.mode == "live"
    assert plan.strategies == (
        Wanted("sma-cross", "BTCUSDT", 5 * MINUTE_NS, {"fast": "10"}, Decimal(5000)),
        Wanted("mine:Mine", "BTCUSDT", 5 * MINUTE_NS, {"fast": "10"}, Decimal(5000)),
    )
    assert plan.followed("") == ("BTCUSDT", "ETHUSDT")


def test_without_strategies_those_that_ran_last_go_on() -> None:
    plan = options("--paper")
    assert (plan.mode, plan.strategies, plan.followed("BTCUSDT")) == ("paper", None, ("BTCUSDT",))


def test_a_strategy_is_the_same_only_with_the_same_terms() -> None:
    wanted = Wanted("sma-cross", "BTCUSDT", MINUTE_NS, {"fast": "10"})
    start = StartStrategy("sma-cross-1", "sma-cross", "BTCUSDT", MINUTE_NS, 7, {"fast": "10"})
    assert wanted.is_run_by(start)
    assert not Wanted("sma-cross", "BTCUSDT", MINUTE_NS, {"fast": "11"}).is_run_by(start)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode = 'live", "can't be read"),
        ("mode = 'demo'", 'say mode = "live"'),
        ("account = 'main'", 'say mode = "live"'),
        ("mode = 'live'\nat_exit = 'flee'", "at_exit is one of keep, cancel"),
        ("mode = 'live'\ndead_man = 'no'", "dead_man is one of off, cancel-all"),
        ("mode = 'live'\ndead_man_s = -1", "a number of seconds"),
        ("mode = 'live'\nsize = 5", "no setting size"),
        ("mode = 'live'\nsymbols = 'BTCUSDT'", "write symbols as"),
        ("mode = 'live'\nsymbols = [1]", "write symbols as"),
        ("mode = 'live'\nstrategy = 1", r"under a line \[\[strategy\]\]"),
        ("mode = 'live'\n[[strategy]]\nsymbol = 'BTCUSDT'", "needs a name"),
        ("mode = 'live'\n[[strategy]]\nname = 'sma-cross'", "needs a symbol"),
        ("mode = 'live'\n[[strategy]]\nname = 'sma-cross'\nsymbol = 'B'\nparams = 1", "table of names"),
        ("mode = 'live'\n[[strategy]]\nname = 'sma-cross'\nsymbol = 'B'\nfast = 1", "no setting fast"),
        ("mode = 'live'\n[[strategy]]\nname = 'sma-cross'\nsymbol = 'B'\ntimeframe = '1x'", "not a timeframe"),
        ("mode = 'live'\n[[strategy]]\nname = 'sma-cross'\nsymbol = 'B'\ncapital = 'x'", "x"),
        ("mode = 'live'\n[[strategy]]\nname = 'nothing'\nsymbol = 'B'", "no strategy nothing"),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(RefusedError, match=said):
        read_plan(tmp_path / "plan.toml")


def test_missing_files_and_wrong_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no file"):
        read_plan(tmp_path / "none.toml")
    with pytest.raises(RefusedError, match="--symbol"):
        options("--strategy", "sma-cross")
    with pytest.raises(RefusedError, match="NAME=VALUE"):
        options("--param", "fast")
