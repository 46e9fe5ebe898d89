"""Schedules by partition, as Airflow 3.2 and later write them. They can be written and checked; a DAG that uses one is
refused when it is read, with the way out: Tradewind makes no runs by partition.
"""

from __future__ import annotations

from typing import Any, NoReturn

from tradewind.sdk.asset import as_expression
from tradewind.sdk.exceptions import AirflowTimetableInvalid
from tradewind.sdk.partitions import IdentityMapper, PartitionMapper
from tradewind.sdk.schedule import Schedule
from tradewind.sdk.timetables import AssetOrTimeSchedule, CronTriggerTimetable

DEFAULT_PARTITION_MAPPER = IdentityMapper()


def _refuse(name: str, dag_id: str, instead: str) -> NoReturn:
    raise AirflowTimetableInvalid(
        f"DAG {dag_id!r}: Tradewind makes no runs by partition, so schedule={name}(...) cannot be followed. {instead}"
    )


class PartitionedAssetTimetable(AssetOrTimeSchedule):
    """When a partition of the assets was updated."""

    def __init__(
        self, assets: Any, partition_mapper_config: dict[Any, PartitionMapper] | None = None,
        default_partition_mapper: PartitionMapper = DEFAULT_PARTITION_MAPPER,
    ) -> None:  # fmt: skip
        self.asset_condition = as_expression(assets)
        self.partition_mapper_config = dict(partition_mapper_config or {})
        self.default_partition_mapper = default_partition_mapper

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """Refused."""
        del timezone
        _refuse(type(self).__name__, dag_id, "Write schedule=[asset, ...] for a run at each update of the assets.")


class CronPartitionTimetable(CronTriggerTimetable):
    """By a cron expression, each run for the partition ``run_offset`` ticks away."""

    def __init__(
        self, cron: str, *, timezone: Any, run_offset: int | None = None, run_immediately: Any = False,
        key_format: str = "%Y-%m-%dT%H:%M:%S",
    ) -> None:  # fmt: skip
        if run_offset is not None and not isinstance(run_offset, int):
            raise ValueError("Run offset other than integer not supported yet.")
        super().__init__(cron, timezone=timezone, run_immediately=run_immediately)
        self.run_offset, self.key_format = run_offset, key_format

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """Refused."""
        del timezone
        _refuse(type(self).__name__, dag_id, "Write CronTriggerTimetable, and work out the key from logical_date.")


class PartitionedAtRuntime:
    """By hand only; the run says which partitions it made."""

    def __init__(self) -> None:
        """Nothing to say."""

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """Refused."""
        del timezone
        _refuse(type(self).__name__, dag_id, "Write schedule=None, and name the keys in the run's conf.")
