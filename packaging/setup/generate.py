"""Generates message classes from protos/, or shows with --check that those kept are fresh."""

from __future__ import annotations

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROTOS = ROOT / "protos"


def generate(target: Path) -> None:
    """Write *_pb2.py and *_pb2.pyi below `target`."""
    files = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    options = [f"--python_out={target}", f"--pyi_out={target}"]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "-I", ".", *options, *files], cwd=PROTOS, check=True)


def stale() -> list[str]:
    """Kept files that differ from what the protos give now."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = {path.relative_to(folder) for path in Path(folder).rglob("*_pb2.py*")}
        kept = {path.relative_to(ROOT / "shared") for path in (ROOT / "shared").rglob("*_pb2.py*")}
        differing = {
            path for path in fresh & kept if not filecmp.cmp(Path(folder, path), ROOT / "shared" / path, shallow=False)
        }
        return sorted(str(path) for path in (fresh ^ kept) | differing)


if __name__ == "__main__":
    if "--check" in sys.argv:
        found = stale()
        for name in found:
            print(f"{name} is not what protos/ says; run `make protos`")
        sys.exit(bool(found))
    generate(ROOT / "shared")
