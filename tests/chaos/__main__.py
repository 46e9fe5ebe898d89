"""``python -m tests.chaos --minutes 3 [--seed N]``."""

from __future__ import annotations

import argparse
import sys
from random import SystemRandom

from tests.chaos.storm import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = SystemRandom().getrandbits(32) if args.seed is None else args.seed
    print(f"seed {seed} (chance of what is killed when; timing is the machine's own)")
    findings = run(args.minutes * 60, seed, say=lambda text: print(text, flush=True))
    for line in findings.lines():
        print(line)
    return 0 if findings.good() else 1


if __name__ == "__main__":
    sys.exit(main())
