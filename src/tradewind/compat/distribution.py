"""The local distributions named ``apache-airflow``, ``-core`` and ``-task-sdk``: what they hold, written as wheels.

Their sources are ``packages/`` of the clone, which travels inside our own wheel; a wheel is written from them without a
build tool and without the network.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import tradewind
from tradewind.errors import Bug

#: The names that other packages may require, the one with modules first.
NAMES = ("apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk")
#: What tells our versions from the original's.
MARK = "+tradewind"
_TAG = "py3-none-any"


@dataclass(frozen=True)
class Distribution:
    """One of the three, as its ``pyproject.toml`` says."""

    name: str
    version: str
    folder: Path
    project: Mapping[str, Any]

    @property
    def stem(self) -> str:
        """How its files start: ``apache_airflow-3.3.0+tradewind``."""
        return f"{self.name.replace('-', '_')}-{self.version}"

    def metadata_text(self) -> str:
        """The METADATA file of its wheel."""
        project = self.project
        lines = ["Metadata-Version: 2.4", f"Name: {self.name}", f"Version: {self.version}"]
        lines += [f"Summary: {project['description']}", f"License-Expression: {project['license']}"]
        lines += [f"Classifier: {text}" for text in project["classifiers"]]
        lines += [f"Requires-Python: {project['requires-python']}"]
        lines += [f"Requires-Dist: {text}" for text in project["dependencies"]]
        readme = (self.folder / "README.md").read_text(encoding="utf-8")
        return "\n".join([*lines, "Description-Content-Type: text/markdown", "", readme])

    def modules(self) -> Iterator[tuple[str, bytes]]:
        """Path in the wheel and content of each file that is imported."""
        for file in sorted(self.folder.glob("airflow/**/*.py")):
            yield file.relative_to(self.folder).as_posix(), file.read_bytes()


def sources() -> Path:
    """The folder with one folder per distribution: inside the installed package, or in the clone."""
    package = Path(tradewind.__file__).parent
    for place in (package / "packages", package.parents[1] / "packages"):
        if all((place / name / "pyproject.toml").is_file() for name in NAMES):
            return place
    raise Bug(f"The sources of the apache-airflow distribution are missing below {package}.")


def distributions() -> list[Distribution]:
    """All three."""
    found = []
    for name in NAMES:
        folder = sources() / name
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        found.append(Distribution(name, project["version"], folder, project))
    return found


def write_wheel(dist: Distribution, out: Path) -> Path:
    """The wheel of one distribution, byte for byte the same from the same sources."""
    info = f"{dist.stem}.dist-info"
    files = [*dist.modules(), (f"{info}/METADATA", dist.metadata_text().encode())]
    tags = f"Wheel-Version: 1.0\nGenerator: tradewind\nRoot-Is-Purelib: true\nTag: {_TAG}\n"
    files.append((f"{info}/WHEEL", tags.encode()))
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files]
    files.append((f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]).encode()))
    wheel = out / f"{dist.stem}-{_TAG}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return wheel


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def installed() -> dict[str, str]:
    """Which of the three names are installed in this environment -> the version each has."""
    found = {}
    for name in NAMES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def originals() -> dict[str, str]:
    """Those of them that are the original and not ours."""
    return {name: version for name, version in installed().items() if not version.endswith(MARK)}
