"""The venue's key as it is entered, and how the app looks."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradedeck_mobile.device import Device
from tradedeck_mobile.kit.hooks import observable
from tradedeck_mobile.kit.vault import LOOK, VENUE_KEY, VENUE_SECRET, Vault


@observable
@dataclass
class KeyForm:
    """Both parts of an API key."""

    key: str = ""
    secret: str = field(default="", repr=False)
    errors: dict[str, str] = field(default_factory=dict[str, str])

    async def save(self, device: Device, vault: Vault) -> bool:
        """Keep the key in the vault and trade with it; whether both parts were there."""
        missing = {name: "Paste it from the exchange" for name in ("key", "secret") if not getattr(self, name)}
        self.errors = missing
        if missing:
            return False
        await vault.keep(VENUE_KEY, self.key)
        await vault.keep(VENUE_SECRET, self.secret)
        await device.use_key(self.key, self.secret)
        self.key = self.secret = ""
        return True


async def forget_key(device: Device, vault: Vault) -> None:
    """Remove the key from this phone and trade on paper."""
    await vault.keep(VENUE_KEY, "")
    await vault.keep(VENUE_SECRET, "")
    await device.use_key("", "")


def written_look(name: str, *, blind: bool) -> str:
    """A look as it is kept."""
    return f"{name} blind" if blind else name


def read_look(kept: str) -> tuple[str, bool]:
    """Theme name and colour-blind pair from what was kept; dark when nothing was."""
    name, _, blind = kept.partition(" ")
    return ("light" if name == "light" else "dark"), bool(blind)


async def keep_look(vault: Vault, name: str, *, blind: bool) -> None:
    """Remember the look."""
    await vault.keep(LOOK, written_look(name, blind=blind))
