"""`python -m benchmarks [--out FOLDER]`: measure, print a line for each row, keep them as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import engine_bars
from benchmarks.rows import keep


def main() -> None:
    """Run every workload."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench-out"), help="where the JSON files go")
    out = parser.parse_args().out
    for row in engine_bars.rows():
        path = keep(row, out)
        print(f"{row.name}: ours {row.ours:,.0f}, rival {row.rival:,.0f} {row.unit}, {row.ratio:g} times  ({path})")
        print("  " + ", ".join(f"{name} {value}" for name, value in row.checks.items()))


if __name__ == "__main__":
    main()
