"""apache-airflow-providers-amazon on moto's server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.providers.running import Run, run_dag, run_lines, vendor
from tests.servers.aws import Aws
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.slow

AGAINST = "moto's server"


def objects(aws: Aws, bucket: str) -> dict[str, str]:
    """What lies in a bucket, by the vendor's client."""
    found: dict[str, str] = vendor(
        f"""
import boto3, json
bucket = boto3.resource("s3").Bucket({bucket!r})
print(json.dumps({{one.key: one.get()["Body"].read().decode("utf-8", "replace") for one in bucket.objects.all()}}))
""",
        **aws.env,
    )
    return found


@pytest.fixture(scope="module")
def ran(aws_server: Aws, sshd_server: Sshd, home: Path) -> Run:
    return run_dag(
        "amazon", home, FILES=str(sshd_server.files), conn_cloud=aws_server.uri, conn_deck=sshd_server.uri("ssh"),
        conn_ledger=f"sqlite://{home}/ledger.db",
    )  # fmt: skip


@pytest.mark.spec("2/EX-04", "2/EX-05", "2/EX-06", "2/EX-07", "2/EX-08", "2/EX-29")
def test_hooks_operators_sensors_transfers_and_notifier_work_deferred_too(ran: Run) -> None:
    ran.works(AGAINST, __file__)


@pytest.mark.spec("2/EX-03")
def test_an_object_is_copied_between_buckets_by_the_server(ran: Run, aws_server: Aws) -> None:
    hold, archive = objects(aws_server, "hold"), objects(aws_server, "archive")
    (made,) = [key for key in hold if key.endswith("/cargo.txt")]
    assert hold[made].startswith("manual__")
    assert archive == {f"data/{made.split('/')[0]}-backup.txt": hold[made]}
    assert hold["loud.txt"] == "PEPPER"
    assert "doomed.txt" not in hold
    (ledger,) = [text for key, text in hold.items() if key.startswith("ledger-")]
    assert ledger == "item,chests\ntea,40\n"


def test_an_object_goes_to_sftp(ran: Run, sshd_server: Sshd) -> None:
    (arrived,) = sshd_server.files.glob("from-s3-*.txt")
    assert arrived.read_text() == "pepper"


def test_the_notifier_left_a_message(ran: Run, aws_server: Aws) -> None:
    body = vendor(
        """
import boto3, json
sqs = boto3.client("sqs")
url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
print(json.dumps([one["Body"] for one in sqs.receive_message(QueueUrl=url).get("Messages", [])]))
""",
        **aws_server.env,
    )
    assert body == ["notified landed"]


@pytest.mark.spec("2/EX-09")
def test_without_a_connection_the_vendors_own_chain_is_used_and_named(aws_server: Aws, home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(
        "[sailor]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = of-the-file\n"
    )
    where = {"AWS_ENDPOINT_URL": aws_server.url, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PROFILE": "sailor"}
    run = run_dag("amazon_chain", home, HOME=str(home), **where)
    run.works(AGAINST, __file__)
    assert "Unable to find AWS Connection ID 'aws_default'" in run.log
    assert "Found credentials in shared credentials file: ~/.aws/credentials" in run.log
    assert objects(aws_server, "chain") == {"x": "x"}


def backend(kind: str, kwargs: dict[str, Any]) -> dict[str, str]:
    return {"TRADEWIND__SECRETS__BACKEND": kind, "TRADEWIND__SECRETS__BACKEND_KWARGS": json.dumps(kwargs)}


CONNECTION = {"conn_type": "http", "host": "example.org", "login": "me", "password": "s3cr3t/+"}


def test_secrets_manager_is_asked_for_connections_and_variables(aws_server: Aws, home: Path) -> None:
    vendor(
        f"""
import boto3, json
manager = boto3.client("secretsmanager")
manager.create_secret(Name="tw/connections/vaulted", SecretString=json.dumps({CONNECTION!r}))
manager.create_secret(Name="tw/connections/ledger", SecretString="sqlite://{home}/ledger.db")
manager.create_secret(Name="tw/variables/depth", SecretString="40 fathoms")
print(1)
""",
        **aws_server.env,
    )
    kind = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
    kwargs = {"connections_prefix": "tw/connections", "variables_prefix": "tw/variables"}
    run_dag("secrets", home, **aws_server.env, **backend(kind, kwargs)).shows(
        "amazon",
        "SecretsManagerBackend: connections (JSON, URI) and variables, in tasks and templates",
        AGAINST,
        __file__,
    )


def test_the_parameter_store_is_asked_for_connections_and_variables(aws_server: Aws, home: Path) -> None:
    vendor(
        f"""
import boto3, json
store = boto3.client("ssm")
for name, value in {{
    "connections/vaulted": "http://me:s3cr3t%2F%2B@example.org",
    "connections/ledger": "sqlite://{home}/ledger.db",
    "variables/depth": "40 fathoms",
}}.items():
    store.put_parameter(Name="/tw/" + name, Value=value, Type="SecureString")
print(1)
""",
        **aws_server.env,
    )
    kind = "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend"
    kwargs = {"connections_prefix": "/tw/connections", "variables_prefix": "/tw/variables"}
    run_dag("secrets", home, **aws_server.env, **backend(kind, kwargs)).shows(
        "amazon", "SystemsManagerParameterStoreBackend: connections and variables", AGAINST, __file__
    )


def test_object_storage_paths_and_file_transfer_work(aws_server: Aws, home: Path) -> None:
    run_dag("common_io", home, conn_cloud=aws_server.uri).works(AGAINST, __file__)
    stores = objects(aws_server, "stores")
    assert stores.pop("by-path.txt") == "tea"
    assert list(stores.values()) == ["pepper"]


SUBCLASS = """
import json
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

class LoudHook(S3Hook):
    def load_string(self, string_data, *args, **kwargs):
        super().load_string(string_data.upper(), *args, **kwargs)

assert issubclass(LoudHook, AwsBaseHook)
hook = LoudHook(aws_conn_id="cloud")
hook.create_bucket("inherited")
hook.load_string("tea", key="k", bucket_name="inherited")
print(json.dumps([hook.aws_conn_id, hook.read_key("k", "inherited")]))
"""


@pytest.mark.spec("2/HK-12")
def test_the_s3_hook_may_be_inherited_from_and_keeps_its_arguments(aws_server: Aws, home: Path) -> None:
    assert run_lines(SUBCLASS, home, conn_cloud=aws_server.uri) == ["cloud", "TEA"]
