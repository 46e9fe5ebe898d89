"""FTP: hook, operator, sensor."""

from __future__ import annotations

import io
from pathlib import Path

from airflow.providers.ftp.hooks.ftp import FTPHook
from airflow.providers.ftp.operators.ftp import FTPFileTransmitOperator, FTPOperation
from airflow.providers.ftp.sensors.ftp import FTPSensor
from airflow.sdk import DAG, task

with DAG("ftp", schedule=None) as dag:

    @task(
        doc="ftp: FTPHook: create_directory, store_file, list_directory, get_size, rename, retrieve_file, delete_file"
    )
    def hook() -> None:
        ftp = FTPHook("harbour")
        ftp.create_directory("/hold")
        ftp.store_file("/hold/tea.txt", io.BytesIO(b"40 chests"))
        assert ftp.get_size("/hold/tea.txt") == 9
        assert [Path(name).name for name in ftp.list_directory("/hold")] == ["tea.txt"]
        ftp.rename("/hold/tea.txt", "/hold/coffee.txt")
        taken = io.BytesIO()
        ftp.retrieve_file("/hold/coffee.txt", taken, callback=taken.write)
        assert taken.getvalue() == b"40 chests"
        ftp.delete_file("/hold/coffee.txt")
        assert ftp.test_connection() == (True, "Connection successfully tested")
        ftp.close_conn()

    Path("manifest.txt").write_text("pepper")
    put = FTPFileTransmitOperator(
        task_id="put",
        ftp_conn_id="harbour",
        local_filepath="manifest.txt",
        remote_filepath="/in-{{ ds }}/manifest.txt",
        operation=FTPOperation.PUT,
        create_intermediate_dirs=True,
        doc="ftp: FTPFileTransmitOperator: put, into a folder that did not exist, at a path with a template",
    )
    wait = FTPSensor(
        task_id="wait", ftp_conn_id="harbour", path="/in-{{ ds }}/manifest.txt", doc="ftp: FTPSensor", poke_interval=0.1
    )
    get = FTPFileTransmitOperator(
        task_id="get",
        ftp_conn_id="harbour",
        local_filepath="back/manifest.txt",
        remote_filepath="/in-{{ ds }}/manifest.txt",
        operation=FTPOperation.GET,
        create_intermediate_dirs=True,
        doc="ftp: FTPFileTransmitOperator: get",
    )
    absent = FTPSensor(
        task_id="absent", ftp_conn_id="harbour", path="/never", poke_interval=0.1, timeout=0.3, soft_fail=True,
        doc="ftp: FTPSensor: soft_fail where the file never comes (skipped)",
    )  # fmt: skip
    hook() >> put >> wait >> get
