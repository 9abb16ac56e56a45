"""`make check`: every check at once, on both cores; the output of those that fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUF = ROOT / "packaging/setup/node_modules/.bin/buf"
CHECKS: dict[str, list[str]] = {
    "types": ["pyright"],
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "imports": ["lint-imports", "--no-logo"],
    "tidy": ["pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "tests/test_tidy.py"],
}


def run(name: str, command: list[str]) -> bool:
    """Whether a check passes; says so, with its output when it does not."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name:8} {time.monotonic() - started:5.1f} s", flush=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", flush=True)
    return done.returncode == 0


def last_known() -> str:
    """What the wire must go on understanding: the last release, before the first one the main branch."""
    for question in (["describe", "--tags", "--abbrev=0", "--match", "v*"], ["rev-parse", "--verify", "main"]):
        done = subprocess.run(["git", *question], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.strip()
    return ""


def proto_checks() -> dict[str, list[str]]:
    """Lint of the protos, and that they break nobody who speaks the last released ones."""
    if not BUF.exists():
        if os.environ.get("CI") == "true":
            sys.exit("buf is missing; install npm and run `make setup`")
        print("skip protos   buf needs npm")
        return {}
    checks = {"protos": [str(BUF), "lint", "protos"]}
    if known := last_known():
        checks["breaking"] = [str(BUF), "breaking", "protos", "--against", f".git#ref={known},subdir=protos"]
    return checks


def main() -> int:
    """Run them all."""
    bin_folder = Path(sys.executable).parent
    checks = CHECKS | proto_checks()
    for command in checks.values():
        command[0] = shutil.which(command[0], path=str(bin_folder)) or command[0]
    with ThreadPoolExecutor(max_workers=3) as pool:
        passed = list(pool.map(run, checks.keys(), checks.values()))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
