"""``python -m bench W1|W2|...|door|freeze|expand|all [--db sqlite|postgres] [--json FILE] [--compare OLD.json] [--runs 3]``."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from pathlib import Path
from typing import Any

from bench import authoring, report, scale, standing, workloads
from bench.installation import Installation

WORKLOADS = {
    "W1": workloads.chain40,
    "W2": workloads.fan1000,
    "W3": workloads.fib,
    "W4": standing.files,
    "W5": workloads.backfill,
    "W6": standing.footprint,
    "W7": standing.api,
    "W8": workloads.latency,
    "W9": scale.history,
    "W10": scale.waiting,
    "W11": scale.big,
    "door": authoring.door,
    "freeze": authoring.freeze,
    "expand": authoring.expand,
}
#: Measured in this process: no installation is started for them.
NO_HOUSE = {"door", "freeze"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Tradewind from outside.")
    parser.add_argument("workloads", nargs="+", choices=[*WORKLOADS, "all"], help="which; all runs every one")
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--compare", type=Path, metavar="OLD", help="print ratios to the figures of an earlier --json")
    parser.add_argument("--runs", type=int, default=3, help="repetitions after the warm-up; medians are reported")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="a setting to try")
    args = parser.parse_args()
    chosen = list(WORKLOADS) if "all" in args.workloads else args.workloads
    settings: dict[str, str] = {}
    for given in args.set:
        name, _, value = given.partition("=")
        section, _, key = name.partition(".")
        settings[f"TRADEWIND__{section.upper()}__{key.upper()}"] = value
    found: list[dict[str, Any]] = []
    broken = 0
    for name in chosen:
        try:
            if name in NO_HOUSE:
                figures = WORKLOADS[name](None, args.runs)
            else:
                with Installation(args.db, **settings) as house:
                    figures = WORKLOADS[name](house, args.runs)
        except Exception:
            broken += 1
            print(f"{name} could not be measured:", file=sys.stderr)
            traceback.print_exc()
            continue
        found.append({"workload": name, "db": args.db, **figures, "settings": settings})
        print(report.show(found[-1]), flush=True)
        if args.json:
            args.json.write_text(json.dumps(found, indent=1) + "\n")
    if args.compare:
        print(report.compare(report.read(args.compare), found))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
