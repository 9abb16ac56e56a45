"""How a session keeps what it needs in the device's store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from tradedeck.domain.errors import TradedeckError
from tradedeck.domain.events import MarketEvent, Step
from tradedeck.domain.instrument import FeeSchedule, Instrument, Kind
from tradedeck.domain.money import exact
from tradedeck.execution.crash import crash_at_step
from tradedeck.store import Store, StoreWorker
from tradedeck.store.file import Row, row_of
from tradedeck.wire.codec import Origin, facts_of

log = logging.getLogger(__name__)

LATEST_S = 0.5
"""Market news that led to nothing waits so long for the disk, or for the next step that can't wait."""
MAX_WAITING_STEPS = 1_000
"""So many steps wait at most."""


class StepJournal:
    """Keeps steps, and what the cloud should hear of them, in the order they happened.

    What changes or asks for anything is on disk before `append` returns. News that a strategy was shown and left
    alone is written with the next such step, or a moment later: a crash then loses a moment in which nothing happened.
    """

    def __init__(
        self, worker: StoreWorker, session: str, origin: Origin, instruments: Mapping[str, Instrument]
    ) -> None:
        self._worker = worker
        self._session = session
        self._origin = origin
        self._instruments = instruments
        self._rows: list[Row] = []
        self._facts: list[bytes] = []
        self._one_at_a_time = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None

    async def append(self, step: Step) -> None:
        """Keep `step` and its facts.

        Raises:
            UnavailableError: the disk did not take it.
        """
        crash_at_step("keeping", step)
        # Written out here and now, so that the step everybody waits for finds little left to do.
        self._rows.append(row_of(self._session, step))
        self._facts += facts_of(step, self._origin, self._instruments)
        if not _can_wait(step) or len(self._rows) >= MAX_WAITING_STEPS:
            await self._keep_or_drop()
        elif self._later is None:
            self._later = asyncio.create_task(self._flush_later(), name=f"{self._session} journal")
        crash_at_step("kept", step)

    async def flush(self) -> None:
        """Keep what waits.

        Raises:
            UnavailableError: the disk did not take it; it waits on.
        """
        async with self._one_at_a_time:
            rows, facts, self._rows, self._facts = self._rows, self._facts, [], []
            try:
                if rows:
                    await self._worker.call(lambda store: store.append_all(rows, facts))
            except TradedeckError:
                # Later steps without these would leave a hole.
                self._rows, self._facts = rows + self._rows, facts + self._facts
                raise

    async def close(self) -> None:
        """Keep what waits; nothing is appended any more.

        Raises:
            UnavailableError: the disk did not take it.
        """
        if self._later is not None:
            self._later.cancel()
        await self.flush()

    async def _keep_or_drop(self) -> None:
        try:
            await self.flush()
        except TradedeckError:
            # The commands of this step do not leave, so it must not be kept when the disk is well again.
            self._rows.clear()
            self._facts.clear()
            raise

    async def _flush_later(self) -> None:
        await asyncio.sleep(LATEST_S)
        self._later = None
        try:
            await self.flush()
        except TradedeckError as error:
            # The next step that can't wait meets the same disk, and stops the session.
            log.warning("journal.not_kept", extra={"reason": error.message})


def _can_wait(step: Step) -> bool:
    """Whether losing this step in a crash would lose nothing but news."""
    led_to_something = step.commands or step.orders or step.fills or step.notes
    return isinstance(step.event, MarketEvent) and not led_to_something


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
