"""Facts that portfolio listens to."""

from __future__ import annotations

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import exact
from tradedeck.wire.codec import fill_of
from tradedeck.wire.orders.v1.orders_facts_pb2 import FillFact, MarkFact
from tradedeck_cloud.kit.bus import FactHandler
from tradedeck_cloud.kit.codec import Envelope, read_fact
from tradedeck_cloud.portfolio.models import Mark, Place, PlacedFill
from tradedeck_cloud.portfolio.service import PortfolioService

SUBJECT = "orders.>"


def handler(service: PortfolioService) -> FactHandler:
    """Takes each fact of orders that portfolio needs; others are let pass."""

    async def on_filled(fact: Envelope) -> None:
        message = FillFact.FromString(fact.body)
        place = Place(message.venue, message.account, message.mode, message.symbol)
        placed = PlacedFill(place, fill_of(message), message.base, message.quote)
        await service.take_fill(fact.fact_id, fact.user_id, placed)

    async def on_marked(fact: Envelope) -> None:
        message = MarkFact.FromString(fact.body)
        mark = Mark(message.venue, message.symbol, exact(message.price), message.time_ns)
        await service.take_mark(fact.fact_id, fact.user_id, mark)

    async def on_fact(data: bytes) -> None:
        fact = read_fact(data)
        if fact.name == "orders.filled":
            await on_filled(fact)
        elif fact.name == "orders.marked":
            await on_marked(fact)
        else:
            raise RefusedError(f"portfolio takes no {fact.name}", code="portfolio.fact")

    return on_fact
