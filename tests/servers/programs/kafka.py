"""Keep librdkafka's mock broker open and write its address to a file: ``kafka.py FILE``.

Runs with the Python of the environment ``servers``.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from confluent_kafka import Producer

producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "ignored"})
broker = next(iter(producer.list_topics(timeout=20).brokers.values()))
ready = Path(sys.argv[1])
ready.with_suffix(".part").write_text(f"{broker.host}:{broker.port}")
ready.with_suffix(".part").rename(ready)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
