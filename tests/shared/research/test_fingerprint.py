"""A report carries what made it, and comes out again byte for byte, or says where it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from shared.research.runs import BTC, week

from tradedeck.domain.errors import RefusedError
from tradedeck.ports.strategy import Strategy
from tradedeck.research.fingerprint import (
    engine_digest,
    fingerprint_of,
    repeat,
    settings_of,
    strategy_digest,
    verify,
)
from tradedeck.research.reporting import Check, Extras, report_of, to_json
from tradedeck.research.reporting.lines import lines_of
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, FeeTier, Margin, Settings, Touch
from tradedeck.strategies import RsiReversion, SmaCross

DAYS = week().slice(0, 3000)


def report(settings: Settings, **params: str) -> str:
    run = backtest(SmaCross, DAYS, BTC, params=params, settings=settings)
    marks, checks = fingerprint_of(run, SmaCross), (Check("it was looked at", True),)
    return to_json(report_of(run, Extras(lines=lines_of(run, SmaCross), fingerprint=marks, checks=checks)))


def test_a_report_comes_out_again_byte_for_byte() -> None:
    told = report(Settings(slippage_ticks=2, taker=Decimal("0.0004"), touch=Touch.AT), fast="10", slow="30")
    assert len(json.loads(told)["trades"]) > 20
    assert verify(told, repeat(SmaCross, DAYS, BTC)) == []


def test_other_data_or_another_strategy_is_found_and_named() -> None:
    told = report(Settings())
    other = replace(DAYS, volume=DAYS.volume + 1)
    found = verify(told, repeat(SmaCross, other, BTC))
    assert any(line.startswith("fingerprint.data:") for line in found)
    changed = verify(told, lambda _: told.replace("BTC", "ETH"))
    assert any(line.startswith("run.symbol: 'BTCUSDT' before, 'ETHUSDT' now") for line in changed)


def test_a_figure_changed_by_hand_is_found() -> None:
    told = report(Settings())
    forged = json.loads(told)
    forged["figures"]["profit"] = 1e6
    forged["trades"].pop()
    found = verify(to_json(forged), repeat(SmaCross, DAYS, BTC))
    assert any(line.startswith("figures.profit: 1000000.0 before, ") for line in found)
    assert any("entries before" in line for line in found)


def test_the_same_figures_in_another_spelling_are_not_the_same_bytes() -> None:
    told = report(Settings())
    assert verify(json.dumps(json.loads(told)), lambda _: told) == [
        "the figures are the same, but they are written differently"
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 0}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="no report"):
        verify(text, lambda _: "")


def test_settings_survive_the_way_through_json() -> None:
    settings = Settings(
        account=Account.LINEAR, margin=Margin.ISOLATED, leverage=5, maker=Decimal("-0.0001"), volume_share=0.25
    )  # fmt: skip
    told = json.loads(report(replace(settings)))
    assert settings_of(told) == settings
    told["settings"]["touch"] = "never"
    with pytest.raises(RefusedError, match="settings"):
        settings_of(told)


def test_fee_tiers_survive_the_way_through_json() -> None:
    tiers = (FeeTier(Decimal(0), Decimal("0.001"), Decimal("0.002")), FeeTier(Decimal(9), Decimal(0), Decimal("0.001")))
    settings = Settings(tiers=tiers, traded=Decimal(5))
    assert settings_of(json.loads(report(settings))) == settings


def test_marks_change_with_what_they_are_of() -> None:
    one = backtest(SmaCross, DAYS, BTC)
    two = backtest(SmaCross, DAYS, BTC, params={"fast": "5"})
    first, second = fingerprint_of(one, SmaCross), fingerprint_of(two, SmaCross)
    assert {name for name in first if first[name] != second[name]} == {"params", "result"}
    assert strategy_digest(SmaCross) != strategy_digest(RsiReversion)
    assert len(engine_digest()) == 64


def test_a_strategy_without_a_file_is_unknown() -> None:
    made: dict[str, type[Strategy]] = {}
    exec("class Made(Strategy): ...\nmade['it'] = Made", {"Strategy": Strategy, "made": made, "__name__": "nowhere"})
    assert strategy_digest(made["it"]) == "unknown"
