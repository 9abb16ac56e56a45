"""Random strategies of the subset, random markets and random terms: what the ways of running are held against."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random

import numpy as np

from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.history.series import BarSeries
from tradedeck.ports.strategy import Strategy
from tradedeck.research.latency import Gamma, LogNormal, Recorded
from tradedeck.research.settings import Account, FeeTier, Margin, Settings, Touch
from tradedeck.research.settings import Path as Course

MINUTE_NS = 60 * 10**9
HEAD = """from math import floor, isnan, nan, sqrt

from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy

HALF = 0.5


class Made(Strategy):
"""


def instrument(account: Account) -> Instrument:
    lot = Decimal(1) if account is Account.INVERSE else Decimal("0.01")
    return Instrument(
        "MADE",
        "sim",
        "MDE",
        "USD",
        Decimal("0.5"),
        lot,
        lot,
        Decimal(1000),
        Decimal(1),
        FeeSchedule(Decimal("0.0002"), Decimal("0.001")),
    )


TIERS = (
    FeeTier(Decimal(0), Decimal("0.0002"), Decimal("0.001")),
    FeeTier(Decimal(500), Decimal("0.00015"), Decimal("0.0007")),
    FeeTier(Decimal(3000), Decimal("-0.0001"), Decimal("0.00033")),
)


LATENCIES = (
    LogNormal(20 * 10**9, 1.0, 3),
    Gamma(30 * 10**9, 40 * 10**9, 5),
    Recorded((0, 70 * 10**9, 5)),
)


def settings(random: Random) -> Settings:
    account = random.choice([Account.SPOT, Account.SPOT, Account.LINEAR, Account.INVERSE])
    return Settings(
        cash=Decimal(random.choice([5, 100])) if account is Account.INVERSE else Decimal(random.choice([300, 100_000])),
        slippage_ticks=random.choice([0, 0, 1, 3]),
        latency_ns=random.choice([0, 0, 10**9, 20 * 10**9, 90 * 10**9]),
        latency=random.choice([None, None, None, *LATENCIES]),
        path=random.choice(list(Course)),
        touch=random.choice(list(Touch)),
        volume_share=random.choice([0.0, 1.0, 0.1]),
        account=account,
        margin=random.choice(list(Margin)) if account is not Account.SPOT else Margin.CROSS,
        leverage=random.choice([1, 3, 20]),
        borrow_rate=Decimal(random.choice(["0", "0", "0.5"])),
        tiers=random.choice([(), (), TIERS]),
        traded=Decimal(random.choice([0, 3000])),
    )


def market(random: Random, bars: int) -> BarSeries:
    """Prices on a coarse grid, so that touches, gaps and ties are common."""
    numbers = np.random.default_rng(random.randrange(2**32))
    tick = 0.5
    closes = 100 + np.cumsum(numbers.integers(-3, 4, bars)) * tick
    closes = np.maximum(closes, 20.0)
    opens = np.r_[100.0, closes[:-1]] + numbers.choice([0, 0, 0, 0, 2, -2], bars) * tick
    opens = np.maximum(opens, 10.0)
    highs = np.maximum(opens, closes) + numbers.integers(0, 4, bars) * tick
    lows = np.maximum(np.minimum(opens, closes) - numbers.integers(0, 4, bars) * tick, 1.0)
    steps = np.ones(bars, np.int64)
    if random.random() < 0.3:
        steps[numbers.integers(1, bars, 3)] = 7
    if random.random() < 0.3:
        # Over weeks, so that the 30 days of a fee tier begin and end.
        steps[::5] = 1200
    opened = np.cumsum(steps) * MINUTE_NS
    open_, high, low, close = (np.asarray(column, np.float64) for column in (opens, highs, lows, closes))
    return BarSeries("MADE", MINUTE_NS, opened, open_, high, low, close, numbers.integers(0, 900, bars) / 100)


@dataclass
class Writer:
    """Writes one strategy; every choice comes from `random`."""

    random: Random

    def source(self) -> str:
        self.fill_seen = False
        body = [*self._setup()]
        handlers = self.random.choice([["on_bar"], ["on_bar"], ["on_bar"], ["on_signal"], ["on_bar", "on_signal"]])
        self.calls = ["helper"] if self.random.random() < 0.3 else []
        self.plain = self.random.random() < 0.3
        for name in handlers:
            body += ["", f"    def {name}(self, bar: BarView) -> None:", *self._block(2, 2)]
        if not self.plain and self.random.random() < 0.4:
            self.fill_seen = True
            body += ["", "    def on_fill(self, fill: FillView) -> None:", *self._block(2, 1)]
            self.fill_seen = False
        if self.random.random() < 0.3:
            body += ["", "    def on_timer(self, time_ns: int) -> None:", "        self.count += time_ns % 7"]
            body += self._block(2, 1, bar=False)
        if self.calls:
            body += [
                "",
                "    def helper(self, x: float) -> float:",
                "        if x > self.level:",
                "            return x - 1.0",
            ]
            body += ["        return x * HALF"]
        return HEAD + "\n".join(body) + "\n"

    def _setup(self) -> list[str]:
        pick = self.random.choice
        lines = [
            "    def setup(self, setup: Setup) -> None:",
            f"        self.fast = setup.sma({self.random.randint(1, 5)})",
            f"        self.slow = setup.{pick(['sma', 'ema', 'rsi', 'atr'])}({self.random.randint(2, 9)})",
            f'        self.long = setup.sma(2, timeframe="{pick(["2m", "5m"])}")',
            "        self.up = setup.crosses_above(self.fast, self.slow)",
            "        self.down = setup.crosses_below(self.fast, 100.0)",
            f'        self.size = setup.number("size", {pick(["0.5", "1.0", "2.37"])}, low=0.0, high=100.0)',
            f'        self.turns = setup.integer("turns", {self.random.randint(1, 4)}, low=1, high=5)',
            '        self.mode = setup.choice("mode", "calm", ("calm", "wild"))',
            "        self.level = 100.0",
            "        self.count = 0",
            "        self.order = 0",
            "        self.seen = [0.0] * 4",
            "        self.armed = False",
        ]
        if self.random.random() < 0.5:
            lines.append(f'        setup.every("{pick(["3m", "10m"])}")')
        return lines

    def _block(self, depth: int, nested: int, *, bar: bool = True) -> list[str]:
        lines: list[str] = []
        for _ in range(self.random.randint(1, 3)):
            lines += self._statement(depth, nested, bar=bar)
        return lines

    def _statement(self, depth: int, nested: int, *, bar: bool) -> list[str]:
        pad = "    " * depth
        kind = self.random.randrange(10 if nested else 7)
        if kind < 4:
            return [pad + self._verb(bar=bar)]
        if kind == 4:
            return [f"{pad}self.level = {self._number(2, bar=bar)}"]
        if kind == 5:
            return [f"{pad}self.count += {self.random.randint(1, 3)}", f"{pad}self.armed = {self._test(1, bar=bar)}"]
        if kind == 6:
            return [f"{pad}self.seen[self.count % 4] = {self._number(1, bar=bar)}"]
        if kind == 7:
            return [
                f"{pad}total = 0.0",
                f"{pad}for k in range(self.turns):",
                f"{pad}    total += self.seen[k % 4] + k",
                f"{pad}if total > self.level:",
                f"{pad}    {self._verb(bar=bar)}",
            ]
        lines = [f"{pad}if {self._test(2, bar=bar)}:", *self._block(depth + 1, nested - 1, bar=bar)]
        if self.random.random() < 0.5:
            lines += [f"{pad}else:", *self._block(depth + 1, nested - 1, bar=bar)]
        return lines

    def _verb(self, *, bar: bool) -> str:
        pick = self.random.choice
        size, price = self._size(bar=bar), self._price(bar=bar)
        if self.plain:
            return pick([f"self.buy({size})", f"self.sell({size})", "self.close()", f"self.target({size})"])
        far = f"{price} {pick(['+', '-'])} {pick(['1.0', '2.5', '4.2'])}"
        side = pick(["buy", "sell"])
        gain, pain = ("+", "-") if side == "buy" else ("-", "+")
        options = pick(
            [
                "",
                f", price={price}",
                f", stop={far}",
                f", price={far}, stop={price}",
                f", price={price}, post_only=True",
                f', price={price}, tif="{pick(["ioc", "fok", "day"])}"',
                ", reduce_only=True",
                f", price={price}, show=0.25",
                f", price={price}, good_for_hours=0.1",
                f", take={price} {gain} 3.0, loss={price} {pain} 3.0",
                f", trail={pick(['1.0', '2.3'])}",
                f", price={price}, take={price} {gain} 2.0, loss={price} {pain} 2.0",
            ]
        )
        return pick(
            [
                f"self.order = self.{side}({size}{options})",
                f"self.{side}({size}{options})",
                f"self.{side}({size}{options})",
                f"self.target({size} * {pick(['1', '-1', '0'])})",
                "self.close()",
                f"self.target_weight({pick(['0.5', '1.0', '-0.3'])})",
                f"self.bracket({size}, take={price} + 2.0, loss={price} - 2.0)",
                f"self.bracket(-{size}, take={price} - 2.0, loss={price} + 2.0)",
                f"self.oco(abs(self.position), take={price} + 3.0, loss={price} - 3.0)",
                f"self.trail({size}, distance={pick(['1.0', '0.7', '3.0'])})",
                "self.cancel(self.order)",
                "self.cancel_all()",
                f"self.order = self.replace(self.order, price={price})",
                f"self.replace(self.order, size={size}, stop={far})",
                f'self.note("seen", price={price})',
            ]
        )

    def _size(self, *, bar: bool) -> str:
        return self.random.choice(["self.size", "1.0", "0.25", "self.size * HALF", "abs(self.position)"])

    def _price(self, *, bar: bool) -> str:
        shown = ["bar.close", "bar.low", "bar.high", "bar.open"] if bar and not self.fill_seen else []
        return self.random.choice([*(["fill.price"] if self.fill_seen else shown), "self.fast.value", "self.level"])

    def _number(self, depth: int, *, bar: bool) -> str:
        pick = self.random.choice
        leaves = [
            "self.fast.value",
            "self.slow.previous",
            "self.long.value",
            "self.level",
            "self.position",
            "2.0",
            "0.1",
            "self.size",
            "float(self.count)",
            "self.seen[1]",
            "self.seen[-1]",
            "self.working * 1.0",
            "sqrt(abs(self.level))",
        ]
        if self.calls:
            leaves.append("self.helper(self.level)")
        if bar and not self.fill_seen:
            leaves += ["bar.close", "bar.volume", "bar.high - bar.low"]
        if depth == 0:
            return pick(leaves)
        left, right = self._number(depth - 1, bar=bar), self._number(depth - 1, bar=bar)
        return pick(
            [
                f"({left} + {right})",
                f"({left} - {right})",
                f"({left} * 0.5)",
                f"max({left}, {right})",
                f"min({left}, {right})",
                f"({left} if {self._test(0, bar=bar)} else {right})",
                f"({left} % 7.0)",
                f"floor({left} / 2.0)",
                f"round({left})",
                f"({left} / (abs({right}) + 1.0))",
            ]
        )

    def _test(self, depth: int, *, bar: bool) -> str:
        pick = self.random.choice
        left, right = self._number(0, bar=bar), self._number(0, bar=bar)
        plain = pick(
            [
                f"{left} > {right}",
                f"{left} <= {right}",
                "not self.position",
                "self.up.value",
                "self.down.value",
                f"0.0 < {left} < {right}",
                f"self.count % {self.random.randint(2, 9)} == 0",
                "self.armed",
                "isnan(self.slow.value)",
                'self.mode == "calm"',
                "self.position > 0",
                "not self.working",
            ]
        )
        if depth == 0:
            return plain
        return pick([plain, f"{plain} and {self._test(depth - 1, bar=bar)}", f"({plain}) or self.count == 3"])


def load(source: str, folder: Path, name: str) -> type[Strategy]:
    """The class of a written strategy, with a file behind it."""
    path = folder / f"{name}.py"
    path.write_text(source)
    spec = spec_from_file_location(f"grammar_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Made
