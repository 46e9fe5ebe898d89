"""Connections that nobody named: the ids that operators and hooks fall back on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.running import run_lines

pytestmark = pytest.mark.slow


@pytest.mark.spec("2/CN-12")
def test_default_ids_and_what_happens_where_they_are_not_defined(home: Path) -> None:
    told = run_lines(
        "import json, logging\n"
        "heard = []\n"
        "class Ear(logging.Handler):\n"
        "    def emit(self, record): heard.append(f'{record.levelname} {record.getMessage()}')\n"
        "logging.getLogger().addHandler(Ear())\n"
        "from airflow.providers.amazon.aws.hooks.s3 import S3Hook\n"
        "from airflow.providers.amazon.aws.operators.sagemaker import SageMakerTrainingOperator\n"
        "from airflow.providers.amazon.aws.transfers.s3_to_sftp import S3ToSFTPOperator\n"
        "from airflow.providers.docker.operators.docker import DockerOperator\n"
        "from airflow.providers.postgres.hooks.postgres import PostgresHook\n"
        "s3 = S3Hook(region_name='us-east-1')\n"
        "made = type(s3.get_conn()).__name__\n"
        "try:\n    PostgresHook().get_records('SELECT 1')\n"
        "except Exception as error:\n    failed = f'{type(error).__name__}: {error}'\n"
        "ids = [s3.aws_conn_id, SageMakerTrainingOperator(task_id='a', config={}).aws_conn_id,\n"
        "       S3ToSFTPOperator(task_id='b', s3_bucket='b', s3_key='k', sftp_path='p').sftp_conn_id,\n"
        "       DockerOperator(task_id='c', image='i').docker_conn_id]\n"
        "print(json.dumps([ids, made, failed, heard]))",
        home,
        AWS_ACCESS_KEY_ID="AKIA",
        AWS_SECRET_ACCESS_KEY="x",
    )
    ids, made, failed, heard = told
    assert ids == ["aws_default", "aws_default", "ssh_default", None]
    assert made == "S3"
    assert any(line.startswith("WARNING") and "aws_default" in line for line in heard), heard
    assert failed == "AirflowNotFoundException: The conn_id `postgres_default` isn't defined"
