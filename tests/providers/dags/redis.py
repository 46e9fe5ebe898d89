"""Redis: hook, operator, sensors, trigger."""

from __future__ import annotations

import asyncio
import threading
import time

from airflow.providers.redis.hooks.redis import RedisHook
from airflow.providers.redis.operators.redis_publish import RedisPublishOperator
from airflow.providers.redis.sensors.redis_key import RedisKeySensor
from airflow.providers.redis.sensors.redis_pub_sub import RedisPubSubSensor
from airflow.providers.redis.triggers.redis_await_message import AwaitMessageTrigger
from airflow.sdk import DAG, task

with DAG("redis", schedule=None, default_args={"redis_conn_id": "hold"}) as dag:

    @task(doc="redis: RedisHook: set, get")
    def hook() -> None:
        client = RedisHook("hold").get_conn()
        assert client.ping()
        client.set("cargo", "tea")

    @task(doc="redis: RedisPublishOperator, heard by a subscriber")
    def published() -> None:
        heard = RedisHook("hold").get_conn().pubsub()
        heard.subscribe("deck")
        assert heard.get_message(timeout=5)["type"] == "subscribe"
        RedisPublishOperator(task_id="publish", channel="deck", message="ahoy", redis_conn_id="hold").execute({})
        assert heard.get_message(timeout=5)["data"] == b"ahoy"

    wait = RedisKeySensor(task_id="wait", key="cargo", poke_interval=0.1, doc="redis: RedisKeySensor")

    @task(doc="redis: RedisPubSubSensor: the message in XCom")
    def heard(ti=None) -> None:
        sensor = RedisPubSubSensor(task_id="sensor", channels=["mast"], redis_conn_id="hold")
        client = RedisHook("hold").get_conn()
        sensor.pubsub.get_message(timeout=5)
        client.publish("mast", "land")
        context = {"ti": ti}
        for _ in range(50):
            if sensor.poke(context):
                break
            time.sleep(0.05)
        else:
            raise AssertionError("not heard")

    @task(doc="redis: AwaitMessageTrigger: an event for a message")
    def triggered() -> None:
        trigger = AwaitMessageTrigger(channels=["stern"], redis_conn_id="hold", poll_interval=0.05)
        client = RedisHook("hold").get_conn()

        def publish() -> None:
            while not client.publish("stern", "fog"):
                time.sleep(0.05)

        async def first() -> object:
            async for event in trigger.run():
                return event.payload
            raise AssertionError("no event")

        threading.Thread(target=publish).start()
        event = asyncio.run(asyncio.wait_for(first(), 20))
        assert event["data"] == "fog", event

    hook() >> wait
    published(), heard(), triggered()
