"""When the disk or the folder won't, the file says so in a sentence and keeps what it had."""

import sqlite3
from pathlib import Path

import pytest

from tradedeck.domain.errors import CorruptError, TradedeckError, UnavailableError
from tradedeck.domain.events import Resume, Step
from tradedeck.store import Store


def test_a_full_disk_keeps_neither_the_step_nor_its_lines(tmp_path: Path) -> None:
    store = Store(tmp_path / "device.db")
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    kept = 0

    def write_on() -> None:
        nonlocal kept
        for seq in range(1, 500):
            store.append("live", Step(seq, Resume(seq)), [b"x" * 100])
            kept = seq

    with pytest.raises(UnavailableError, match="is full; free some space, nothing was lost") as full:
        write_on()
    assert full.value.code == "store.disk_full"
    assert len(list(store.steps("live"))) == store.outbox_size() == kept
    store._db.execute(f"PRAGMA max_page_count = {pages * 100}")
    store.append("live", Step(kept + 1, Resume(1)), [b"again"])
    assert store.outbox(1000)[-1].seq == kept + 1
    store.close()


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    Store(tmp_path / "device.db").close()
    raw = sqlite3.connect(tmp_path / "device.db")
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(CorruptError, match="newer version; update this program"):
        Store(tmp_path / "device.db")


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TradedeckError, match="can't be opened"):
        Store(tmp_path / "file" / "device.db")


def test_a_path_that_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "device.db").mkdir()
    with pytest.raises(UnavailableError, match="check the folder and its rights"):
        Store(tmp_path / "device.db")


def test_damage_in_the_middle_is_found_when_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "device.db")
    for seq in range(1, 300):
        store.append("live", Step(seq, Resume(seq)), [])
    store.close()
    raw = bytearray((tmp_path / "device.db").read_bytes())
    page = 4096
    raw[page * 2 : page * 6] = b"\xff" * page * 4
    (tmp_path / "device.db").write_bytes(raw)
    with pytest.raises(CorruptError, match="restore it from a copy"):
        list(Store(tmp_path / "device.db").steps("live"))


def test_damage_is_named_when_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path / "device.db")
    for seq in range(1, 300):
        store.append("live", Step(seq, Resume(seq)), [])
    store._db.execute("PRAGMA writable_schema = ON")
    store._db.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'marks'")
    store.close()
    assert "page 2" in Store(tmp_path / "device.db").damage()
