"""How a session keeps what it needs in the device's store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from tradedeck.domain.events import Step
from tradedeck.domain.instrument import FeeSchedule, Instrument, Kind
from tradedeck.domain.money import exact
from tradedeck.store import Store, StoreWorker
from tradedeck.wire.codec import Origin, facts_of


class StepJournal:
    """Keeps steps, and what the cloud should hear of them, in one transaction each."""

    def __init__(
        self, worker: StoreWorker, session: str, origin: Origin, instruments: Mapping[str, Instrument]
    ) -> None:
        self._worker = worker
        self._session = session
        self._origin = origin
        self._instruments = instruments

    async def append(self, step: Step) -> None:
        """Keep `step` and its facts; on disk when this returns.

        Raises:
            UnavailableError: the disk did not take it.
        """
        facts = facts_of(step, self._origin, self._instruments)
        await self._worker.call(lambda store: store.append(self._session, step, facts))


def save_instruments(store: Store, venue: str, instruments: Sequence[Instrument]) -> None:
    """Keep a venue's instruments, so that the journal can be read with the venue gone."""
    store.put_setting(f"instruments:{venue}", [_as_text(asdict(instrument)) for instrument in instruments])


def load_instruments(store: Store, venue: str) -> Sequence[Instrument]:
    """The instruments kept for a venue; empty when it was never reached."""
    rows = store.setting(f"instruments:{venue}", [])
    return [_instrument(row) for row in rows]


def _as_text(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _as_text(cast(dict[str, Any], item)) if isinstance(item, dict) else str(item) for key, item in row.items()
    }


def _instrument(row: dict[str, str | dict[str, str]]) -> Instrument:
    fees = row["fees"]
    assert isinstance(fees, dict)
    return Instrument(
        symbol=str(row["symbol"]),
        venue=str(row["venue"]),
        base=str(row["base"]),
        quote=str(row["quote"]),
        tick=exact(str(row["tick"])),
        lot=exact(str(row["lot"])),
        min_size=exact(str(row["min_size"])),
        max_size=exact(str(row["max_size"])),
        min_notional=exact(str(row["min_notional"])),
        fees=FeeSchedule(exact(fees["maker"]), exact(fees["taker"])),
        kind=Kind(str(row.get("kind", Kind.SPOT))),
        contract=exact(str(row.get("contract", "1"))),
        venue_id=str(row.get("venue_id", "")),
    )
