"""Real data, one mapped task per species, a table and a chart at the end."""

import io
from datetime import datetime
from statistics import mean

from tradewind import Artifact, dag, task
from tradewind.examples.support import new_chart, read_table, result_file, write_table

COLOURS = {"Adelie": "#ff8c00", "Chinstrap": "#a034f0", "Gentoo": "#159090"}


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example", "data"])
def example_penguins():
    """### Penguins of the Palmer Archipelago

    `find_species` reads 344 measured birds and finds which species there are; `measure` runs **once for each**.
    `table` and `chart` put the answers together: open one of these tasks and its tab *XCom* to see the result, or look
    in the folder `results` of your Tradewind home. The chart needs `pip install 'tradewind[examples]'`.

    Data: Horst, Hill and Gorman (2020), palmerpenguins, CC0; see `NOTICE` beside the data.
    """

    @task
    def find_species() -> list[str]:
        return sorted({row["species"] for row in read_table("penguins.csv")})

    @task
    def measure(species: str) -> dict:
        birds = [row for row in read_table("penguins.csv") if row["species"] == species]
        whole = [bird for bird in birds if "NA" not in (bird["body_mass_g"], bird["flipper_length_mm"])]
        print(f"{species}: {len(birds)} birds, {len(birds) - len(whole)} of them not measured")
        return {
            "species": species,
            "birds": len(birds),
            "mean_mass_g": round(mean(float(bird["body_mass_g"]) for bird in whole)),
            "mean_flipper_mm": round(mean(float(bird["flipper_length_mm"]) for bird in whole), 1),
            "islands": ", ".join(sorted({bird["island"] for bird in birds})),
        }

    @task
    def table(measured):
        rows = sorted(measured, key=lambda row: row["mean_mass_g"], reverse=True)
        print(f"Wrote {write_table('penguins.csv', rows)}")
        return Artifact.table(rows)

    @task
    def chart(measured):
        figure, axes = new_chart("Flippers and weight")
        for species in sorted(row["species"] for row in measured):
            birds = [
                (float(bird["flipper_length_mm"]), float(bird["body_mass_g"]))
                for bird in read_table("penguins.csv")
                if bird["species"] == species and "NA" not in (bird["flipper_length_mm"], bird["body_mass_g"])
            ]
            axes.scatter(*zip(*birds, strict=True), s=18, alpha=0.75, color=COLOURS.get(species), label=species)
        axes.set_xlabel("flipper (mm)")
        axes.set_ylabel("body mass (g)")
        axes.legend()
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=110)
        path = result_file("penguins.png")
        path.write_bytes(picture.getvalue())
        print(f"Wrote {path}")
        return Artifact.image(path)

    measured = measure.expand(species=find_species())
    table(measured)
    chart(measured)


dag = example_penguins()

if __name__ == "__main__":
    dag.test()
