"""The environment of the official providers (script/environment providers): packages of providers.txt, our door, this clone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.require import missing

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements" / "providers.txt"


def packages() -> dict[str, str]:
    """Each provider distribution in it -> its version."""
    return dict(re.findall(r"^(apache-airflow-providers-[a-z-]+)==([0-9.]+)", PINS.read_text(), re.MULTILINE))


@cache
def make() -> Path:
    """The interpreter; CalledProcessError (with what was said) when the registry or a compiler is missing."""
    told = subprocess.run(
        [str(ROOT / "script" / "environment"), "providers"], check=True, capture_output=True, text=True
    )
    return Path(told.stdout.strip())


def interpreter() -> Path:
    """The same, for tests: skipped where it cannot be made, a failure where ``registry`` is required."""
    try:
        return make()
    except subprocess.CalledProcessError as error:
        missing("registry", f"the environment of the providers cannot be made: {error.stderr[-300:]}")


def run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run the environment's interpreter with these words."""
    return subprocess.run([str(make()), *words], capture_output=True, text=True, check=False)
