"""``BashOperator``: runs a shell command."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Container
from typing import Any

from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException
from tradewind.sdk.execution_env import context_variables
from tradewind.sdk.subprocess_hook import Command


class BashOperator(BaseOperator):
    """Runs ``bash -c command`` in a folder of its own, line by line into the log; the last line is the value.

    The task ends when the command's output is closed: a child left in the background holds it open. Exit code 0 is
    success, one of ``skip_on_exit_code`` a skip, any other a failure.
    """

    template_fields: Collection[str] = ("bash_command", "env", "cwd")
    template_fields_renderers = {"bash_command": "bash", "env": "json"}  # noqa: RUF012  Airflow's plain class attribute
    template_ext = (".sh", ".bash")
    ui_color = "#f0ede4"

    def __init__(
        self,
        *,
        bash_command: Any,
        env: dict[str, str] | None = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_exit_code: int | None = None,
        skip_on_exit_code: int | Container[int] | None = 99,
        cwd: str | None = None,
        output_processor: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command, self.env, self.append_env = bash_command, env, append_env
        self.output_encoding, self.cwd, self.output_processor = output_encoding, cwd, output_processor
        if skip_exit_code is not None:
            skip_on_exit_code = skip_exit_code
        self.skip_on_exit_code: Container[int] = (
            skip_on_exit_code
            if skip_on_exit_code is not None and not isinstance(skip_on_exit_code, int)
            else [] if skip_on_exit_code is None else [skip_on_exit_code]
        )  # fmt: skip
        self._command = Command(self.log, self.output_encoding)

    def get_env(self, context: Any) -> dict[str, str]:
        """The command's environment: the worker's, the author's, or both; always with the run's facts."""
        base = dict(os.environ) if self.env is None or self.append_env else {}
        return {**base, **{k: str(v) for k, v in (self.env or {}).items()}, **context_variables(self, context)}

    def execute(self, context: Any) -> Any:
        """Run it."""
        if self.cwd is not None:
            if not os.path.exists(self.cwd):  # noqa: PTH110  the text is the author's, kept as given
                raise AirflowException(f"Can not find the cwd: {self.cwd}")
            if not os.path.isdir(self.cwd):  # noqa: PTH112
                raise AirflowException(f"The cwd {self.cwd} must be a directory")
        self.log.info("Running command: ['bash', '-c', %r]", self.bash_command)
        bash = shutil.which("bash") or "bash"
        code, last = self._command.run([bash, "-c", self.bash_command], self.get_env(context), self.cwd)
        if code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {code}. Skipping.")
        if code != 0:
            raise AirflowException(f"Bash command failed. The command returned a non-zero exit code {code}.")
        return self.output_processor(last) if self.output_processor is not None else last

    def on_kill(self) -> None:
        """End the command and all it started."""
        self._command.stop()
