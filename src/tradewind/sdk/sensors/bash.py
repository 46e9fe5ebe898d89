"""``BashSensor``: waits until a command ends with exit code 0."""

from __future__ import annotations

import os
import shutil
from typing import Any

from tradewind.sdk.exceptions import AirflowFailException
from tradewind.sdk.execution_env import context_variables
from tradewind.sdk.sensors.base import BaseSensorOperator
from tradewind.sdk.subprocess_hook import Command


class BashSensor(BaseSensorOperator):
    """Exit code 0 means done, ``retry_exit_code`` (when given) not yet, any other failure then."""

    template_fields = ("bash_command", "env")
    template_ext = (".sh", ".bash")

    def __init__(
        self,
        *,
        bash_command: str,
        env: dict[str, str] | None = None,
        output_encoding: str = "utf-8",
        retry_exit_code: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command, self.env, self.retry_exit_code = bash_command, env, retry_exit_code
        self._command = Command(self.log, output_encoding)

    def poke(self, context: Any) -> bool:
        """Run it."""
        env = {**(dict(os.environ) if self.env is None else self.env), **context_variables(self, context)}
        code, _ = self._command.run([shutil.which("bash") or "bash", "-c", self.bash_command], env, None)
        if code and self.retry_exit_code is not None and code != self.retry_exit_code:
            raise AirflowFailException(f"Command exited with return code {code}")
        return code == 0

    def on_kill(self) -> None:
        """End the command."""
        self._command.stop()
