"""Limits as the device keeps them: what was written, by account and scope; the rest stays as it comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import ACCOUNT_SCOPE, USER_SCOPE, Event, SetLimits
from tradedeck.domain.limits import NO_LIMITS, Limits, limits_from
from tradedeck.engine import Engine
from tradedeck.store import Store, StoreWorker

DEFAULT = "default"
"""Written for an amount: as it was before anything was written."""
_SETTING = "limits"
_EVERY_ACCOUNT = ""
_Written = dict[str, dict[str, dict[str, str]]]


def limits_of(store: Store, account: str) -> dict[str, Limits]:
    """The limits that were written for an account by scope: its own, those of its user, of strategies.

    Raises:
        RefusedError: what is kept is no limit.
    """
    kept: _Written = store.setting(_SETTING, {})
    scopes = kept.get(_EVERY_ACCOUNT, {}) | kept.get(account, {})
    return {scope: limits_from(written, _base(scope)) for scope, written in scopes.items()}


def put_limits(store: Store, account: str, scope: str, written: Mapping[str, str]) -> Limits:
    """Keep `written` on top of what was written before; the limits of the scope now.

    Raises:
        RefusedError: there is no such limit, or that is no amount of it; nothing is kept then.
    """
    if not scope.strip():
        raise RefusedError(f"name the scope: {ACCOUNT_SCOPE}, {USER_SCOPE} or a strategy", code="limits.scope")
    kept: _Written = store.setting(_SETTING, {})
    of_account = kept.setdefault(_EVERY_ACCOUNT if scope == USER_SCOPE else account, {})
    merged = of_account.get(scope, {}) | dict(written)
    limits_from(dict.fromkeys(written, "none"), NO_LIMITS)
    of_account[scope] = {name: value for name, value in merged.items() if value.strip().lower() != DEFAULT}
    limits = limits_from(of_account[scope], _base(scope))
    store.put_setting(_SETTING, kept)
    return limits


async def hand_on(
    worker: StoreWorker, account: str, engine: Engine, put: Callable[[Event], Awaitable[None]], now_ns: int
) -> None:
    """Tell the engine the limits that are kept, where they are not those that its journal left it with."""
    for scope, limits in (await worker.call(lambda store: limits_of(store, account))).items():
        if engine.risk.limits_of(scope) != limits:
            await put(SetLimits(scope, limits, now_ns))


def _base(scope: str) -> Limits:
    return Limits() if scope == ACCOUNT_SCOPE else NO_LIMITS
