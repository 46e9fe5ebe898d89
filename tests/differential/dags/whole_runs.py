"""DAGs as authors write them; both schedulers run them to the end."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import dag, task, task_group
from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.models.baseoperator import chain, cross_downstream
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.utils.edgemodifier import Label
from airflow.utils.task_group import TaskGroup

START = datetime(2024, 1, 1)
WHEN = {"schedule": None, "start_date": START, "catchup": False}


def fail(**_):
    raise ValueError("meant to fail")


def skip(**_):
    raise AirflowSkipException("meant to skip")


with DAG("failure_spreads", **WHEN):
    bad = PythonOperator(task_id="bad", python_callable=fail)
    good = EmptyOperator(task_id="good")
    below = EmptyOperator(task_id="below")
    join = EmptyOperator(task_id="join")
    done = EmptyOperator(task_id="done", trigger_rule="all_done")
    bad >> below >> join >> done
    good >> join

with DAG("skip_spreads", **WHEN):
    skipped = PythonOperator(task_id="skipped", python_callable=skip)
    below = EmptyOperator(task_id="below")
    other = EmptyOperator(task_id="other")
    chain(skipped, below, EmptyOperator(task_id="further"))
    [below, other] >> EmptyOperator(task_id="join", trigger_rule="none_failed")
    [below, other] >> EmptyOperator(task_id="strict")
    [below, other] >> EmptyOperator(task_id="one", trigger_rule="one_success")
    [below, other] >> EmptyOperator(task_id="unskipped", trigger_rule="none_skipped")

with DAG("every_rule", **WHEN):
    ends = [
        EmptyOperator(task_id="good"),
        PythonOperator(task_id="bad", python_callable=fail),
        PythonOperator(task_id="skipped", python_callable=skip),
    ]
    for rule in ("all_success", "all_failed", "all_done", "all_skipped", "one_failed", "one_success", "one_done",
                 "none_failed", "none_failed_min_one_success", "none_skipped", "always"):  # fmt: skip
        ends >> EmptyOperator(task_id=rule, trigger_rule=rule)

with DAG("branch", **WHEN):
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: ["left", "middle"])
    arms = [EmptyOperator(task_id=name) for name in ("left", "middle", "right")]
    join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
    choose >> Label("all three") >> arms >> join
    choose >> EmptyOperator(task_id="never") >> EmptyOperator(task_id="never_either")

with DAG("branch_to_the_join", **WHEN):
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: "arm")
    arm, join = EmptyOperator(task_id="arm"), EmptyOperator(task_id="join")
    choose >> arm >> join
    choose >> join

with DAG("branch_to_nothing", **WHEN):
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: None)
    choose >> [EmptyOperator(task_id="one"), EmptyOperator(task_id="two")] >> EmptyOperator(task_id="end")

with DAG("branch_to_a_group", **WHEN):
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: "inner")
    with TaskGroup("inner") as inner:
        EmptyOperator(task_id="first") >> EmptyOperator(task_id="second")
    choose >> [inner, EmptyOperator(task_id="other")]

with DAG("branch_elsewhere", **WHEN):
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: "no_such_task")
    choose >> EmptyOperator(task_id="below")

with DAG("short_circuit", **WHEN):
    stop = ShortCircuitOperator(task_id="stop", python_callable=lambda: False)
    chain(stop, EmptyOperator(task_id="a"), EmptyOperator(task_id="b", trigger_rule="all_done"))

with DAG("short_circuit_softly", **WHEN):
    stop = ShortCircuitOperator(task_id="stop", python_callable=lambda: [], ignore_downstream_trigger_rules=False)
    chain(stop, EmptyOperator(task_id="a"), EmptyOperator(task_id="b", trigger_rule="all_done"))

with DAG("no_short_circuit", **WHEN):
    ShortCircuitOperator(task_id="go", python_callable=lambda: "yes") >> EmptyOperator(task_id="a")


@dag(dag_id="values", **WHEN)
def values():
    @task
    def numbers():
        return [1, 2, 3]

    @task(multiple_outputs=True)
    def both():
        return {"a": 1, "b": {"c": 2}}

    @task
    def add(left, right, factor=1):
        return sum(left) * factor + right

    @task
    def nothing():
        return None

    @task
    def text(value, ds=None, ti=None):
        return f"{value} {ds} {ti.task_id}"

    pair = both()
    total = add(numbers(), pair["a"], factor=10)
    text(total)
    text.override(task_id="again")(nothing())
    PythonOperator(
        task_id="templated", python_callable=lambda x: x, op_args=["{{ ti.xcom_pull('add') }}"]
    ).set_upstream(total.operator)
    BashOperator(task_id="bash", bash_command="echo one; echo {{ ds_nodash }}")


@dag(dag_id="mapped", **WHEN)
def mapped():
    @task
    def numbers():
        return [1, 2, 3, 4]

    @task
    def square(x):
        if x == 3:
            raise AirflowSkipException
        return x * x

    @task(trigger_rule="none_failed")
    def total(values):
        return sum(values)

    @task
    def product(a, b, c=0):
        return f"{a}{b}{c}"

    @task
    def count(values):
        return len(list(values))

    total(square.expand(x=numbers()))
    count(product.partial(c=9).expand(a=[1, 2], b=["x", "y"]))
    product.override(task_id="by_kwargs").expand_kwargs([{"a": 1, "b": 2}, {"a": 3, "b": 4, "c": 5}])


@dag(dag_id="mapped_over_nothing", **WHEN)
def mapped_over_nothing():
    @task
    def empty():
        return []

    @task
    def one(x):
        return x

    @task
    def after(values):
        return list(values)

    @task(trigger_rule="all_done")
    def anyway(values):
        return list(values)

    got = one.expand(x=empty())
    after(got)
    anyway(got)


@dag(dag_id="mapped_with_failure", **WHEN)
def mapped_with_failure():
    @task
    def half(x):
        return 10 // x

    @task
    def strict(values):
        return list(values)

    @task(trigger_rule="all_done")
    def lenient(values):
        return list(values)

    got = half.expand(x=[1, 0, 5])
    strict(got)
    lenient(got)


@dag(dag_id="mapped_group", **WHEN)
def mapped_group():
    @task
    def names():
        return ["a", "b", "c"]

    @task
    def load(name):
        if name == "b":
            raise ValueError(name)
        return name * 2

    @task
    def store(text):
        return text.upper()

    @task(trigger_rule="all_done")
    def end(values):
        return sorted(values)

    @task_group
    def each(name):
        return store(load(name))

    end(each.expand(name=names()))


@dag(dag_id="groups", **WHEN)
def groups():
    @task
    def where(ti=None):
        return ti.task_id

    @task_group
    def outer():
        first = where()

        @task_group(group_id="inner")
        def nested():
            where.override(task_id="deep")()

        first >> nested()

    @task_group(prefix_group_id=False)
    def bare():
        where.override(task_id="no_prefix")()

    outer() >> bare()


with DAG("setup_and_teardown", **WHEN):
    prepare = EmptyOperator(task_id="prepare").as_setup()
    work = PythonOperator(task_id="work", python_callable=fail)
    tidy = EmptyOperator(task_id="tidy").as_teardown(setups=prepare)
    prepare >> work >> tidy

with DAG("setup_fails", **WHEN):
    prepare = PythonOperator(task_id="prepare", python_callable=fail).as_setup()
    work = EmptyOperator(task_id="work")
    more = EmptyOperator(task_id="more", trigger_rule="all_done")
    tidy = EmptyOperator(task_id="tidy").as_teardown(setups=prepare)
    prepare >> work >> more >> tidy

with DAG("teardown_fails", **WHEN):
    prepare = EmptyOperator(task_id="prepare").as_setup()
    tidy = PythonOperator(task_id="tidy", python_callable=fail).as_teardown(setups=prepare)
    prepare >> EmptyOperator(task_id="work") >> tidy >> EmptyOperator(task_id="after", trigger_rule="all_done")

with DAG("teardown_fails_loudly", **WHEN):
    prepare = EmptyOperator(task_id="prepare").as_setup()
    tidy = PythonOperator(task_id="tidy", python_callable=fail)
    tidy.as_teardown(setups=prepare, on_failure_fail_dagrun=True)
    prepare >> EmptyOperator(task_id="work") >> tidy

with DAG("in_a_block", **WHEN), EmptyOperator(task_id="tidy").as_teardown(setups=EmptyOperator(task_id="prepare")):
    EmptyOperator(task_id="a") >> PythonOperator(task_id="b", python_callable=skip)


@dag(dag_id="decorated_gates", **WHEN)
def decorated_gates():
    @task.branch
    def choose():
        return "yes"

    @task.short_circuit
    def gate(open_):
        return open_

    @task
    def yes():
        return 1

    @task
    def no():
        return 0

    @task.bash
    def shell():
        return "echo from the shell"

    choose() >> [yes(), no()]
    gate(True) >> EmptyOperator(task_id="open")
    gate.override(task_id="shut")(False) >> EmptyOperator(task_id="closed")
    shell()


with DAG("bash_codes", **WHEN):
    BashOperator(task_id="zero", bash_command="exit 0")
    BashOperator(task_id="one", bash_command="exit 1")
    BashOperator(task_id="skip_code", bash_command="exit 99")
    BashOperator(task_id="own_code", bash_command="exit 7", skip_on_exit_code=7)
    BashOperator(task_id="many_codes", bash_command="exit 8", skip_on_exit_code=[7, 8])
    BashOperator(task_id="environment", bash_command="echo $WHO-$TASK", env={"WHO": "{{ run_id[:6] }}", "TASK": "x"})
    BashOperator(task_id="folder", bash_command="pwd", cwd="/")
    BashOperator(task_id="silent", bash_command="echo said", do_xcom_push=False)

with DAG("no_retry", default_args={"retries": 2, "retry_delay": timedelta(0)}, **WHEN):
    PythonOperator(task_id="final", python_callable=lambda: (_ for _ in ()).throw(AirflowFailException("for good")))

with DAG("lists", **WHEN):
    first = [EmptyOperator(task_id=f"f{n}") for n in range(2)]
    second = [EmptyOperator(task_id=f"s{n}") for n in range(2)]
    third = [PythonOperator(task_id=f"t{n}", python_callable=fail if n else (lambda: "fine")) for n in range(2)]
    cross_downstream(first, second)
    chain(second, third, EmptyOperator(task_id="end", trigger_rule="one_failed"))

values()
mapped()
mapped_over_nothing()
mapped_with_failure()
mapped_group()
groups()
decorated_gates()
