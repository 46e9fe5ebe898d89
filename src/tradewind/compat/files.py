"""``airflow.utils.file``: DAG files, also inside zip archives."""

from __future__ import annotations

import ast
import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ZIP = re.compile(r"((.*\.zip)/)?(.*)")


def correct_maybe_zipped(fileloc: Any) -> Any:
    """For a file inside a zip archive, the archive; else the path as it is."""
    if not fileloc:
        return fileloc
    found = _ZIP.search(str(fileloc))
    archive = found[2] if found else None
    return archive if archive and zipfile.is_zipfile(archive) else fileloc


def open_maybe_zipped(fileloc: str, mode: str = "r") -> Any:
    """The open file, also when it lies inside a zip archive."""
    found = _ZIP.search(fileloc)
    archive, name = (found[2], found[3]) if found else (None, fileloc)
    if archive and zipfile.is_zipfile(archive):
        opened = zipfile.ZipFile(archive).open(name)  # noqa: SIM115  the caller closes it
        if "b" in mode:
            return opened
        import io  # noqa: PLC0415  only for archives

        return io.TextIOWrapper(opened)
    return Path(fileloc).open(mode)


def might_contain_dag(file_path: str, safe_mode: bool = True, zip_file: zipfile.ZipFile | None = None) -> bool:
    """Whether the file mentions both a DAG and us; every file does when not in safe mode."""
    if not safe_mode:
        return True
    content = zip_file.read(file_path) if zip_file is not None else Path(file_path).read_bytes()
    low = content.lower()
    return (b"dag" in low or b"asset" in low) and (b"airflow" in low or b"tradewind" in low)


def list_py_file_paths(directory: str | Path | None, safe_mode: bool = True, **_: Any) -> list[str]:
    """DAG files below a folder, or the file itself."""
    if directory is None:
        return []
    place = Path(directory)
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    return [str(file) for file in files if might_contain_dag(str(file), safe_mode)]


def iter_airflow_imports(file_path: str) -> Iterator[str]:
    """Modules of ``airflow`` that the file imports at its top level."""
    for node in ast.parse(Path(file_path).read_bytes()).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        yield from (name for name in names if name.startswith("airflow."))


def get_unique_dag_module_name(file_path: str) -> str:
    """A module name for a DAG file that no other file has."""
    stem = re.sub(r"[.-]", "_", Path(file_path).stem)
    digest = hashlib.sha1(str(file_path).encode(), usedforsecurity=False).hexdigest()
    return f"unusual_prefix_{digest}_{stem}"


def mkdirs(path: str, mode: int) -> None:
    """Make a folder and those above it."""
    Path(path).mkdir(mode=mode, parents=True, exist_ok=True)
