"""Files on any storage: ObjectStoragePath and FileTransferOperator, between this machine and S3."""

from __future__ import annotations

from pathlib import Path

from airflow.providers.common.io.operators.file_transfer import FileTransferOperator
from airflow.sdk import DAG, ObjectStoragePath, task

Path("manifest.txt").write_text("pepper")

with DAG("common_io", schedule=None) as dag:

    @task(doc="common-io: ObjectStoragePath on s3 with a connection: write, read, list")
    def path() -> None:
        base = ObjectStoragePath("s3://cloud@stores/")
        base.mkdir(parents=True, exist_ok=True)
        (base / "by-path.txt").write_text("tea")
        assert (base / "by-path.txt").read_text() == "tea"
        assert [one.name for one in base.iterdir()] == ["by-path.txt"]

    up = FileTransferOperator(
        task_id="up", src=f"file://{Path('manifest.txt').resolve()}", dst="s3://cloud@stores/{{ ds }}.txt", overwrite=True,
        doc="common-io: FileTransferOperator, this machine to S3",
    )  # fmt: skip
    path() >> up
