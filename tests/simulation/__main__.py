"""``python -m tests.simulation [--seeds 500] [--seed N] [--plant NAME] [--no-faults]``: play seeds, stop at the first broken one."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.invariants import Broken
from tests.simulation.plants import PLANTS
from tests.simulation.world import play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=500, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="only this one, told in full")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="put a known bug in and see it caught")
    parser.add_argument("--no-faults", action="store_true")
    args = parser.parse_args()
    seeds = [args.seed] if args.seed is not None else range(args.first, args.first + args.seeds)
    began, caught = time.monotonic(), 0
    for seed in seeds:
        try:
            if args.plant:
                with PLANTS[args.plant]() as plant:
                    world = play(seed, faults=not args.no_faults, plant=plant)
            else:
                world = play(seed, faults=not args.no_faults)
        except Broken as broken:
            caught += 1
            print(broken)
            print(f"play it again: python -m tests.simulation --seed {seed}")
            break
        if args.seed is not None:
            print("\n".join(world.happened))
            for line in world.auditor.lines:
                print(*line)
            print("journal", world.digest())
    played = (seed - seeds[0] + 1) if seeds else 0
    print(f"{played} seeds in {time.monotonic() - began:.1f} s, {'broken' if caught else 'all well'}")
    return 1 if caught and not args.plant else 0


if __name__ == "__main__":
    sys.exit(main())
