"""apache-airflow-providers-redis on a Redis server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.running import run_dag, vendor
from tests.servers.redis import Redis

pytestmark = pytest.mark.slow


def test_hook_operator_sensors_and_trigger_work(redis_server: Redis, home: Path) -> None:
    run_dag("redis", home, conn_hold=redis_server.uri).works("Redis", __file__)
    value = vendor(
        f"import json, redis; print(json.dumps(redis.Redis(port={redis_server.port}).get('cargo').decode()))"
    )
    assert value == "tea"
