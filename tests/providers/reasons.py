"""Why a module of a provider does not import, in words a person can act on."""

from __future__ import annotations

import re


def explain(module: str, error: str) -> str:
    """One table cell."""
    return re.sub(r"\s+", " ", error).replace("|", "\\|")
