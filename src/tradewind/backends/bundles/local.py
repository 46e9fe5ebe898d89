"""Bundles that are plain folders on this machine: the DAGs folder, and the examples that travel with the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tradewind.backends.bundles.contract import Bundle
from tradewind.settings import Settings

#: The folder of [core] dags_folder.
DAGS_FOLDER = "dags-folder"
#: The pipelines that come with Tradewind.
EXAMPLES = "examples"


@dataclass(frozen=True)
class LocalBundle:
    """A folder. It keeps no versions of its own; the content hash of each file is version enough."""

    name: str
    root: Path

    def current_version(self) -> str | None:
        """None: a folder has only its present content."""
        return None

    def refresh(self) -> bool:
        """Nothing to fetch."""
        return False


def examples_root() -> Path:
    """The folder of the example pipelines inside the installed package."""
    return Path(__file__).resolve().parents[2] / "examples"


def bundles_of(settings: Settings) -> tuple[Bundle, ...]:
    """Every bundle of this installation, the DAGs folder first."""
    found: list[Bundle] = [LocalBundle(DAGS_FOLDER, settings.get_path("core", "dags_folder"))]
    if settings.get_bool("core", "load_examples"):
        found.append(LocalBundle(EXAMPLES, examples_root()))
    return tuple(found)
