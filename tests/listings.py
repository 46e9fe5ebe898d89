"""The outside world of the fixture DAGs, on this machine: a ``curl``, ``requests`` and ``urlretrieve`` that need no network."""

from __future__ import annotations

import gzip
import json
import os
import types
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "fixtures" / "listings"
PICTURES = [f"https://pictures.example/rocket{number}.jpg" for number in range(3)]

_CURL = """#!/bin/sh
# curl [-o FILE] URL
while [ $# -gt 1 ]; do case "$1" in -o) out="$2"; shift 2;; *) shift;; esac; done
sleep 0.02
case "$1" in
*launch*) cat "$LISTINGS_DATA/.launches" > "${out:-/dev/stdout}";;
*) echo "$1" >> "$LISTINGS_DATA/.asked"; cat "$LISTINGS_DATA/.events" > "${out:-/dev/stdout}";;
esac
"""


class Outside:
    """What the tasks asked the world for, and where they write."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.fetched: list[str] = []
        self.broken = False

    @property
    def asked(self) -> list[str]:
        """Addresses ``curl`` was called with."""
        file = self.home / ".asked"
        return file.read_text().split() if file.exists() else []

    def get(self, url: str, **_: Any) -> Any:
        """``requests.get``."""
        import requests

        if self.broken:
            raise requests.exceptions.ConnectionError(f"no way to {url}")
        self.fetched.append(url)
        return types.SimpleNamespace(content=b"picture")

    def urlretrieve(self, url: str, filename: str | None = None) -> Any:
        """``urllib.request.urlretrieve``: the page views of an hour."""
        self.fetched.append(url)
        lines = "".join(
            f"en {page} {views} 0\n"
            for views, page in enumerate(["Google", "Amazon", "Apple", "Microsoft", "Facebook"], 7)
        )
        if filename not in {None, "/dev/null"}:
            Path(str(filename)).write_bytes(gzip.compress(("de Google 1 0\n" + lines).encode()))
        return filename, None


def make_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> Outside:
    """Put the stand-ins in place."""
    import urllib.request

    import requests

    outside = Outside(home)
    bin_ = home / ".bin"
    bin_.mkdir(parents=True)
    (bin_ / "curl").write_text(_CURL)
    (bin_ / "curl").chmod(0o755)
    (home / ".launches").write_text(json.dumps({"results": [{"image": url} for url in PICTURES]}))
    (home / ".events").write_text(json.dumps([{"date": "2019-01-01", "user": user} for user in "aab"]))
    monkeypatch.setenv("PATH", f"{bin_}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("LISTINGS_DATA", str(home))
    monkeypatch.setattr(requests, "get", outside.get)
    monkeypatch.setattr(urllib.request, "urlretrieve", outside.urlretrieve)
    return outside
