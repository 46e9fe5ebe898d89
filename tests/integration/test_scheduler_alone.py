"""On SQLite there is one scheduler, and another one is told so."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tradewind.errors import OutsideTrouble
from tradewind.scheduler.alone import Alone

HOLDER = """
import os, sys, time
from tradewind.scheduler.alone import Alone
from tradewind.settings import load_settings
from tradewind.store.engine import open_store
held = Alone(open_store(load_settings({"TRADEWIND_HOME": sys.argv[1]})))
child = os.fork()  # as its worker host, which outlives it
if child == 0:
    os.close(1)
else:
    print(child, flush=True)
sys.stdin.read()
"""


def test_a_second_scheduler_is_refused_until_the_first_is_gone_however_it_went(sqlite_store):
    home = str(sqlite_store.settings.home)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip().isdigit()
        with pytest.raises(OutsideTrouble, match=rf"process {first.pid}\b.*SQLite is for one only") as refused:
            Alone(sqlite_store, patience_seconds=0.0)
        assert "PostgreSQL" in (refused.value.hint or "")
        first.kill()
        first.wait()
        Alone(sqlite_store).close()  # though what it had started still lives
