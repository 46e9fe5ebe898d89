"""``tradewind airflow``: the distribution that carries Airflow's name, into this environment."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.compat.distribution import NAMES, distributions, installed, originals, write_wheel
from tradewind.errors import Conflict, OutsideTrouble


def installer() -> tuple[list[str], str]:
    """The command that installs into this interpreter's environment (its pip, else uv), and its word for "again"."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"], "--force-reinstall"
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable], "--reinstall"
    raise OutsideTrouble(
        f"Neither pip nor uv is here to install with ({sys.executable}).",
        hint="`tradewind airflow install --wheels FOLDER` writes the wheels; install them with the tool you have.",
    )


def call(command: list[str], hint: str) -> None:
    """Run the installer; OutsideTrouble with its words when it fails."""
    environ = os.environ | {"PIP_ROOT_USER_ACTION": "ignore"}
    told = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if told.returncode != 0:
        said = (told.stderr or told.stdout).strip()
        raise OutsideTrouble(f"`{' '.join(command)}` ended with code {told.returncode}: {said}", hint=hint)


def refuse_original() -> None:
    """Conflict, where the original is installed: two packages cannot both be `airflow`."""
    found = originals()
    if found:
        named = " and ".join(f"{name} {version}" for name, version in found.items())
        raise Conflict(
            f"The original is installed in this environment ({named}); two packages cannot both be `airflow`.",
            hint=f"Use a fresh environment, or take it out first: pip uninstall -y {' '.join(found)}",
        )


def install(args: argparse.Namespace) -> int:
    """Write the three wheels and, unless a folder was named, install them with what providers take for granted."""
    if args.wheels is not None:
        folder = Path(args.wheels)
        folder.mkdir(parents=True, exist_ok=True)
        for dist in distributions():
            print(write_wheel(dist, folder))
        return 0
    refuse_original()
    command, again = installer()
    with tempfile.TemporaryDirectory(prefix="tradewind-airflow-") as folder_name:
        wheels = [str(write_wheel(dist, Path(folder_name))) for dist in distributions()]
        # Without dependencies: we are here, and an index may know another project by our name.
        call(
            [*command, "--no-deps", "--no-index", again, *wheels],
            "Use a virtual environment, or `--wheels FOLDER` and the tool that manages this one.",
        )
    for dist in distributions():
        print(f"installed {dist.name} {dist.version}")
    taken = [each for dist in distributions() for each in dist.project["dependencies"] if each != "tradewind"]
    if not args.no_deps:
        call(
            [*command, *taken],
            "`airflow` is in place. The libraries that official providers take for granted are missing: "
            f"install them when there is a package index: {' '.join(taken)}",
        )
    return 0


def show_state(args: argparse.Namespace) -> None:
    """Who bears the three names here: nobody, Tradewind, or the original."""
    have, theirs = installed(), originals()
    show(
        [
            {
                "name": name,
                "version": have.get(name, ""),
                "whose": "the original" if name in theirs else "Tradewind" if name in have else "not installed",
            }
            for name in NAMES
        ],
        ("name", "version", "whose"),
        args.output,
    )


VERBS = (
    Verb(
        "install",
        "Let this environment know `airflow`: python, pip, uv, pytest and editors then find it, served by Tradewind.",
        install,
        (
            arg("--wheels", metavar="FOLDER", help="only write the wheels into this folder, for an index or an image"),
            arg(
                "--no-deps",
                action="store_true",
                help="without the libraries that official providers take for granted; needs no package index",
            ),
        ),
    ),
    Verb("show", "Who bears Airflow's name in this environment.", show_state, (OUTPUT,)),
)
