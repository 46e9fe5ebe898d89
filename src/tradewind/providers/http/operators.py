"""One call to an HTTP service as a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tradewind.providers.http.hooks import HttpHook
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.exceptions import AirflowException


class HttpOperator(BaseOperator):
    """Calls an endpoint; the text of the answer (or what ``response_filter`` makes of it) is the task's XCom.

    Also known by its older name SimpleHttpOperator.
    """

    template_fields: Sequence[str] = ("endpoint", "data", "headers")
    template_fields_renderers = {"headers": "json", "data": "py"}  # noqa: RUF012  Airflow's class attribute
    ui_color = "#f4a460"

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        method: str = "POST",
        data: Any = None,
        headers: dict[str, str] | None = None,
        response_check: Callable[..., bool] | None = None,
        response_filter: Callable[..., Any] | None = None,
        extra_options: dict[str, Any] | None = None,
        http_conn_id: str = "http_default",
        log_response: bool = False,
        auth_type: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint = endpoint
        self.method = method
        self.data = {} if data is None else data
        self.headers = headers or {}
        self.response_check = response_check
        self.response_filter = response_filter
        self.extra_options = extra_options or {}
        self.http_conn_id = http_conn_id
        self.log_response = log_response
        self.auth_type = auth_type

    def execute(self, context: Any) -> Any:
        """Make the call."""
        hook = HttpHook(self.method, http_conn_id=self.http_conn_id, auth_type=self.auth_type)
        response = hook.run(self.endpoint, self.data, self.headers, self.extra_options)
        if self.log_response:
            self.log.info("%s", response.text)
        if self.response_check and not call_with_context(self.response_check, response, context):
            raise AirflowException("Response check returned False.")
        return call_with_context(self.response_filter, response, context) if self.response_filter else response.text


def call_with_context(function: Callable[..., Any], response: Any, context: Any) -> Any:
    """Call the author's function with the response and those parts of the context it asks for by name."""
    import inspect  # noqa: PLC0415  only when a function is given

    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return function(response, **{key: context[key] for key in context})
    wanted = [p.name for p in list(parameters)[1:] if p.name in context]
    return function(response, **{name: context[name] for name in wanted})
