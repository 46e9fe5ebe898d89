"""What the house demands of itself: sizes, door, floors, complete reference pages. A machine keeps these rules."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SRC = ROOT / "src" / "tradewind"


def python_files(*folders: str) -> list[Path]:
    """Every Python file under these folders of the clone."""
    return sorted(
        file for folder in folders for file in (ROOT / folder).rglob("*.py") if "__pycache__" not in file.parts
    )


def committed() -> list[Path]:
    """Every text file of the clone that is, or will be, in git (the working tree without what git ignores)."""
    import subprocess

    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:  # a copy without .git, such as an unpacked sdist
        skip = {".venv", "node_modules", "__pycache__", "static", ".git", "home"}
        return [file for file in ROOT.rglob("*") if file.is_file() and not skip & set(file.relative_to(ROOT).parts)]
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
