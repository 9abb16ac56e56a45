"""What import contracts can't say. Each rule tells why it is there."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 400
MAX_FUNCTION_LINES = 50
MEMBERS = ("shared", "cloud", "desktop", "mobile")
GENERATED = re.compile(r"/wire/\w+/v1/")
CLOCK_CALLS = {
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "datetime.now",
    "datetime.utcnow",
    "date.today",
}
CLOCK_ROOMS = re.compile(r"/(kit|execution|sandbox|providers)/")
WIRE_ROOMS = {"codec.py", "api.py", "facts.py", "events.py"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
MACHINE_PATHS = re.compile(r"""["'](/work/|/root/|/home/|/tmp/|\.\./shared)""")


def python_files(*folders: str) -> Iterator[Path]:
    """Tracked or new source files of our own below `folders`, generated ones left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in sorted(set(listed)):
        path = ROOT / name
        if path.suffix == ".py" and path.exists() and not GENERATED.search(f"/{name}"):
            yield path


@functools.cache
def nodes_of(path: Path) -> list[ast.AST]:
    """Every node of a file's syntax tree, parsed once for all rules."""
    return list(ast.walk(ast.parse(path.read_text())))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


ALL = list(python_files("."))
SOURCES = [path for path in ALL if name_of(path).split("/")[0] in MEMBERS]


def test_no_file_is_longer_than_a_person_reads_in_one_go() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in ALL}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in ALL
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_models_of_panels_know_no_widgets() -> None:
    """A model without widgets is tested without a screen, and moves to another toolkit."""
    models = [p for p in SOURCES if p.name == "model.py" and "/panels/" in str(p)]
    assert [name_of(p) for p in models if re.search(r"QtWidgets|QtGui\.QPainter", p.read_text())] == []


def test_message_classes_are_known_at_the_edges_only() -> None:
    """Everything else works on plain values, so a change of the wire stays in one room."""
    found = [name_of(p) for p in SOURCES if "_pb2" in p.read_text() and p.name not in WIRE_ROOMS]
    assert found == []


def clock_reads(path: Path) -> Iterator[int]:
    """Lines that read a clock, called through its module or imported by name."""
    for node in nodes_of(path):
        if isinstance(node, ast.Attribute):
            names = [ast.unparse(node)]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        if any(".".join(name.split(".")[-2:]) in CLOCK_CALLS for name in names):
            yield node.lineno


def test_only_rooms_that_touch_the_world_read_the_clock() -> None:
    """Time is data: a clock anywhere else makes two runs differ."""
    found = [
        f"{name_of(path)}:{line}" for path in SOURCES if not CLOCK_ROOMS.search(str(path)) for line in clock_reads(path)
    ]
    assert found == []


def test_every_service_is_named_in_the_contracts() -> None:
    """A service the contracts don't name may import any other, and nothing would say so."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    services = {
        f"tradedeck_cloud.{folder.parent.name}" for folder in (ROOT / "cloud/tradedeck_cloud").glob("*/migrations")
    }
    lists = {
        "Services meet on the wire, never in code": "modules",
        "The kit, the gateway and the pages know no service": "forbidden_modules",
        "A service's rooms": "containers",
    }
    named = {contract["name"]: set(contract.get(lists.get(contract["name"], ""), [])) for contract in contracts}
    assert {name: services - named[name] for name in lists} == {name: set() for name in lists}


def test_every_service_has_the_same_rooms() -> None:
    """Learn one service, know all."""
    cloud = ROOT / "cloud/tradedeck_cloud"
    services = [folder.parent for folder in cloud.glob("*/migrations")]
    assert services
    rooms = ("__init__.py", "api.py", "service.py", "store.py", "models.py")
    missing = [name_of(s / room) for s in services for room in rooms if not (s / room).exists()]
    assert missing == []


def test_every_provider_has_a_venue_and_its_messages() -> None:
    """A provider is a class in venue.py; what it reads and writes on the wire is in messages.py."""
    providers = [p for p in (ROOT / "shared/tradedeck/providers").iterdir() if (p / "__init__.py").exists()]
    assert providers
    missing = [name_of(p / room) for p in providers for room in ("venue.py", "messages.py") if not (p / room).exists()]
    assert missing == []


def test_every_panel_has_a_model_and_a_view() -> None:
    panels = [p for p in (ROOT / "desktop/tradedeck_desktop/panels").glob("*") if (p / "__init__.py").exists()]
    missing = [name_of(p / room) for p in panels for room in ("model.py", "view.py") if not (p / room).exists()]
    assert missing == []


def test_every_decision_is_listed() -> None:
    """A decision nobody finds is made again."""
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text()
    assert [p.name for p in sorted(folder.glob("[0-9]*.md")) if f"({p.name})" not in index] == []


def test_generated_code_is_what_the_protos_say() -> None:
    done = subprocess.run(
        [sys.executable, "packaging/setup/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_left_for_later() -> None:
    """What is not done has an issue, not a comment."""
    here = Path(__file__)
    assert [name_of(p) for p in ALL if p != here and UNFINISHED.search(p.read_text())] == []


def test_no_path_of_a_machine_is_written_down() -> None:
    here = Path(__file__)
    assert [name_of(p) for p in ALL if p != here and MACHINE_PATHS.search(p.read_text())] == []


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_names_what_it_imports(member: str) -> None:
    """Members install apart: a package that only another member asks for would be missing on a phone."""
    declared = (ROOT / member / "pyproject.toml").read_text().lower().replace("-", "_")
    known = {"tradedeck", "__future__", *sys.stdlib_module_names}
    package = {"shared": "tradedeck"}.get(member, f"tradedeck_{member}")
    aliases = {
        "google": "protobuf",
        "grpc": "grpcio",
        "jwt": "pyjwt",
        "argon2": "argon2_cffi",
        "PySide6": "pyside6_essentials",
        "PySide6QtAds": "pyside6_qtads",
        "nats": "nats_py",
        "psycopg_pool": "psycopg",
        "starlette": "fastapi",
    }
    missing: set[str] = set()
    for path in python_files(member):
        for node in nodes_of(path):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for top in (name.split(".")[0] for name in names):
                if top not in known and top != package and aliases.get(top, top).lower() not in declared:
                    missing.add(top)
    assert missing == set()
