"""What `tradedeck doctor` looks at, one check each."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tradedeck.domain.errors import TradedeckError, UnavailableError
from tradedeck.domain.order import OrderState
from tradedeck.engine import replay
from tradedeck.execution.commands.accounts import TOLERATED_SKEW_MS, wrongs
from tradedeck.execution.commands.orders import fresh_engine
from tradedeck.execution.commands.venues import NOT_TOLD, Findings, ask_venue, kind_of
from tradedeck.kit.logs import Secret
from tradedeck.ports.account import Budget
from tradedeck.store import Account, Store
from tradedeck.store.secrets import PASSPHRASE_VARIABLE, has_keyring
from tradedeck.strategies import BUNDLED

LEAST_FREE_BYTES = 500 * 1024 * 1024
"""Free space below which the journal may soon have no room."""
NEARLY_USED = 0.8
"""The part of a rate budget from which on it is worth a warning."""
_PACKAGES = ("tradedeck", "aiohttp", "cryptography", "ccxt", "keyring")


class Level(StrEnum):
    """How a check came out."""

    FINE = "ok"
    BEWARE = "beware"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and in words what to do."""

    name: str
    level: Level
    words: str


def versions() -> Check:
    """The versions that matter in a report."""
    found: list[str] = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return Check("versions", Level.FINE, ", ".join(found))


def disk(folder: Path) -> Check:
    """Room for the journal."""
    free = shutil.disk_usage(_nearest(folder)).free
    words = f"{free / 1e9:.1f} GB free for {folder}"
    if free < LEAST_FREE_BYTES:
        return Check("disk", Level.WRONG, f"{words}; free some space, orders can't leave without room for the journal")
    return Check("disk", Level.FINE, words)


def database(store: Store) -> Check:
    """Whether the device's file is whole."""
    damage = store.damage()
    if damage:
        return Check("database", Level.WRONG, f"{store.path} is damaged ({damage}); restore it from a copy")
    return Check("database", Level.FINE, f"{store.path} is whole")


def keyring() -> Check:
    """Where keys are kept."""
    if has_keyring():
        return Check("keyring", Level.FINE, "keys are in the system's keyring")
    words = f"no system keyring: keys are in a file under a passphrase; programs need {PASSPHRASE_VARIABLE}"
    return Check("keyring", Level.BEWARE, words)


def fates(store: Store) -> Iterator[Check]:
    """Orders of which nobody knows yet what became of them, and journals that can't be replayed."""
    for session in store.sessions():
        name = f"orders of {session}"
        try:
            engine = fresh_engine(store, session, BUNDLED)
            replay(engine, ((step.before, step.event) for step in store.steps(session)))
        except (TradedeckError, ArithmeticError, LookupError, ValueError) as error:
            yield Check(name, Level.WRONG, f"the journal can't be replayed ({error}); restore it from a copy")
            continue
        unknown = [one.client_order_id for one in engine.open_orders.values() if one.state is OrderState.UNKNOWN]
        if unknown:
            words = f"fate unknown: {', '.join(unknown)}; start the session, it asks the venue until its records agree"
            yield Check(name, Level.WRONG, words)
        elif engine.brakes.halts:
            yield Check(name, Level.BEWARE, "trading is halted; end it with: tradedeck live resume")
        else:
            yield Check(name, Level.FINE, f"{len(engine.open_orders)} open, none of unknown fate")


async def venue(account: Account, key: str, secret: Secret) -> list[Check]:
    """An account's venue: reachable, clock, key and budgets."""
    try:
        found = await ask_venue(account, key, secret.reveal())
    except UnavailableError as error:
        return [Check(account.name, Level.WRONG, f"{error.message}; check the connection and the venue's status page")]
    except TradedeckError as error:
        return [Check(account.name, Level.WRONG, f"{kind_of(account.venue).about}: {error.message}")]
    return [*_account(account, found), clock(account, found.skew_ms), *budgets(account, found.budgets)]


def clock(account: Account, skew_ms: float | None) -> Check:
    """This machine's clock beside the venue's."""
    name = f"clock at {account.venue}"
    if skew_ms is None:
        return Check(name, Level.FINE, NOT_TOLD)
    words = f"{skew_ms:+.0f} ms"
    if abs(skew_ms) > TOLERATED_SKEW_MS:
        return Check(name, Level.WRONG, f"{words}; turn the system's time sync on, signed orders will be refused")
    return Check(name, Level.FINE, words)


def budgets(account: Account, told: Sequence[Budget]) -> Iterator[Check]:
    """What is left of the venue's rate budgets."""
    for one in told:
        name = f"{account.name} {one.name}"
        words = f"{one.used} of {one.limit} used in {one.window_s:g} s"
        if one.blocked_until_ns > time.time_ns():
            wait = (one.blocked_until_ns - time.time_ns()) / 1e9
            yield Check(name, Level.WRONG, f"{words}; blocked for {wait:.0f} s, let every program wait so long")
        elif one.used >= NEARLY_USED * one.limit:
            yield Check(name, Level.BEWARE, f"{words}; other programs may share this address or account")
        else:
            yield Check(name, Level.FINE, words)


def _account(account: Account, found: Findings) -> Iterator[Check]:
    about, clock_apart = kind_of(account.venue).about, [line for line in wrongs(found) if "clock" not in line]
    for line in clock_apart:
        yield Check(account.name, Level.WRONG, line)
    if clock_apart:
        return
    if found.rights.ip_bound is False:
        yield Check(account.name, Level.BEWARE, f"{about}: the key works from any address; bind it to yours")
    elif found.rights.trade is None:
        yield Check(account.name, Level.FINE, f"{about} answers; what the key may do {NOT_TOLD}")
    else:
        yield Check(account.name, Level.FINE, f"{about} answers; the key may trade and can't withdraw")


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above that is there."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
