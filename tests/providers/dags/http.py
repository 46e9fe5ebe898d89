"""HTTP: hook, operator (paging, deferrable), sensor (both modes), notifier."""

from __future__ import annotations

import asyncio

from airflow.providers.http.hooks.http import HttpAsyncHook, HttpHook
from airflow.providers.http.notifications.http import HttpNotifier
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import DAG, task


def following(response):
    step = response.json()["next"]
    return {"data": {"cursor": step}} if step is not None else None


with DAG("http", schedule=None, default_args={"http_conn_id": "harbour"}) as dag:

    @task(doc="http: HttpHook: GET with the connection's login, POST with a body; an error status raises")
    def hook() -> None:
        answer = HttpHook("GET", "harbour").run("echo", {"ship": "Cutty Sark"}).json()
        assert (answer["user"], answer["query"]) == ("captain", {"ship": "Cutty Sark"}), answer
        answer = HttpHook("POST", "harbour").run("echo", data="tea", headers={"X-Cargo": "yes"}).json()
        assert (answer["body"], answer["headers"]["x-cargo"]) == ("tea", "yes")
        try:
            HttpHook("GET", "harbour").run("status/503")
        except Exception as error:
            assert "503" in str(error)  # noqa: PT017
        else:
            raise AssertionError("503 was taken for good")

    @task(doc="http: HttpAsyncHook: a session of its own")
    def async_hook() -> None:
        async def ask() -> dict:
            async with HttpAsyncHook("GET", "harbour").session() as session:
                return await (await session.run("echo")).json()

        assert asyncio.run(ask())["user"] == "captain"

    post = HttpOperator(
        task_id="post",
        endpoint="echo/{{ ds }}",
        data='{"run": "{{ run_id }}"}',
        response_check=lambda response: response.json()["method"] == "POST",
        response_filter=lambda response: response.json()["body"],
        doc="http: HttpOperator: templates, response_check, response_filter into XCom",
    )

    @task(doc="the operator's XCom reaches the next task")
    def filtered(body: str) -> None:
        assert body.startswith('{"run": "manual__'), body

    paged = HttpOperator(
        task_id="paged",
        endpoint="page",
        method="GET",
        pagination_function=following,
        response_filter=lambda responses: [item for one in responses for item in one.json()["items"]],
        doc="http: HttpOperator: pagination_function",
    )

    @task(doc="all pages came")
    def pages(items: list) -> None:
        assert items == [0, 1, 2, 3, 4, 5], items

    deferred = HttpOperator(
        task_id="deferred",
        endpoint="echo/deferred",
        method="GET",
        deferrable=True,
        response_filter=lambda response: response.json()["path"],
        doc="http: HttpOperator deferrable: HttpTrigger asks, the operator resumes with the response",
    )

    @task(doc="the value of the deferred operator")
    def resumed(path: str) -> None:
        assert path == "/echo/deferred", path

    refused = HttpOperator(
        task_id="refused", endpoint="status/500", method="GET", doc="http: HttpOperator: a status of 500 fails the task"
    )
    wait = HttpSensor(
        task_id="wait", endpoint="later/sync", poke_interval=0.05, doc="http: HttpSensor: 404, 404, then 200"
    )
    wait_deferred = HttpSensor(
        task_id="wait_deferred", endpoint="later/deferred", poke_interval=0.05, deferrable=True,
        doc="http: HttpSensor deferrable: HttpSensorTrigger polls until 200",
    )  # fmt: skip

    @task(
        doc="http: HttpNotifier as on_success_callback",
        on_success_callback=HttpNotifier(
            http_conn_id="harbour",
            endpoint="told",
            method="POST",
            json={"task": "{{ ti.task_id }}", "run": "{{ run_id }}"},
        ),
    )
    def notified() -> None: ...

    hook(), async_hook(), notified()
    filtered(post.output), pages(paged.output), resumed(deferred.output)
