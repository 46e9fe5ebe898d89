"""Amazon: S3, SQS, transfers and SageMaker, with hooks, operators, sensors (deferrable too) and notifier."""

from __future__ import annotations

import io
import os
from pathlib import Path

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sqs import SqsHook
from airflow.providers.amazon.aws.notifications.sqs import SqsNotifier
from airflow.providers.amazon.aws.operators.s3 import (
    S3CopyObjectOperator,
    S3CreateBucketOperator,
    S3CreateObjectOperator,
    S3DeleteObjectsOperator,
    S3FileTransformOperator,
    S3ListOperator,
)
from airflow.providers.amazon.aws.operators.sqs import SqsPublishOperator
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.providers.amazon.aws.sensors.sqs import SqsSensor
from airflow.providers.amazon.aws.transfers.local_to_s3 import LocalFilesystemToS3Operator
from airflow.providers.amazon.aws.transfers.s3_to_sftp import S3ToSFTPOperator
from airflow.providers.amazon.aws.transfers.sql_to_s3 import SqlToS3Operator
from airflow.sdk import DAG, task

FILES = os.environ["FILES"]
Path("manifest.txt").write_text("pepper")
Path("shout.sh").write_text('#!/bin/sh\ntr a-z A-Z < "$1" > "$2"\n')
Path("shout.sh").chmod(0o755)

with DAG("amazon", schedule=None, default_args={"aws_conn_id": "cloud"}) as dag:
    bucket = S3CreateBucketOperator(task_id="bucket", bucket_name="hold", doc="amazon: S3CreateBucketOperator")
    other = S3CreateBucketOperator(task_id="other", bucket_name="archive")

    @task(
        doc="amazon: S3Hook by position, keyword and default id: load_string, load_file_obj, replace, get_key, client"
    )
    def hook() -> None:
        for hook in (S3Hook("cloud"), S3Hook(aws_conn_id="cloud")):
            assert isinstance(hook, AwsBaseHook)
            assert hook.aws_conn_id == "cloud"
        assert S3Hook().aws_conn_id == "aws_default"
        s3 = S3Hook("cloud")
        assert s3.get_conn() is s3.get_conn()
        s3.load_string("tea \u2615", key="by-hook.txt", bucket_name="hold", replace=True)
        s3.load_file_obj(io.BytesIO(b"\x00silk"), key="by-hook.bin", bucket_name="hold", replace=True)
        try:
            s3.load_string("again", key="by-hook.txt", bucket_name="hold")
        except ValueError as error:
            assert "already exists" in str(error)  # noqa: PT017
        else:
            raise AssertionError("an object was overwritten without replace=True")
        taken = io.BytesIO()
        s3.get_key("by-hook.bin", "hold").download_fileobj(taken)
        assert taken.getvalue() == b"\x00silk"
        s3.get_conn().download_file("hold", "by-hook.txt", "down.txt")
        assert Path("down.txt").read_text(encoding="utf-8") == "tea \u2615"
        s3.get_conn().upload_fileobj(Fileobj=io.BytesIO(b"up"), Bucket="hold", Key="by-client.txt")
        assert s3.read_key("by-client.txt", "hold") == "up"
        assert s3.check_for_key("by-client.txt", "hold")
        try:
            s3.get_key("absent.txt", "hold")
        except Exception as error:
            assert "404" in str(error) or "Not Found" in str(error), error  # noqa: PT017
        else:
            raise AssertionError("a missing key was found")

    make = S3CreateObjectOperator(
        task_id="make", s3_bucket="hold", s3_key="{{ ds }}/cargo.txt", data="{{ run_id }}", replace=True,
        doc="amazon: S3CreateObjectOperator with templates",
    )  # fmt: skip
    copy = S3CopyObjectOperator(
        task_id="copy",
        source_bucket_name="hold",
        source_bucket_key="{{ ds }}/cargo.txt",
        dest_bucket_name="archive",
        dest_bucket_key="data/{{ ds }}-backup.txt",
        doc="amazon: S3CopyObjectOperator between buckets, templates in its keys",
    )
    listed = S3ListOperator(task_id="listed", bucket="archive", prefix="data/", doc="amazon: S3ListOperator")

    @task(doc="the keys, from XCom")
    def keys(found: list, ds: str | None = None) -> None:
        assert found == [f"data/{ds}-backup.txt"], found

    upload = LocalFilesystemToS3Operator(
        task_id="upload", filename=str(Path("manifest.txt").resolve()), dest_bucket="hold", dest_key="manifest.txt",
        replace=True, doc="amazon: LocalFilesystemToS3Operator",
    )  # fmt: skip
    transform = S3FileTransformOperator(
        task_id="transform",
        source_s3_key="s3://hold/manifest.txt",
        dest_s3_key="s3://hold/loud.txt",
        transform_script=str(Path("shout.sh").resolve()),
        source_aws_conn_id="cloud",
        dest_aws_conn_id="cloud",
        replace=True,
        doc="amazon: S3FileTransformOperator",
    )
    wait = S3KeySensor(
        task_id="wait", bucket_name="hold", bucket_key="{{ ds }}/*.txt", wildcard_match=True, poke_interval=0.1,
        doc="amazon: S3KeySensor with a wildcard",
    )  # fmt: skip
    wait_deferred = S3KeySensor(
        task_id="wait_deferred", bucket_key="s3://hold/manifest.txt", poke_interval=1, deferrable=True,
        doc="amazon: S3KeySensor deferrable: S3KeyTrigger through aiobotocore",
    )  # fmt: skip
    to_sftp = S3ToSFTPOperator(
        task_id="to_sftp", s3_bucket="hold", s3_key="manifest.txt", sftp_path=FILES + "/from-s3-{{ ds }}.txt",
        sftp_conn_id="deck", doc="amazon: S3ToSFTPOperator, from moto to OpenSSH",
    )  # fmt: skip
    from_sql = SqlToS3Operator(
        task_id="from_sql", sql_conn_id="ledger", query="SELECT 'tea' AS item, 40 AS chests", s3_bucket="hold",
        s3_key="ledger-{{ ds }}.csv", replace=True, df_kwargs={"index": False}, doc="amazon: SqlToS3Operator, from SQLite",
    )  # fmt: skip
    make_doomed = S3CreateObjectOperator(task_id="make_doomed", s3_bucket="hold", s3_key="doomed.txt", data="x")
    delete = S3DeleteObjectsOperator(
        task_id="delete", bucket="hold", keys=["doomed.txt"], doc="amazon: S3DeleteObjectsOperator"
    )

    @task(doc="amazon: SqsHook: create_queue, send_message")
    def queue() -> str:
        return SqsHook("cloud").create_queue("orders")["QueueUrl"]

    url = queue()
    publish = SqsPublishOperator(
        task_id="publish", sqs_queue=url, message_content="ahoy {{ ds }}", doc="amazon: SqsPublishOperator"
    )
    receive = SqsSensor(
        task_id="receive", sqs_queue=url, poke_interval=0.1, doc="amazon: SqsSensor, the message in XCom"
    )

    @task(doc="the message that SqsSensor took")
    def message(ti=None, ds: str | None = None) -> None:
        (found,) = ti.xcom_pull(task_ids="receive", key="messages")
        assert found["Body"] == f"ahoy {ds}", found

    publish_again = SqsPublishOperator(task_id="publish_again", sqs_queue=url, message_content="again")
    receive_deferred = SqsSensor(
        task_id="receive_deferred", sqs_queue=url, deferrable=True, poke_interval=1,
        doc="amazon: SqsSensor deferrable: SqsSensorTrigger through aiobotocore",
    )  # fmt: skip

    @task(
        doc="amazon: SqsNotifier as on_success_callback",
        on_success_callback=SqsNotifier(
            aws_conn_id="cloud",
            queue_url="{{ ti.xcom_pull(task_ids='queue') }}",
            message_body="{{ ti.task_id }} landed",
        ),
    )
    def notified() -> None: ...

    [bucket, other] >> hook() >> make >> [copy, wait]
    copy >> listed
    keys(listed.output)
    bucket >> upload >> [transform, wait_deferred, to_sftp]
    bucket >> [from_sql, make_doomed]
    make_doomed >> delete
    url >> publish >> receive >> message() >> publish_again >> receive_deferred >> notified()
