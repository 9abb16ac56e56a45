"""`make test`: every test. Browser tests run in a process of their own, since their driver keeps a loop running."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NO_TESTS = 5
KINDS = ("failures", "errors", "skipped")
GROUPS: dict[str, list[str]] = {
    "library, cloud, desktop, phone": ["-n", "2", "--dist", "loadfile", "-m", "not browser and not chaos", "tests"],
    "chaos": ["-m", "chaos", "tests"],
    "browser": ["-m", "browser", "tests"],
}


def run(name: str, arguments: list[str], report: Path) -> bool:
    """Whether a group passes; its own report goes to `report`."""
    print(f"\n== {name}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", *arguments, *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, check=False).returncode in (0, NO_TESTS)


def totals(reports: list[Path]) -> Counter[str]:
    """How many tests there were, and how they ended, over all reports."""
    found: Counter[str] = Counter()
    for report in reports:
        if report.exists():
            for suite in ET.parse(report).iter("testsuite"):
                found.update({kind: int(suite.get(kind, "0")) for kind in ("tests", *KINDS)})
    found["passed"] = found["tests"] - sum(found[kind] for kind in KINDS)
    return found


def main() -> int:
    """Run the groups one after the other, all of them even when one fails; the sum is the last line."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        reports = [Path(folder, f"{number}.xml") for number in range(len(GROUPS))]
        failed = [
            name
            for (name, arguments), report in zip(GROUPS.items(), reports, strict=True)
            if not run(name, arguments, report)
        ]
        found = totals(reports)
    if failed:
        print(f"\nnot well: {', '.join(failed)}")
    words = {"passed": "passed", "failures": "failed", "errors": "errors", "skipped": "skipped"}
    ends = [f"{found[kind]} {word}" for kind, word in words.items() if found[kind]]
    print(f"\n==== {', '.join(ends) or 'no tests ran'} in {time.monotonic() - started:.0f} s ====")
    return 1 if failed or not found["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
