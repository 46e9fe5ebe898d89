"""Wait for something outside before going on."""

import time
from datetime import datetime

from tradewind import DAG, task
from tradewind.examples.support import result_file

with DAG(
    "example_sensor",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["example"],
    doc_md="""### Sensors

A sensor asks a question again and again until the answer is yes. `wait_for_file` looks every second for a file that
`deliver` writes three seconds after the run has started.

Between two looks `mode="reschedule"` gives the slot back, so a thousand waiting sensors cost nothing.
After `timeout` seconds it fails; with `soft_fail=True` it would be skipped instead.
""",
) as dag:

    @task
    def deliver(run_id) -> str:
        time.sleep(3)
        path = result_file(f"deliveries/{run_id.replace(':', '-')}.txt")
        path.write_text("a parcel\n", encoding="utf-8")
        return str(path)

    @task.sensor(poke_interval=1, timeout=60, mode="reschedule")
    def wait_for_file(run_id) -> bool:
        return result_file(f"deliveries/{run_id.replace(':', '-')}.txt").exists()

    @task
    def open_it(run_id) -> str:
        return result_file(f"deliveries/{run_id.replace(':', '-')}.txt").read_text(encoding="utf-8").strip()

    deliver()
    wait_for_file() >> open_it()

if __name__ == "__main__":
    dag.test()
