"""Changing a folder of files all at once or not at all, whatever happens in between.

New files are written aside and flushed; a mark says that they are whole; then they are renamed into place. A
process that dies before the mark has changed nothing. One that dies after it is finished by the next that comes.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tradedeck.domain.errors import ConflictError, TradedeckError, UnavailableError

_ASIDE = ".incoming"
_LOCK = ".lock"
_READY = "ready"
_FILES = "files"


@contextmanager
def staging(folder: Path) -> Generator[Path]:
    """An empty folder to fill with files, at the paths they shall have; they take their places on a clean exit.

    Files directly beside it (`result.parent / "scratch"`) are thrown away.

    Raises:
        ConflictError: another process is changing the folder.
        UnavailableError: it can't be written, or the disk is full; nothing was changed.
    """
    with _told(folder), _locked(folder):
        _settle(folder)
        aside = folder / _ASIDE
        (aside / _FILES).mkdir(parents=True)
        try:
            yield aside / _FILES
            _commit(folder)
        except BaseException:
            if not (aside / _READY).exists():
                shutil.rmtree(aside, ignore_errors=True)
            raise


def settle(folder: Path) -> None:
    """Finish or undo what a process left behind that died; nothing while another is at work."""
    if (folder / _ASIDE).exists():
        with suppress(ConflictError), _told(folder), _locked(folder):
            _settle(folder)


def flush(path: Path) -> None:
    """Make sure that a file's bytes are on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _commit(folder: Path) -> None:
    aside = folder / _ASIDE
    (aside / "mark").touch()
    flush(aside / "mark")
    (aside / "mark").rename(aside / _READY)
    _flush_folder(aside)
    try:
        _settle(folder)
    except KeyboardInterrupt:
        # It is decided: what is left takes a moment.
        _settle(folder)
        raise


def _settle(folder: Path) -> None:
    aside = folder / _ASIDE
    if (aside / _READY).exists():
        for path in sorted((aside / _FILES).rglob("*")):
            if path.is_file():
                target = folder / path.relative_to(aside / _FILES)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
                _flush_folder(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _flush_folder(folder: Path) -> None:
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _told(folder: Path) -> Generator[None]:
    """The system's errors in plain words."""
    try:
        yield
    except TradedeckError:
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full; free some space" if full else (error.strerror or str(error))
        raise UnavailableError(f"{folder} was not changed: {why}", code="history.disk") from error


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as lock:
        if not _take(lock):
            raise ConflictError(f"another process is changing {folder}; wait for it to end", code="history.in_use")
        yield


def _take(lock: IO[str]) -> bool:
    """Whether the lock is ours now, until the file is closed."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
