"""The secrets backend of the installation ([secrets] backend), asked before the environment."""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

from tradewind.sdk.configuration import conf, import_path

log = logging.getLogger(__name__)


@cache
def backend() -> Any:
    """The configured backend object, or None."""
    path = conf.get("secrets", "backend", "")
    if not path:
        return None
    return import_path(str(path))(**json.loads(conf.get("secrets", "backend_kwargs", "{}") or "{}"))


def ask_backend(method: str, name: str) -> Any:
    """What the backend answers; None when there is no backend or it does not know (or fails, with a log line)."""
    asked = backend()
    question = getattr(asked, method, None)
    if question is None:
        return None
    try:
        return question(name)
    except Exception:
        log.exception("The secrets backend %s failed for %r; the next source is asked.", type(asked).__name__, name)
        return None
