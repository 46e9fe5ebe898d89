"""The template engine's own classes. Imported only where something is rendered."""

from __future__ import annotations

from typing import Any

import jinja2.nativetypes
import jinja2.runtime
import jinja2.sandbox


class LazyContext(jinja2.runtime.Context):
    """Looks names up in the task's context when a template asks, instead of having them all made first."""

    tradewind_source: Any = None

    def resolve_or_missing(self, key: str) -> Any:
        """A name of the template, of the task's context, or of the DAG's macros."""
        if key in self.vars:
            return self.vars[key]
        source = self.tradewind_source
        if source is not None and key in source:
            return source[key]
        return super().resolve_or_missing(key)

    def get_all(self) -> dict[str, Any]:
        """All names, for included templates."""
        return {**super().get_all(), **(dict(self.tradewind_source) if self.tradewind_source is not None else {})}


class _Sandbox(jinja2.sandbox.SandboxedEnvironment):
    def is_safe_attribute(self, obj: Any, attr: Any, value: Any) -> bool:
        """Names with an underscore may be read (authors do); the interpreter's internals may not."""
        return not jinja2.sandbox.is_internal_attribute(obj, attr)


class TextEngine(_Sandbox):
    """Renders to text."""


class NativeEngine(_Sandbox, jinja2.nativetypes.NativeEnvironment):
    """Renders to Python objects."""
