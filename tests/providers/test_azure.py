"""apache-airflow-providers-microsoft-azure on azurite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.running import run_dag, vendor
from tests.servers.azure import Azure
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.slow


def test_hook_operators_sensors_and_transfers_work_deferred_too(
    azure_server: Azure, sshd_server: Sshd, home: Path
) -> None:
    (sshd_server.files / "azure.txt").write_text("from the deck")
    uris = {"conn_cloud": azure_server.uri, "conn_deck": sshd_server.uri("sftp")}
    run_dag("azure", home, FILES=str(sshd_server.files), **uris).works("azurite", __file__)
    blobs = vendor(
        f"""
import json
from azure.storage.blob import ContainerClient
hold = ContainerClient.from_connection_string({azure_server.connection_string!r}, "hold")
print(json.dumps({{one.name: hold.download_blob(one.name).readall().decode() for one in hold.list_blobs()}}))
"""
    )
    assert blobs.pop("sftp/azure.txt") == "from the deck"
    assert list(blobs.values()) == ["pepper"]
