"""Calls to an HTTP service named by a connection."""

from __future__ import annotations

from typing import Any

from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.hooks import BaseHook


class HttpHook(BaseHook):
    """A requests session with the address, log-in and headers of a connection (``extra`` holds headers)."""

    conn_name_attr = "http_conn_id"
    default_conn_name = "http_default"
    conn_type = "http"
    hook_name = "HTTP"

    def __init__(
        self, method: str = "POST", http_conn_id: str = default_conn_name, auth_type: Any = None, **_: Any
    ) -> None:
        super().__init__()
        self.method = method.upper()
        self.http_conn_id = http_conn_id
        self.auth_type = auth_type
        self.base_url = ""

    def get_conn(self, headers: dict[str, Any] | None = None) -> Any:
        """A session that is ready to call the service."""
        import requests  # noqa: PLC0415  heavy; only a running task needs it

        session = requests.Session()
        connection = self.get_connection(self.http_conn_id) if self.http_conn_id else None
        if connection is not None:
            self.base_url = self._address(connection)
            if connection.login:
                make = self.auth_type or requests.auth.HTTPBasicAuth
                session.auth = make(connection.login, connection.password or "")
            extra = dict(connection.extra_dejson)
            session.headers.update({str(name): str(value) for name, value in extra.items()})
        if headers:
            session.headers.update(headers)
        return session

    @staticmethod
    def _address(connection: Any) -> str:
        host = connection.host or ""
        if "://" in host:
            address = host
        else:
            scheme = connection.schema if connection.schema in ("http", "https") else "http"
            address = f"{scheme}://{host}"
        return f"{address}:{connection.port}" if connection.port else address

    def url_from_endpoint(self, endpoint: str | None) -> str:
        """The full address of an endpoint."""
        if not endpoint:
            return self.base_url
        if "://" in endpoint:
            return endpoint
        return f"{self.base_url.rstrip('/')}/{endpoint.lstrip('/')}"

    def run(
        self,
        endpoint: str | None = None,
        data: Any = None,
        headers: dict[str, Any] | None = None,
        extra_options: dict[str, Any] | None = None,
        **request_kwargs: Any,
    ) -> Any:
        """Call the service. AirflowException for a status of 400 or more, unless extra_options["check_response"] is False."""
        options = dict(extra_options or {})
        check = options.pop("check_response", True)
        session = self.get_conn(headers)
        place = {"params": data} if self.method in ("GET", "HEAD") else {"data": data}
        url = self.url_from_endpoint(endpoint)
        options.setdefault("timeout", 60)
        self.log.info("Sending %s to %s", self.method, url)
        response = session.request(self.method, url, **place, **options, **request_kwargs)
        if check:
            self.check_response(response)
        return response

    def check_response(self, response: Any) -> None:
        """Raise for a refusal."""
        if response.status_code >= 400:
            self.log.error("HTTP error: %s %s\n%s", response.status_code, response.reason, response.text)
            raise AirflowException(f"{response.status_code}:{response.reason}")

    def test_connection(self) -> tuple[bool, str]:
        """Whether the service answers."""
        try:
            self.run()
        except Exception as error:
            return False, str(error)
        return True, "Connection successfully tested"
