"""apache-airflow-providers-apache-kafka on librdkafka's mock broker (which has no controller: topics are made by use)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.running import run_dag
from tests.servers.kafka import Kafka

pytestmark = pytest.mark.slow


def test_hooks_operators_and_the_waiting_sensor_work(kafka_server: Kafka, home: Path) -> None:
    def group(name: str) -> str:
        return kafka_server.uri(group_id=name, auto_offset_reset="earliest")

    run_dag(
        "kafka", home, conn_broker=kafka_server.uri(), conn_reader=group("reader"), conn_waiter=group("waiter")
    ).works("librdkafka's mock broker", __file__)
