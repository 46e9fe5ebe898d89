"""Ask hooks in a process of their own: whether a connection works, and how their forms look."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import Any

from tradewind.actions.context import Act
from tradewind.errors import Forbidden, OutsideTrouble

#: Some systems answer only after their own time limits; a person in front of a page does not wait longer.
TEST_SECONDS = 30.0
DESCRIBE_SECONDS = 60.0


def may_test(act: Act) -> bool:
    """Whether this installation lets connections be tried: ``[core] test_connection``."""
    return str(act.settings.get("core", "test_connection")).strip().lower() == "enabled"


def test_connection(act: Act, conn_id: str, fields: dict[str, Any]) -> tuple[bool, str]:
    """Whether the outside system answers, and what it said. Forbidden where the settings say so."""
    if not may_test(act):
        raise Forbidden(
            "Connections are not tried out here.",
            hint="Set [core] test_connection = Enabled: who may edit connections can then let the server call any address.",
        )
    with act.store.write() as conn:
        act.audit(conn, "test_connection", conn_id=conn_id)
    return ask_system(fields)


def ask_system(fields: dict[str, Any], seconds: float = TEST_SECONDS) -> tuple[bool, str]:
    """Whether the system of a connection with these fields answers, and what it said."""
    try:
        told = _ask({"test": fields}, seconds)
    except TimeoutError:
        return False, f"No answer within {seconds:g} seconds."
    return bool(told["status"]), str(told["message"])


def forms_of_hooks(hooks: dict[str, str]) -> dict[str, Any]:
    """What each hook (connection type -> class) says of its form; {} when they cannot be asked in time."""
    try:
        return _ask({"describe": hooks}, DESCRIBE_SECONDS) if hooks else {}
    except (TimeoutError, OutsideTrouble):
        return {}


def _ask(question: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The answer of a process that loads hooks. TimeoutError when there is none in time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tradewind.worker.ask_hook"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        answer, trouble = process.communicate(json.dumps(question), timeout=seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise TimeoutError from None
    if process.returncode != 0:
        last = (trouble.strip().splitlines() or ["no word"])[-1]
        raise OutsideTrouble(f"The process that asks hooks ended with code {process.returncode}: {last}")
    told: dict[str, Any] = json.loads(answer)
    return told
