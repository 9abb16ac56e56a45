"""Parameters of one request, and the checks Binance makes before it looks at them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from tradedeck.sandbox.refusals import WireError, illegal, missing

MAX_DECIMALS = 8
_NUMBER = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_INTEGER = r"^[0-9]{1,20}$"
_CLIENT_ID = r"^[a-zA-Z0-9-_]{1,36}$"


class Params(Mapping[str, str]):
    """Parameters by name, as texts."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, name: str) -> str:
        """A parameter that must be there."""
        value = self._values.get(name, "")
        if not value:
            raise missing(name)
        return value

    def amount(self, name: str) -> Decimal:
        """A number above zero that must be there."""
        value = self.text(name)
        if not re.fullmatch(_NUMBER, value):
            raise illegal(name, _NUMBER)
        if len(value.partition(".")[2].rstrip("0")) > MAX_DECIMALS:
            raise WireError(-1111, f"Parameter '{name}' has too much precision.")
        number = Decimal(value)
        if not number:
            raise WireError(-1013, f"Invalid {name}.")
        return number

    def integer(self, name: str, default: int, *, most: int = 2**63) -> int:
        """A whole number; cut to `most`."""
        value = self._values.get(name, "")
        if not value:
            return default
        if not re.fullmatch(_INTEGER, value):
            raise illegal(name, _INTEGER)
        return min(int(value), most)

    def client_id(self, name: str) -> str:
        """A client order id, or empty."""
        value = self._values.get(name, "")
        if value and not re.fullmatch(_CLIENT_ID, value):
            raise illegal(name, _CLIENT_ID)
        return value

    def without(self, name: str) -> None:
        """Refuse a parameter that this kind of order does not have."""
        if self._values.get(name):
            raise WireError(-1106, f"Parameter '{name}' sent when not required.")
