"""How positions are written on the wire."""

from __future__ import annotations

from collections.abc import Sequence

from tradedeck.domain.money import ZERO, text
from tradedeck.wire.portfolio.v1 import portfolio_service_pb2 as wire
from tradedeck_cloud.portfolio.models import EquityRow, Held


def position_message(held: Held) -> wire.Position:
    """One position."""
    place, position, mark = held.place, held.position, held.mark
    return wire.Position(
        venue=place.venue,
        account=place.account,
        symbol=place.symbol,
        mode=place.mode,
        size=text(position.size),
        cost=text(position.cost),
        mark=text(mark.price) if mark else "",
        mark_time_ns=mark.time_ns if mark else 0,
        realised=text(position.realised),
        unrealised=text(held.unrealised),
        fees=text(position.fees),
        notional=text(position.notional),
        fills=position.fills,
    )


def portfolio_message(all_held: Sequence[Held], as_of_ns: int) -> wire.GetPortfolioResponse:
    """All positions and their sums."""
    positions = [held.position for held in all_held]
    return wire.GetPortfolioResponse(
        positions=[position_message(held) for held in all_held],
        realised=text(sum((p.realised for p in positions), ZERO)),
        unrealised=text(sum((held.unrealised for held in all_held), ZERO)),
        fees=text(sum((p.fees for p in positions), ZERO)),
        notional=text(sum((p.notional for p in positions), ZERO)),
        fills=sum(p.fills for p in positions),
        as_of_ns=as_of_ns,
    )


def equity_message(row: EquityRow) -> wire.EquityPoint:
    """One point of the curve."""
    return wire.EquityPoint(time_ns=row.time_ns, profit=text(row.profit))
