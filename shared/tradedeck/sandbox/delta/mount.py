"""Puts the Delta wire on the sandbox's server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from aiohttp import web

from tradedeck.domain.funding import FundingRate
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.delta.admin import add_admin
from tradedeck.sandbox.delta.door import HOUSE, MARKET, QUOTA, guard
from tradedeck.sandbox.delta.house import House
from tradedeck.sandbox.delta.listings import LISTED, QUOTE, TIERS, product_of
from tradedeck.sandbox.delta.market import Market
from tradedeck.sandbox.delta.quota import Quota
from tradedeck.sandbox.delta.rest import add_rest
from tradedeck.sandbox.delta.sockets import add_sockets
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue
from tradedeck.sandbox.tape import Tape

BALANCES = {QUOTE: Decimal(1_000_000)}
"""What the default account owns."""
DEFAULT_LEVERAGE = 20


class DeltaPerpetuals(PerpetualVenue):
    """The exchange, where positions are isolated from the start."""

    def open_account(self, key: str, secret: str, balances: Mapping[str, Decimal]) -> None:
        """Add an account that `key` and `secret` open."""
        super().open_account(key, secret, balances)
        for symbol in self.exchange.contracts:
            self.exchange.set_margin_mode(key, symbol, MarginMode.ISOLATED)
            self.exchange.set_leverage(key, symbol, DEFAULT_LEVERAGE)


def venue_of(
    data: Mapping[str, Path],
    *,
    spread_ticks: int = 1,
    funding: Mapping[str, Sequence[FundingRate]] | None = None,
) -> PerpetualVenue:
    """The venue that plays `data`, by symbol.

    Raises:
        NotFoundError: a symbol that is not listed.
        RefusedError: not market data.
        CorruptError: damaged data.
    """
    products = [product_of(symbol) for symbol in data]
    contracts = [replace(product.contract, spread_ticks=spread_ticks) for product in products]
    tapes = {
        product.symbol: Tape(path, product.contract.instrument)
        for product, path in zip(products, data.values(), strict=True)
    }
    rates = {product_of(symbol).symbol: recorded for symbol, recorded in (funding or {}).items()}
    return DeltaPerpetuals(Perpetuals(contracts, TIERS, funding=rates), tapes)


def mount(app: web.Application, venue: PerpetualVenue, alone: bool) -> None:
    """Add every path; `alone`: the only market on this port, whose root path is then a websocket too."""
    products = {symbol: LISTED[symbol] for symbol in venue.exchange.contracts}
    app[HOUSE] = house = House(venue, products)
    app[MARKET], app[QUOTA] = Market(venue, products), Quota()
    app.middlewares.insert(0, guard)
    add_rest(app)
    add_sockets(app, alone=alone)
    add_admin(app)

    async def close(_: web.Application) -> None:
        house.close()

    app.on_cleanup.append(close)
