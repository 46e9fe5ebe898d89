"""Limits by key as an author writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tradewind import DAG, ConcurrencyLimit, RateLimit, task
from tradewind.domain.rules import keyed
from tradewind.domain.spec import LimitSpec
from tradewind.errors import DagFileError
from tradewind.sdk.freeze import freeze


def frozen(*limits: object, **more: object):
    with DAG("d", params={"customer": "acme", "n": 3}, **more) as dag:

        @task(limits=list(limits))
        def work() -> None: ...

        work()
    return freeze(dag, fileloc="d.py")


def test_a_limit_reaches_the_spec_and_its_key_is_filled_in_by_the_run():
    spec = frozen(
        ConcurrencyLimit("c {{ params.customer }} {{params.n}} {{ dag_id }}", slots=2), RateLimit("api", 5, per=60)
    )
    (found,) = [t for t in spec.tasks if t.task_id == "work"]
    assert found.limits == [
        LimitSpec(key="c {{ params.customer }} {{params.n}} {{ dag_id }}", slots=2),
        LimitSpec(key="api", starts=5, per=60.0),
    ]
    first, _ = keyed.resolve(spec, found, "r", None, {"customer": "bob"})
    assert first.key == "c bob 3 d"


def test_default_args_and_a_single_limit_do():
    with DAG("d", default_args={"limits": RateLimit("api", 1, per=timedelta(hours=1))}) as dag:

        @task
        def work() -> None: ...

        work()
    assert freeze(dag, fileloc="d.py").tasks[0].limits == [LimitSpec(key="api", starts=1, per=3600.0)]


def test_a_field_that_no_run_knows_is_an_error_that_lists_the_others():
    with pytest.raises(
        DagFileError, match=r"names 'params.custmer'.*params.NAME of a param that is declared \(customer, n\)"
    ):
        frozen(ConcurrencyLimit("{{ params.custmer }}"))


def test_the_team_reaches_the_spec():
    assert frozen(team="research").team == "research"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ConcurrencyLimit("a", 0), "slots must be a whole number from 1"),
        (lambda: ConcurrencyLimit("a", 2, take=3), "would never run"),
        (lambda: ConcurrencyLimit(""), "must be a text"),
        (lambda: RateLimit("a", 1, per=0), "above 0"),
        (lambda: RateLimit("a", True), "starts must be a whole number"),
    ],
)
def test_a_wrong_figure_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_something_that_is_no_limit_is_named():
    with pytest.raises(TypeError, match="limits takes ConcurrencyLimit and RateLimit"):
        frozen("api")


def test_a_long_key_is_cut_and_stays_its_own():
    spec = frozen(ConcurrencyLimit("{{ params.customer }}"))
    one, two = (
        keyed.resolve(spec, spec.tasks[0], "r", None, {"customer": "x" * 500 + end})[0].key for end in ("a", "b")
    )
    assert one != two
    assert len(one) <= keyed.MAX_KEY
