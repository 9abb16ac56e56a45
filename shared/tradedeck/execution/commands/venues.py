"""Venues by the names people type, and what can be asked of each, whether its provider tells or not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tradedeck.domain.errors import NotFoundError, UnavailableError
from tradedeck.ports.account import Budget, KeyRights
from tradedeck.ports.broker import Balance
from tradedeck.ports.provider import Provider
from tradedeck.providers.binance import BinanceUsdm, BinanceVenue
from tradedeck.providers.delta import DeltaVenue
from tradedeck.store import Account

SANDBOX_URL = "http://127.0.0.1:8700"
NOT_TOLD = "the venue does not tell"
QUESTION_S = 15.0
"""How long any one question to a venue may take."""
DELTA_NEEDS_ADDRESS = (
    "Delta takes trading keys only from the IP addresses listed at the key: open the key's page at the venue and add"
    " the address this machine goes out with; on a changing address (a phone, most homes) trade through the cloud's"
    " order orchestration instead"
)


Make = Callable[[str, str, str], Provider]
"""Makes a provider of a key, a secret and a server's address ("" for the venue itself)."""


@dataclass(frozen=True, slots=True)
class VenueKind:
    """A venue that accounts may be at: how it is made, a market of its, and what to say before a key is typed."""

    about: str
    make: Make
    symbol: str = "BTCUSDT"
    url: str = ""
    hint: str = ""


def _spot(key: str, secret: str, url: str) -> Provider:
    return BinanceVenue(key, secret, url=url)


def _usdm(key: str, secret: str, url: str) -> Provider:
    return BinanceUsdm(key, secret, url=url)


def _delta(site: str) -> Make:
    return lambda key, secret, url: DeltaVenue(key, secret, site=site, url=url)


def _ccxt(key: str, secret: str, url: str) -> Provider:
    # Without the extra this import would fail for everybody else.
    from tradedeck.providers.ccxt import CcxtVenue

    return CcxtVenue(key, secret, url=url)


VENUES: dict[str, VenueKind] = {
    "binance": VenueKind("Binance spot", _spot),
    "binance-usdm": VenueKind("Binance USD-M futures", _usdm),
    "delta-india": VenueKind("Delta Exchange India", _delta("india"), "BTCUSD", hint=DELTA_NEEDS_ADDRESS),
    "delta-global": VenueKind("Delta Exchange global", _delta("global"), hint=DELTA_NEEDS_ADDRESS),
    "sandbox": VenueKind("the exchange of `tradedeck sandbox`", _spot, url=SANDBOX_URL),
    "ccxt:binance": VenueKind("Binance spot through ccxt", _ccxt),
}


def kind_of(venue: str) -> VenueKind:
    """The venue of that name.

    Raises:
        NotFoundError: there is none.
    """
    if venue in VENUES:
        return VENUES[venue]
    raise NotFoundError(f"there is no venue {venue}; there are {', '.join(VENUES)}", code="account.venue")


def open_provider(account: Account, key: str, secret: str) -> Provider:
    """The account's venue, not connected yet; an empty key gives prices only.

    Raises:
        NotFoundError: there is no such venue.
    """
    kind = kind_of(account.venue)
    return kind.make(key, secret, account.url or kind.url)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a venue said about an account."""

    rights: KeyRights
    balances: Sequence[Balance]
    skew_ms: float | None
    budgets: Sequence[Budget] = ()


async def ask_venue(account: Account, key: str, secret: str, symbol: str = "") -> Findings:
    """Connect and ask the venue about the account.

    Raises:
        UnavailableError: the venue can't be reached.
        UnauthenticatedError: it does not accept the key.
        RefusedError: it does not list the symbol.
    """
    provider = open_provider(account, key, secret)
    try:
        await within(provider.connect([symbol or kind_of(account.venue).symbol]))
        rights, balances = await key_rights_of(provider), await within(provider.balances())
        return Findings(rights, balances, await skew_ms_of(provider), tuple(budgets_of(provider)))
    finally:
        await provider.close()


async def key_rights_of(provider: Provider) -> KeyRights:
    """What the account's key may do.

    Raises:
        UnavailableError: no clear answer could be had.
    """
    return cast(KeyRights, await within(provider.key_rights()))


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
    ask: Callable[[], Awaitable[Any]] | None = getattr(provider, "server_time_ns", None)
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
