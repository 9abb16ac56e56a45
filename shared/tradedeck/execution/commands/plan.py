"""What a session is to do, from the command line or a TOML file."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.domain.events import STRATEGY_CAPITAL, StartStrategy
from tradedeck.domain.money import exact
from tradedeck.execution.terms import DeadMan, OnStop, Policy
from tradedeck.history.timeframes import timeframe_ns_of
from tradedeck.ports.strategy import Strategy
from tradedeck.strategies import BUNDLED
from tradedeck.strategies.chosen import chosen

MODES = ("live", "paper")
AT_EXIT = tuple(choice.value for choice in OnStop)
DEAD_MAN = tuple(choice.value for choice in DeadMan)
_PLAN = {"account", "mode", "symbols", "at_exit", "dead_man", "dead_man_s", "shared", "strategy"}
_LONGEST_SILENCE_S = 86_400
_STRATEGY = {"name", "symbol", "timeframe", "capital", "params"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One strategy that should run."""

    name: str
    symbol: str
    timeframe_ns: int
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    capital: Decimal = STRATEGY_CAPITAL

    def is_run_by(self, start: StartStrategy) -> bool:
        """Whether a strategy that was started so is this one."""
        own = (self.name, self.symbol, self.timeframe_ns, dict(self.params), self.capital)
        return own == (start.name, start.symbol, start.timeframe_ns, dict(start.params), start.capital)


@dataclass(frozen=True, slots=True)
class Plan:
    """One session: an account (of one's own naming; "" is the only one), live or paper, and what runs on it.

    `strategies` None goes on with those that ran last.
    """

    account: str = ""
    mode: str = "paper"
    symbols: tuple[str, ...] = ()
    strategies: tuple[Wanted, ...] | None = None
    kinds: Mapping[str, type[Strategy]] = field(default_factory=lambda: BUNDLED)
    policy: Policy = field(default_factory=Policy)

    def followed(self, usual: str) -> tuple[str, ...]:
        """Every symbol whose prices are wanted; `usual` where nothing names one."""
        named = dict.fromkeys([*self.symbols, *(one.symbol for one in self.strategies or ())])
        return tuple(named) or (usual,)


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what describes one session."""
    add = parser.add_argument
    add("--account", default="", help="the account; may be left out when there is one")
    add("--paper", action="store_true", help="real prices, orders to a simulated exchange")
    add(
        "--symbol",
        action="append",
        default=[],
        help="a market to follow; the first is the strategies'; may be repeated",
    )
    add(
        "--strategy", action="append", default=[], metavar="NAME", help="bundled name or FILE.py:CLASS; may be repeated"
    )
    add("--timeframe", default="1m", help="of the strategies' bars: 1s, 1m, 1h ...")
    add("--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the strategies")
    add("--capital", default=str(STRATEGY_CAPITAL), help="what each strategy manages, in the quote asset")
    add(
        "--at-exit",
        choices=AT_EXIT,
        default="keep",
        help="at the end: leave all for the next start, or stop and cancel",
    )
    add("--dead-man", choices=DEAD_MAN, default="off", help="what the venue shall do when this program falls silent")
    add("--dead-man-s", type=float, default=Policy().dead_man_s, help="after so many seconds")
    add("--shared", action="store_true", help="others trade on the account too")


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The session that the command line describes.

    Raises:
        RefusedError, NotFoundError: something in it can't be.
    """
    if arguments.strategy and not arguments.symbol:
        raise RefusedError("say which market the strategies trade: --symbol", code="live.plan")
    params = dict(_pair(text) for text in arguments.param)
    wanted = [
        {
            "name": name,
            "symbol": arguments.symbol[0],
            "timeframe": arguments.timeframe,
            "capital": arguments.capital,
            "params": params,
        }
        for name in arguments.strategy
    ]
    table: dict[str, Any] = {
        "account": arguments.account,
        "mode": "paper" if arguments.paper else "live",
        "symbols": arguments.symbol,
        "at_exit": arguments.at_exit,
        "dead_man": arguments.dead_man,
        "dead_man_s": arguments.dead_man_s,
        "shared": arguments.shared,
    }
    return _plan(table | ({"strategy": wanted} if wanted else {}), "the command line", Path())


def read_plan(path: Path) -> Plan:
    """The session that a TOML file describes. Strategies in files are sought beside it.

    Raises:
        NotFoundError: there is no such file or strategy.
        RefusedError: something in it can't be; the message says what.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}", code="live.plan") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RefusedError(f"{path} can't be read: {error}", code="live.plan") from error
    return _plan(table, str(path), path.parent)


def _plan(table: Mapping[str, Any], where: str, folder: Path) -> Plan:
    _known(table, _PLAN, where)
    mode = table.get("mode")
    if mode not in MODES:
        raise RefusedError(f'{where}: say mode = "live" or mode = "paper"', code="live.plan")
    kinds, wanted = dict(BUNDLED), list[Wanted]()
    for row in _rows(table.get("strategy", []), where):
        _known(row, _STRATEGY, where)
        name, kind = kind_named(_text(row, "name", where), folder)
        kinds[name] = kind
        wanted.append(_wanted(row, name, where))
    symbols = table.get("symbols", [])
    if not isinstance(symbols, list) or not all(isinstance(one, str) for one in cast(list[Any], symbols)):
        raise RefusedError(f'{where}: write symbols as ["BTCUSDT", "ETHUSDT"]', code="live.plan")
    strategies = tuple(wanted) if "strategy" in table else None
    return Plan(
        str(table.get("account", "")), mode, tuple(cast(list[str], symbols)), strategies, kinds, _policy(table, where)
    )


def _policy(table: Mapping[str, Any], where: str) -> Policy:
    for name, choices in (("at_exit", AT_EXIT), ("dead_man", DEAD_MAN)):
        if table.get(name, choices[0]) not in choices:
            raise RefusedError(f"{where}: {name} is one of {', '.join(choices)}", code="live.plan")
    seconds = table.get("dead_man_s", Policy().dead_man_s)
    if not isinstance(seconds, int | float) or not 0 < seconds < _LONGEST_SILENCE_S:
        raise RefusedError(f"{where}: dead_man_s is a number of seconds", code="live.plan")
    return Policy(
        OnStop(table.get("at_exit", "keep")), DeadMan(table.get("dead_man", "off")), seconds, bool(table.get("shared"))
    )


def _wanted(row: Mapping[str, Any], name: str, where: str) -> Wanted:
    params = row.get("params", {})
    if not isinstance(params, Mapping):
        raise RefusedError(f"{where}: params of {name} are a table of names and values", code="live.plan")
    return Wanted(
        name,
        _text(row, "symbol", where),
        timeframe_ns_of(str(row.get("timeframe", "1m"))),
        {str(key): str(value) for key, value in cast(Mapping[Any, Any], params).items()},
        exact(str(row.get("capital", STRATEGY_CAPITAL))),
    )


def kind_named(text: str, folder: Path = Path()) -> tuple[str, type[Strategy]]:
    """A strategy and the name it is journalled under: the bundled one, or the file's name and the class.

    Raises:
        NotFoundError, RefusedError: as `tradedeck.strategies.chosen` does.
    """
    path, _, wanted = text.partition(":")
    if not path.endswith(".py"):
        return text, chosen(text)
    kind = chosen(str(folder / path) + (f":{wanted}" if wanted else ""))
    return f"{Path(path).stem}:{kind.__name__}", kind


def _known(table: Mapping[str, Any], names: set[str], where: str) -> None:
    stray = sorted(set(table) - names)
    if stray:
        raise RefusedError(f"{where}: no setting {stray[0]}; there are {', '.join(sorted(names))}", code="live.plan")


def _rows(value: Any, where: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in cast(list[Any], value)):
        raise RefusedError(f"{where}: write each strategy under a line [[strategy]]", code="live.plan")
    return cast(list[Mapping[str, Any]], value)


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedError(f"{where}: a strategy needs a {name}", code="live.plan")
    return value


def _pair(text: str) -> tuple[str, str]:
    name, given, value = text.partition("=")
    if not given or not name:
        raise RefusedError(f"write --param as NAME=VALUE, not {text}", code="live.plan")
    return name.strip(), value.strip()
