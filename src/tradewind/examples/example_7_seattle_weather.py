"""A year of weather per run: data intervals and catch-up on real measurements."""

import io
from datetime import datetime

from tradewind import Artifact, dag, task
from tradewind.examples.support import new_chart, read_table, result_file, write_table

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dag(
    schedule="@yearly",
    start_date=datetime(2012, 1, 1),
    end_date=datetime(2015, 1, 1),
    catchup=True,
    tags=["example", "data", "scheduled"],
)
def example_seattle_weather():
    """### Weather of Seattle, 2012 to 2015

    The schedule is `@yearly` from 2012 to 2015 with `catchup=True`: switched on, **four runs** start, one for each year,
    and each reads only its own interval. Run any of them again and the same files come out.

    The `end_date` is the last day that may start an interval, so a run triggered by hand today has no task to run: clear
    one of the four instead. `python example_7_seattle_weather.py` runs all four years in one go, without a scheduler.

    Results: a table and a chart, on the pages of `table` and `chart` (tab *XCom*) and in the folder `results` of
    your Tradewind home. The chart needs `pip install 'tradewind[examples]'`.

    Measurements: NOAA, public domain; see `NOTICE` beside the data.
    """

    @task
    def read(dag_run, data_interval_start) -> list[dict]:
        rows = read_table("seattle_weather.csv")
        year = str(data_interval_start.year)
        if dag_run.run_type != "manual":
            rows = [row for row in rows if row["date"].startswith(year)]
        print(f"{len(rows)} days, from {rows[0]['date']} to {rows[-1]['date']}")
        return rows

    @task
    def by_month(days: list[dict]) -> list[dict]:
        months = []
        for number, name in enumerate(MONTHS, start=1):
            inside = [day for day in days if int(day["date"][5:7]) == number]
            years = len({day["date"][:4] for day in inside})
            months.append(
                {
                    "month": name,
                    "warmest_c": max(float(day["temp_max"]) for day in inside),
                    "coldest_c": min(float(day["temp_min"]) for day in inside),
                    "mean_high_c": round(sum(float(day["temp_max"]) for day in inside) / len(inside), 1),
                    "rain_mm": round(sum(float(day["precipitation"]) for day in inside) / years, 1),
                    "rainy_days": round(sum(float(day["precipitation"]) > 0 for day in inside) / years, 1),
                }
            )
        return months

    def label(dag_run, start) -> str:
        return "2012-2015" if dag_run.run_type == "manual" else str(start.year)

    @task
    def table(months: list[dict], dag_run, data_interval_start):
        path = write_table(f"seattle_weather_{label(dag_run, data_interval_start)}.csv", months)
        print(f"Wrote {path}")
        return Artifact.table(months)

    @task
    def chart(months: list[dict], dag_run, data_interval_start):
        span = label(dag_run, data_interval_start)
        figure, axes = new_chart(f"Seattle, {span}")
        names = [month["month"] for month in months]
        axes.bar(names, [month["rain_mm"] for month in months], color="#9ecae1", label="rain, mm a month")
        axes.set_ylabel("rain (mm)")
        heat = axes.twinx()
        heat.plot(names, [month["mean_high_c"] for month in months], color="#d6604d", marker="o", label="mean high, °C")
        heat.set_ylabel("mean daily high (°C)")
        figure.legend(loc="outside lower center", ncols=2)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=110)
        path = result_file(f"seattle_weather_{span}.png")
        path.write_bytes(picture.getvalue())
        print(f"Wrote {path}")
        return Artifact.image(path)

    months = by_month(read())
    table(months)
    chart(months)


dag = example_seattle_weather()

if __name__ == "__main__":
    dag.test()
