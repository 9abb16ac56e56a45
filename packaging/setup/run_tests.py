"""`make test`: every test. Browser tests run in processes of their own, since their driver keeps a loop running."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NO_TESTS = 5
GROUPS: dict[str, list[str]] = {
    "library, cloud, desktop, phone": ["-n", "2", "--dist", "loadfile", "-m", "not browser and not chaos", "tests"],
    "chaos": ["-m", "chaos", "tests"],
    "browser": ["-m", "browser", "-p", "no:asyncio", "tests"],
}


def main() -> int:
    """Run the groups one after the other; all of them, even when one fails."""
    failed: list[str] = []
    for name, arguments in GROUPS.items():
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", *arguments, *sys.argv[1:]], cwd=ROOT, check=False)
        print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
        if done.returncode not in (0, NO_TESTS):
            failed.append(name)
    if failed:
        print(f"\nFAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
