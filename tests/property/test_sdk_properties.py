from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.connection import Connection
from tradewind.sdk.dag import DAG
from tradewind.sdk.execution import execute
from tradewind.sdk.freeze import effective_weights
from tradewind.sdk.local_run import make_facts, make_order
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.order import in_order
from tradewind.sdk.values import decode, encode

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.dates()
    | st.datetimes(timezones=st.just(UTC)) | st.timedeltas() | st.uuids() | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner)
    | st.dictionaries(st.integers(), inner),
    max_leaves=12,
)  # fmt: skip


@given(plain)
def test_every_value_survives_the_way_to_another_task(value: Any) -> None:
    assert decode(encode(value)[0]) == value


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
hosts = st.text(st.sampled_from("abcdefghij0123456789.-_"), min_size=1, max_size=12)


@pytest.mark.spec("2/CN-02")
@given(
    st.none() | words, st.none() | words, st.none() | words, st.none() | hosts, st.none() | st.integers(1, 65535),
    st.none() | st.dictionaries(words, words, min_size=1, max_size=3)
    | st.dictionaries(words, st.integers() | st.lists(words), min_size=1, max_size=3),
)  # fmt: skip
def test_a_connection_reads_back_what_it_wrote(
    login: str | None, password: str | None, schema: str | None, host: str | None, port: int | None, extra: Any
) -> None:
    conn = Connection(
        conn_type="http", login=login, password=password, schema=schema, host=host, port=port, extra=extra
    )
    again = Connection(uri=conn.get_uri())
    for name in ("conn_type", "login", "password", "schema", "host", "port"):
        assert (getattr(again, name) or None) == (getattr(conn, name) or None), name
    assert again.extra_dejson == conn.extra_dejson


class Both(BaseOperator):
    template_fields = ("rendered",)

    def __init__(self, rendered: Any, kept: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rendered, self.kept = rendered, kept

    def execute(self, context: Any) -> Any:
        return [self.rendered, self.kept]


marked = st.sampled_from(["{{ ds }}", "{% if 1 %}x{% endif %}", "{{ no_such_name }}", "plain", "{0}", "{{ run_id }}"])
nested = st.recursive(marked, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(marked, inner, max_size=3))


@pytest.mark.spec("1/TP-03", "2/OP-11")
@settings(max_examples=50, deadline=None)
@given(nested)
def test_only_template_fields_are_rendered(value: Any) -> None:
    with DAG("d", schedule=None) as dag:
        task = Both(task_id="t", rendered="{{ ds }}", kept=value)
    facts = make_facts(dag, datetime(2020, 1, 1, tzinfo=UTC))
    finished = execute(task, make_order(task, facts), MemoryClient())
    assert decode(finished.xcoms[0].value) == ["2020-01-01", value]
    assert task.rendered == "{{ ds }}"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.data())
def test_order_and_weights_hold_for_any_graph(count: int, data: st.DataObject) -> None:
    with DAG("d", schedule=None) as dag:
        made = [
            EmptyOperator(
                task_id=f"t{n}",
                priority_weight=data.draw(st.integers(1, 4)),
                weight_rule=data.draw(st.sampled_from(["downstream", "upstream", "absolute"])),
            )
            for n in range(count)
        ]
        for n in range(count):
            for m in range(n + 1, count):
                if data.draw(st.booleans()):
                    made[n] >> made[m]
    ordered = in_order(dag)
    place = {t.task_id: i for i, t in enumerate(ordered)}
    assert all(place[t.task_id] < place[b] for t in made for b in t.downstream_task_ids)
    weights = effective_weights(ordered)
    for t in made:
        related = {"downstream": t.get_flat_relatives(False), "upstream": t.get_flat_relatives(True), "absolute": []}
        assert weights[t.task_id] == t.priority_weight + sum(o.priority_weight for o in related[t.weight_rule])
