"""A paper account goes on after a restart: money, positions and resting orders."""

from decimal import Decimal
from pathlib import Path

from tests.shared.engine.bench import trade
from tests.shared.execution.device import buy
from tests.shared.execution.venues import Clock, ScriptedVenue, until
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import OrderState, OrderType, Side
from tradedeck.execution import Session, paper
from tradedeck.execution.compose import PAPER_ACCOUNT, PAPER_BALANCE, paper_exchange
from tradedeck.store import Store, StoreWorker


async def opened(path: Path, btc: Instrument) -> tuple[Session, ScriptedVenue, StoreWorker]:
    venue, worker = ScriptedVenue([btc]), StoreWorker(Store(path))
    session = paper(venue, worker, account="main", device_id="abc123", symbols=["BTCUSDT"], clock=Clock())
    await session.start()
    await session.wait_ready(5)
    return session, venue, worker


async def test_a_paper_account_goes_on_where_it_was(tmp_path: Path, btc: Instrument) -> None:
    session, venue, worker = await opened(tmp_path / "device.db", btc)
    venue.tell(trade(1, "100"))
    await until(lambda: session.engine.last_price("BTCUSDT") is not None)
    await session.place("BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(2))
    resting = await session.place("BTCUSDT", Side.SELL, OrderType.LIMIT, Decimal(2), price=Decimal(110))
    bid = await buy(session)
    venue.tell(trade(2, "111", "0.5"))
    await until(lambda: session.engine.position("BTCUSDT").size == Decimal("1.5"))
    await session.stop()
    await worker.close()

    exchange = paper_exchange(session.engine)
    wallet = exchange.accounts[PAPER_ACCOUNT].wallet
    assert wallet.free["BTC"] + wallet.locked("BTC") == Decimal("1.5")
    paid = sum((f.notional * f.side.sign + f.fee for f in session.engine.fills), Decimal(0))
    assert wallet.free["USDT"] + wallet.locked("USDT") == PAPER_BALANCE - paid

    session, venue, worker = await opened(tmp_path / "device.db", btc)
    assert set(session.engine.open_orders) == {resting.client_order_id, bid.client_order_id}
    venue.tell(trade(3, "112", "9"))
    await until(lambda: session.engine.orders[resting.client_order_id].state is OrderState.FILLED)
    await session.cancel(bid.client_order_id)
    await until(lambda: session.engine.orders[bid.client_order_id].state is OrderState.CANCELED)
    assert len({fill.trade_id for fill in session.engine.fills}) == len(session.engine.fills) == 3
    assert session.engine.position("BTCUSDT").size == 0
    assert venue.sent == {}
    await session.stop()
    await worker.close()
