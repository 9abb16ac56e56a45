"""Market making: a bid and an offer around the middle of the book, both moved against what is held."""

from __future__ import annotations

from tradedeck.ports.strategy import BookView, Setup, Strategy


class MarketMaker(Strategy):
    """Quote both sides `half_spread` from a middle that is moved down when long and up when short.

    Needs an order book: a recorded one in research, the live one elsewhere; bars alone are refused. Earns the
    spread between two fills. Loses when the price runs one way, for it is filled by those who know, and wherever the
    maker's fee is more than half the spread. The middle is the reservation price of M. Avellaneda, S. Stoikov,
    High-frequency trading in a limit order book (2008), with one number for their risk, variance and time left.
    """

    def setup(self, setup: Setup) -> None:
        """Half the spread and the shift a unit held as fractions of the price, the size, and the most to hold."""
        self.half_spread = setup.number("half_spread", 0.0001, low=0, high=0.05)
        self.skew = setup.number("skew", 0.00005, low=0, high=0.05)
        self.patience = setup.number("patience", 0.00005, low=0, high=0.05)
        self.size = setup.number("size", 0.001, low=0.00001, high=1000)
        self.units = setup.integer("units", 5, low=1, high=1000)
        self.orders = {1: 0, -1: 0}
        self.prices = {1: 0.0, -1: 0.0}

    def on_book(self, book: BookView) -> None:
        """Never cross the book: a quote is at best the best one of its own side."""
        if not book.bid < book.ask:
            return
        held = self.position / self.size
        middle = (book.bid + book.ask) / 2 * (1 - self.skew * held)
        self._quote(1, min(book.bid, middle * (1 - self.half_spread)), wanted=held < self.units)
        self._quote(-1, max(book.ask, middle * (1 + self.half_spread)), wanted=held > -self.units)

    def _quote(self, side: int, price: float, *, wanted: bool) -> None:
        """One order a side: leave it while it is near enough, else cancel it and quote again once it is gone."""
        if self.orders[side] in self.desk.working:
            if not wanted or abs(price / self.prices[side] - 1) > self.patience:
                self.cancel(self.orders[side])
        elif wanted:
            place = self.buy if side > 0 else self.sell
            self.orders[side], self.prices[side] = place(self.size, price=price, post_only=True), price
