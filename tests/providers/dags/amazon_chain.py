"""Amazon without a connection: the SDK's own chain of credentials."""

from __future__ import annotations

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk import DAG, task

with DAG("amazon_chain", schedule=None) as dag:

    @task(doc="amazon: S3Hook() with no aws_default: the profile of ~/.aws/credentials")
    def chain() -> None:
        s3 = S3Hook()
        s3.create_bucket("chain")
        s3.load_string("x", "x", "chain")
        credentials = s3.get_credentials()
        assert (credentials.access_key, credentials.secret_key) == ("AKIAPROFILE", "of-the-file"), credentials

    chain()
