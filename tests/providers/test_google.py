"""apache-airflow-providers-google on the storage emulator."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.providers.running import run_dag
from tests.servers.gcs import Gcs

pytestmark = pytest.mark.slow


def test_hook_operators_sensors_and_transfers_work(gcs_server: Gcs, home: Path) -> None:
    extra = quote(json.dumps({"project": "harbour", "is_anonymous": True}))
    uri = f"google-cloud-platform://?__extra__={extra}"
    run_dag("google", home, conn_cloud=uri, **gcs_server.env).works("gcp-storage-emulator", __file__)
    assert (home / "down.txt").read_text() == "pepper"
    with urllib.request.urlopen(f"{gcs_server.url}/storage/v1/b/hold/o") as answer:
        names = {one["name"] for one in json.load(answer)["items"]}
    assert {"copy.txt", "loud.txt"} < names
    assert not names & {"by-hook.txt", "doomed.txt"}
    with urllib.request.urlopen(f"{gcs_server.url}/storage/v1/b/hold/o/loud.txt?alt=media") as answer:
        assert answer.read() == b"PEPPER"
