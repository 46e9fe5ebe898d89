"""The DAG files of the workloads, as text."""

from __future__ import annotations

_HEAD = """from datetime import datetime
from tradewind import DAG, task
"""
_FIB = """
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
"""


def chain(dag_id: str, count: int, fib: int | None = None) -> str:
    """``count`` tasks one after the other, each returning its index (or a Fibonacci number)."""
    work = "number" if fib is None else f"fib({fib})"
    return f"""{_HEAD}{_FIB}
with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    before = None
    for number in range({count}):
        @task(task_id=f"t{{number}}")
        def work(number=number):
            return {work}
        now = work()
        if before is not None:
            before >> now
        before = now
"""


def fan(dag_id: str, count: int) -> str:
    """One root, ``count`` trivial tasks, one join."""
    return f"""{_HEAD}
with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1), catchup=False, max_active_tasks={count}):
    @task
    def root():
        return 0
    @task
    def join():
        return 1
    first, last = root(), join()
    for number in range({count}):
        @task(task_id=f"t{{number}}")
        def work(number=number):
            return number
        first >> work() >> last
"""


def mapped(dag_id: str, count: int) -> str:
    """A list of ``count`` numbers, one instance for each, and their sum."""
    return f"""{_HEAD}
with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1), catchup=False, max_active_tasks={count}):
    @task
    def numbers():
        return list(range({count}))
    @task
    def each(number):
        return number
    @task
    def last(values):
        return len(values)
    last(each.expand(number=numbers()))
"""


def daily(dag_id: str) -> str:
    """Three tasks a day through 2025."""
    return f"""{_HEAD}
with DAG("{dag_id}", schedule="@daily", start_date=datetime(2025, 1, 1), end_date=datetime(2025, 12, 31), catchup=True):
    @task
    def fetch():
        return 1
    @task
    def shape(value):
        return value + 1
    @task
    def store(value):
        return value
    store(shape(fetch()))
"""


def small(dag_id: str, tasks: int = 5, description: str = "") -> str:
    """A few tasks, one after the other."""
    return f"""{_HEAD}
with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1), description="{description}"):
    before = None
    for number in range({tasks}):
        @task(task_id=f"t{{number}}")
        def work():
            print("here")
        now = work()
        if before is not None:
            before >> now
        before = now
"""
