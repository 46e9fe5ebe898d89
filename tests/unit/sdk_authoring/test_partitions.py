"""Keys of partitioned assets: mappers, windows, and schedules that are refused with the way out."""

from __future__ import annotations

from datetime import datetime

import pytest

from tradewind.sdk import partition_schedules as schedules
from tradewind.sdk import partitions as p
from tradewind.sdk.asset import Asset
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowTimetableInvalid

KEY = "2024-05-15T10:42:15"


@pytest.mark.parametrize(
    ("mapper", "key"),
    [
        (p.StartOfHourMapper(), "2024-05-15T10"),
        (p.StartOfDayMapper(), "2024-05-15"),
        (p.StartOfWeekMapper(), "2024-05-13 (W20)"),
        (p.StartOfMonthMapper(), "2024-05"),
        (p.StartOfQuarterMapper(), "2024-Q2"),
        (p.StartOfYearMapper(output_format="%y"), "24"),
        (p.StartOfDayMapper(timezone="Asia/Tokyo", input_format="%Y-%m-%dT%H:%M:%S"), "2024-05-15"),
        (p.IdentityMapper(), KEY),
        (p.FixedKeyMapper("all"), "all"),
        (p.ChainMapper(p.StartOfDayMapper(), p.StartOfMonthMapper(input_format="%Y-%m-%d")), "2024-05"),
        (p.RollupMapper(upstream_mapper=p.StartOfDayMapper(), window=p.DayWindow()), "2024-05-15"),
    ],
)
def test_a_key_becomes_the_key_of_what_is_made_from_it(mapper: p.PartitionMapper, key: str) -> None:
    assert mapper.to_downstream(KEY) == key


def test_a_key_with_an_offset_is_read_in_the_mappers_zone() -> None:
    mapper = p.StartOfDayMapper(timezone="Asia/Tokyo", input_format="%Y-%m-%dT%H:%M:%S%z")
    assert mapper.to_downstream("2024-05-15T22:00:00+0000") == "2024-05-16"


def test_a_key_of_several_parts() -> None:
    mapper = p.ProductMapper(p.AllowedKeyMapper(["eu", "us"]), p.StartOfDayMapper())
    assert mapper.to_downstream(f"eu|{KEY}") == "eu|2024-05-15"
    with pytest.raises(ValueError, match="not in allowed keys"):
        mapper.to_downstream(f"mars|{KEY}")
    with pytest.raises(ValueError, match="Expected 2 parts"):
        mapper.to_downstream("eu")


def test_what_is_written_wrongly_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="same kind"):
        p.RollupMapper(upstream_mapper=p.IdentityMapper(), window=p.DayWindow())
    with pytest.raises(ValueError, match="pass one"):
        p.FanOutMapper(upstream_mapper=p.StartOfHourMapper(), window=p.HourWindow())
    with pytest.raises(ValueError, match="WaitForAll"):
        p.MinimumCount(0)
    with pytest.raises(ValueError, match="index 1"):
        p.SegmentWindow(["a", ""])
    with pytest.raises(ValueError, match="positive integer"):
        p.IdentityMapper(max_downstream_keys=0)
    with pytest.raises(ValueError, match="producer_teams"):
        p.AssetAccessControl(producer_teams=[""])


def test_a_fan_out_has_the_usual_mapper_of_its_window() -> None:
    made = p.FanOutMapper(upstream_mapper=p.StartOfWeekMapper(), window=p.WeekWindow(direction="backward"))
    assert isinstance(made.downstream_mapper, p.StartOfDayMapper)
    assert made.window.direction is p.Window.Direction.BACKWARD


@pytest.mark.parametrize(
    ("schedule", "way_out"),
    [
        (schedules.PartitionedAssetTimetable(assets=Asset("s3://b/k")), "schedule=\\[asset"),
        (schedules.CronPartitionTimetable("@daily", timezone="UTC", run_offset=-1), "CronTriggerTimetable"),
        (schedules.PartitionedAtRuntime(), "schedule=None"),
    ],
)
def test_a_schedule_by_partition_is_refused_with_the_way_out(schedule: object, way_out: str) -> None:
    with pytest.raises(AirflowTimetableInvalid, match=f"makes no runs by partition.*{way_out}"):
        DAG("by_partition", start_date=datetime(2024, 1, 1), schedule=schedule)
