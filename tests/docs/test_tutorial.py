"""The tutorial, word for word: its files are written, its commands run, its outputs come out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import Block, blocks, like

PAGE = "tutorial.md"
PROGRAMS = Path(sys.executable).parent
INSTALLS = "make setup"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The reader's folder; what they left running ends with the test."""
    folder = tmp_path_factory.mktemp("first")
    yield folder
    for pid in (folder / "pids").read_text().split() if (folder / "pids").exists() else ():
        os.kill(int(pid), signal.SIGTERM)


def steps() -> list[tuple[Block, str]]:
    """Files and commands in order, each with the output shown below it."""
    found = blocks(PAGE)
    after = [*found[1:], Block("", "", "")]
    return [
        (block, following.text if following.language == "text" else "")
        for block, following in zip(found, after, strict=True)
        if block.language in ("sh", "python")
    ]


def run(command: str, folder: Path) -> str:
    """Run as a reader's shell would; programs left in the background are noted down."""
    # A file: what stays in the background would keep a pipe open.
    with (folder / "output").open("w+") as output:
        done = subprocess.run(
            ["bash", "-c", f"set -e\n{command}\njobs -p >> pids\n"],
            cwd=folder,
            env={**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        output.seek(0)
        told = output.read()
    assert done.returncode == 0, told
    return told


def test_every_step_works_and_shows_what_the_page_shows(folder: Path) -> None:
    assert len(steps()) == 8
    for block, shown in steps():
        if block.language == "python":
            assert block.file
            (folder / block.file).write_text(block.text)
        elif INSTALLS not in block.text:
            told = run(block.text, folder)
            assert like(shown).search(told), f"{block.text}\n{told}"
