"""The clearing house: everybody trades with it, so that no amount is ever made or lost.

For each settling asset: all wallets, less what open positions cost, plus the house's cash, the fees and the insurance
fund are what was paid in. `imbalance` is the difference, and is zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tradedeck.domain.errors import ConflictError, NotFoundError
from tradedeck.domain.money import ZERO
from tradedeck.domain.order import Side
from tradedeck.ports.capabilities import MarginMode
from tradedeck.sandbox.perpetuals.account import Account, Charge, Standing, position_margin, standing
from tradedeck.sandbox.perpetuals.prices import Prices
from tradedeck.sandbox.perpetuals.terms import CENT, Contract, FeeTier


class Clearing:
    """Accounts and money. It knows no orders but to count the margin they take."""

    def __init__(
        self, contracts: Mapping[str, Contract], prices: Mapping[str, Prices], tiers: Iterable[FeeTier], fund: Decimal
    ) -> None:
        self.contracts = contracts
        self.prices = prices
        self.accounts: dict[str, Account] = {}
        self.now_ns = 0
        assets = {contract.instrument.quote for contract in contracts.values()}
        self.house = dict.fromkeys(contracts, ZERO)
        self.cash = dict.fromkeys(assets, ZERO)
        self.fees = dict.fromkeys(assets, ZERO)
        self.insurance = dict.fromkeys(assets, fund)
        self.paid_in = dict.fromkeys(assets, fund)
        self._tiers = sorted(tiers, key=lambda tier: tier.volume)
        self._next_charge = 1

    def open_account(self, name: str, balances: Mapping[str, Decimal]) -> Account:
        """Add an account.

        Raises:
            ConflictError: there is one of that name.
        """
        if name in self.accounts:
            raise ConflictError(f"account {name} exists already; choose another name", code="account.exists")
        account = self.accounts[name] = Account(name, dict(balances))
        for asset, amount in balances.items():
            self.paid_in[asset] = self.paid_in.get(asset, ZERO) + amount
        return account

    def account(self, name: str) -> Account:
        """An account.

        Raises:
            NotFoundError: there is none.
        """
        account = self.accounts.get(name)
        if account is None:
            raise NotFoundError(f"there is no account {name}", code="account.unknown")
        return account

    def standing(self, account: Account, asset: str) -> Standing:
        """How an account stands in a settling asset, at the mark prices."""
        return standing(account, asset, self.contracts, {symbol: one.mark for symbol, one in self.prices.items()})

    def tier(self, account: Account) -> FeeTier:
        """What trading costs the account now."""
        volume = account.month_volume(self.now_ns)
        return next(tier for tier in reversed(self._tiers) if volume >= tier.volume or tier is self._tiers[0])

    def trade(
        self, account: Account, symbol: str, side: Side, price: Decimal, size: Decimal, rate: Decimal
    ) -> tuple[Decimal, Decimal]:
        """Settle a trade with the house: the profit it made real, and the fee at `rate`."""
        asset, position = self.contracts[symbol].instrument.quote, account.position(symbol)
        change, before = size * side.sign, position.size
        realised = position.trade(change, price)
        fee = (price * size * rate).quantize(CENT)
        account.wallets[asset] = account.wallets.get(asset, ZERO) + realised - fee
        self.house[symbol] -= change
        self.cash[asset] += change * price
        self.fees[asset] += fee
        self._set_aside(account, symbol, before, price)
        return realised, fee

    def charge(self, account: Account, kind: str, asset: str, symbol: str, amount: Decimal) -> Charge:
        """Put `amount` into the wallet (take it, below zero) and write down why; who pays is the caller's business."""
        account.wallets[asset] = account.wallets.get(asset, ZERO) + amount
        charge = Charge(self._next_charge, kind, asset, symbol, amount, self.now_ns)
        self._next_charge += 1
        account.charges.append(charge)
        return charge

    def fund(self, account: Account, symbol: str, rate: Decimal) -> Charge | None:
        """Charge funding: the long pays a rate above zero, the house stands between. None without a position."""
        position = account.position(symbol)
        if not position.size:
            return None
        asset = self.contracts[symbol].instrument.quote
        payment = (position.size * self.prices[symbol].mark * rate).quantize(CENT)
        self.cash[asset] += payment
        if account.setting(symbol).mode is MarginMode.ISOLATED:
            position.isolated -= payment
        return self.charge(account, "FUNDING_FEE", asset, symbol, -payment)

    def penalise(self, account: Account, symbol: str, left: Decimal, notional: Decimal) -> None:
        """After a liquidation: its fee, as far as `left` goes, to the fund; or the fund pays what is missing."""
        contract = self.contracts[symbol]
        asset = contract.instrument.quote
        amount = min((notional * contract.liquidation_fee).quantize(CENT), left) if left > ZERO else left
        if amount:
            self.insurance[asset] += amount
            self.charge(account, "INSURANCE_CLEAR", asset, symbol, -amount)

    def cover(self, account: Account, asset: str) -> None:
        """Nobody owes anything once he is flat: the insurance fund pays what is missing."""
        owed = account.wallets[asset]
        if owed < ZERO and not any(
            position.size and self.contracts[symbol].instrument.quote == asset
            for symbol, position in account.positions.items()
        ):
            self.insurance[asset] += owed
            account.wallets[asset] = ZERO

    def imbalance(self, asset: str) -> Decimal:
        """What the books are off by; zero."""
        wallets = sum((account.wallets.get(asset, ZERO) for account in self.accounts.values()), ZERO)
        costs = sum(
            (
                position.cost
                for account in self.accounts.values()
                for symbol, position in account.positions.items()
                if self.contracts[symbol].instrument.quote == asset
            ),
            ZERO,
        )
        return wallets - costs + self.cash[asset] + self.fees[asset] + self.insurance[asset] - self.paid_in[asset]

    def doomed(self, account: Account, symbol: str) -> bool:
        """Whether what backs the position on `symbol` has fallen to its maintenance margin."""
        position = account.positions.get(symbol)
        if position is None or not position.size:
            return False
        contract, mark = self.contracts[symbol], self.prices[symbol].mark
        if account.setting(symbol).mode is MarginMode.ISOLATED:
            return position.isolated + position.unrealised(mark) <= contract.maintenance(abs(position.size) * mark)
        stands = self.standing(account, contract.instrument.quote)
        return stands.cross_wallet + stands.cross_unrealised <= stands.cross_maintenance

    def liquidation_price(self, account: Account, symbol: str) -> Decimal | None:
        """The mark price at which the position would be liquidated, all others unmoved; None when there is none.

        Solves backing + size * p - cost = rate * |size| * p - deduction, with the bracket of today's notional.
        """
        position = account.positions.get(symbol)
        if position is None or not position.size:
            return None
        contract, mark = self.contracts[symbol], self.prices[symbol].mark
        bracket = contract.bracket(abs(position.size) * mark)
        backing = position.isolated
        if account.setting(symbol).mode is MarginMode.CROSS:
            stands = self.standing(account, contract.instrument.quote)
            own = contract.maintenance(abs(position.size) * mark)
            others = stands.cross_unrealised - position.unrealised(mark) - (stands.cross_maintenance - own)
            backing = stands.cross_wallet + others
        slope = position.size - bracket.rate * abs(position.size)
        price = (position.cost - backing - bracket.deduction) / slope
        return price if price > ZERO else None

    def _set_aside(self, account: Account, symbol: str, before: Decimal, price: Decimal) -> None:
        """Isolated margin follows the position: so much of it as was closed is free again."""
        setting, position = account.setting(symbol), account.position(symbol)
        if setting.mode is not MarginMode.ISOLATED:
            return
        opened = abs(position.size)
        if before * position.size <= 0:
            position.isolated = ZERO
        elif opened < abs(before):
            position.isolated = (position.isolated * opened / abs(before)).quantize(CENT)
            return
        else:
            opened -= abs(before)
        position.isolated += (opened * price / setting.leverage).quantize(CENT)

    def margin_of(self, account: Account, symbol: str) -> Decimal:
        """The margin that the position on `symbol` takes now."""
        return position_margin(account, symbol, self.prices[symbol].mark)
