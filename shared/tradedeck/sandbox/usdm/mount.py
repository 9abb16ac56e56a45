"""Puts the USD-M wire on the sandbox's server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from aiohttp import web

from tradedeck.domain.funding import FundingRate
from tradedeck.sandbox.perpetuals.core import Perpetuals
from tradedeck.sandbox.perpetuals.venue import PerpetualVenue
from tradedeck.sandbox.tape import Tape
from tradedeck.sandbox.usdm.admin import add_admin
from tradedeck.sandbox.usdm.front import Front
from tradedeck.sandbox.usdm.listings import TIERS, contract_of
from tradedeck.sandbox.usdm.rest import FRONT, add_rest
from tradedeck.sandbox.usdm.streams import add_streams
from tradedeck.sandbox.usdm.wsapi import add_ws_api

BALANCES = {"USDT": Decimal(1_000_000)}
"""What the default account owns."""


def venue_of(
    data: Mapping[str, Path],
    *,
    spread_ticks: int = 1,
    level_size: Decimal | None = None,
    funding: Mapping[str, Sequence[FundingRate]] | None = None,
) -> PerpetualVenue:
    """The venue that plays `data`, by symbol; `level_size` base units at each made-up level, None for the listing's.

    Raises:
        NotFoundError: a symbol that is not listed.
        RefusedError: not market data.
        CorruptError: damaged data.
    """
    contracts = [
        replace(contract, spread_ticks=spread_ticks, level_size=level_size or contract.level_size)
        for contract in map(contract_of, data)
    ]
    exchange = Perpetuals(contracts, TIERS, funding=funding)
    tapes = {
        contract.instrument.symbol: Tape(path, contract.instrument)
        for contract, path in zip(contracts, data.values(), strict=True)
    }
    return PerpetualVenue(exchange, tapes)


def mount(app: web.Application, venue: PerpetualVenue, alone: bool) -> None:
    """Add every path; `alone`: the only market on this port."""
    app[FRONT] = front = Front(venue)
    add_rest(app, alone=alone)
    add_streams(app, alone=alone)
    add_ws_api(app)
    add_admin(app)

    async def close(_: web.Application) -> None:
        front.close()

    app.on_cleanup.append(close)
