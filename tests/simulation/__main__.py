"""``python -m tests.simulation``: play seeds, stop at the first broken one.

``--seed N`` tells one in full, ``--shrink N`` cuts a broken one down to what breaks it, ``--forever`` goes on with
random seeds until something breaks, ``--plant NAME`` puts a known bug in and sees it caught.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from random import SystemRandom
from typing import Any

import msgspec

from tests.simulation.findings import Broken
from tests.simulation.plan import draw
from tests.simulation.plants import IN_FAIR_WEATHER, PLANTS
from tests.simulation.shrink import shrink
from tests.simulation.world import World, play_plan, prepared


def tell(seed: int, *, faults: bool, plant: Callable[[World], None] | None, short: bool) -> int:
    """One seed with all that happened in it; with ``short`` its smallest broken part."""
    plan = draw(seed, faults=faults)
    if short:
        plan = shrink(plan, plant)
    broken: Broken | None = None
    with prepared(plan, plant) as world:
        try:
            world.play()
        except Broken as found:
            broken = found
    edited = [
        f"{version}: {msgspec.to_builtins(spec.tasks)} {msgspec.to_builtins(spec.groups)}"
        for version, spec in world.auditor.specs.items()
        if spec is not plan.specs[spec.dag_id]
    ]
    for line in (*plan.told(), *edited, *world.happened, *(" ".join(map(str, line)) for line in world.auditor.lines)):
        print(line)
    print("journal", world.digest())
    if broken is None:
        print("all well")
        return 0
    print(broken)
    if broken.__cause__ is not None:
        traceback.print_exception(broken.__cause__)
    return 1


def plants(first: int, seeds: int) -> int:
    """Which seed catches each planted bug; how many are caught by none."""
    missed = 0
    for name in sorted(PLANTS):
        jobs = ((seed, name not in IN_FAIR_WEATHER, name) for seed in range(first, first + seeds))
        found = next((said for said in map(one, jobs) if said is not None), None)
        missed += found is None
        print(f"{name}: {found.splitlines()[0] if found else f'NOT caught by {seeds} seeds'}", flush=True)
    print(f"{len(PLANTS) - missed} of {len(PLANTS)} planted bugs caught")
    return missed


def one(job: tuple[int, bool, str | None]) -> str | None:
    """What is broken about a seed, for another process."""
    seed, faults, name = job
    with PLANTS[name]() if name else contextlib.nullcontext() as plant:
        try:
            play_plan(draw(seed, faults=faults), plant)
        except Broken as broken:
            return str(broken)
    return None


def _results(jobs: Iterator[tuple[int, bool, str | None]], processes: int) -> Iterator[tuple[int, str | None]]:
    if processes <= 1:
        for job in jobs:
            yield job[0], one(job)
        return
    with get_context("fork").Pool(processes) as pool:
        kept = []  # the pool takes jobs ahead of what it gives back, in the same order

        def noting() -> Iterator[Any]:
            for job in jobs:
                kept.append(job[0])
                yield job

        for number, found in enumerate(pool.imap(one, noting(), chunksize=4)):
            yield kept[number], found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=500, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="only this one, told in full")
    parser.add_argument("--shrink", type=int, metavar="SEED", help="the smallest part of this one that is still broken")
    parser.add_argument("--forever", action="store_true", help="random seeds, until one is broken")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="put a known bug in and see it caught")
    parser.add_argument("--plants", action="store_true", help="every known bug, and the first seed that catches it")
    parser.add_argument("--no-faults", action="store_true")
    parser.add_argument("--keep-going", action="store_true", help="name every broken seed, not the first alone")
    parser.add_argument("-j", "--processes", type=int, default=1)
    args = parser.parse_args()
    faults = not args.no_faults
    if args.plants:
        return plants(args.first, args.seeds)
    if args.seed is not None or args.shrink is not None:
        with PLANTS[args.plant]() if args.plant else contextlib.nullcontext() as plant:
            seed = args.seed if args.shrink is None else args.shrink
            return tell(seed, faults=faults, plant=plant, short=args.shrink is not None)
    seeds: Iterator[int] = iter(range(args.first, args.first + args.seeds))
    if args.forever:
        chance = SystemRandom()
        seeds = (chance.getrandbits(48) for _ in itertools.count())
    began, played, caught = time.monotonic(), 0, 0
    for seed, found in _results(((seed, faults, args.plant) for seed in seeds), args.processes):
        played += 1
        if found is not None:
            caught += 1
            print(found if not args.keep_going else found.splitlines()[0])
            if not args.keep_going:
                print(f"play it again: python -m tests.simulation --seed {seed}; cut it down: --shrink {seed}")
                break
        if args.forever and played % 500 == 0:
            print(f"{played} seeds, {time.monotonic() - began:.0f} s, the last was {seed}", flush=True)
    print(f"{played} seeds in {time.monotonic() - began:.1f} s, {f'{caught} broken' if caught else 'all well'}")
    return 1 if caught and not args.plant else 0


if __name__ == "__main__":
    sys.exit(main())
