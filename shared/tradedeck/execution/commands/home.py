"""The data folder: the device's file, its accounts, and their keys."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import NotFoundError, RefusedError
from tradedeck.kit.logs import Secret, conceal
from tradedeck.ports.secrets import Secrets
from tradedeck.store import Account, Store
from tradedeck.store.secrets import PASSPHRASE_VARIABLE, open_secrets

STORE_FILE = "device.db"
_LONGEST_KEY = 4096


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """Add --data, the same for every command that knows accounts."""
    parser.add_argument(
        "--data", type=Path, default=Path.home() / ".tradedeck", help="folder for journal and keys (~/.tradedeck)"
    )


@contextmanager
def opened(folder: Path) -> Generator[Store]:
    """The device's file while the block runs.

    Raises:
        TradedeckError: it can't be opened.
    """
    store = Store(folder / STORE_FILE)
    try:
        yield store
    finally:
        store.close()


def account_of(store: Store, name: str) -> Account:
    """The account of that name, or the only one where none is named.

    Raises:
        NotFoundError: there is none.
        RefusedError: there are several and none was named.
    """
    kept = {account.name: account for account in store.accounts()}
    if name in kept:
        return kept[name]
    if not kept:
        raise NotFoundError("there is no account yet; add one with: tradedeck accounts add NAME", code="account.none")
    known = ", ".join(kept)
    if name:
        raise NotFoundError(f"there is no account {name}; there are {known}", code="account.unknown")
    if len(kept) > 1:
        raise RefusedError(f"say which account with --account; there are {known}", code="account.which")
    return next(iter(kept.values()))


class Keys:
    """The keys of accounts: two texts each, kept under one name, never written to a log again once read."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def get(self, account: str) -> tuple[str, Secret]:
        """Key and secret of an account.

        Raises:
            NotFoundError: none are kept.
            TradedeckError: the keyring is locked, or the passphrase wrong.
        """
        kept = self._secrets.get(_name(account))
        if kept is None:
            raise NotFoundError(
                f"the key of {account} is not here; add it with: tradedeck accounts add {account}", code="account.key"
            )
        key, secret = json.loads(kept)
        return hidden(key, secret)

    def put(self, account: str, key: str, secret: Secret) -> None:
        """Keep or replace the key of an account."""
        self._secrets.put(_name(account), json.dumps([key, secret.reveal()]))

    def remove(self, account: str) -> None:
        """Forget the key of an account."""
        self._secrets.remove(_name(account))


def open_keys(folder: Path) -> Keys:
    """The keys of a data folder: in the keyring, or in a file under a passphrase that is asked for."""
    return Keys(open_secrets(folder, ask_passphrase))


def ask_key() -> tuple[str, Secret]:
    """Key and secret from the keyboard, unseen, or as two lines of standard input; never from the command line.

    Raises:
        RefusedError: one of them is missing.
    """
    key, secret = (_ask_unseen(words) for words in ("API key: ", "API secret: "))
    if not key or not secret:
        raise RefusedError("both parts are needed: the API key, then its secret", code="account.key")
    return hidden(key, secret)


def ask_passphrase(*, new: bool) -> str:
    """The passphrase of the key file from the keyboard, twice when it is new.

    Raises:
        RefusedError: nobody is there to ask, or the two differ.
    """
    if not sys.stdin.isatty():
        raise RefusedError(
            f"this system has no keyring, so keys lie in a file under a passphrase: set {PASSPHRASE_VARIABLE}",
            code="secrets.passphrase",
        )
    if not new:
        return getpass.getpass("Passphrase of your keys: ")
    print("This system has no keyring: your keys go into a file under a passphrase. Without it they can't be read.")
    passphrase = getpass.getpass("New passphrase: ")
    if getpass.getpass("Once more: ") != passphrase:
        raise RefusedError("the two passphrases differ; try again", code="secrets.passphrase")
    return passphrase


def hidden(key: str, secret: str) -> tuple[str, Secret]:
    """Key and secret, from here on left out of every log line."""
    conceal(key)
    conceal(secret)
    return key, Secret(secret)


def print_json(value: Any) -> None:
    """One JSON value on standard output, for programs."""
    print(json.dumps(value, indent=2, default=str))


def _ask_unseen(words: str) -> str:
    text = getpass.getpass(words) if sys.stdin.isatty() else sys.stdin.readline(_LONGEST_KEY)
    return text.strip()


def _name(account: str) -> str:
    return f"account:{account}"
