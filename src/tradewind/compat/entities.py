"""``airflow.lineage.entities`` and ``airflow.utils.operator_resources``: values that tasks carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

MB, GB, TB, PB, EB = 1, 1024, 1024**2, 1024**3, 1024**4


@dataclass
class File:
    """A file."""

    url: str
    type_hint: str | None = None
    template_fields: ClassVar[tuple[str, ...]] = ("url",)


@dataclass
class User:
    """A person."""

    email: str
    first_name: str | None = None
    last_name: str | None = None


@dataclass
class Tag:
    """A word about a thing."""

    tag_name: str


@dataclass
class Column:
    """A column of a table."""

    name: str
    description: str | None = None
    data_type: str | None = None
    tags: list[Tag] = field(default_factory=list)


def default_if_none(arg: bool | None) -> bool:
    """The argument, or False."""
    return arg or False


@dataclass
class Table:
    """A table of a database."""

    database: str
    cluster: str
    name: str
    tags: list[Tag] = field(default_factory=list)
    description: str | None = None
    columns: list[Column] = field(default_factory=list)
    owners: list[User] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    type_hint: str | None = None
    template_fields: ClassVar[tuple[str, ...]] = ("database", "cluster", "name", "tags", "description", "columns")


class Resource:
    """So much of something. ValueError for less than nothing."""

    def __init__(self, name: str, units_str: str, qty: float) -> None:
        if qty < 0:
            raise ValueError(f"Received resource quantity {qty} for resource {name}, but it must be non-negative.")
        self.name, self.units_str, self.qty = name, units_str, qty

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = object.__hash__

    def to_dict(self) -> dict[str, Any]:
        """JSON."""
        return {"name": self.name, "qty": self.qty, "units_str": self.units_str}


class CpuResource(Resource):
    """Cores."""

    def __init__(self, qty: float) -> None:
        super().__init__("CPU", "core(s)", qty)


class RamResource(Resource):
    """Memory in megabytes."""

    def __init__(self, qty: float) -> None:
        super().__init__("RAM", "MB", qty)


class DiskResource(Resource):
    """Disk in megabytes."""

    def __init__(self, qty: float) -> None:
        super().__init__("Disk", "MB", qty)


class GpuResource(Resource):
    """Graphics processors."""

    def __init__(self, qty: float) -> None:
        super().__init__("GPU", "gpu(s)", qty)


class Resources:
    """What a task asks for."""

    def __init__(self, cpus: float = 1, ram: float = 512, disk: float = 512, gpus: float = 0) -> None:
        self.cpus, self.ram, self.disk, self.gpus = (
            CpuResource(cpus), RamResource(ram), DiskResource(disk), GpuResource(gpus)
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resources) and vars(other) == vars(self)

    __hash__ = object.__hash__

    def to_dict(self) -> dict[str, Any]:
        """JSON."""
        return {name: one.to_dict() for name, one in vars(self).items()}
