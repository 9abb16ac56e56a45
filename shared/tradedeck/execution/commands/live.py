"""`tradedeck live`: run sessions without a screen, and ask, stop or kill those that run."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import RefusedError
from tradedeck.execution.commands.control import ask
from tradedeck.execution.commands.home import Keys, add_data_argument, open_keys, print_json
from tradedeck.execution.commands.hosting import host
from tradedeck.execution.commands.plan import add_plan_arguments, plan_of, read_plan
from tradedeck.execution.commands.state import lines_of


def command(commands: Any) -> None:
    """Add `live` to the command line."""
    parser = commands.add_parser("live", help="trade without a screen: run, status, stop, kill, resume")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    run = _action(actions, "run", "trade accounts, live or on paper, until Ctrl-C or `live stop`", _run)
    run.add_argument("plans", nargs="*", type=Path, metavar="PLAN.toml", help="one session each; or describe one here")
    add_plan_arguments(run)
    status = _action(actions, "status", "what the running sessions do", _status)
    status.add_argument("--json", action="store_true", help="one JSON value on standard output")
    _action(actions, "stop", "end the running sessions in order", _stop)
    for name, about in (
        ("kill", "cancel orders and take no new risk, at once; everything, or less"),
        ("resume", "take orders again after a kill"),
    ):
        scoped = _action(actions, name, about, _scoped)
        scoped.add_argument("--account", default="", help="of this session only, named as `live status` does")
        scoped.add_argument("--symbol", default="", help="of this market only")
        scoped.add_argument("--strategy", default="", metavar="ID|NAME", help="of this strategy only")
        if name == "kill":
            scoped.add_argument("--reason", default="", help="kept with it")
    accept = _action(actions, "accept", "what the venue holds beyond our own fills is somebody else's", _accept)
    accept.add_argument("--account", default="", help="of this session only")


def _action(actions: Any, name: str, about: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=about)
    add_data_argument(parser)
    parser.set_defaults(run=run)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    if arguments.plans and (arguments.strategy or arguments.account):
        raise RefusedError("a plan names its own account and strategies; give plans or options", code="live.plan")
    plans = [read_plan(path) for path in arguments.plans] or [plan_of(arguments)]
    _leave_no_core()

    @cache
    def keys() -> Keys:
        return open_keys(arguments.data)

    return asyncio.run(host(arguments.data, plans, keys, _say))


def _status(arguments: argparse.Namespace) -> int:
    answer = asyncio.run(ask(arguments.data, {"do": "status"}))
    if arguments.json:
        print_json(answer["sessions"])
    else:
        print("\n".join(line for state in answer["sessions"] for line in lines_of(state)))
    return int(any(state["failure"] for state in answer["sessions"]))


def _stop(arguments: argparse.Namespace) -> int:
    print(asyncio.run(ask(arguments.data, {"do": "stop"}))["said"])
    return 0


def _scoped(arguments: argparse.Namespace) -> int:
    if arguments.symbol and arguments.strategy:
        raise RefusedError("give --symbol or --strategy, not both", code="live.scope")
    request = {name: getattr(arguments, name, "") for name in ("account", "symbol", "strategy", "reason")}
    answer = asyncio.run(ask(arguments.data, {"do": arguments.action, **request}))
    print("\n".join(answer["said"]))
    return int(any("NOT KEPT" in line for line in answer["said"]))


def _accept(arguments: argparse.Namespace) -> int:
    answer = asyncio.run(ask(arguments.data, {"do": "accept", "account": arguments.account}))
    print("\n".join(answer["said"]))
    return 0


def _say(line: str) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    print(line, flush=True)


def _leave_no_core() -> None:
    """A crash must not leave the memory, and the keys in it, on disk."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
