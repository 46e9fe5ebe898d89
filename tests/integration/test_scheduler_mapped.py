"""Tasks that multiply."""

from __future__ import annotations

from tests.scheduling import House, dag
from tradewind.domain.messages import XComValue
from tradewind.domain.spec import GroupSpec, MapInput, MapSpec, TaskSpec, XComRef


def over(task_id: str) -> MapSpec:
    return MapSpec(kind="expand", inputs=[MapInput(name="x", refs=[XComRef(task_id=task_id)])])


def pushing(length: int):
    def script(order):
        if order.task_id == "list":
            return {"xcoms": [XComValue(key="return_value", value=str(list(range(length))), length=length)]}
        return {"xcoms": [XComValue(key="return_value", value=str(order.map_index))]}

    return script


def test_a_task_has_as_many_instances_as_the_list_it_maps_over(store):
    house = House(store, pushing(3))
    house.publish(dag("mapped", "list>each>sum", TaskSpec(task_id="each", mapped=over("list"))))
    run_id = house.trigger("mapped")
    house.settle()
    assert sorted(house.states(run_id)) == ["each[0]", "each[1]", "each[2]", "list", "sum"]
    assert house.run_state(run_id) == "success"
    each = [o for o in house.executor.orders if o.task_id == "each"]
    assert {(o.map_index, o.map_length) for o in each} == {(0, 3), (1, 3), (2, 3)}
    assert house.executor.orders[-1].task_id == "sum"


def test_mapping_over_nothing_skips(store):
    house = House(store, pushing(0))
    house.publish(dag("mapped", "list>each>sum", TaskSpec(task_id="each", mapped=over("list"))))
    run_id = house.trigger("mapped")
    house.settle()
    assert house.states(run_id) == {"list": "success", "each": "skipped", "sum": "skipped"}


def test_mapping_over_what_is_no_list_fails_with_a_reason(store):
    house = House(store)
    house.publish(dag("mapped", "list>each", TaskSpec(task_id="each", mapped=over("list"))))
    run_id = house.trigger("mapped")
    house.settle()
    assert house.states(run_id) == {"list": "success", "each": "failed"}
    assert "left no list" in house.rows("SELECT why FROM journal WHERE \"after\" = 'failed' ORDER BY id")[0][0]


def test_a_literal_list_multiplies_without_waiting(store):
    house = House(store)
    two_by_three = MapSpec(kind="expand", inputs=[MapInput(name="x", length=2), MapInput(name="y", length=3)])
    house.publish(dag("literal", "each", TaskSpec(task_id="each", mapped=two_by_three)))
    run_id = house.trigger("literal")
    house.settle()
    assert len(house.states(run_id)) == 6


def test_inside_a_mapped_group_each_index_waits_only_for_itself(store):
    house = House(store, lambda order: None)
    group = GroupSpec(group_id="g", mapped=MapSpec(kind="expand", inputs=[MapInput(name="x", length=2)]))
    first, second = (TaskSpec(task_id=f"g.{n}", group_id="g") for n in "ab")
    house.publish(dag("grouped", "g.a>g.b>end", first, second, groups=[group]))
    run_id = house.trigger("grouped")
    house.settle()
    house.executor.finish(next(o for o in house.executor.orders if o.map_index == 1))
    house.settle()
    assert house.states(run_id) == {
        "g.a[0]": "queued",
        "g.a[1]": "success",
        "g.b[0]": "none",
        "g.b[1]": "queued",
        "end": "none",
    }


def test_one_failed_instance_fails_what_needs_them_all(store):
    def script(order):
        return {"outcome": "failed"} if order.map_index == 1 else pushing(3)(order)

    house = House(store, script)
    house.publish(dag("mapped", "list>each>sum", TaskSpec(task_id="each", mapped=over("list"))))
    run_id = house.trigger("mapped")
    house.settle()
    assert house.states(run_id)["sum"] == "upstream_failed"
    assert house.run_state(run_id) == "failed"
