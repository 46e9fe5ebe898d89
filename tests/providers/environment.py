"""The environment of the official providers: requirements/providers.txt and our door, made once and kept by its hash.

``python -m tests.providers.environment`` makes it if need be and prints its interpreter. It does not hold Tradewind itself:
``run()`` shows it the sources of this clone, so that one environment serves every clone of the machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.require import missing
from tradewind.compat.distribution import distributions, write_wheel

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements" / "providers.txt"


def packages() -> list[str]:
    """The provider distributions we vouch for: those of ``requirements/providers.in``."""
    lines = (ROOT / "requirements" / "providers.in").read_text().splitlines()
    return [line.strip() for line in lines if line.startswith("apache-airflow-providers-")]


def folder() -> Path:
    """Where it is kept."""
    digest = hashlib.sha256(PINS.read_bytes())
    for dist in distributions():
        digest.update(dist.metadata_text().encode())
        for _, content in dist.modules():
            digest.update(content)
    digest.update(sys.version.encode())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tradewind-tests" / f"providers-{digest.hexdigest()[:16]}"


def uv() -> str:
    """The installer that the development environment brings."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise RuntimeError("uv is not here: run script/setup.")
    return found


def make() -> Path:
    """The interpreter; CalledProcessError (with what pip said) when the registry or a compiler is missing."""
    place = folder()
    place.parent.mkdir(parents=True, exist_ok=True)
    done = place / ".complete"
    with (place.parent / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(place, ignore_errors=True)
            python = place / "bin" / "python"
            with tempfile.TemporaryDirectory() as wheels:
                ours = [str(write_wheel(dist, Path(wheels))) for dist in distributions()]
                for command in (
                    ["venv", "--quiet", "--python", sys.executable, str(place)],
                    ["pip", "install", "--quiet", "--python", str(python), "-r", str(PINS)],
                    ["pip", "install", "--quiet", "--python", str(python), "--no-deps", *ours],
                ):
                    subprocess.run([uv(), *command], check=True, capture_output=True, text=True)
            done.touch()
    return place / "bin" / "python"


def interpreter() -> Path:
    """The same, for tests: skipped where it cannot be made, a failure where ``registry`` is required."""
    try:
        return make()
    except (OSError, subprocess.CalledProcessError) as error:
        told = str(getattr(error, "stderr", "") or error).strip()
        missing("registry", f"the environment of the providers cannot be made: {told[-300:]}")


def run(words: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
    """Run the environment's interpreter with these words; it imports Tradewind from this clone."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    env = {**os.environ, "PYTHONPATH": paths, **options.pop("env", {})}  # type: ignore[dict-item]
    return subprocess.run(
        [str(make()), *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload,no-any-return]
    )


def version_of(distribution: str) -> str:
    """The pinned version."""
    found = re.search(rf"^{re.escape(distribution)}==(\S+)", PINS.read_text(), re.MULTILINE)
    return found[1] if found else "?"


if __name__ == "__main__":
    sys.stdout.write(f"{make()}\n")
