"""The smallest pipeline: three Python functions, each a task."""

from datetime import datetime

from tradewind import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example", "start here"])
def example_hello():
    """### Hello, pipeline

    A function under `@task` is a task. **Calling it inside the DAG does not run it**; it says what depends on what:
    `greet` takes what `pick_name` returns, so it waits for it.

    Press *Trigger* and open the log of `print_greeting`.
    """

    @task
    def pick_name() -> str:
        return "Tradewind"

    @task
    def greet(name: str) -> str:
        return f"Hello, {name}!"

    @task
    def print_greeting(text: str) -> None:
        print(text)

    print_greeting(greet(pick_name()))


dag = example_hello()

if __name__ == "__main__":
    dag.test()
