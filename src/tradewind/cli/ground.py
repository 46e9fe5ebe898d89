"""What stands on the disk before a process starts: the home folder, the DAGs folder, a settings file to edit."""

from __future__ import annotations

from pathlib import Path

from tradewind.errors import OutsideTrouble
from tradewind.settings import OPTIONS, Settings


def sample_settings() -> str:
    """A settings file in which everything is a comment: each setting, its meaning, its default."""
    lines = ["# Settings of this Tradewind. Every line is a comment: take the `#` away to change one.", ""]
    section = ""
    for option in sorted(OPTIONS, key=lambda o: o.section):
        if option.section != section:
            section = option.section
            lines += [f"[{section}]"]
        lines += [f"# {option.doc}", f"#{option.key} = {option.default}"]
    return "\n".join(lines) + "\n"


def make_home(settings: Settings) -> None:
    """Make what is missing; what exists is left alone."""
    _make("home", settings.home, "Set TRADEWIND_HOME to a folder that you may write to.")
    _make("DAGs", settings.get_path("core", "dags_folder"), "Name another one in [core] dags_folder.")
    _make("log", settings.log_folder, "Name another one in [logging] base_log_folder.")
    file = settings.home / "tradewind.cfg"
    try:
        if not file.exists() and not (settings.home / "airflow.cfg").exists():
            file.write_text(sample_settings(), encoding="utf-8")
    except OSError as error:
        raise OutsideTrouble(
            f"{file} cannot be written: {error.strerror or error}.",
            hint="Set TRADEWIND_HOME to a folder that you may write to, on a disk with room.",
        ) from None


def _make(what: str, folder: Path, hint: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideTrouble(
            f"The {what} folder {folder} cannot be made: {error.strerror or error}.", hint=hint
        ) from None
