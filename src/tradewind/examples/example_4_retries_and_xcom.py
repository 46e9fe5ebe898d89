"""A task that fails at first, and values passed by hand."""

from datetime import datetime, timedelta

from tradewind import DAG, task

with DAG(
    "example_retries_and_xcom",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["example"],
    default_args={"retries": 3, "retry_delay": timedelta(seconds=1)},
    doc_md="""### Retries and XCom

`flaky` raises in its first two tries. `retries=3` with a delay of a second lets it try again; each try has its own log.

A returned value is an **XCom** of the key `return_value`. `ti.xcom_push` stores more under keys of your choice,
and `ti.xcom_pull` reads what any earlier task of the run has stored.
""",
) as dag:

    @task
    def flaky(ti) -> int:
        if ti.try_number < 3:
            raise ConnectionError(f"The far side hung up (try {ti.try_number}).")
        ti.xcom_push(key="tries", value=ti.try_number)
        return 42

    @task
    def tell(ti) -> None:
        value = ti.xcom_pull(task_ids="flaky")
        tries = ti.xcom_pull(task_ids="flaky", key="tries")
        print(f"Got {value} after {tries} tries.")

    flaky() >> tell()

if __name__ == "__main__":
    dag.test()
