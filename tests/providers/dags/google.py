"""Google Cloud Storage: hook, operators, sensors, transfer."""

from __future__ import annotations

from pathlib import Path

from airflow.providers.google.cloud.hooks.gcs import GCSHook
from airflow.providers.google.cloud.operators.gcs import (
    GCSCreateBucketOperator,
    GCSDeleteObjectsOperator,
    GCSFileTransformOperator,
    GCSListObjectsOperator,
)
from airflow.providers.google.cloud.sensors.gcs import GCSObjectExistenceSensor, GCSObjectsWithPrefixExistenceSensor
from airflow.providers.google.cloud.transfers.gcs_to_gcs import GCSToGCSOperator
from airflow.providers.google.cloud.transfers.gcs_to_local import GCSToLocalFilesystemOperator
from airflow.providers.google.cloud.transfers.local_to_gcs import LocalFilesystemToGCSOperator
from airflow.sdk import DAG, task

Path("manifest.txt").write_text("pepper")
Path("shout.py").write_text(
    "import sys\nfrom pathlib import Path\nPath(sys.argv[2]).write_text(Path(sys.argv[1]).read_text().upper())\n"
)

with DAG("google", schedule=None, default_args={"gcp_conn_id": "cloud", "google_cloud_conn_id": "cloud"}) as dag:
    bucket = GCSCreateBucketOperator(task_id="bucket", bucket_name="hold", doc="google: GCSCreateBucketOperator")

    @task(doc="google: GCSHook: upload, download, exists, list, delete")
    def hook() -> None:
        gcs = GCSHook("cloud")
        gcs.upload("hold", "by-hook.txt", data="tea")
        assert gcs.download("hold", "by-hook.txt") == b"tea"
        assert gcs.exists("hold", "by-hook.txt")
        assert gcs.list("hold") == ["by-hook.txt"]
        gcs.upload("hold", "doomed.txt", data="x")
        gcs.delete("hold", "doomed.txt")
        assert not gcs.exists("hold", "doomed.txt")

    upload = LocalFilesystemToGCSOperator(
        task_id="upload", src=str(Path("manifest.txt").resolve()), dst="{{ ds }}/manifest.txt", bucket="hold",
        doc="google: LocalFilesystemToGCSOperator with a template",
    )  # fmt: skip
    listed = GCSListObjectsOperator(
        task_id="listed", bucket="hold", prefix="{{ ds }}/", doc="google: GCSListObjectsOperator"
    )

    @task(doc="the objects, from XCom")
    def objects(found: list, ds: str | None = None) -> None:
        assert found == [f"{ds}/manifest.txt"], found

    wait = GCSObjectExistenceSensor(
        task_id="wait",
        bucket="hold",
        object="{{ ds }}/manifest.txt",
        poke_interval=0.1,
        doc="google: GCSObjectExistenceSensor",
    )
    prefix = GCSObjectsWithPrefixExistenceSensor(
        task_id="prefix",
        bucket="hold",
        prefix="{{ ds }}/",
        poke_interval=0.1,
        doc="google: GCSObjectsWithPrefixExistenceSensor",
    )
    copy = GCSToGCSOperator(
        task_id="copy", source_bucket="hold", source_object="{{ ds }}/manifest.txt", destination_bucket="hold",
        destination_object="copy.txt", doc="google: GCSToGCSOperator",
    )  # fmt: skip
    down = GCSToLocalFilesystemOperator(
        task_id="down", bucket="hold", object_name="{{ ds }}/manifest.txt", filename=str(Path("down.txt").resolve()),
        doc="google: GCSToLocalFilesystemOperator",
    )  # fmt: skip
    transform = GCSFileTransformOperator(
        task_id="transform", source_bucket="hold", source_object="{{ ds }}/manifest.txt", destination_object="loud.txt",
        transform_script=["python", str(Path("shout.py").resolve())], doc="google: GCSFileTransformOperator",
    )  # fmt: skip
    delete = GCSDeleteObjectsOperator(
        task_id="delete", bucket_name="hold", objects=["by-hook.txt"], doc="google: GCSDeleteObjectsOperator"
    )
    bucket >> hook() >> upload >> [listed, wait, prefix, copy, down, transform] >> delete
    objects(listed.output)
