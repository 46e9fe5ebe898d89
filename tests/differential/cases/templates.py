"""Template texts and structures, and the runs they are rendered in."""

from __future__ import annotations

from collections import namedtuple
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

Point = namedtuple("Point", ["x", "y"])


class Run(NamedTuple):
    """A run of a DAG with that schedule and zone."""

    schedule: Any
    zone: str
    run_type: str
    logical_date: str  #: ISO; without offset: wall clock of the zone
    conf: Any = MappingProxyType({})


RUNS = {
    "daily": Run("@daily", "UTC", "scheduled", "2024-03-05T00:00:00+00:00"),
    "manual_of_daily": Run(
        "@daily", "UTC", "manual", "2024-03-05T10:11:12.345678+00:00", {"day": "monday", "limit": 5}
    ),
    "manual_of_none": Run(None, "UTC", "manual", "2019-12-31T23:59:59+00:00"),
    "weekdays_amsterdam": Run("30 6 * * 1-5", "Europe/Amsterdam", "scheduled", "2024-03-29T05:30:00+00:00"),
    "manual_of_amsterdam": Run("30 6 * * 1-5", "Europe/Amsterdam", "manual", "2024-07-06T01:02:03+02:00"),
    "hourly_new_york": Run("@hourly", "America/New_York", "scheduled", "2024-11-03T05:00:00+00:00"),
    "six_hours": Run(timedelta(hours=6), "UTC", "scheduled", "2024-02-29T06:00:00+00:00"),
    "backfill_monthly": Run("@monthly", "UTC", "backfill", "2020-02-01T00:00:00+00:00"),
    "quarter_to_kathmandu": Run("45 0 * * *", "Asia/Kathmandu", "scheduled", "2024-01-01T19:00:00+00:00"),
}
START = datetime(2019, 1, 1)
#: What ``up`` pushed in the run.
PUSHED: dict[str, Any] = {"return_value": {"a": [1, 2], "b": "text"}, "model_id": "m-17", "list": ["x", "y"]}
VARIABLES = {"PLAIN": "text", "NUMBER": "7", "OBJECT": '{"deep": {"er": [1, 2, 3]}, "flag": true}', "EMPTY": ""}
CONNECTIONS = {
    "SHOP": "postgres://user:s3cret@db.example.com:5433/orders?sslmode=require",
    "API": '{"conn_type": "http", "host": "https://api.example.com", "extra": {"token": "abc", "deep": {"x": 1}}}',
}
PARAMS = {"limit": 10, "name": "default", "nested": {"a": 1}}
NAMES = (
    "ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz", "prev_ds", "prev_ds_nodash", "next_ds", "next_ds_nodash",
    "yesterday_ds", "yesterday_ds_nodash", "tomorrow_ds", "tomorrow_ds_nodash", "execution_date", "logical_date",
    "data_interval_start", "data_interval_end", "prev_execution_date", "next_execution_date", "run_id",
    "prev_data_interval_start_success", "prev_data_interval_end_success", "prev_start_date_success",
    "prev_end_date_success", "prev_execution_date_success", "task_instance_key_str", "test_mode", "inlets", "outlets",
    "params", "map_index_template", "dag.dag_id", "task.task_id", "ti.task_id", "ti.run_id", "ti.map_index",
    "ti.try_number", "dag_run.run_id", "dag_run.run_type", "dag_run.conf", "dag_run.external_trigger",
    "dag_run.logical_date", "dag_run.data_interval_start", "ti.execution_date", "task_instance.dag_id", "dag.timezone",
)  # fmt: skip
#: Rendered in every run.
TEXTS = [f"{{{{ {name} }}}}" for name in NAMES] + [
    "{{ logical_date | ds }}", "{{ logical_date | ds_nodash }}", "{{ logical_date | ts }}",
    "{{ logical_date | ts_nodash }}", "{{ logical_date | ts_nodash_with_tz }}", "{{ data_interval_end | ds }}",
    "{{ data_interval_end | ts }}", "{{ data_interval_end | ts_nodash_with_tz }}", "{{ prev_execution_date | ts }}",
    "{{ execution_date.year }}-{{ '{:02}'.format(execution_date.month) }}", "{{ execution_date.int_timestamp }}",
    "{{ execution_date.strftime('%Y-%m-%d %H:%M') }}", "{{ logical_date.add(days=1) }}", "{{ logical_date.date() }}",
    "{{ logical_date.subtract(hours=3).to_date_string() }}", "{{ logical_date.in_timezone('Asia/Tokyo') }}",
    "{{ logical_date.in_timezone(dag.timezone) | ts }}", "{{ logical_date.start_of('month') | ds }}",
    "{{ (data_interval_end - data_interval_start).total_seconds() }}", "{{ logical_date.isoformat() }}",
    "{{ (logical_date + macros.timedelta(days=40)).strftime('%d.%m.%y') }}", "{{ logical_date.format('dddd, D MMM') }}",
    "{{ macros.ds_add(ds, 1) }}", "{{ macros.ds_add(ds, -366) }}", "{{ macros.ds_format(ds, '%Y-%m-%d', '%d/%m/%Y') }}",
    "{{ macros.datetime_diff_for_humans(data_interval_end, data_interval_start) }}", "{{ logical_date < next_execution_date }}",
    "s3://bucket/{{ ds }}/{{ ts_nodash }}.parquet", "{{ dag.dag_id }}__{{ ds_nodash }}", "{{ logical_date.day_of_week }}",
    "{{ params.limit }} {{ params['name'] }} {{ params.nested.a }}", "{{ dag_run.conf.get('day', 'none') }}",
]  # fmt: skip
#: Rendered in one run: what they say does not depend on it.
ONCE = [
    "", " ", "plain", "{{ds}}", "{{ ds }}\n", "\n{{ ds }}\n\n", "{# said to nobody #}", "{% raw %}{{ ds }}{% endraw %}", "{ds}", "{{ '{{ ds }}' }}",
    "{% for n in range(3) %}{{ n }},{% endfor %}", "{% if ds > '2024' %}new{% else %}old{% endif %}", "{% set x = 4 %}{{ x * 2 }}",
    "{% set items = [] %}{% do items.append(1) %}{{ items }}", "{{ 1 / 2 }}", "{{ 7 // 2 }}", "{{ 'a' ~ 1 }}", "{{ none }}", "{{ true }}",
    "{{ [1, 'a', none] }}", "{{ {'a': 1} }}", "{{ (1, 2) }}", "{{ 'a,b'.split(',') }}", "{{ ds.replace('-', '/') }}", "{{ '%05d' % 42 }}",
    "{{ ds | upper }}", "{{ ds | length }}", "{{ [3, 1, 2] | sort | join('-') }}", "{{ missing }}", "{{ missing.attribute }}",
    "{{ missing | default('x') }}", "{{ missing is defined }}", "{{ dag_run.conf.missing }}", "{{ params.missing }}", "{{ ti.missing }}",
    "{{ macros.missing }}", "{{ ds | missing }}", "{{ ds", "{% if %}", "{{ }}", "{{ 1 / 0 }}", "{{ ds.missing() }}",
    "{{ macros.ds_add('2015-01-06', -5) }}", "{{ macros.ds_add('2015-01-01', 5) }}", "{{ macros.ds_add('2024-02-28', 1) }}",
    "{{ macros.ds_add('2024-02-28', 0) }}", "{{ macros.ds_add('not a date', 1) }}", "{{ macros.ds_add('2015-01-06T10:00:00', 1) }}", "{{ macros.ds_add('20150106', 1) }}",
    "{{ macros.ds_format('2015-01-01', '%Y-%m-%d', '%m-%d-%y') }}", "{{ macros.ds_format('1/5/2015', '%m/%d/%Y', '%Y-%m-%d') }}",
    "{{ macros.ds_format('2015-01-01', '%d', '%Y') }}", "{{ macros.ds_format_locale('12/07/2024', '%d/%m/%Y', 'EEEE dd MMMM yyyy', 'en_US') }}",
    "{{ macros.ds_format_locale('2024-07-12', '%Y-%m-%d', 'MM-dd-yy') }}", "{{ macros.ds_format_locale('2024-07-12', '%Y-%m-%d', 'EEEE dd MMMM yyyy', 'nl') }}",
    "{{ macros.datetime(2024, 1, 2) }}", "{{ macros.timedelta(hours=30) }}", "{{ macros.json.dumps({'b': [1, none]}) }}",
    "{{ macros.json.loads('[1, 2]')[1] }}", "{{ macros.dateutil.parser.parse('3 Jan 2020') }}", "{{ macros.uuid.UUID(int=5) }}",
    "{{ macros.time.strftime('%Y', macros.time.gmtime(0)) }}", "{{ macros.random() < 1 }}", "{{ macros.yaml.safe_load('a: [1, b]') }}", "{{ macros.yaml.dump({'a': 1}) }}",
    "{{ (macros.datetime(2024, 1, 31) + macros.dateutil.relativedelta.relativedelta(months=1)).date() }}",
    "{{ macros.datetime_diff_for_humans(macros.datetime(2024, 1, 2), macros.datetime(2024, 1, 1)) }}",
    "{{ macros.datetime_diff_for_humans(macros.datetime(2023, 1, 1), macros.datetime(2024, 6, 1)) }}",
    "{{ macros.datetime_diff_for_humans(macros.datetime(2024, 1, 1, 0, 0, 1), macros.datetime(2024, 1, 1)) }}",
    "{{ var.value.plain }}", "{{ var.value.number + 1 }}", "{{ var.value.number | int + 1 }}", "{{ var.value['plain'] }}", "{{ var.value.empty }}|",
    "{{ var.value.missing }}", "{{ var.value.get('missing', 'fall') }}", "{{ var.value.get('missing') }}", "{{ var.value.get('plain', 'fall') }}",
    "{{ var.json.object }}", "{{ var.json.object.deep.er[1] }}", "{{ var.json.object['flag'] }}", "{{ var.json.number }}", "{{ var.json.missing }}",
    "{{ var.json.get('missing', {'a': 1}) }}", "{{ var.json.get('missing', {'a': 1})['a'] }}", "{{ var.json.plain }}", "{{ var.value.object }}",
    "{{ var.missing }}", "{{ conn.shop.host }}:{{ conn.shop.port }}/{{ conn.shop.schema }}", "{{ conn.shop.login }}", "{{ conn.shop.password }}",
    "{{ conn.shop.extra_dejson.sslmode }}", "{{ conn.shop.get_uri() }}", "{{ conn.shop.conn_id }} {{ conn.shop.conn_type }}", "{{ conn.api.host }}",
    "{{ conn.api.extra_dejson.deep.x }}", "{{ conn.api.extra_dejson['token'] }}", "{{ conn.missing.host }}", "{{ conn.get('shop').host }}",
    "{{ conn.get('missing', 'none at all') }}", "{{ conn.get('missing', {'host': 'h'}).host }}", "{{ conn['shop'].host }}",
    "{{ ti.xcom_pull(task_ids='up') }}", "{{ ti.xcom_pull(task_ids='up')['a'][0] }}", "{{ ti.xcom_pull('up', key='model_id') }}",
    "{{ task_instance.xcom_pull(task_ids='up', key='model_id') }}", "{{ ti.xcom_pull(task_ids='up', key='none such') }}",
    "{{ ti.xcom_pull(task_ids=['up'], key='model_id') }}", "{{ ti.xcom_pull(task_ids=['up', 'up2']) }}", "{{ ti.xcom_pull(key='list', task_ids='up') | join('+') }}",
    "{{ ti.xcom_pull(task_ids='none_such') }}", "{{ ti.xcom_pull(task_ids='up', default='d') }}", "{{ ti.xcom_pull(task_ids='none_such', default='d') }}",
    "{{ my_macro(3) }}", "{{ my_constant }}", "{{ 'abc' | my_filter }}", "{{ task.params.limit }}", "{{ dag.params['name'] }}",
    "{{ conf.get('core', 'parallelism') is string }}", "{{ conf.getboolean('core', 'load_examples') is boolean }}",
    "{{ dag }}", "{{ task }}", "{{ dag_run is none }}", "{{ ti.operator }}", "{{ ti.max_tries }}", "{{ dag_run.dag_id }}", "{{ task.owner }}", "{{ ti._private }}", "{{ ''.__class__ }}",
    "{{ templates_dict }}", "{{ execution_date.__class__.__name__ }}", "{{ triggering_dataset_events | length }}", "{{ ti.key.dag_id }}", "{{ ti.key.try_number }}",
]  # fmt: skip
#: Nested values.
STRUCTURES: dict[str, Any] = {
    "list": ["{{ ds }}", 1, None, ["{{ ts }}"]],
    "tuple": ("{{ ds }}", 2.5),
    "named_tuple": Point("{{ ds }}", 3),
    "set": {"{{ ds }}", "b"},
    "dict": {"{{ ds }}": "{{ ds }}", "n": {"m": ["{{ ds_nodash }}"]}},
    "dict_with_number_keys": {1: "{{ ds }}", None: "{{ ti.task_id }}"},
    "numbers": [1, 2.5, True, None],
    "deep": {"a": [{"b": ({"c": "{{ params.limit }}"},)}]},
    "bytes": b"{{ ds }}",
    "moment": datetime(2024, 1, 2, 3, 4),
    "empty": [[], {}, (), ""],
    "mixed": ["{{ ds }}", b"x", {"y"}, 1 + 0],
}
#: Rendered where the DAG asks for native objects.
NATIVE = [
    "{{ ds }}", "{{ params.limit }}", "{{ params }}", "{{ ti.xcom_pull(task_ids='up') }}", "{{ ti.xcom_pull(task_ids='up')['a'] }}", "{{ [1, 2] }}", "{{ 1 + 1 }}",
    "{{ 'a' }}", "{{ none }}", "{{ true }}", "{{ logical_date }}", "{{ var.json.object }}", "{{ var.value.number }}", "1", "[1, 2]", "text {{ 1 }}", "{{ 1 }}{{ 2 }}",
    "{{ '007' }}", "{{ ds_nodash }}", "{{ {'a': (1, 2)} }}", "{{ data_interval_start }}", "{{ missing }}", "{{ ti.xcom_pull(task_ids='none_such') }}", "", "{{ '' }}",
    "{% for n in [1, 2] %}{{ n }},{% endfor %}", "{{ params.name }}", "{{ macros.datetime(2024, 1, 1) }}", "{{ (1,) }}", "{{ {1, 2} }}", "x{{ none }}", "{{ 1.50 }}",
]  # fmt: skip


def my_macro(number: int) -> int:
    """A user's macro."""
    return number * 2


def my_filter(text: str) -> str:
    """A user's filter."""
    return text[::-1]


def asked(run: str) -> list[str]:
    """Texts that are rendered in this run."""
    return TEXTS + (ONCE if run == "daily" else [])
