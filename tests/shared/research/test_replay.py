"""Backtests are the live loop over recorded prices: repeatable to the last digit."""

import asyncio
from decimal import Decimal

import pytest

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.events import Step
from tradedeck.domain.instrument import Instrument
from tradedeck.engine import LimitGate, Limits
from tradedeck.history import bundled_week, read_bars
from tradedeck.ledger import totals_of
from tradedeck.research.replay import finish, replay
from tradedeck.sim.path import replay_bars
from tradedeck.strategies import BUNDLED, RsiReversion, SmaCross

ON_BARS_OF_ONE_MARKET = ("dca", "donchian-breakout", "grid", "rsi-reversion", "sma-cross")


@pytest.mark.parametrize("name", ON_BARS_OF_ONE_MARKET)
def test_the_same_day_twice_gives_the_same_result(btc: Instrument, name: str) -> None:
    bars = list(read_bars(bundled_week(), btc))[:1440]
    first, second = (replay(BUNDLED[name], replay_bars(bars, btc), btc) for _ in range(2))
    assert first == second
    assert len(first.fills) > 5
    marks = {"BTCUSDT": bars[-1].close}
    assert first.totals == totals_of(first.orders, first.fills, marks, {"BTCUSDT": btc})


def test_every_kept_step_is_shown(btc: Instrument) -> None:
    bars = list(read_bars(bundled_week(), btc))[:100]
    shown: list[Step] = []
    result = replay(SmaCross, replay_bars(bars, btc), btc, params={"fast": "2", "slow": "4"}, show=shown.append)
    assert [step.seq for step in shown] == list(range(1, result.steps + 1))
    assert result.fills


def test_balances_and_limits_hold_in_research_too(btc: Instrument) -> None:
    bars = list(read_bars(bundled_week(), btc))[:200]
    poor = replay(SmaCross, replay_bars(bars, btc), btc, balances={"USDT": Decimal(1)})
    assert poor.fills == ()
    assert any("insufficient balance" in order.reason for order in poor.orders)
    strict = LimitGate(Limits(max_order_notional=Decimal(10)))
    careful = replay(SmaCross, replay_bars(bars, btc), btc, risk=strict)
    assert careful.orders
    assert all("over the limit of 10" in order.reason for order in careful.orders)


@pytest.mark.parametrize("params", [{"fast": "0"}, {"fast": "NaN"}, {"fast": "ten"}, {"speed": "1"}])
def test_a_wrong_parameter_is_refused_before_anything_runs(btc: Instrument, params: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        replay(SmaCross, [], btc, params=params)


def test_a_feed_that_waits_is_no_recording() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="may not wait"):
        finish(waits())


def test_reversion_exits_what_it_bought(btc: Instrument) -> None:
    bars = list(read_bars(bundled_week(), btc))[:2000]
    result = replay(RsiReversion, replay_bars(bars, btc), btc)
    bought = [fill for fill in result.fills if fill.maker]
    sold = [fill for fill in result.fills if not fill.maker]
    assert bought
    assert sold
    held = sum((fill.size * fill.side.sign for fill in result.fills), Decimal(0))
    assert 0 <= held <= Decimal("0.01")
