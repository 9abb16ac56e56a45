"""`tradedeck doctor`: everything trading stands on, looked at once, in plain words."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from functools import cache
from typing import Any

from tradedeck.domain.errors import TradedeckError
from tradedeck.execution.commands import checks
from tradedeck.execution.commands.checks import Check, Level
from tradedeck.execution.commands.home import STORE_FILE, Keys, add_data_argument, open_keys, opened, print_json


def command(commands: Any) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser("doctor", help="look at clocks, keys, budgets, disk, journal and orders")
    add_data_argument(parser)
    parser.add_argument("--offline", action="store_true", help="ask no venue")
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print every check; 1 when something is wrong."""
    found: list[Check] = []
    for check in examined(arguments):
        found.append(check)
        if not arguments.json:
            print(f"{check.level:<8}{check.name}: {check.words}", flush=True)
    wrong = sum(check.level is Level.WRONG for check in found)
    if arguments.json:
        rows = [{"name": one.name, "level": one.level.value, "words": one.words} for one in found]
        print_json({"wrong": wrong, "checks": rows})
    else:
        print("nothing is wrong" if not wrong else f"{wrong} to be put right")
    return int(bool(wrong))


def examined(arguments: argparse.Namespace) -> Iterator[Check]:
    """Every check, as it is made."""
    yield checks.versions()
    yield checks.disk(arguments.data)
    yield checks.keyring()
    if not (arguments.data / STORE_FILE).exists():
        yield Check("database", Level.FINE, f"{arguments.data} is empty; nothing has been traded from it")
        return
    try:
        with opened(arguments.data) as store:
            yield checks.database(store)
            yield from checks.fates(store)
            accounts = store.accounts()
    except TradedeckError as error:
        yield Check("database", Level.WRONG, error.message)
        return
    if arguments.offline:
        return

    @cache
    def keys() -> Keys:
        return open_keys(arguments.data)

    for account in accounts:
        try:
            key, secret = keys().get(account.name)
        except TradedeckError as error:
            yield Check(account.name, Level.WRONG, error.message)
            continue
        yield from asyncio.run(checks.venue(account, key, secret))
