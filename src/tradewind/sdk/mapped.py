"""Dynamic mapping: one task (or group) written once, as many instances as there are items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.domain.spec import MapInput, MapSpec, XComRef
from tradewind.errors import did_you_mean
from tradewind.sdk import scope
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.construct import gather_default_args, known_arguments
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException, XComForMappingNotPushed
from tradewind.sdk.limits import map_limit
from tradewind.sdk.xcom_arg import ConcatXComArg, FilterXComArg, PlainXComArg, XComArg, ZipXComArg, as_items, results_in

if TYPE_CHECKING:
    from tradewind.domain.messages import WorkOrder


class ExpandInput:
    """What a mapped task or group runs over: named items to be combined, or ready sets of arguments."""

    def __init__(self, kind: str, value: Any) -> None:
        self.kind, self.value = kind, value

    def producers(self) -> Iterator[XComArg]:
        """Results it depends on."""
        return results_in(self.value)

    def spec(self) -> MapSpec:
        """For the brain: how many there will be."""
        if self.kind == "expand":
            return MapSpec(kind="expand", inputs=[_map_input(name, item) for name, item in self.value.items()])
        return MapSpec(kind="expand_kwargs", inputs=[_map_input("", self.value)])

    def arguments(self, index: int, context: Any) -> dict[str, Any]:
        """Arguments of the instance of that index; AirflowSkipException when a filter drops it."""
        if self.kind == "expand_kwargs":
            value = item_at(self.value, index, context)
            if not isinstance(value, dict):
                raise ValueError(f"expand_kwargs() expects a list[dict], but item {index} is {type(value).__name__}")
            return {key: resolved(item, context) for key, item in value.items()}
        lengths = {name: count_of(item, context) for name, item in self.value.items()}
        chosen: dict[str, Any] = {}
        rest = index
        for name in reversed(list(self.value)):
            if not lengths[name]:
                raise AirflowException(f"cannot map over {name!r}: it is empty")
            rest, place = divmod(rest, lengths[name])
            chosen[name] = place
        return {name: item_at(self.value[name], chosen[name], context) for name in self.value}


def resolved(value: Any, context: Any) -> Any:
    """A result inside an item, replaced by its value."""
    return value.resolve(context) if isinstance(value, XComArg) else value


def count_of(value: Any, context: Any) -> int:
    """How many items there are."""
    if isinstance(value, FilterXComArg):
        return count_of(value.parts[0], context)
    return len(_items_of(value, context))


def item_at(value: Any, index: int, context: Any) -> Any:
    """One item."""
    if isinstance(value, FilterXComArg):
        item = item_at(value.parts[0], index, context)
        if not value.keep(item):
            raise AirflowSkipException(f"Item {index} is filtered out.")
        return item
    return resolved(_items_of(value, context)[index], context)


def _items_of(value: Any, context: Any) -> Any:
    if isinstance(value, XComArg):
        found = value.items(context) if isinstance(value, PlainXComArg) else value.resolve(context)
        if found is None:
            raise XComForMappingNotPushed(f"{value!r} pushed nothing to map over")
        return as_items(found, value)
    return as_items(value, "the argument")


def _map_input(name: str, value: Any) -> MapInput:
    if not isinstance(value, XComArg):
        return MapInput(name=name, length=len(value))
    if isinstance(value, ZipXComArg):
        return MapInput(
            name=name, refs=[_ref(p) for p in value.parts], combine="zip_longest" if value.longest else "zip"
        )
    if isinstance(value, ConcatXComArg):
        return MapInput(name=name, refs=[_ref(part) for part in value.parts], combine="concat")
    inner = value
    while not isinstance(inner, PlainXComArg):
        inner = inner.parts[0]  # map and filter have one part and keep the length
        if isinstance(inner, (ZipXComArg, ConcatXComArg)):
            return _map_input(name, inner)
    return MapInput(name=name, refs=[_ref(inner)])


def _ref(value: XComArg) -> XComRef:
    while not isinstance(value, PlainXComArg):
        if isinstance(value, (ZipXComArg, ConcatXComArg)):
            raise AirflowException(
                "zip() and concat() of already combined results cannot be mapped over; combine them in one call, "
                "or in a task of their own."
            )
        value = value.parts[0]  # map and filter have one part
    return XComRef(task_id=value.operator.task_id, key=value.key)


def check_mappable(function: str, values: dict[str, Any]) -> None:
    """Refuse what cannot be mapped over, with words."""
    if not values:
        raise TypeError(f"no arguments to expand against in {function}")
    for name, value in values.items():
        if isinstance(value, (XComArg, dict)) or hasattr(value, "iter_references"):
            continue
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            if len(value) > map_limit():
                raise ValueError(too_long(f"{function}: {name!r}", len(value)))
            continue
        raise ValueError(
            f"{function} got an unexpected type {type(value).__name__!r} for keyword argument {name!r}: "
            f"give a list, a dict or the result of a task; put a constant in partial()."
        )


def too_long(what: str, length: int) -> str:
    """The words for a list with more items than [core] max_map_length."""
    return (
        f"{what} has {length:,} items; a task may have {map_limit():,} instances at most ([core] max_map_length). "
        f"Give each instance a batch of items, or raise the limit."
    )


def mapped_over(task: Any) -> str | None:
    """The id of a task that maps over what this one returns, or None."""
    for below in task.downstream_list if task.has_dag() else ():
        if below.is_mapped and any(
            root.task_id == task.task_id for arg in below.expand_input.producers() for root in arg.roots
        ):
            return str(below.task_id)
    return None


def check_kwargs_list(value: Any) -> None:
    """As ``check_mappable`` for expand_kwargs."""
    if isinstance(value, XComArg):
        return
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(f"expected XComArg or list[dict], not {type(value).__name__}")
    for item in value:
        if not isinstance(item, (dict, XComArg)):
            raise TypeError(f"expected XComArg or list[dict], got an item of type {type(item).__name__}")


class OperatorPartial:
    """Shared arguments; waits for ``expand`` or ``expand_kwargs``."""

    def __init__(self, operator_class: type[BaseOperator], kwargs: dict[str, Any], field: str | None = None) -> None:
        if "task_id" not in kwargs:
            raise TypeError("partial() needs a task_id")
        known = known_arguments(operator_class)
        unknown = [name for name in kwargs if name not in known]
        if unknown and field is None:
            guess = did_you_mean(unknown[0], known) or ""
            raise TypeError(
                f"{operator_class.__name__}.partial() got an unexpected keyword argument {unknown[0]!r} {guess}"
            )
        self.operator_class, self.kwargs, self.field, self._used = operator_class, kwargs, field, False

    def expand(self, **mapped: Any) -> MappedOperator:
        """One instance per combination of items."""
        check_mappable(f"{self.operator_class.__name__}.expand() of task {self.kwargs['task_id']!r}", mapped)
        self._check_names(mapped)
        return self._make(ExpandInput("expand", mapped))

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """One instance per dict of arguments."""
        del strict
        check_kwargs_list(kwargs)
        return self._make(ExpandInput("expand_kwargs", kwargs))

    def _check_names(self, mapped: dict[str, Any]) -> None:
        twice = sorted(set(mapped) & set(self.kwargs if self.field is None else self.kwargs.get(self.field, {})))
        if twice:
            raise TypeError(f"{twice[0]!r} is given to both partial() and expand()")
        if self.field is None:
            known = known_arguments(self.operator_class)
            for name in mapped:
                if name not in known:
                    guess = did_you_mean(name, known) or ""
                    raise TypeError(
                        f"{self.operator_class.__name__}.expand() of task {self.kwargs['task_id']!r} got an unexpected "
                        f"keyword argument {name!r} {guess}"
                    )

    def _make(self, given: ExpandInput) -> MappedOperator:
        self._used = True
        base = known_arguments(BaseOperator)
        return MappedOperator(
            mapped_class=self.operator_class,
            mapped_kwargs=dict(self.kwargs),
            expand_input=given,
            expand_field=self.field,
            **{name: value for name, value in self.kwargs.items() if name in base},
        )


class MappedOperator(BaseOperator):
    """A task that multiplies. Its instances are made at run time by ``unmap``."""

    is_mapped = True

    def __init__(
        self,
        mapped_class: type[BaseOperator],
        mapped_kwargs: dict[str, Any],
        expand_input: ExpandInput,
        expand_field: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.mapped_class, self.mapped_kwargs = mapped_class, mapped_kwargs
        self.expand_input, self.expand_field = expand_input, expand_field
        self.defaults = gather_default_args(kwargs)
        for name in ("template_fields", "template_ext", "template_fields_renderers", "ui_color", "ui_fgcolor",
                     "operator_extra_links", "branches", "latest_only", "is_sensor"):  # fmt: skip
            self.__dict__[name] = getattr(mapped_class, name)
        self.mode = mapped_kwargs.get("mode", "poke")
        super().__init__(**kwargs)

    def built(self) -> None:
        """What it maps over, and results among its shared arguments, come first."""
        self.__dict__.pop("_given", None)
        producers = dict.fromkeys(
            task for arg in (*self.expand_input.producers(), *results_in(self.mapped_kwargs)) for task in arg.roots
        )
        for task in producers:
            if task is not self:
                self.set_upstream(task)

    @property
    def task_type(self) -> str:
        """Class name of the instances."""
        return self.mapped_class.__name__

    @property
    def operator_class(self) -> type:
        """Class of the instances."""
        return self.mapped_class

    @property
    def operator_name(self) -> str:
        """What people call it."""
        return getattr(self.mapped_class, "custom_operator_name", None) or self.mapped_class.__name__

    @property
    def python_callable(self) -> Any:
        """The author's function, where the class has one."""
        return self.mapped_kwargs.get("python_callable")

    def unmap(self, arguments: dict[str, Any]) -> Any:
        """An instance with these arguments, outside of any open DAG."""
        kwargs = dict(self.mapped_kwargs)
        if self.expand_field is not None:
            kwargs[self.expand_field] = {**(kwargs.get(self.expand_field) or {}), **arguments}
        else:
            kwargs.update(arguments)
        kwargs["task_id"] = self.label
        for name in ("dag", "task_group"):
            kwargs.pop(name, None)
        kwargs["default_args"] = self.defaults
        with scope.closed():
            made = self.mapped_class(**kwargs)
        for name in ("task_id", "upstream_task_ids", "downstream_task_ids", "task_group", "is_setup", "is_teardown",
                     "trigger_rule", "start_date", "end_date", "label", "line", "file"):  # fmt: skip
            setattr(made, name, getattr(self, name))
        made._dag = self._dag
        return made

    def execute(self, context: Any) -> Any:
        """Never called: instances are."""
        raise AirflowException(f"The mapped task {self.task_id!r} runs through its instances only.")


class MappedArgument:
    """Inside a mapped group: the item of the instance that runs."""

    def __init__(self, given: ExpandInput, key: str) -> None:
        self._given, self._key = given, key

    def iter_references(self) -> Iterator[XComArg]:
        """Results it depends on."""
        return self._given.producers()

    def resolve(self, context: Any) -> Any:
        """The item."""
        return self._given.arguments(context["ti"].map_index, context)[self._key]

    def __repr__(self) -> str:
        return f"MappedArgument({self._key!r})"


def unmap_for(task: Any, order: WorkOrder, context: Any) -> Any:
    """The object to run for the order's map index."""
    import copy  # noqa: PLC0415  only mapped tasks come here

    if not task.is_mapped:
        return copy.copy(task)
    return task.unmap(task.expand_input.arguments(order.map_index, context))


def map_label(task: Any, context: Any) -> str | None:
    """``map_index_template`` rendered, or None."""
    if not task.map_index_template:
        return None
    from tradewind.sdk.template import render_value  # noqa: PLC0415  loads the template engine on use

    try:
        return str(render_value(task, task.map_index_template, context))
    except Exception as error:
        task.log.warning("map_index_template of %s could not be rendered: %s", task.task_id, error)
        return None
