"""Kafka: operators, sensor with its trigger, hooks."""

from __future__ import annotations

import json

from airflow.providers.apache.kafka.operators.consume import ConsumeFromTopicOperator
from airflow.providers.apache.kafka.operators.produce import ProduceToTopicOperator
from airflow.providers.apache.kafka.sensors.kafka import AwaitMessageSensor
from airflow.sdk import DAG, task


def orders(run: str):
    for number in range(3):
        yield json.dumps(number), json.dumps({"run": run, "order": number})


def read(message):
    return json.loads(message.value())["order"]


def is_two(message):
    found = json.loads(message.value())
    return found["order"] if found["order"] == 2 else None


with DAG("kafka", schedule=None) as dag:
    produce = ProduceToTopicOperator(
        task_id="produce", topic="orders", kafka_config_id="broker", producer_function=orders,
        producer_function_args=["{{ run_id }}"], doc="apache-kafka: ProduceToTopicOperator, templates in its arguments",
    )  # fmt: skip
    consume = ConsumeFromTopicOperator(
        task_id="consume", topics=["orders"], kafka_config_id="reader", apply_function=read, max_messages=3, max_batch_size=3,
        return_apply_function_results=True, poll_timeout=20, doc="apache-kafka: ConsumeFromTopicOperator",
    )  # fmt: skip

    @task(doc="what the messages were made of")
    def seen(found: list) -> None:
        assert sorted(found) == [0, 1, 2], found

    wait = AwaitMessageSensor(
        task_id="wait", topics=["orders"], kafka_config_id="waiter", apply_function=f"{__name__}.is_two", xcom_push_key="order",
        poll_timeout=1, poll_interval=0.2, doc="apache-kafka: AwaitMessageSensor: AwaitMessageTrigger finds a message",
    )  # fmt: skip

    @task(doc="the message the trigger found")
    def found(ti=None) -> None:
        assert ti.xcom_pull(task_ids="wait", key="order") == 2

    produce >> consume
    seen(consume.output)
    produce >> wait >> found()
