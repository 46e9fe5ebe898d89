from __future__ import annotations

import re

from tests.house import ROOT, committed

TEXT = {
    ".py",
    ".md",
    ".txt",
    ".toml",
    ".sh",
    ".ts",
    ".tsx",
    ".json",
    ".cfg",
    ".yml",
    ".yaml",
    ".css",
    ".html",
    ".mjs",
    "",
}
#: Registries are named by the configuration of the machine, never by the clone.
HOSTS = ["pypi." + "org", "files.pythonhosted" + ".org", "registry.npmjs" + ".org", "registry.yarnpkg" + ".com"]
#: Folders of one machine that must not leak into what everybody gets.
PLACES = re.compile(r"(?<![\w.])/(work|opt/tw|root/\.)(/|\b)")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


def lines() -> list[tuple[str, int, str]]:
    found = []
    for file in committed():
        if file.suffix in TEXT and file.stat().st_size < 2_000_000:
            text = file.read_bytes()
            if b"\0" not in text:
                name = str(file.relative_to(ROOT))
                found += [(name, at, line) for at, line in enumerate(text.decode(errors="replace").splitlines(), 1)]
    return found


def test_no_registry_is_named() -> None:
    found = [f"{name}:{at}" for name, at, line in lines() if any(host in line for host in HOSTS)]
    assert not found, found


def test_no_folder_of_a_machine_is_named() -> None:
    found = [f"{name}:{at}" for name, at, line in lines() if PLACES.search(line)]
    assert not found, found


def test_nothing_is_left_for_later_in_the_sources() -> None:
    found = [
        f"{name}:{at}" for name, at, line in lines() if name.startswith(("src/", "ui/src/")) and UNFINISHED.search(line)
    ]
    assert not found, found


def test_requirements_are_hashed_and_name_no_index() -> None:
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        text = file.read_text()
        pins = re.findall(r"^[a-zA-Z0-9].*==", text, re.MULTILINE)
        assert pins
        assert len(re.findall(r"--hash=sha256:", text)) >= len(pins)
        assert "index-url" not in text
        assert "find-links" not in text
