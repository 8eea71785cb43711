"""Measure this SDK beside what users would write without it, and print the table.

    python benchmarks/run.py                          about ten minutes
    python benchmarks/run.py --quick                  about a minute
    python benchmarks/run.py --only burst --rounds 40
    python benchmarks/run.py --write docs/benchmarks.md

Everything runs on loopback, in processes that this one starts and ends. Peers are measured in turn, in a new random
order each round; a ratio is taken inside one round, and the table shows the median of the rounds.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for PYTHONSAFEPATH

import report
from plan import Plan
from rows import ROWS

DEADLINE = {False: 15 * 60.0, True: 90.0}
QUICK = ["import", "decoder", "burst", "10000"]


def main() -> int:
    """Measure, print, and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and peers; within 90 seconds")
    parser.add_argument("--only", choices=ROWS, action="append", help="measure this row; may be given several times")
    parser.add_argument("--rounds", type=int, help="rounds of each row, instead of its own number")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables there too, as Markdown")
    arguments = parser.parse_args()
    started = time.monotonic()
    plan = Plan(arguments.quick, arguments.rounds, started + DEADLINE[arguments.quick])
    if not plan.sdk:
        plan.note("openscaler_async is not installed: only its peers are measured")
    for name in arguments.only or (QUICK if arguments.quick else ROWS):
        sys.stderr.write(f"{time.monotonic() - started:4.0f} s  {name}: {ROWS[name].__doc__}\n")
        if time.monotonic() < plan.deadline:
            ROWS[name](plan)
        else:
            plan.note(f"{name}: not measured, out of time")
    text = report.render(plan)
    sys.stdout.write(text)
    if arguments.write:
        arguments.write.write_text(report.page(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
