"""Fields of connection forms as older hooks describe them: with ``wtforms`` and ``flask_appbuilder``, which need not be here.

Where those libraries are missing, modules of their names stand in, whose every name makes a note of how it was called.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

_LIBRARIES = {
    "wtforms": ("wtforms.validators", "wtforms.fields", "wtforms.widgets"),
    "flask_appbuilder": ("flask_appbuilder.fieldwidgets", "flask_appbuilder.forms", "flask_appbuilder.fields"),
    "flask_babel": (),
}


class Note:
    """How a field was asked for: by which class, with what."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.field_class, self.args, self.kwargs = type(self), args, kwargs


class Standin(ModuleType):
    """A module in which every name is a class of notes; ``lazy_gettext`` gives its text back."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("lazy_gettext", "gettext"):
            return str
        made = type(name, (Note,), {})
        setattr(self, name, made)
        return made


def install() -> None:
    """Let modules stand in for the libraries that are missing."""
    for library, parts in _LIBRARIES.items():
        if importlib.util.find_spec(library) is None:
            for name in (library, *parts):
                sys.modules[name] = Standin(name)
                sys.modules[name].__path__ = []


def facts_of(hook: Any, conn_type: str) -> dict[str, Any]:
    """What a hook's two methods say, as ``ui-field-behaviour`` and ``conn-fields``."""
    behaviour = dict(hook.get_ui_field_behaviour()) if hasattr(hook, "get_ui_field_behaviour") else {}
    widgets = hook.get_connection_form_widgets() if hasattr(hook, "get_connection_form_widgets") else {}
    hidden = behaviour.get("hidden_fields", behaviour.get("hidden-fields")) or []
    prefix = f"extra__{conn_type}__"
    facts: dict[str, Any] = {
        "ui-field-behaviour": {
            "hidden-fields": [name.removeprefix(prefix) for name in hidden],
            "relabeling": {k: str(v) for k, v in (behaviour.get("relabeling") or {}).items()},
            "placeholders": {k.removeprefix(prefix): str(v) for k, v in (behaviour.get("placeholders") or {}).items()},
        },
        "conn-fields": {name.removeprefix(prefix): _field(widget) for name, widget in widgets.items()},
    }
    for name in ("hook_name", "default_conn_name"):
        if isinstance(value := getattr(hook, name, None), str) and value:
            facts[name.replace("_", "-")] = value
    return facts


def _field(widget: Any) -> dict[str, Any]:
    kind = widget.field_class.__name__
    keywords = dict(widget.kwargs)
    schema: dict[str, Any] = {"type": [_TYPES.get(kind, "string"), "null"]}
    if "Password" in kind or "Password" in type(keywords.get("widget")).__name__:
        schema["format"] = "password"
    elif kind == "TextAreaField":
        schema["format"] = "multiline"
    if isinstance(keywords.get("default"), (str, int, float, bool)):
        schema["default"] = keywords["default"]
    label = widget.args[0] if widget.args else keywords.get("label")
    about = {"label": str(label) if label is not None else None, "schema": schema}
    if keywords.get("description"):
        about["description"] = str(keywords["description"])
    return about


_TYPES = {"IntegerField": "integer", "FloatField": "number", "DecimalField": "number", "BooleanField": "boolean"}
