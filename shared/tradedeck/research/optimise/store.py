"""A study's file: Optuna's own storage, so that Optuna's tools can read it too.

Trials are kept whole, a batch at a time, after they were evaluated. A process that is killed leaves whole
batches and perhaps the first trials of one more, which `Store.load` leaves out: they are chosen and evaluated
again, alike, and only those that are missing are added.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tradedeck.domain.errors import ConflictError, CorruptError

if TYPE_CHECKING:
    import optuna

NAME = "tradedeck"
_SQLITE = {".db", ".sqlite", ".sqlite3"}
_LOCK_GRACE_S = 3
BATCH = "batch"
"""User attribute of a stored trial: the number of its batch; OF how many trials that batch has."""
OF = "of"


class Store:
    """One study in one file: SQLite when it is called `*.db` or `*.sqlite`, else a journal of lines (faster).

    Raises:
        ConflictError: the file holds another search; it says what differs.
        CorruptError: it is no study.
    """

    def __init__(self, path: Path, objectives: int, terms: Mapping[str, str]) -> None:
        import optuna

        self._path = path
        try:
            self._study = optuna.create_study(
                storage=_storage(path), study_name=NAME, load_if_exists=True, directions=("maximize",) * objectives
            )
        except (ValueError, KeyError, UnicodeDecodeError) as error:
            raise CorruptError(f"{path.name} is no study, or is damaged: {error}", code="optimise.study") from None
        self._agree(terms)
        self._kept = len(self._study.get_trials(deepcopy=False))

    def load(self) -> list[optuna.trial.FrozenTrial]:
        """Every whole batch, in the order it was kept."""
        trials = self._study.get_trials(deepcopy=False)
        if trials:
            last = trials[-1].user_attrs[BATCH]
            tail = [trial for trial in trials if trial.user_attrs[BATCH] == last]
            if len(tail) < tail[0].user_attrs[OF]:
                return trials[: -len(tail)]
        return trials

    def keep(self, first: int, trials: Sequence[optuna.trial.FrozenTrial]) -> None:
        """Add a batch whose first trial is the study's number `first`; what a killed process kept of it stays.

        Raises:
            ConflictError: another process has written to the same study.
        """
        if len(self._study.get_trials(deepcopy=False)) != self._kept:
            raise ConflictError(
                f"another process works at {self._path.name}; one at a time, or another --study",
                code="optimise.busy",
            )
        self._study.add_trials(trials[max(0, self._kept - first) :])
        self._kept = max(self._kept, first + len(trials))

    def _agree(self, terms: Mapping[str, str]) -> None:
        told = self._study.user_attrs
        for name, value in terms.items():
            if name not in told:
                self._study.set_user_attr(name, value)
            elif told[name] != value:
                raise ConflictError(
                    f"{self._path.name} is a study with another {name} ({told[name]}, not {value}); "
                    "give the same as before, or another --study",
                    code="optimise.other",
                )


def _storage(path: Path) -> Any:
    if path.suffix in _SQLITE:
        return f"sqlite:///{path.absolute()}"
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    _drop_torn_line(path)
    return cast("Any", JournalStorage)(
        JournalFileBackend(str(path), JournalFileOpenLock(str(path), grace_period=_LOCK_GRACE_S))
    )


def _drop_torn_line(path: Path) -> None:
    """A process killed while it wrote leaves the start of a line, which Optuna refuses to read."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        if whole != end:
            file.truncate(whole)
