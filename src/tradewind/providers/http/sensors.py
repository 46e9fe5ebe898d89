"""Waiting for an HTTP service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tradewind.providers.http.hooks import HttpHook
from tradewind.providers.http.operators import call_with_context
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.sensors.base import BaseSensorOperator


class HttpSensor(BaseSensorOperator):
    """Done when the endpoint answers and ``response_check`` agrees; a 404 means "not yet"."""

    template_fields: Sequence[str] = ("endpoint", "request_params", "headers")

    def __init__(
        self,
        *,
        endpoint: str,
        http_conn_id: str = "http_default",
        method: str = "GET",
        request_params: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        response_check: Callable[..., bool] | None = None,
        response_error_codes_allowlist: list[str] | None = None,
        extra_options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint = endpoint
        self.http_conn_id = http_conn_id
        self.method = method
        self.request_params = request_params or {}
        self.headers = headers or {}
        self.response_check = response_check
        self.response_error_codes_allowlist = tuple(response_error_codes_allowlist or ("404",))
        self.extra_options = extra_options or {}

    def poke(self, context: Any) -> bool:
        """Ask once."""
        hook = HttpHook(self.method, http_conn_id=self.http_conn_id)
        try:
            response = hook.run(self.endpoint, self.request_params, self.headers, self.extra_options)
        except AirflowException as refusal:
            if str(refusal).split(":")[0] in self.response_error_codes_allowlist:
                return False
            raise
        return bool(call_with_context(self.response_check, response, context)) if self.response_check else True
