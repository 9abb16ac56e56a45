"""A live session over a scripted venue, quick to ask and patient only as far as its clock is moved."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.shared.engine.bench import trade
from tests.shared.execution.venues import Clock, ScriptedVenue, until
from tradedeck.domain.events import Filled
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Order, OrderType, Side
from tradedeck.execution import Patience, Session, live
from tradedeck.store import Store, StoreWorker

PATIENCE = Patience(grace_s=30, agree=3, period_s=0.01)


@dataclass
class Device:
    """A device: one store file, one clock, and as many sessions in a row as a test starts."""

    path: Path
    btc: Instrument
    clock: Clock = field(default_factory=lambda: Clock(10**9))
    store: Store | None = None
    open: list[tuple[Session, StoreWorker]] = field(default_factory=list[tuple[Session, StoreWorker]])

    def session(self, venue: ScriptedVenue, **terms: Any) -> Session:
        self.store = Store(self.path)
        worker = StoreWorker(self.store)
        made = live(
            venue, worker, account="main", device_id="abc123", symbols=["BTCUSDT"], patience=PATIENCE,
            clock=self.clock, **terms,
        )  # fmt: skip
        self.open.append((made, worker))
        return made

    async def running(self, venue: ScriptedVenue, **terms: Any) -> Session:
        """A session that is ready and knows a price."""
        session = self.session(venue, **terms)
        await session.start()
        await session.wait_ready(5)
        venue.tell(trade(1, "100"))
        await until(lambda: session.engine.last_price("BTCUSDT") is not None)
        return session

    async def stop(self) -> None:
        for session, worker in self.open:
            await session.stop()
            await worker.close()
        self.open.clear()


async def buy(session: Session) -> Order:
    """Rest a bid for 1 BTC at 90."""
    return await session.place("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), price=Decimal(90))


def filled(name: str, number: str, size: str) -> Filled:
    """A fill of an order at 90."""
    fill = Fill("BTCUSDT", number, name, Side.BUY, Decimal(90), Decimal(size), Decimal(0), "USDT", True, 2 * 10**9)
    return Filled(fill, "71")
