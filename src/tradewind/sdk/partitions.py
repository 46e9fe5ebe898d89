"""Keys of partitioned assets: how a key of one asset becomes the key of what is made from it.

The words of Airflow 3.2 and later, checked as they are written and usable as plain functions. Runs by partition are
not made here: a DAG that asks for them in its ``schedule`` is refused with the way out (``partition_schedules``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from tradewind.sdk.moments import zone


def _check_most(value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or value < 1):
        raise ValueError(f"max_downstream_keys must be a positive integer or None, got {value!r}")
    return value


class PartitionMapper:
    """Base of mappers: subclasses write ``to_downstream(key)``."""

    is_rollup: ClassVar[bool] = False
    #: What a key means: a text, or a moment for mappers of time.
    expected_decoded_type: ClassVar[type] = str

    def __init__(self, *, max_downstream_keys: int | None = None) -> None:
        self.max_downstream_keys = _check_most(max_downstream_keys)

    def to_downstream(self, key: str) -> Any:
        """The key, or keys, of what is made from ``key``."""
        raise NotImplementedError(f"{type(self).__name__} has no to_downstream(key)")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items() if v is not None)})"


class IdentityMapper(PartitionMapper):
    """The same key."""

    def to_downstream(self, key: str) -> str:
        """Itself."""
        return key


class FixedKeyMapper(PartitionMapper):
    """One key for all."""

    def __init__(self, downstream_key: str, *, max_downstream_keys: int | None = None) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        if not isinstance(downstream_key, str) or not downstream_key:
            raise ValueError(f"FixedKeyMapper downstream_key must be a non-empty str; got {downstream_key!r}.")
        self.downstream_key = downstream_key

    def to_downstream(self, key: str) -> str:
        """The one key."""
        del key
        return self.downstream_key


class AllowedKeyMapper(PartitionMapper):
    """The same key, if it is one of the known ones."""

    def __init__(self, allowed_keys: Iterable[str], *, max_downstream_keys: int | None = None) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.allowed_keys = list(allowed_keys)

    def to_downstream(self, key: str) -> str:
        """The key. ValueError for an unknown one."""
        if key not in self.allowed_keys:
            raise ValueError(f"Key {key!r} not in allowed keys {self.allowed_keys}")
        return key


class ChainMapper(PartitionMapper):
    """One mapper after the other."""

    def __init__(
        self, mapper0: PartitionMapper, mapper1: PartitionMapper, /, *mappers: PartitionMapper,
        max_downstream_keys: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.mappers = [mapper0, mapper1, *mappers]

    def to_downstream(self, key: str) -> Any:
        """The key after the last mapper."""
        for mapper in self.mappers:
            key = mapper.to_downstream(key)
        return key


class ProductMapper(PartitionMapper):
    """A key of several parts, each with a mapper of its own."""

    def __init__(
        self, mapper0: PartitionMapper, mapper1: PartitionMapper, /, *mappers: PartitionMapper,
        delimiter: str = "|", max_downstream_keys: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.mappers, self.delimiter = [mapper0, mapper1, *mappers], delimiter

    def to_downstream(self, key: str) -> str:
        """Every part mapped. ValueError when the number of parts is another."""
        parts = key.split(self.delimiter)
        if len(parts) != len(self.mappers):
            raise ValueError(f"Expected {len(self.mappers)} parts of key {key!r} (by {self.delimiter!r})")
        return self.delimiter.join(mapper.to_downstream(part) for mapper, part in zip(self.mappers, parts, strict=True))


class _TemporalMapper(PartitionMapper):
    """The start of the stretch of time that holds the key."""

    default_output_format: ClassVar[str] = ""
    expected_decoded_type: ClassVar[type] = datetime

    def __init__(
        self, *, timezone: Any = "UTC", input_format: str = "%Y-%m-%dT%H:%M:%S", output_format: str | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.timezone = zone(timezone) if isinstance(timezone, str) else timezone
        self.input_format, self.output_format = input_format, output_format or self.default_output_format

    def normalize(self, moment: datetime) -> datetime:
        """The start of the stretch."""
        raise NotImplementedError

    def to_downstream(self, key: str) -> str:
        """The start as text."""
        moment = datetime.strptime(key, self.input_format)  # noqa: DTZ007  made aware in the next line
        moment = moment.replace(tzinfo=self.timezone) if moment.tzinfo is None else moment.astimezone(self.timezone)
        start = self.normalize(moment.replace(minute=0, second=0, microsecond=0))
        return start.strftime(self.output_format.replace("{quarter}", str((start.month - 1) // 3 + 1)))


class StartOfHourMapper(_TemporalMapper):
    """``2024-03-13T10:42:15`` -> ``2024-03-13T10``."""

    default_output_format = "%Y-%m-%dT%H"

    def normalize(self, moment: datetime) -> datetime:
        """The hour."""
        return moment


class StartOfDayMapper(_TemporalMapper):
    """``2024-03-13T10:42:15`` -> ``2024-03-13``."""

    default_output_format = "%Y-%m-%d"

    def normalize(self, moment: datetime) -> datetime:
        """Midnight."""
        return moment.replace(hour=0)


class StartOfWeekMapper(_TemporalMapper):
    """``2024-03-13T10:42:15`` -> ``2024-03-11 (W11)``."""

    default_output_format = "%Y-%m-%d (W%V)"

    def normalize(self, moment: datetime) -> datetime:
        """Monday."""
        return datetime.fromordinal(moment.toordinal() - moment.weekday()).replace(tzinfo=moment.tzinfo)


class StartOfMonthMapper(_TemporalMapper):
    """``2024-03-13T10:42:15`` -> ``2024-03``."""

    default_output_format = "%Y-%m"

    def normalize(self, moment: datetime) -> datetime:
        """The first day."""
        return moment.replace(hour=0, day=1)


class StartOfQuarterMapper(_TemporalMapper):
    """``2024-03-13T10:42:15`` -> ``2024-Q1``."""

    default_output_format = "%Y-Q{quarter}"

    def normalize(self, moment: datetime) -> datetime:
        """The first day of January, April, July or October."""
        return moment.replace(hour=0, day=1, month=(moment.month - 1) // 3 * 3 + 1)


class StartOfYearMapper(_TemporalMapper):
    """``2024-03-13T10:42:15`` -> ``2024``."""

    default_output_format = "%Y"

    def normalize(self, moment: datetime) -> datetime:
        """The first of January."""
        return moment.replace(hour=0, day=1, month=1)


class Window:
    """Which smaller keys make up one larger key."""

    class Direction(StrEnum):
        """Whether the stretch begins at the key or ends at it."""

        BACKWARD = "backward"
        FORWARD = "forward"

    expected_decoded_type: ClassVar[type] = datetime

    def __init__(self, *, direction: Any = Direction.FORWARD) -> None:
        self.direction = Window.Direction(direction)


class HourWindow(Window):
    """The minutes of an hour."""


class DayWindow(Window):
    """The hours of a day."""


class WeekWindow(Window):
    """The days of a week."""


class MonthWindow(Window):
    """The days of a month."""


class QuarterWindow(Window):
    """The months of a quarter."""


class YearWindow(Window):
    """The months of a year."""


class SegmentWindow(Window):
    """A fixed set of keys."""

    expected_decoded_type: ClassVar[type] = str

    def __init__(self, segments: Iterable[str], *, direction: Any = Window.Direction.FORWARD) -> None:
        super().__init__(direction=direction)
        keys = list(segments)
        for number, key in enumerate(keys):
            if not isinstance(key, str) or not key:
                raise ValueError(f"SegmentWindow segment keys must be non-empty str; got {key!r} at index {number}.")
        if not keys:
            raise ValueError("SegmentWindow requires at least one segment key; got an empty iterable.")
        self.segments = frozenset(keys)


class WaitPolicy:
    """When a run of a larger key may start."""


@dataclass(frozen=True)
class WaitForAll(WaitPolicy):
    """When every smaller key is there."""


@dataclass(frozen=True)
class MinimumCount(WaitPolicy):
    """When ``n`` are there; with a negative ``n``, when at most that many are missing."""

    n: int

    def __post_init__(self) -> None:
        if self.n == 0:
            raise ValueError("MinimumCount(0) would always be met. Write WaitForAll(), or a count other than 0.")


class RollupMapper(PartitionMapper):
    """Many keys into one."""

    is_rollup: ClassVar[bool] = True

    def __init__(
        self, *, upstream_mapper: PartitionMapper, window: Window, wait_policy: WaitPolicy | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(max_downstream_keys=max_downstream_keys)
        if upstream_mapper.expected_decoded_type is not window.expected_decoded_type:
            raise TypeError(
                f"{type(window).__name__} is made of {window.expected_decoded_type.__name__} keys and "
                f"{type(upstream_mapper).__name__} gives {upstream_mapper.expected_decoded_type.__name__} keys: "
                "choose a window and a mapper of the same kind."
            )
        self.upstream_mapper, self.window, self.wait_policy = upstream_mapper, window, wait_policy or WaitForAll()

    def to_downstream(self, key: str) -> Any:
        """The larger key that this one is part of."""
        return self.upstream_mapper.to_downstream(key)


class FanOutMapper(PartitionMapper):
    """One key into many."""

    default_downstream_mapper_by_window_name: ClassVar[dict[str, type[_TemporalMapper]]] = {
        "DayWindow": StartOfHourMapper,
        "WeekWindow": StartOfDayMapper,
        "MonthWindow": StartOfDayMapper,
        "QuarterWindow": StartOfMonthMapper,
        "YearWindow": StartOfMonthMapper,
    }

    def __init__(
        self, *, upstream_mapper: PartitionMapper, window: Window, downstream_mapper: PartitionMapper | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(max_downstream_keys=max_downstream_keys)
        usual = self.default_downstream_mapper_by_window_name.get(type(window).__name__)
        if downstream_mapper is None and usual is None:
            raise ValueError(f"{type(window).__name__} has no usual downstream_mapper: pass one.")
        self.upstream_mapper, self.window = upstream_mapper, window
        self.downstream_mapper = downstream_mapper if downstream_mapper is not None else usual()  # type: ignore[misc]


@dataclass
class AssetAccessControl:
    """Which teams may write and read an asset. Kept with the asset; Tradewind has no teams that it could hold back."""

    producer_teams: list[str] = field(default_factory=list)
    consumer_teams: list[str] | None = None
    allow_global: bool = True

    def __post_init__(self) -> None:
        for name in ("producer_teams", "consumer_teams"):
            if any(not isinstance(one, str) or not one.strip() for one in getattr(self, name) or ()):
                raise ValueError(f"Each entry in {name} must be a non-empty string")
        if not isinstance(self.allow_global, bool):
            raise TypeError("allow_global must be True or False")
