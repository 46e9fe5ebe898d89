"""Shell commands, filled in with the date of the run."""

from datetime import datetime

from tradewind import DAG
from tradewind.sdk.operators.bash import BashOperator

with DAG(
    "example_bash_daily",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["example", "scheduled"],
    doc_md="""### A daily schedule, bash and templates

A `@daily` run starts when its day is over, and covers that day: `{{ ds }}` is the day, `data_interval_end` the midnight
after it. With `catchup=False` only the newest day runs when you switch the DAG on; with `True` every day since the
start date would.

The last line a command prints becomes its XCom, so `count` can be used by the next task.
""",
) as dag:
    write = BashOperator(
        task_id="write",
        bash_command='for word in one two three; do echo "{{ ds }} $word"; done > /tmp/example_bash_{{ ds_nodash }}.txt',
    )
    count = BashOperator(
        task_id="count",
        bash_command="wc -l < /tmp/example_bash_{{ ds_nodash }}.txt | tr -d ' '",
    )
    tell = BashOperator(
        task_id="tell",
        bash_command="echo \"The day {{ ds }} has {{ ti.xcom_pull(task_ids='count') }} lines.\"",
    )
    tidy = BashOperator(
        task_id="tidy",
        bash_command="rm -f /tmp/example_bash_{{ ds_nodash }}.txt",
        trigger_rule="all_done",
    )
    write >> count >> tell >> tidy

if __name__ == "__main__":
    dag.test()
