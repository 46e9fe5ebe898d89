"""One task written, many run: as many as there are items on the day."""

from datetime import datetime

from tradewind import dag, task, task_group


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"], params={"cities": 5})
def example_groups_and_mapping():
    """### Task groups and dynamic mapping

    `list_cities` decides at run time how many items there are. `measure.expand(city=...)` makes **one task instance for
    each**; they run side by side, and each has its own log. `compare` receives the list of all their results.

    The group `work` folds into one row of the grid and one box of the graph.
    """

    @task
    def list_cities(params) -> list[str]:
        names = ["Amsterdam", "Berlin", "Cairo", "Dakar", "Edmonton", "Fukuoka", "Geneva", "Hanoi"]
        return names[: int(params["cities"])]

    @task_group
    def work(cities):
        @task
        def measure(city: str) -> dict:
            return {"city": city, "letters": len(city)}

        @task
        def compare(measured) -> str:
            return max(measured, key=lambda row: row["letters"])["city"]

        return compare(measure.expand(city=cities))

    @task
    def announce(city: str) -> None:
        print(f"The longest name: {city}")

    announce(work(list_cities()))


dag = example_groups_and_mapping()

if __name__ == "__main__":
    dag.test()
