"""Take one way or the other, and meet again."""

from datetime import datetime

from tradewind import DAG, TriggerRule, task

with DAG(
    "example_branching",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["example"],
    params={"amount": 120},
    doc_md="""### Branching and trigger rules

`choose` returns the id of the task that shall run; the other way is **skipped**.

`send` stands behind both. With the usual rule, `all_success`, a skipped task before it would skip it too. Its rule is
`none_failed_min_one_success`: nothing failed, and at least one way was taken.

`report` has the rule `all_done`: it runs however the others ended.

Trigger with the configuration `{"amount": 20}` to see the other way.
""",
) as dag:

    @task.branch
    def choose(params) -> str:
        return "approve_by_hand" if int(params["amount"]) >= 100 else "approve"

    @task
    def approve() -> None:
        print("A small amount: approved.")

    @task
    def approve_by_hand() -> None:
        print("A large amount: somebody looked at it.")

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def send() -> None:
        print("Sent.")

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report() -> None:
        print("The end, whatever happened.")

    choose() >> [approve(), approve_by_hand()] >> send() >> report()

if __name__ == "__main__":
    dag.test()
