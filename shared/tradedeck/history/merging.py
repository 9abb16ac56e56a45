"""New rows among those that are there: in order, each once, and nothing that contradicts goes unnoticed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from tradedeck.domain.errors import ConflictError
from tradedeck.history.frames import ID_CHARS, Frame, cut, value_faults

_DECIDE = "import it with --repair to let the new rows win"


@dataclass(slots=True)
class Counts:
    """What became of rows. `known` were there already, the same; `replaced` were there with other values."""

    rows: int = 0
    added: int = 0
    known: int = 0
    replaced: int = 0
    duplicates: int = 0
    disorder: int = 0
    contradicting: int = 0
    not_above_zero: int = 0
    not_finite: int = 0
    bad_size: int = 0

    def add(self, other: Counts) -> None:
        """Sum up."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    @property
    def dropped(self) -> int:
        """Rows that were read and are not kept."""
        return self.duplicates + self.contradicting + self.not_above_zero + self.not_finite + self.bad_size

    def as_dict(self) -> dict[str, int]:
        """By name."""
        return {field.name: int(getattr(self, field.name)) for field in fields(self)}


def without_faults(frame: Frame) -> tuple[Frame, Counts]:
    """The rows whose numbers make sense, and how many did not, each counted once under its first fault."""
    counts = Counts()
    names = {"not finite": "not_finite", "not above zero": "not_above_zero", "size": "bad_size"}
    bad = np.zeros(len(frame["time_ns"]), np.bool_)
    for kind, rows in value_faults(frame).items():
        setattr(counts, names.get(kind, kind), int((rows & ~bad).sum()))
        bad |= rows
    return (cut(frame, ~bad), counts) if bad.any() else (frame, counts)


def merged(old: Frame | None, new: Frame, *, repair: bool, where: str) -> tuple[Frame, Counts]:
    """Both in order. A bar's key is its time, a trade's its time and id; of rows with one key the last one read stays.

    Trades without ids can't be told apart: with `repair` the new ones replace all between their first and last time.

    Raises:
        ConflictError: not `repair`, and rows contradict what is there; `where` names the place.
    """
    if "open" in new:
        return _by_key(old, new, ("time_ns",), repair, where)
    if "id" in new and (old is None or "id" in old):
        return _by_key(old, new, ("time_ns", "id"), repair, where)
    return _by_range(old, new, repair, where)


def _by_key(old: Frame | None, new: Frame, key: tuple[str, ...], repair: bool, where: str) -> tuple[Frame, Counts]:
    held = len(old["time_ns"]) if old else 0
    both = {name: np.concatenate(_alike(old[name], new[name])) for name in new} if old else new
    if old is None and (np.diff(both["time_ns"]) > 0).all():
        return both, Counts(added=len(both["time_ns"]))
    order = np.lexsort([both[name] for name in reversed(key)])  # stable: later rows stay later
    if (order[1:] < order[:-1]).any():
        both = cut(both, order)
    old_row = order < held
    same = np.logical_and.reduce([both[name][1:] == both[name][:-1] for name in key])
    equal = np.logical_and.reduce([both[name][1:] == both[name][:-1] for name in both]) if same.any() else same
    over = same & old_row[:-1]
    counts = Counts(
        known=int((over & equal).sum()), replaced=int((over & ~equal).sum()), duplicates=int((same & ~over).sum())
    )
    counts.added = len(new["time_ns"]) - counts.known - counts.replaced - counts.duplicates
    if not repair and (clash := same & ~equal).any():
        at = np.datetime64(int(both["time_ns"][1:][clash][0]), "ns")
        raise ConflictError(f"{where}: other values than those at {at}Z; {_DECIDE}", code="history.conflict")
    keep = np.append(~same, np.True_)
    return (both if keep.all() else cut(both, keep)), counts


def _alike(old: NDArray[np.generic], new: NDArray[np.generic]) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Ids may be numbers in one file and text in another."""
    if old.dtype.kind == new.dtype.kind:
        return old, new
    return old.astype(f"S{ID_CHARS}"), new.astype(f"S{ID_CHARS}")


def _by_range(old: Frame | None, new: Frame, repair: bool, where: str) -> tuple[Frame, Counts]:
    times = new["time_ns"]
    order = np.argsort(times, kind="stable")
    new = cut(new, order) if (order[1:] < order[:-1]).any() else new
    counts = Counts(added=len(times))
    if old is None:
        return new, counts
    first, last = int(new["time_ns"][0]), int(new["time_ns"][-1])
    low, high = np.searchsorted(old["time_ns"], first), np.searchsorted(old["time_ns"], last, "right")
    if low < high:
        inside = cut(old, slice(int(low), int(high)))
        if len(inside["time_ns"]) == len(times) and all(np.array_equal(inside[n], new[n]) for n in new if n in inside):
            return old, Counts(known=len(times))
        if not repair:
            at = np.datetime64(first, "ns")
            raise ConflictError(f"{where}: there are other rows from {at}Z on; {_DECIDE}", code="history.conflict")
        counts.replaced, counts.added = int(high - low), max(len(times) - int(high - low), 0)
    shared = [name for name in new if name in old]
    return {n: np.concatenate((old[n][:low], new[n], old[n][high:])) for n in shared}, counts
