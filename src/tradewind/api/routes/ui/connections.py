"""The forms of connections, by type."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.actions.test_connection import may_test
from tradewind.api.deps import ReadConnections, json_answer
from tradewind.domain.connection_form import ConnectionForm

router = APIRouter(prefix="/ui/connections", tags=["page"])


def _document(form: ConnectionForm) -> dict[str, Any]:
    return {
        "connection_type": form.conn_type,
        "hook_name": form.name,
        "hook_class_name": form.hook_class,
        "package_name": form.package,
        "installed": form.installed,
        "default_conn_name": form.default_conn_id,
        "standard_fields": {
            name: {"title": each.title, "hidden": each.hidden, "placeholder": each.placeholder}
            for name, each in form.standard.items()
        },
        "extra_fields": {
            each.name: {
                "value": each.schema.get("default"),
                "schema": {**each.schema, "title": each.title},
                "description": each.description,
                "placeholder": each.placeholder,
            }
            for each in form.extra
        },
    }


@router.get("/hook_meta")
def hook_meta(visit: ReadConnections) -> Response:
    """How the form of each type of connection looks, and whether connections may be tried."""
    return json_answer({"testable": may_test(visit.act), "types": [_document(form) for form in visit.door.forms()]})
