"""URIs and JSON texts of connections."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

_SCHEMES = ("http", "postgres", "postgresql", "google-cloud-platform", "my_type", "HTTP", "aws")
_USERS = ("", "user@", "user:pass@", ":pass@", "user:@", "us%40er:p%2Fa%3As%23s@", "ü:ß@")
_HOSTS = ("", "host", "Example.COM", "10.0.0.1", "%2Ftmp%2Fsocket", "under_score.example")
_PORTS = ("", ":5432")
_PATHS = ("", "/", "/schema", "/sch%2Fema", "/a/b")
_QUERIES = ("", "?a=1", "?a=1&b=two%20words", "?__extra__=%7B%22deep%22%3A%20%7B%22a%22%3A%201%7D%7D", "?flag", "?a=")
#: A covering selection: each pair of neighbouring parts comes up.
URIS = [
    *(f"{scheme}://{user}host{port}/s" for scheme, user, port in product(_SCHEMES[:3], _USERS, _PORTS)),
    *(f"http://{user}{host}{port}" for user, host, port in product(_USERS[:4], _HOSTS, _PORTS) if user or host),
    *(f"mysql://u:p@{host}{port}{path}" for host, port, path in product(_HOSTS, _PORTS, _PATHS)),
    *(f"aws://{user}{path}{query}" for user, path, query in product(("", "key:secret@"), _PATHS[:3], _QUERIES)),
    *(f"{scheme}://h{query}" for scheme, query in product(_SCHEMES, _QUERIES)),
    "http://https%3A%2F%2Fapi.example.com", "http://https%3a%2f%2fexample.com%2fpath/schema", "http://example.com/https",
    "http://user:pass@https%3A%2F%2Fexample.com:443/", "http://https://api.example.com:443/s",
    "spark://k8s://100.1.1.1:443", "http://https://u:p@h/s?x=1", "http://https://", "a://b://c://d", "http://u@https://h", "http://https://u:p%2F@h:1/?a=b",
    "spark://local[2]", "spark://yarn", "spark://k8s%3A%2F%2F100.1.1.1:443",
    "sqlite:///relative.db", "sqlite:////tmp/absolute.db", "sqlite://%2Ftmp%2Fabsolute.db", "fs://", "fs:///?path=%2Ftmp", "http://",
    "google-cloud-platform://?key_path=%2Fkeys%2Fkey.json&scope=a%2Cb&num_retries=5", "gcpssh://u@h:22?x=1&x=2",
    "postgres://user:p%40ss%25word@db:5432/my%20db?sslmode=verify-full&keepalives=1", "http://[::1]:8080/path", "http://h:0",
    "http://h?a=b=c", "http://h?a=%26", "http://h?url=https://other/path?x=1", "http://h#fragment", "http://u:p#w@h", "http://h/p?a=1#f",
    "http://u%3Au:p@h", "http://u@e:p@h", "http://h:99999", "http://h:port", "ssh://user@host:22/?private_key=-----BEGIN%0Ax%0A", "just text",
    "http:/one/slash", "://host", "", "host:5432", "http://a.b.c/d?__extra__=%5B1%2C+2%5D", "http://h?__extra__=text", "wasb://l:p%2B%3D@acc",
    "jdbc://u:p@jdbc%3Apostgresql%3A%2F%2Fh%3A5432%2Fdb", "kafka://h1%3A9092%2Ch2%3A9092", "mongo://u:p@h1,h2,h3:27017/db?replicaSet=r",
    "azure_data_explorer://u:p@h", "snowflake://u:p@/s?account=a&database=d&region=eu", "http://%C3%BCser:p%C3%A4ss@h%C3%B6st",
]  # fmt: skip
JSONS = [
    json.dumps(fields)
    for fields in (
        {"conn_type": "postgres", "host": "h", "login": "u", "password": "p", "schema": "s", "port": 5432},
        {"conn_type": "http", "host": "https://h", "extra": {"a": 1, "b": {"c": [1, 2]}}},
        {"conn_type": "http", "extra": '{"a": 1}'}, {"conn_type": "http", "extra": "not json"}, {"conn_type": "http", "port": "80"},
        {"conn_type": "google-cloud-platform"}, {"type": "http", "host": "h"}, {"conn_type": "http", "description": "words"},
        {"conn_type": "http", "login": "ü", "password": "p@ss:w/rd"}, {"host": "h"}, {"conn_type": "http", "port": None},
        {"conn_type": "http", "extra": None}, {"conn_type": "http", "extra": {}}, {"conn_type": "http", "extra": {"n": None, "t": True}},
        {"conn_id": "other", "conn_type": "http"}, {"conn_type": "http", "unknown": 1}, {"conn_type": "http", "port": "x"}, {}, [1], "text",
    )
] + ["{", '{"conn_type": "http"} trailing', '  {"conn_type": "http", "host": "h"}', '{"conn_type": "http", "host": "h", }']  # fmt: skip
#: Fields given one by one, for the text that get_uri makes of them.
FIELDS: list[dict[str, Any]] = [
    {"conn_type": "http", "host": "https://api.example.com/v1", "port": 443}, {"conn_type": "postgres", "login": "u@x", "password": "p/w:#?"},
    {"conn_type": "my_type", "host": "h", "schema": "a b/c"}, {"conn_type": "http", "extra": {"a": "1", "b": "x y&z"}},
    {"conn_type": "http", "extra": {"a": 1}}, {"conn_type": "http", "extra": {"a": {"b": []}}}, {"conn_type": "http", "extra": "[1]"},
    {"conn_type": "http", "extra": '{"a": ""}'}, {"conn_type": "http", "password": "only"}, {"conn_type": "http", "login": "only"}, {"conn_type": "http"},
    {"conn_type": "http", "port": 80}, {"conn_type": "http", "host": "h", "login": "", "password": ""}, {"host": "h"}, {"conn_type": "http", "schema": "s"},
    {"conn_type": "aws", "login": "K", "password": "s/e+c=", "extra": {"region_name": "eu-west-1"}}, {"conn_type": "http", "host": "ünï", "login": "ü"},
]  # fmt: skip
#: Compared: the fields of a connection.
NAMES = ("conn_type", "host", "login", "password", "schema", "port")


def facts(connection: Any) -> dict[str, Any]:
    """The fields, the extra as an object, and the text that should read back to the same."""
    told = {name: getattr(connection, name) or None for name in NAMES}
    try:
        extra = connection.extra_dejson
    except Exception as error:
        extra = {"error": type(error).__name__}
    return {**told, "extra": extra, "uri": connection.get_uri()}
