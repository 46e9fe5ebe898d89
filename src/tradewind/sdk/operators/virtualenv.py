"""Functions in another interpreter: ``PythonVirtualenvOperator``, ``ExternalPythonOperator`` and their decorators.

The function's source travels as a file, its arguments and value as JSON (``sdk.values``), so that the other
interpreter needs nothing of ours.
"""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Collection, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from tradewind.sdk.decorated import DecoratedMixin
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException
from tradewind.sdk.operators.branch import BranchMixIn
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.python_call import asks_for
from tradewind.sdk.subprocess_hook import Command
from tradewind.sdk.values import from_json, to_json

_RUNNER = """
import __future__, json, sys
with open(sys.argv[1]) as f:
    given = json.load(f)
space = {"__name__": "tradewind_task"}
exec(compile(given["source"], given["file"], "exec", __future__.annotations.compiler_flag), space)
value = space[given["name"]](*given["args"], **given["kwargs"])
with open(sys.argv[2], "w") as f:
    json.dump(value, f)
"""


class _OtherInterpreter(PythonOperator):
    """Shared by all: how the function is called elsewhere."""

    _PLAIN = frozenset(
        {"ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz", "run_id", "params", "next_ds", "prev_ds",
         "next_ds_nodash", "prev_ds_nodash", "tomorrow_ds", "tomorrow_ds_nodash", "yesterday_ds",
         "yesterday_ds_nodash", "test_mode", "task_instance_key_str", "templates_dict"}
    )  # fmt: skip

    def __init__(
        self,
        *,
        expect_airflow: bool = False,
        skip_on_exit_code: int | Iterable[int] | None = None,
        env_vars: dict[str, str] | None = None,
        inherit_env: bool = True,
        string_args: Iterable[str] | None = None,
        serializer: str | None = None,
        use_dill: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if getattr(self.python_callable, "__name__", "") == "<lambda>":
            raise AirflowException(f"{type(self).__name__} only supports functions for python_callable, no lambdas")
        del expect_airflow, serializer, use_dill
        codes = [skip_on_exit_code] if isinstance(skip_on_exit_code, int) else list(skip_on_exit_code or [])
        self.skip_on_exit_code, self.env_vars, self.inherit_env = codes, env_vars, inherit_env
        self.string_args = list(string_args or [])
        self._command = Command(self.log)

    def source(self) -> str:
        """The function's text without its decorators."""
        lines = textwrap.dedent(inspect.getsource(self.python_callable)).splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith(("def ", "async def ")))
        return "\n".join(lines[start:]) + "\n"

    def interpreter(self, folder: Path) -> str:
        """The interpreter to use."""
        raise NotImplementedError

    def call(self, context: Any) -> Any:
        """Call the function over there."""
        wanted = asks_for(self.python_callable)
        names = [n for n in self._PLAIN if n in context and (wanted is None or n in wanted)]
        kwargs = {**{n: context[n] for n in names}, **self.op_kwargs}
        if "params" in kwargs and hasattr(kwargs["params"], "dump"):
            kwargs["params"] = kwargs["params"].dump()
        with tempfile.TemporaryDirectory(prefix="tradewind-venv-") as name:
            return self._call_in(Path(name), list(self.op_args), kwargs)

    def _call_in(self, folder: Path, args: list[Any], kwargs: dict[str, Any]) -> Any:
        python = self.interpreter(folder)
        given = {
            "source": self.source(),
            "name": self.python_callable.__name__,
            "file": inspect.getsourcefile(self.python_callable) or "task",
            "args": _portable(args),
            "kwargs": _portable(kwargs),
        }
        (folder / "in.json").write_text(json.dumps(given))
        (folder / "run.py").write_text(_RUNNER)
        env = {**(dict(os.environ) if self.inherit_env else {}), **(self.env_vars or {})}
        env.pop("PYTHONPATH", None)
        command = [python, str(folder / "run.py"), str(folder / "in.json"), str(folder / "out.json")]
        code, last = self._command.run(command, env, str(folder))
        if code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Process exited with code {code}. Skipping.")
        if code:
            raise AirflowException(f"The function failed in {python} with exit code {code}: {last}")
        return from_json(json.loads((folder / "out.json").read_text()))

    def on_kill(self) -> None:
        """End the other interpreter."""
        self._command.stop()


def _portable(value: Any) -> Any:
    """Plain JSON of arguments: what the other interpreter can read without us. Dates become ISO text."""
    form = to_json(value)

    def plain(item: Any) -> Any:
        if isinstance(item, dict):
            if "__type__" in item:
                return plain(item["value"])
            return {key: plain(one) for key, one in item.items()}
        return [plain(one) for one in item] if isinstance(item, list) else item

    return plain(form)


class PythonVirtualenvOperator(_OtherInterpreter):
    """In a virtual environment with ``requirements``; kept in ``venv_cache_path`` when given, else made for the task."""

    template_fields: Collection[str] = (
        "requirements",
        "index_urls",
        "venv_cache_path",
        "templates_dict",
        "op_args",
        "op_kwargs",
    )
    template_ext = (".txt",)

    def __init__(
        self,
        *,
        requirements: str | Iterable[str] | None = None,
        python_version: str | None = None,
        system_site_packages: bool = True,
        pip_install_options: list[str] | None = None,
        index_urls: Collection[str] | str | None = None,
        venv_cache_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.requirements = [requirements] if isinstance(requirements, str) else list(requirements or [])
        self.python_version, self.system_site_packages = python_version, system_site_packages
        self.pip_install_options, self.venv_cache_path = pip_install_options or [], venv_cache_path
        self.index_urls = [index_urls] if isinstance(index_urls, str) else list(index_urls or [])

    def interpreter(self, folder: Path) -> str:
        """That of a fresh or kept environment."""
        if self.venv_cache_path is None:
            return self._make(folder / "venv")
        facts = json.dumps(
            [self.requirements, self.python_version, self.system_site_packages, self.pip_install_options]
        )
        kept = Path(self.venv_cache_path) / f"venv-{sha256(facts.encode()).hexdigest()[:16]}"
        if not (kept / "ready").exists():
            shutil.rmtree(kept, ignore_errors=True)
            self._make(kept)
            (kept / "ready").write_text(facts)
        return str(kept / "bin" / "python")

    def _make(self, place: Path) -> str:
        base = shutil.which(f"python{self.python_version}") if self.python_version else sys.executable
        if base is None:
            raise AirflowException(f"There is no python{self.python_version} on this machine.")
        site = ["--system-site-packages"] if self.system_site_packages else []
        bare = [] if self.requirements else ["--without-pip"]
        self._must([base, "-m", "venv", *site, *bare, str(place)])
        python = str(place / "bin" / "python")
        if self.requirements:
            wanted = "\n".join(self.requirements)
            listing = place / "requirements.txt"
            listing.write_text(wanted)
            sources = [
                part
                for at, url in enumerate(self.index_urls)
                for part in ("--extra-index-url" if at else "--index-url", url)
            ]
            self._must([python, "-m", "pip", "install", "-q", *sources, *self.pip_install_options, "-r", str(listing)])
        return python

    def _must(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AirflowException(f"{' '.join(command[:4])} failed: {(done.stderr or done.stdout).strip()[-2000:]}")


class ExternalPythonOperator(_OtherInterpreter):
    """In the interpreter at ``python``."""

    template_fields: Collection[str] = ("python", "templates_dict", "op_args", "op_kwargs")

    def __init__(self, *, python: str, expect_pendulum: bool = False, **kwargs: Any) -> None:
        del expect_pendulum
        super().__init__(**kwargs)
        self.python = python

    def interpreter(self, folder: Path) -> str:
        """The given one. AirflowException when it is not there."""
        del folder
        if not Path(self.python).is_file():
            raise AirflowException(f"Python Path '{self.python}' must exist")
        return self.python


class BranchPythonVirtualenvOperator(BranchMixIn, PythonVirtualenvOperator):
    """A branch whose function runs in a virtual environment."""

    def execute(self, context: Any) -> Any:
        """Call and skip the rest."""
        return self.do_branch(context, super().execute(context))


class BranchExternalPythonOperator(BranchMixIn, ExternalPythonOperator):
    """A branch whose function runs in another interpreter."""

    def execute(self, context: Any) -> Any:
        """Call and skip the rest."""
        return self.do_branch(context, super().execute(context))


class VirtualenvDecoratedOperator(DecoratedMixin, PythonVirtualenvOperator):
    """The operator behind ``@task.virtualenv``."""

    custom_operator_name = "@task.virtualenv"


class ExternalPythonDecoratedOperator(DecoratedMixin, ExternalPythonOperator):
    """The operator behind ``@task.external_python``."""

    custom_operator_name = "@task.external_python"


class BranchVirtualenvDecoratedOperator(DecoratedMixin, BranchPythonVirtualenvOperator):
    """The operator behind ``@task.branch_virtualenv``."""

    custom_operator_name = "@task.branch_virtualenv"


class BranchExternalPythonDecoratedOperator(DecoratedMixin, BranchExternalPythonOperator):
    """The operator behind ``@task.branch_external_python``."""

    custom_operator_name = "@task.branch_external_python"
