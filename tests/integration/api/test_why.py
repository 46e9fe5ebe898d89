"""The routes that say why something does not run."""

from __future__ import annotations

import pytest

from .conftest import House


@pytest.mark.parametrize("base", ["/api/v1", "/api/v2"])
def test_a_dag_a_run_and_a_task_answer(rocket_house: House, base: str) -> None:
    for path in (
        "/dags/rockets/why",
        "/dags/rockets/dagRuns/second/why",
        "/dags/rockets/dagRuns/second/taskInstances/notify/why",
        "/dags/rockets/dagRuns/second/taskInstances/pictures.fetch/why?map_index=0",
    ):
        found = rocket_house.client.get(base + path, **rocket_house.as_("viewer"))
        assert found.status_code == 200, found.text
        answer = found.json()
        assert answer["why"] == answer["reasons"][0]["text"]
        assert set(answer["reasons"][0]) >= {"code", "text", "hint", "until", "facts"}


def test_what_does_not_exist_is_guessed(rocket_house: House) -> None:
    found = rocket_house.client.get("/api/v2/dags/rocket/why", **rocket_house.as_("viewer"))
    assert found.status_code == 404
    assert "rockets" in found.text
    path = "/api/v2/dags/rockets/dagRuns/second/taskInstances/pictures.fetch/why?map_index=99"
    assert rocket_house.client.get(path, **rocket_house.as_("viewer")).status_code == 404


def test_who_may_not_read_is_refused(rocket_house: House) -> None:
    assert rocket_house.client.get("/api/v2/dags/rockets/why", **rocket_house.as_("public")).status_code == 403
