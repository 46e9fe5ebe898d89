"""Small text and machine facts of ``airflow.utils``: strings, net, platform, hashes, addresses of pages."""

from __future__ import annotations

import getpass
import hashlib
import os
import pkgutil
import platform
import re
import secrets
import socket
import string
import sys
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from itertools import filterfalse, tee
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from tradewind.compat.legacy import import_string
from tradewind.sdk.configuration import conf

T = TypeVar("T")

TRUE_LIKE_VALUES = {"on", "t", "true", "y", "yes", "1"}
IS_WINDOWS = platform.system() == "Windows"
KEY_REGEX = re.compile(r"^[\w.-]+$")
GROUP_KEY_REGEX = re.compile(r"^[\w-]+$")


def get_random_string(length: int = 8, choices: str = string.ascii_letters + string.digits) -> str:
    """That many random letters and digits."""
    return "".join(secrets.choice(choices) for _ in range(length))


def to_boolean(astring: str | None) -> bool:
    """Whether the text means yes."""
    return astring is not None and astring.lower() in TRUE_LIKE_VALUES


def convert_camel_to_snake(camel_str: str) -> str:
    """``BigQueryHook`` -> ``big_query_hook``; a run of capitals counts as one word."""
    return re.sub(r"(?!^)([A-Z]+)", r"_\1", camel_str).lower()


def partition(pred: Callable[[T], bool], iterable: Iterable[T]) -> tuple[Iterable[T], Iterable[T]]:
    """Those that fail the test, and those that pass."""
    first, second = tee(iterable)
    return filterfalse(pred, first), filter(pred, second)


def ask_yesno(question: str, default: bool | None = None, output_fn: Callable[[str], Any] = print) -> bool:
    """Ask the person at the terminal until the answer is yes or no."""
    output_fn(question)
    while True:
        answer = input().lower().strip()
        if not answer and default is not None:
            return default
        if answer in {"yes", "y"}:
            return True
        if answer in {"no", "n"}:
            return False
        output_fn("Please respond with y/yes or n/no.")


def md5(data: bytes = b"", **_: Any) -> Any:
    """The hash, allowed where rules forbid it for security."""
    return hashlib.md5(data, usedforsecurity=False)


def getfqdn(name: str = "") -> str:
    """The full name of this machine, or of another."""
    return socket.getfqdn(name)


def get_host_ip_address() -> str:
    """The address of this machine."""
    return socket.gethostbyname(getfqdn())


def get_hostname() -> str:
    """The name of this machine by [core] hostname_callable."""
    chosen = conf.get("core", "hostname_callable", fallback="")
    return str(import_string(chosen)()) if chosen and "." in chosen and "airflow." not in chosen else getfqdn()


def getuser() -> str:
    """Who runs this process; the number when it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def is_tty() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def is_terminal_support_colors() -> bool:
    """Whether it shows colours."""
    return is_tty() and os.environ.get("TERM", "dumb") != "dumb"


def get_airflow_git_version() -> None:
    """None: a release, not a checkout of the original."""


def build_airflow_dagrun_url(dag_id: str, run_id: str) -> str:
    """The address of a run's page."""
    base = conf.get("api", "base_url", fallback="") or "/"
    return f"{base.rstrip('/')}/dags/{quote(dag_id)}/runs/{quote(run_id)}"


def build_airflow_url_with_query(query: dict[str, Any]) -> str:
    """The address of a DAG's page with a query."""
    base = conf.get("api", "base_url", fallback="") or "/"
    return f"{base.rstrip('/')}/dags?{urlencode(query)}"


def parse_template_string(template_string: str) -> tuple[str | None, Any]:
    """The text as it is, or as a Jinja template when it has braces."""
    if "{{" not in template_string:
        return template_string, None
    import jinja2  # noqa: PLC0415  only for templates

    return None, jinja2.Template(template_string)


def render_template(template: Any, context: MutableMapping[str, Any], *, native: bool) -> Any:
    """Render a Jinja template; a native one gives the value itself."""
    parts = template.root_render_func(template.new_context(dict(context), shared=True))
    if native:
        from jinja2.nativetypes import native_concat  # noqa: PLC0415  only for templates

        return native_concat(parts)
    return "".join(parts)


def iter_namespace(ns: Any) -> Iterator[Any]:
    """Modules directly below a namespace package."""
    return pkgutil.iter_modules(ns.__path__, f"{ns.__name__}.")


def qualname(o: Any, use_qualname: bool = False, exclude_module: bool = False) -> str:
    """The dotted path of a class, function or object."""
    if callable(o) and hasattr(o, "func") and hasattr(o, "keywords"):  # functools.partial
        o = o.func
    thing = o if hasattr(o, "__qualname__") else type(o)
    name = thing.__qualname__ if use_qualname or exclude_module else thing.__name__
    return name if exclude_module else f"{thing.__module__}.{name}"


def is_valid_dotpath(path: str) -> bool:
    """Whether the text has the form of a dotted path."""
    return isinstance(path, str) and re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", path) is not None


def remove_escape_codes(text: str) -> str:
    """The text without the codes of colours."""
    return re.sub(r"\x1B[@-_][0-?]*[ -/]*[@-~]", "", text)
