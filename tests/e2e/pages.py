"""A page of the browser on a real installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tradewind.api
from tests.e2e.house import PASSWORD

_INDEX = Path(tradewind.api.__file__).parent / "static" / "index.html"
needs_page = pytest.mark.skipif(not _INDEX.exists(), reason="the page is not built: npm run build in ui/")


@contextmanager
def opened(browser: Any, *, width: int = 1400, height: int = 800) -> Iterator[Any]:
    """A page with nothing of an earlier one; ``faults`` has the errors of its scripts."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(30_000)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    yield page
    page.close()


def log_in(page: Any, password: str = PASSWORD) -> None:
    """Fill in the form that is shown, as the user of ``House.make_admin``."""
    page.get_by_label("Username").fill("tester")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
