"""Venues by the names people type, and what can be asked of each, whether its provider tells or not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from tradedeck.domain.errors import NotFoundError, RefusedError, UnavailableError
from tradedeck.ports.account import Budget, KeyRights
from tradedeck.ports.provider import Provider
from tradedeck.store import Account

SANDBOX_URL = "http://127.0.0.1:8700"
CCXT = "ccxt:"
NOT_TOLD = "the venue does not tell"
QUESTION_S = 15.0
"""How long any one question to a venue may take."""
DELTA_NEEDS_ADDRESS = (
    "Delta takes trading keys only from the IP addresses listed at the key: open the key's page at the venue and add"
    " the address this machine goes out with; on a changing address (a phone, most homes) trade through the cloud's"
    " order orchestration instead"
)


@dataclass(frozen=True, slots=True)
class VenueKind:
    """A venue that accounts may be at: its provider's room and class, and what to say before a key is typed."""

    about: str
    room: str
    provider: str
    symbol: str
    url: str = ""
    hint: str = ""


_BINANCE = "tradedeck.providers.binance"
_DELTA = "tradedeck.providers.delta"
VENUES: dict[str, VenueKind] = {
    "binance": VenueKind("Binance spot", _BINANCE, "BinanceVenue", "BTCUSDT"),
    "binance-usdm": VenueKind("Binance USD-M futures", _BINANCE, "BinanceUsdm", "BTCUSDT"),
    "delta-india": VenueKind(
        "Delta Exchange India", _DELTA, "DeltaVenue", "BTCUSD", "https://api.india.delta.exchange", DELTA_NEEDS_ADDRESS
    ),
    "delta-global": VenueKind(
        "Delta Exchange global", _DELTA, "DeltaVenue", "BTCUSDT", "https://api.delta.exchange", DELTA_NEEDS_ADDRESS
    ),
    "sandbox": VenueKind("the exchange of `tradedeck sandbox`", _BINANCE, "BinanceVenue", "BTCUSDT", SANDBOX_URL),
}


def kind_of(venue: str) -> VenueKind:
    """The venue of that name; `ccxt:NAME` is any that the ccxt library knows.

    Raises:
        NotFoundError: there is none.
    """
    if venue in VENUES:
        return VENUES[venue]
    if venue.startswith(CCXT) and venue != CCXT:
        return VenueKind(f"{venue.removeprefix(CCXT)} through ccxt", "tradedeck.providers.ccxt", "CcxtVenue", "BTCUSDT")
    raise NotFoundError(
        f"there is no venue {venue}; there are {', '.join(VENUES)} and {CCXT}NAME", code="account.venue"
    )


def open_provider(account: Account, key: str, secret: str) -> Provider:
    """The account's venue, not connected yet; an empty key gives prices only.

    Raises:
        NotFoundError: there is no such venue.
        RefusedError: this installation can't speak to it.
    """
    kind = kind_of(account.venue)
    try:
        make = getattr(import_module(kind.room), kind.provider)
    except (ImportError, AttributeError) as error:
        raise RefusedError(f"this version can't trade at {kind.about} yet", code="account.venue") from error
    options: dict[str, Any] = {"url": account.url or kind.url}
    exchange = account.venue.removeprefix(CCXT)
    if exchange not in (account.venue, "binance"):
        options["exchange"] = exchange
    try:
        return cast(Provider, make(key, secret, **options))
    except TypeError as error:
        raise RefusedError(f"this version can't trade at {kind.about} yet", code="account.venue") from error


async def key_rights_of(provider: Provider) -> KeyRights:
    """What the account's key may do; all unknown where the venue does not tell.

    Raises:
        UnavailableError: no clear answer could be had.
    """
    ask = _question(provider, "key_rights")
    return KeyRights(None, None, None, NOT_TOLD) if ask is None else cast(KeyRights, await within(ask()))


def budgets_of(provider: Provider) -> Sequence[Budget]:
    """The rate budgets as last told; none where the venue does not tell, or is not connected."""
    try:
        return provider.budgets()
    except UnavailableError:
        return ()


async def skew_ms_of(provider: Provider) -> float | None:
    """How far this machine's clock is ahead of the venue's; None where the venue does not tell.

    Raises:
        UnavailableError: no clear answer could be had.
    """
    ask = _question(provider, "server_time_ns")
    if ask is None:
        return None
    asked = time.time_ns()
    told = cast(int, await within(ask()))
    # Half way between question and answer is when the venue looked at its clock, as well as can be known.
    return ((asked + time.time_ns()) / 2 - told) / 1e6


async def within(answer: Awaitable[Any]) -> Any:
    """The answer, or an error of ours when it takes too long.

    Raises:
        UnavailableError: it took longer than QUESTION_S.
    """
    try:
        async with asyncio.timeout(QUESTION_S):
            return await answer
    except TimeoutError as error:
        raise UnavailableError("the venue did not answer in time; try again", code="venue.no_answer") from error


def _question(provider: Provider, name: str) -> Callable[[], Awaitable[Any]] | None:
    return getattr(provider, name, None)
