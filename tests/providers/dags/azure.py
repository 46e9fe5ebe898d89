"""Azure blob storage: hook, operators, sensors (deferrable too), transfers."""

from __future__ import annotations

import os
from pathlib import Path

from airflow.providers.microsoft.azure.hooks.wasb import WasbHook
from airflow.providers.microsoft.azure.operators.wasb_delete_blob import WasbDeleteBlobOperator
from airflow.providers.microsoft.azure.sensors.wasb import WasbBlobSensor, WasbPrefixSensor
from airflow.providers.microsoft.azure.transfers.local_to_wasb import LocalFilesystemToWasbOperator
from airflow.providers.microsoft.azure.transfers.sftp_to_wasb import SFTPToWasbOperator
from airflow.sdk import DAG, task

FILES = os.environ["FILES"]
Path("manifest.txt").write_text("pepper")

with DAG("azure", schedule=None, default_args={"wasb_conn_id": "cloud"}) as dag:

    @task(doc="microsoft-azure: WasbHook: create_container, load_string, check_for_blob, read_file, delete_file")
    def hook() -> None:
        wasb = WasbHook("cloud")
        wasb.create_container("hold")
        wasb.load_string("tea", "hold", "by-hook.txt")
        assert wasb.check_for_blob("hold", "by-hook.txt")
        assert wasb.read_file("hold", "by-hook.txt") == "tea"
        wasb.load_string("x", "hold", "doomed.txt")
        wasb.delete_file("hold", "doomed.txt")
        assert wasb.get_blobs_list("hold") == ["by-hook.txt"]

    upload = LocalFilesystemToWasbOperator(
        task_id="upload", file_path=str(Path("manifest.txt").resolve()), container_name="hold",
        blob_name="{{ ds }}/manifest.txt", doc="microsoft-azure: LocalFilesystemToWasbOperator with a template",
    )  # fmt: skip
    wait = WasbBlobSensor(
        task_id="wait", container_name="hold", blob_name="{{ ds }}/manifest.txt", poke_interval=0.1,
        doc="microsoft-azure: WasbBlobSensor",
    )  # fmt: skip
    wait_deferred = WasbBlobSensor(
        task_id="wait_deferred", container_name="hold", blob_name="{{ ds }}/manifest.txt", poke_interval=1, deferrable=True,
        doc="microsoft-azure: WasbBlobSensor deferrable: WasbBlobSensorTrigger",
    )  # fmt: skip
    prefix_deferred = WasbPrefixSensor(
        task_id="prefix_deferred", container_name="hold", prefix="{{ ds }}/", poke_interval=1, deferrable=True,
        doc="microsoft-azure: WasbPrefixSensor deferrable",
    )  # fmt: skip
    from_sftp = SFTPToWasbOperator(
        task_id="from_sftp", sftp_conn_id="deck", sftp_source_path=f"{FILES}/azure*.txt", container_name="hold",
        blob_prefix="sftp/", doc="microsoft-azure: SFTPToWasbOperator, from OpenSSH to azurite",
    )  # fmt: skip
    delete = WasbDeleteBlobOperator(
        task_id="delete", container_name="hold", blob_name="by-hook.txt", doc="microsoft-azure: WasbDeleteBlobOperator"
    )
    hook() >> upload >> [wait, wait_deferred, prefix_deferred] >> from_sftp >> delete
