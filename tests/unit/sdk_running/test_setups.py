from __future__ import annotations

import pytest

from tradewind.sdk.dag import DAG
from tradewind.sdk.decorators import task
from tradewind.sdk.exceptions import AirflowSkipException

ENDS = {
    "success": {"prepare": "success", "work": "success", "after": "success", "tidy": "success"},
    "failed": dict.fromkeys(("work", "after", "tidy"), "upstream_failed") | {"prepare": "failed"},
    "skipped": dict.fromkeys(("prepare", "work", "after", "tidy"), "skipped"),
}


@pytest.mark.parametrize("end", list(ENDS))
def test_a_setup_stops_everything_up_to_its_teardown_in_a_local_run(end: str) -> None:
    with DAG("d", schedule=None) as dag:

        @task
        def prepare() -> None:
            if end == "failed":
                raise ValueError("no luck")
            if end == "skipped":
                raise AirflowSkipException

        @task
        def work() -> None: ...

        @task(trigger_rule="all_done")
        def after() -> None: ...

        @task
        def tidy() -> None: ...

        first, last = prepare().as_setup(), tidy()
        first >> work() >> after() >> last
        last.as_teardown(setups=first)

    assert dag.test().states == ENDS[end]
