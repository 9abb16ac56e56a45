"""A strategy that uses every kind of order, so that every way of trading can be held against the others."""

from __future__ import annotations

from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy

NEAR, FAR = 0.0004, 0.002


class Restless(Strategy):
    """Bar by bar: market, limit, post-only, stop, stop-limit, IOC, FOK, cancel, close; and one exit for each fill."""

    def setup(self, setup: Setup) -> None:
        self.size = setup.number("size", 0.01, low=0.001, high=1)
        self.bar = 0

    def on_bar(self, bar: BarView) -> None:
        self.bar += 1
        price, size = bar.close, self.size
        match self.bar % 10:
            case 1:
                self.buy(size)
            case 2:
                self.sell(size, price=price * (1 + NEAR))
            case 3:
                self.buy(size, price=price * (1 - NEAR), post_only=True)
            case 4:
                self.buy(size, stop=price * (1 + NEAR))
            case 5:
                self.sell(size, stop=price * (1 - NEAR), price=price * (1 - FAR))
            case 6:
                self.buy(size, price=price * (1 + NEAR), tif="ioc")
            case 7:
                self.sell(size, price=price * (1 + FAR), tif="fok")
            case 8:
                self.cancel_all()
            case 9:
                self.close()
            case _:
                self.buy(0.000001)

    def on_fill(self, fill: FillView) -> None:
        if fill.maker and self.bar % 3 == 0:
            self.sell(fill.size, price=fill.price * (1 + FAR))


class Careful(Strategy):
    """Every order that leads to others: brackets, pairs, trailing stops, replacements, icebergs, short lives."""

    def setup(self, setup: Setup) -> None:
        self.size = setup.number("size", 0.01, low=0.001, high=1)
        self.bar = self.resting = 0

    def on_bar(self, bar: BarView) -> None:
        self.bar += 1
        price, size = bar.close, self.size
        step = self.bar % 10
        if step == 1:
            self.buy(size, take=price * (1 + NEAR), loss=price * (1 - NEAR))
        elif step == 2:
            self.buy(size, price=price * (1 - NEAR), take=price * (1 + FAR), trail=price * NEAR)
        elif step == 3:
            self.resting = self.sell(size, price=price * (1 + FAR), good_for_hours=0.1)
        elif step == 4:
            self.resting = self.replace(self.resting, price=price * (1 + NEAR))
        elif step == 5:
            self.buy(size, price=price * (1 - NEAR), show=size / 4)
        elif step == 6:
            self.replace(self.resting, size=size / 2)
        elif step == 7:
            self.oco(size, take=price * (1 + NEAR), loss=price * (1 - NEAR))
        elif step == 8:
            self.trail(size, distance=price * NEAR)
        elif step == 9:
            self.cancel_all()
        else:
            self.close()
