"""Whose limits bind whom, what must always get out, and what a loop runs into."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import tradedeck
from tests.shared.engine.bench import bar
from tests.shared.engine.risk.desk import DAY_S, SECOND_NS, SPOT, Desk, wish
from tradedeck.domain.events import Event, MarketEvent, SetLimits, Step
from tradedeck.domain.limits import NO_LIMITS, Limits
from tradedeck.domain.order import OrderState, Side
from tradedeck.domain.trade import Trade
from tradedeck.engine import Engine, LimitGate, replay
from tradedeck.store.codec import decode_event, encode

HOUR_S = 3600
ROOT = Path(tradedeck.__file__).parents[2]


def test_the_tightest_of_account_user_and_source_wins() -> None:
    five, ten = replace(NO_LIMITS, max_order_size=Decimal(5)), replace(NO_LIMITS, max_order_size=Decimal(10))
    assert Desk(ten, user=five).ask(wish("6")) == "risk.max_order_size"
    assert Desk(five, user=ten).ask(wish("6")) == "risk.max_order_size"
    assert Desk(ten, sources={"manual": five}).ask(wish("6")) == "risk.max_order_size"
    assert Desk(ten, sources={"manual": five}).ask(wish("6", source="s1")) == ""
    assert Desk(five, sources={"manual": ten}).ask(wish("6")) == "risk.max_order_size"


def test_a_sources_limits_count_its_own_orders_and_positions_alone() -> None:
    own = replace(NO_LIMITS, max_position_size=Decimal(5), max_open_orders=2)
    desk = Desk(sources={"a": own})
    desk.holds("100", source="b")
    desk.holds("3", source="a")
    assert desk.ask(wish("10", "90", source="b")) == ""
    assert desk.ask(wish("2.001", source="a")) == "risk.max_position_size"
    assert "max_position_size of a" in desk.why(wish("2.001", source="a"))
    assert [desk.ask(wish("1", "90", source="a")) for _ in range(3)] == ["", "", "risk.max_open_orders"]


def test_a_strategy_has_limits_by_its_name_and_tighter_ones_by_its_id() -> None:
    by_name, by_id = replace(NO_LIMITS, max_order_size=Decimal(5)), replace(NO_LIMITS, max_order_size=Decimal(2))
    desk = Desk(sources={"loops": by_name, "s2": by_id})
    desk.start("s1")
    desk.start("s2")
    assert [desk.ask(wish("5", source=source)) for source in ("s1", "s2")] == ["", "risk.max_order_size"]
    assert desk.ask(wish("5.001", source="s1")) == "risk.max_order_size"


def test_a_strategys_leverage_is_measured_against_its_capital_and_its_loss_by_itself() -> None:
    own = replace(NO_LIMITS, max_leverage=Decimal(2), max_daily_loss=Decimal(100))
    desk = Desk(sources={"loops": own})
    desk.start("s1", capital="500")
    desk.holds("50", "BTCPERP", source="b")
    assert desk.ask(wish("10", symbol="BTCPERP", source="s1")) == ""
    assert desk.ask(wish("10.001", symbol="BTCPERP", source="s1")) == "risk.max_leverage"
    desk.holds("10", source="s1")
    desk.price("90", 2)
    assert desk.ask(wish("1", source="s1", second=2)) == "risk.max_daily_loss"
    assert desk.ask(wish("1", source="b", second=2)) == ""
    desk.price("85", DAY_S)
    assert desk.ask(wish("1", source="s1", second=DAY_S)) == "", "a new day for it too"


def test_a_strategys_own_grid_is_no_duplicate_unless_its_limits_say_so() -> None:
    window = replace(NO_LIMITS, duplicate_window_ms=500)
    for sources, second_code in (({}, ""), ({"loops": window}, "risk.duplicate_window_ms")):
        desk = Desk(window, sources=sources)
        desk.start("s1")
        assert [desk.ask(wish("1", "90", source="s1")) for _ in range(2)] == ["", second_code]
        assert [desk.ask(wish("1", "90")) for _ in range(2)] == ["", "risk.duplicate_window_ms"]


def test_reduce_only_gets_out_where_nothing_else_does() -> None:
    nothing = Limits(
        max_order_size=Decimal(0), max_order_notional=Decimal(0), max_position_size=Decimal(0), max_open_orders=0,
        max_position_notional=Decimal(0), max_leverage=Decimal(0), equity=Decimal(0), max_daily_loss=Decimal(0),
        max_orders_per_minute=0, max_price_age_s=0,
    )  # fmt: skip
    desk = Desk(nothing, sources={"manual": nothing})
    desk.holds("10", "BTCPERP")
    out = wish("4", symbol="BTCPERP", side=Side.SELL, second=1000, reduce_only=True)
    assert desk.ask(replace(out, reduce_only=False)) == "risk.max_order_size"
    assert [desk.ask(out), desk.ask(out), desk.ask(out)] == ["", "", "risk.reduce_only"]
    assert "the position is 10, 8 is already on its way and 4 more would not shrink it" in desk.why(out)


def test_reduce_only_needs_no_price_that_is_news_but_keeps_to_one_that_is() -> None:
    desk = Desk(Limits(max_account_orders_per_minute=2))
    desk.holds("10")
    cheap = wish("1", "50", side=Side.SELL, reduce_only=True)
    assert desk.ask(cheap) == "risk.price_collar"
    assert desk.ask(replace(cheap, time_ns=302 * SECOND_NS)) == "", "nobody knows what it is worth now"
    assert desk.ask(replace(cheap, time_ns=303 * SECOND_NS)) == ""
    assert desk.ask(replace(cheap, time_ns=304 * SECOND_NS)) == "risk.max_account_orders_per_minute", "no ban"


def test_reduce_only_passes_before_the_first_price_of_this_run() -> None:
    desk = Desk(Limits())
    desk.holds("10")
    desk.engine.portfolio.last_prices.clear()
    assert desk.ask(wish("1", side=Side.SELL)) == "risk.no_price"
    assert desk.ask(wish("1", side=Side.SELL, reduce_only=True)) == ""


def test_a_bars_price_is_news_until_the_next_bar_is_due() -> None:
    desk = Desk(replace(NO_LIMITS, max_price_age_s=60))
    closed = bar(0, "100", length_ns=HOUR_S * SECOND_NS)
    desk.engine.step(closed)
    due_s = closed.time_ns / SECOND_NS + HOUR_S
    assert desk.ask(wish("1", second=due_s + 60)) == ""
    assert desk.ask(wish("1", second=due_s + 61)) == "risk.max_price_age_s"


def test_other_markets_that_go_on_show_that_one_has_frozen() -> None:
    desk = Desk(Limits())
    desk.price("100", 302, "BTCPERP")
    assert desk.ask(wish("1")) == "risk.max_price_age_s"
    assert desk.ask(wish("1", symbol="BTCPERP")) == ""


def test_a_strategy_that_loops_is_stopped_within_a_second_of_the_market() -> None:
    desk = Desk(Limits(max_messages_per_second=50, max_open_orders=None, max_orders_per_minute=None))
    desk.start(count=7)
    steps: list[Step] = []
    while desk.engine.runners:
        time_ns = 10 * SECOND_NS + len(steps) * SECOND_NS // 10
        steps.append(desk.engine.step(Trade("BTCUSDT", f"x{time_ns}", Decimal(100), Decimal(1), Side.BUY, time_ns)))
    assert steps[-1].event.time_ns < 11 * SECOND_NS
    assert len(desk.engine.orders) == 50
    (note,) = [note for note in steps[-1].notes if note.code]
    assert (note.code, note.level, note.source) == ("risk.max_messages_per_second", "warn", "s1")
    assert "51 orders and cancels within a second are over the limit of 50" in note.text
    assert all(order.cancel_requested for order in desk.engine.open_orders.values())


def test_a_strategy_that_loops_at_once_sends_no_more_than_it_may() -> None:
    desk = Desk(Limits())
    desk.start(count=1000)
    desk.price("100", 10)
    assert not desk.engine.runners
    assert len(desk.engine.orders) == 200


def test_a_busy_strategy_that_keeps_to_its_messages_goes_on() -> None:
    desk = Desk(replace(NO_LIMITS, max_messages_per_second=7))
    desk.start(count=7)
    for second in range(10, 20):
        desk.price("100", second)
    assert desk.engine.runners
    assert len(desk.engine.orders) == 70
    unlimited = Desk()
    unlimited.start(count=1000)
    unlimited.price("100", 10)
    assert unlimited.engine.runners


def test_new_limits_hold_from_their_event_on_and_a_replay_meets_them_at_the_same_place() -> None:
    desk, kept = Desk(Limits()), list[tuple[tuple[MarketEvent, ...], Event]]()
    script: list[Event] = [
        wish("5", "99"), SetLimits("account", Limits(max_order_size=Decimal(2)), 2), wish("5", "98"),
        SetLimits("manual", Limits(max_order_size=Decimal(1)), 2), wish("2", "97"), wish("1", "97"),
        SetLimits("account", Limits(), 3), SetLimits("manual", NO_LIMITS, 3), wish("5", "96"),
    ]  # fmt: skip
    for event in script:
        step = desk.engine.step(event)
        kept.append((step.before, decode_event(encode(event))))
    states = [order.state is OrderState.REFUSED for order in desk.engine.orders.values()]
    assert states == [False, True, True, False, False]
    again = Engine(desk.engine.instruments.values(), id_prefix="t", risk=LimitGate(Limits()))
    replay(again, kept)
    assert again.orders == desk.engine.orders


def test_a_replay_measures_the_days_loss_from_the_same_prices() -> None:
    limits = replace(NO_LIMITS, max_daily_loss=Decimal(100))
    desk = Desk(limits)
    order = desk.engine.step(wish("10")).orders[0]
    script: list[Event] = [wish("10"), desk.filled(order)]
    days = (("95", DAY_S - 2), ("99", DAY_S - 1), ("91", DAY_S), ("92", DAY_S + 1), ("89", DAY_S + 2))
    script += [
        Trade("BTCUSDT", str(second), Decimal(price), Decimal(1), Side.BUY, second * SECOND_NS)
        for price, second in days
    ]
    script.append(wish("1", second=DAY_S + 2))
    live, again = (Engine([SPOT], id_prefix="t", risk=LimitGate(limits)) for _ in range(2))
    live.step(Trade("BTCUSDT", "0", Decimal(100), Decimal(1), Side.BUY, 1))
    kept = [(step.before, step.event) for step in map(live.step, script) if step.durable]
    assert "100 USDT lost since midnight" in live.orders["t-2"].reason
    replay(again, kept)
    assert again.orders == live.orders


# There is no other way out


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("shared/tradedeck", "cloud/tradedeck_cloud", "desktop/tradedeck_desktop", "mobile/tradedeck_mobile"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "tradedeck.domain.events" in (text := path.read_text()) and (
                "Place" in text or "import tradedeck." in text
            ):
                yield str(path.relative_to(ROOT)), ast.parse(text)


def imports_place(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("tradedeck.domain.events")
        and any(alias.name == "Place" for alias in node.names)
        for node in ast.walk(tree)
    )


def makers_of_place(tree: ast.AST) -> list[str]:
    """The functions that make a command to place an order."""
    return [
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "Place")
            or (isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "events.Place")
        )
    ]


def test_only_the_engine_makes_commands_to_place_and_only_behind_the_gate() -> None:
    makers = {name: makers_of_place(tree) for name, tree in sources() if imports_place(tree)}
    assert "shared/tradedeck/engine/core.py" in makers
    assert {name: found for name, found in makers.items() if found} == {"shared/tradedeck/engine/core.py": ["place"]}


def test_in_the_engine_the_gate_comes_before_the_command() -> None:
    tree = ast.parse((ROOT / "shared/tradedeck/engine/core.py").read_text())
    (place,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "place"]
    calls = [ast.unparse(node.func) for node in ast.walk(place) if isinstance(node, ast.Call)]
    assert {"self._check", "Place"} <= set(calls)
    lines = {ast.unparse(node.func): node.lineno for node in ast.walk(place) if isinstance(node, ast.Call)}
    assert lines["self._check"] < lines["Place"]
    (check,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "_check"]
    assert "self.risk.check" in {ast.unparse(node.func) for node in ast.walk(check) if isinstance(node, ast.Call)}


def test_no_module_takes_all_of_the_events_at_once() -> None:
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert "tradedeck.domain.events" not in [alias.name for alias in node.names], name


@pytest.mark.parametrize("name", ["a person", "a strategy", "a webhook"])
def test_whoever_asks_meets_the_same_gate(name: str) -> None:
    source = {"a person": "manual", "a strategy": "s1", "a webhook": "webhook"}[name]
    desk = Desk(replace(NO_LIMITS, max_order_size=Decimal(1)))
    assert desk.ask(wish("2", source=source)) == "risk.max_order_size"
