"""`tradedeck accounts`: name accounts at venues, keep their keys, and see that they work."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Sequence
from typing import Any

from tradedeck.domain.errors import ConflictError, RefusedError
from tradedeck.domain.events import ACCOUNT_SCOPE
from tradedeck.domain.limits import NO_LIMITS, Limits, written
from tradedeck.domain.money import text
from tradedeck.execution.commands.home import (
    account_of,
    add_data_argument,
    ask_key,
    open_keys,
    opened,
    print_json,
)
from tradedeck.execution.commands.venues import NOT_TOLD, VENUES, Findings, ask_venue, kind_of
from tradedeck.execution.limits import limits_of, put_limits
from tradedeck.ports.account import KeyRights
from tradedeck.ports.broker import Balance
from tradedeck.store import Account

TOLERATED_SKEW_MS = 1_000.0
"""Venues refuse what is stamped later than this ahead of their clock."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")


def command(commands: Any) -> None:
    """Add `accounts` to the command line."""
    parser = commands.add_parser("accounts", help="your accounts at venues and their API keys")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = _action(actions, "add", "name an account and keep its API key (asked for, never on the command line)", _add)
    add.add_argument("name", help="your own name for it: lower case letters, digits, - and _")
    add.add_argument("--venue", required=True, help=", ".join(VENUES))
    add.add_argument("--url", default="", help="a server that speaks the venue's wire (default: the venue)")
    add.add_argument("--replace", action="store_true", help="give an account that is there already a new key")
    add.add_argument("--unchecked", action="store_true", help="keep the key without asking the venue about it")
    test = _action(actions, "test", "connect, and say what the venue tells about the account and its key", _test)
    test.add_argument("name", nargs="?", default="", help="the account; may be left out when there is one")
    test.add_argument("--symbol", default="", help="a market of the venue's to listen to")
    test.add_argument("--json", action="store_true", help="one JSON value on standard output")
    listed = _action(actions, "list", "the accounts of this device", _list)
    listed.add_argument("--json", action="store_true", help="one JSON value on standard output")
    limits = _action(actions, "limits", "show or set what may be risked; counts from the next start", _limits)
    limits.add_argument("name", nargs="?", default="", help="the account; may be left out when there is one")
    limits.add_argument("--scope", default=ACCOUNT_SCOPE, help="account, user (all accounts), or a strategy's name")
    limits.add_argument("--set", nargs="+", default=[], metavar="LIMIT=AMOUNT", help="an amount, none, or default")
    limits.add_argument("--json", action="store_true", help="one JSON value on standard output")
    remove = _action(actions, "remove", "forget an account and its key; its journal stays", _remove)
    remove.add_argument("name")


def _action(actions: Any, name: str, about: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=about)
    add_data_argument(parser)
    parser.set_defaults(run=run)
    return parser


def _add(arguments: argparse.Namespace) -> int:
    account = Account(arguments.name, arguments.venue, arguments.url.rstrip("/"))
    kind = _checked(account)
    with opened(arguments.data) as store:
        if not arguments.replace and any(one.name == account.name for one in store.accounts()):
            raise ConflictError(
                f"there is an account {account.name} already; --replace gives it a new key", code="account.exists"
            )
        if kind.hint:
            print(f"{kind.hint}.")
        key, secret = ask_key()
        if arguments.unchecked:
            words = ["kept without asking the venue; test it with: tradedeck accounts test " + account.name]
        else:
            found = asyncio.run(ask_venue(account, key, secret.reveal()))
            check_rights(found.rights)
            words = said(found)
        open_keys(arguments.data).put(account.name, key, secret)
        store.put_account(account)
    print("\n".join([f"{account.name} at {kind.about}", *(f"  {line}" for line in words)]))
    return 0


def _test(arguments: argparse.Namespace) -> int:
    with opened(arguments.data) as store:
        account = account_of(store, arguments.name)
    key, secret = open_keys(arguments.data).get(account.name)
    found = asyncio.run(ask_venue(account, key, secret.reveal(), arguments.symbol))
    wrong = wrongs(found)
    if arguments.json:
        print_json(as_json(account, found, wrong))
    else:
        print("\n".join([f"{account.name} at {kind_of(account.venue).about}", *(f"  {line}" for line in said(found))]))
        print("\n".join(f"WRONG: {line}" for line in wrong) or "all is well")
    return int(bool(wrong))


def _list(arguments: argparse.Namespace) -> int:
    with opened(arguments.data) as store:
        kept = store.accounts()
    if arguments.json:
        print_json([{"name": one.name, "venue": one.venue, "url": one.url} for one in kept])
        return 0
    for one in kept:
        print(f"{one.name:<16}{one.venue:<16}{one.url or kind_of(one.venue).url or 'the venue itself'}")
    if not kept:
        print("no accounts yet; add one with: tradedeck accounts add NAME --venue VENUE")
    return 0


def _limits(arguments: argparse.Namespace) -> int:
    wishes = [wish.partition("=") for wish in arguments.set]
    if any(not equals for _, equals, _ in wishes):
        raise RefusedError("write limits as LIMIT=AMOUNT, such as max_open_orders=20", code="limits.form")
    with opened(arguments.data) as store:
        account = account_of(store, arguments.name)
        scope = arguments.scope
        if wishes:
            put_limits(store, account.name, scope, {name: amount for name, _, amount in wishes})
        limits = limits_of(store, account.name).get(scope, Limits() if scope == ACCOUNT_SCOPE else NO_LIMITS)
    if arguments.json:
        print_json(written(limits))
    else:
        print("\n".join([f"limits of {scope}, {account.name}", *(f"  {n:<32}{v}" for n, v in written(limits).items())]))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    with opened(arguments.data) as store:
        account = account_of(store, arguments.name)
        open_keys(arguments.data).remove(account.name)
        store.remove_account(account.name)
    print(f"{account.name} and its key are forgotten; revoke the key at the venue too if you no longer need it")
    return 0


def check_rights(rights: KeyRights) -> None:
    """Refuse a key that can take money away.

    Raises:
        RefusedError: it can.
    """
    if rights.withdraw:
        raise RefusedError(
            "this key may withdraw; make one at the venue that may only read and trade, and delete this one",
            code="account.withdraw",
        )


def wrongs(found: Findings) -> list[str]:
    """What must be put right before trading."""
    wrong: list[str] = []
    if found.rights.withdraw:
        wrong.append("this key may withdraw; make one that may only read and trade, and delete this one")
    if found.rights.trade is False:
        wrong.append("this key may not trade; allow it at the venue")
    if found.skew_ms is not None and abs(found.skew_ms) > TOLERATED_SKEW_MS:
        wrong.append(f"this machine's clock is {found.skew_ms / 1000:+.1f} s off the venue's; turn time sync on")
    return wrong


def said(found: Findings) -> list[str]:
    """What the venue said, in lines for people."""
    rights = found.rights
    skew = NOT_TOLD if found.skew_ms is None else f"this machine is {found.skew_ms:+.0f} ms from the venue"
    lines = [
        f"may trade: {_word(rights.trade)}",
        f"may withdraw: {_word(rights.withdraw)}",
        f"bound to addresses: {_word(rights.ip_bound)}" + ("; bind it, a stolen key is useless then" * _open(rights)),
        f"clock: {skew}",
    ]
    if rights.detail and rights.detail != NOT_TOLD:
        lines.append(f"note: {rights.detail}")
    return [*lines, "balances: " + (", ".join(map(_held, found.balances)) or "none")]


def as_json(account: Account, found: Findings, wrong: Sequence[str]) -> dict[str, Any]:
    """What the venue said, for programs; null where it does not tell."""
    rights = found.rights
    return {
        "name": account.name,
        "venue": account.venue,
        "trade": rights.trade,
        "withdraw": rights.withdraw,
        "ip_bound": rights.ip_bound,
        "skew_ms": found.skew_ms,
        "balances": {one.asset: {"free": text(one.free), "locked": text(one.locked)} for one in found.balances},
        "wrong": list(wrong),
    }


def _checked(account: Account) -> Any:
    if not _NAME.fullmatch(account.name):
        raise RefusedError(
            "an account's name has up to 31 lower case letters, digits, - and _, such as main", code="account.name"
        )
    if account.url and not account.url.startswith(("http://", "https://")):
        raise RefusedError(f"write --url as http://{account.url}", code="account.url")
    return kind_of(account.venue)


def _held(balance: Balance) -> str:
    in_orders = f" (+{text(balance.locked)} in orders)" if balance.locked else ""
    return f"{balance.asset} {text(balance.free)}{in_orders}"


def _open(rights: KeyRights) -> bool:
    return rights.ip_bound is False


def _word(answer: bool | None) -> str:
    return NOT_TOLD if answer is None else "yes" if answer else "no"
