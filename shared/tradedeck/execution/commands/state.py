"""A running session's state, for programs and in a line for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tradedeck.domain.errors import UnavailableError
from tradedeck.domain.events import Note
from tradedeck.domain.money import ZERO, text
from tradedeck.domain.order import Order, OrderState
from tradedeck.engine import Engine
from tradedeck.execution.commands.venues import budgets_of
from tradedeck.execution.session import Session
from tradedeck.history.timeframes import timeframe_text


def state_of(name: str, session: Session) -> dict[str, Any]:
    """Everything `live status` tells of a session; amounts exact, as text."""
    health = session.health()
    told: dict[str, Any] = {
        "name": name,
        "mode": session.mode,
        "venue": session.origin.venue,
        "ready": session.ready,
        "failure": session.failure,
        "connection": {"state": health.state, "detail": health.detail, "connects": health.generation},
        "budgets": [
            {"name": one.name, "used": one.used, "limit": one.limit, "window_s": one.window_s}
            for one in budgets_of(session.provider)
        ],
    }
    try:
        return told | _account(session.engine)
    except UnavailableError:
        return told | _NOT_STARTED


_NOT_STARTED: dict[str, Any] = {
    "halted": "", "restricted": "", "time_ns": 0, "prices": {}, "strategies": [], "orders": [], "positions": [],
    "profit": {}, "fills": 0,
}  # fmt: skip


def _account(engine: Engine) -> dict[str, Any]:
    return {
        "halted": "; ".join(_halt(*scope, reason) for scope, reason in engine.brakes.halts.items()),
        "restricted": engine.brakes.restricted,
        "time_ns": engine.now_ns,
        "prices": {symbol: text(price) for symbol, price in engine.portfolio.last_prices.items()},
        "strategies": [_strategy(strategy_id, engine) for strategy_id in engine.runners],
        "orders": [_order(order) for order in engine.open_orders.values()],
        "positions": [_position(symbol, engine) for symbol, held in engine.portfolio.positions.items() if held.size],
        "profit": {quote: text(amount) for quote, amount in profit_of(engine).items()},
        "fills": len(engine.fills),
    }


def profit_of(engine: Engine) -> dict[str, Decimal]:
    """Realised and open profit after fees, by quote asset; fees in third assets are left out."""
    sums: dict[str, Decimal] = {}
    for symbol, position in engine.portfolio.positions.items():
        quote = engine.instruments[symbol].quote
        won = position.realised - position.fees + engine.portfolio.unrealised(symbol)
        sums[quote] = sums.get(quote, ZERO) + won
    return sums


def line_of(state: Mapping[str, Any]) -> str:
    """The state in one line."""
    prices = " ".join(f"{symbol} {price}" for symbol, price in state["prices"].items())
    profit = " ".join(f"{amount} {asset}" for asset, amount in state["profit"].items()) or "0"
    parts = (state["name"], state["mode"], word_of(state), prices or "no price yet")
    counts = f"{len(state['strategies'])} strategies, {len(state['orders'])} open orders, {state['fills']} fills"
    return " | ".join((*parts, counts, f"profit {profit}"))


def word_of(state: Mapping[str, Any]) -> str:
    """How the session is, in a word or two."""
    if state["failure"]:
        return f"STOPPED: {state['failure']}"
    if state["halted"]:
        return f"HALTED: {state['halted']}"
    if not state["ready"]:
        return "starting"
    if state["restricted"]:
        return f"ONLY REDUCING: {state['restricted']}"
    return "ready" if state["connection"]["state"] == "live" else str(state["connection"]["state"])


def lines_of(state: Mapping[str, Any]) -> list[str]:
    """The state in lines for people."""
    lines = [line_of(state)]
    if state["connection"]["detail"]:
        lines.append(f"  connection: {state['connection']['detail']}")
    lines += [
        f"  strategy {one['id']} on {one['symbol']} {one['timeframe']}: position {one['position']}"
        for one in state["strategies"]
    ]
    lines += [
        f"  order {one['id']}: {one['side']} {one['size']} {one['symbol']} {one['type']}"
        f"{' at ' + one['price'] if one['price'] else ''}, {one['state']}, {one['filled']} filled, by {one['source']}"
        for one in state["orders"]
    ]
    return lines + [
        f"  position {one['symbol']}: {one['size']}, open profit {one['unrealised']}" for one in state["positions"]
    ]


def note_line(note: Note) -> str:
    """A note as a line of the log that people watch."""
    when = datetime.fromtimestamp(note.time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    source = f" [{note.source}]" if note.source else ""
    return f"{when} {'!' if note.level == 'warn' else ' '} {note.text}{source}"


def _halt(source: str, symbol: str, reason: str) -> str:
    scope = " ".join(part for part in (source, symbol) if part)
    return f"{scope}: {reason}" if scope else reason


def _strategy(strategy_id: str, engine: Engine) -> dict[str, Any]:
    start = engine.runners[strategy_id].start
    return {
        "id": strategy_id,
        "name": start.name,
        "symbol": start.symbol,
        "timeframe": timeframe_text(start.timeframe_ns),
        "params": dict(start.params),
        "position": text(engine.portfolio.position(start.symbol, strategy_id).size),
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "id": order.client_order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "type": order.type.value.replace("_", "-"),
        "size": text(order.size),
        "price": "" if order.price is None else text(order.price),
        "filled": text(order.filled),
        "state": "fate unknown" if order.state is OrderState.UNKNOWN else order.state.value.replace("_", " "),
        "source": order.source,
    }


def _position(symbol: str, engine: Engine) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "size": text(engine.portfolio.position(symbol).size),
        "unrealised": text(engine.portfolio.unrealised(symbol)),
    }
