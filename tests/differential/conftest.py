from __future__ import annotations

from collections.abc import Iterator

import pytest

from tradewind.sdk import masking


@pytest.fixture(autouse=True)
def nothing_stays_secret() -> Iterator[None]:
    """The cases' passwords are plain words; other tests must not find them masked."""
    yield
    masking.forget()
