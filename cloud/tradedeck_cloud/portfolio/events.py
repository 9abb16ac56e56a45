"""Facts that portfolio listens to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.money import exact
from tradedeck.wire.codec import fill_of
from tradedeck.wire.orders.v1.orders_facts_pb2 import FillFact, MarkFact
from tradedeck_cloud.kit.bus import FactsHandler
from tradedeck_cloud.kit.codec import Envelope, read_fact
from tradedeck_cloud.portfolio.models import Mark, News, Place, PlacedFill
from tradedeck_cloud.portfolio.service import PortfolioService

SUBJECT = "orders.>"


def handler(service: PortfolioService) -> FactsHandler:
    """Takes the facts of orders, those of one user that follow each other together."""

    async def on_facts(data: Sequence[bytes]) -> None:
        facts = [read_fact(each) for each in data]
        for user_id, own in groupby(facts, key=lambda fact: fact.user_id):
            await service.take(user_id, [_news(fact) for fact in own])

    return on_facts


def _news(fact: Envelope) -> News:
    match fact.name:
        case "orders.filled":
            message = FillFact.FromString(fact.body)
            place = Place(message.venue, message.account, message.mode, message.symbol)
            return News(fact.fact_id, PlacedFill(place, fill_of(message), message.base, message.quote))
        case "orders.marked":
            mark = MarkFact.FromString(fact.body)
            return News(fact.fact_id, Mark(mark.venue, mark.symbol, exact(mark.price), mark.time_ns))
        case other:
            raise RefusedError(f"portfolio takes no {other}", code="portfolio.fact")
