"""Work that a file does whenever it is read (1/AU, 3/BP: nothing but declarations at the top level)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tradewind.checks.contract import Finding, Use
from tradewind.checks.source import Source, calls, named, text_of, words

_NETWORK = re.compile(
    r"(requests|httpx)\.(get|post|put|delete|head|patch|options|request|stream)$"
    r"|requests\.(Session|session)\(\)\.\w+$|httpx\.Client\(\)\.\w+$"
    r"|urllib\.request\.(urlopen|urlretrieve)$|http\.client\.HTTPS?Connection\(\)\.request$"
    r"|socket\.(create_connection|gethostbyname|getaddrinfo)$"
    r"|(smtplib\.SMTP(_SSL)?|ftplib\.FTP(_TLS)?|imaplib\.IMAP4(_SSL)?)$"
    r"|(psycopg|psycopg2|pymysql|MySQLdb|pymssql|pyodbc|cx_Oracle|oracledb|snowflake\.connector|trino\.dbapi)\.connect$"
    r"|boto3\.(client|resource)\(\)\.\w+$|(pymongo\.)MongoClient\(\)\.\w+|redis\.(Redis|StrictRedis)\(\)\.\w+$"
    r"|\w*(\.\w+)*Hook\(\)\.(get_conn|get_records|get_first|run|get_pandas_df|get_df|read_key|list_keys|load_file|get_client)$"
)
_WORK = re.compile(
    r"time\.sleep$|subprocess\.(run|call|check_call|check_output|Popen|getoutput)$|os\.(system|popen)$"
    r"|(pandas|polars|geopandas|dask\.dataframe)\.read_\w+$|numpy\.(load|loadtxt|genfromtxt)$|sqlalchemy\.create_engine\(\)\.\w+$"
    r"|sqlite3\.connect$|shutil\.(copy\w*|move|rmtree)$|os\.(makedirs|mkdir|remove|rename)$"
)
_VARIABLE = re.compile(r"(airflow|tradewind)(\.\w+)*\.Variable\.get$")
_CONNECTION = re.compile(r"(airflow|tradewind)(\.\w+)*\.(BaseHook|Connection)\.get(_connection|_connections|_hook)?$")
_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|secret|secret_key|api_key|apikey|access_key|token|private_key)$", re.IGNORECASE
)
_URI_PASSWORD = re.compile(r"^\w[\w+.-]*://[^\s/:@{}]+:(?P<password>[^\s/@{}]+)@")


def work_at_import(source: Source) -> Iterator[Finding]:
    """Network, files, processes and look-ups at the top level (TW101 to TW104)."""
    for call in calls(source.at_import):
        path = source.dotted(call.func)
        if not path:
            continue
        shown = path.replace("()", "(…)")
        if _NETWORK.search(path):
            yield source.found("TW101", call, f"{shown} is called whenever the file is read.")
        elif _WORK.search(path):
            yield source.found("TW102", call, f"{shown} is called whenever the file is read.")
        elif _VARIABLE.match(path):
            name = _first_text(call)
            fix = f"Write {{{{ var.value.{name} }}}} into a template, or look it up inside the task." if name else ""
            yield source.found("TW103", call, f"Variable {name or '…'} is looked up whenever the file is read.", fix)
        elif _CONNECTION.match(path):
            name = _first_text(call)
            yield source.found("TW104", call, f"Connection {name or '…'} is looked up whenever the file is read.")


def named_values(source: Source) -> Iterator[Use]:
    """Connections and variables that the text names in look-ups, wherever they stand."""
    for call in calls(ast.walk(source.tree)):
        path = source.dotted(call.func)
        name = _first_text(call)
        if not path or name is None:
            continue
        if _CONNECTION.match(path) and "get_connection" in path:
            yield Use("connection", name, source.shown, call.lineno)
        elif _VARIABLE.match(path) and not ({"default", "default_var"} & set(words(call)) or len(call.args) > 1):
            yield Use("variable", name, source.shown, call.lineno)


def secrets(source: Source) -> Iterator[Finding]:
    """Passwords as text: arguments that are named so, and URIs that hold one (TW407)."""
    for node in ast.walk(source.tree):
        for name, value in named(node):
            yield from _secret(source, name, value)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from _secret(source, node.targets[0].id, node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _URI_PASSWORD.match(node.value):
            yield source.found("TW407", node, "This URI holds a password.")


def _secret(source: Source, name: str, value: ast.expr) -> Iterator[Finding]:
    text = text_of(value)
    if text and _SECRET_NAME.search(name) and "{{" not in text and len(text) > 3 and " " not in text:
        yield source.found("TW407", value, f"{name} is written out in the file.")


def _first_text(call: ast.Call) -> str | None:
    return text_of(call.args[0]) if call.args else None
