"""``Templater``: what operators and notifiers have in common, templated attributes and the way to render them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

# The template engine is loaded by the first template only: each method brings it in by itself.


class Templater:
    """An object with ``template_fields``. Subclasses may take over a step: how a field, or an object in one, is rendered."""

    template_fields: Collection[str] = ()
    template_ext: Sequence[str] = ()

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Replace the templated attributes of this object by their values."""
        from tradewind.sdk.template import render_fields  # noqa: PLC0415

        render_fields(self, context, jinja_env)

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """The value with its templates rendered."""
        from tradewind.sdk.template import render_value  # noqa: PLC0415

        return render_value(self, content, context, jinja_env)

    def get_template_env(self, dag: Any = None) -> Any:
        """The Jinja environment it is rendered with."""
        from tradewind.sdk.template import environment_of  # noqa: PLC0415

        return environment_of(self, dag)

    def prepare_template(self) -> None:
        """Hook for classes whose template files need work after loading."""

    def _do_render_template_fields(
        self, parent: Any, template_fields: Iterable[str], context: Any, jinja_env: Any, seen_oids: set[int]
    ) -> None:
        """Render these attributes of ``parent``: of this object itself, or of one that stands in a field of it."""
        for name in [template_fields] if isinstance(template_fields, str) else template_fields:
            value = getattr(parent, name)
            if value is not None:
                setattr(parent, name, self.render_template(value, context, jinja_env, seen_oids))

    def _render_nested_template_fields(self, content: Any, context: Any, jinja_env: Any, seen_oids: set[int]) -> None:
        """Render an object that stands in a field, in place: its own ``template_fields``, where it has any."""
        if id(content) not in seen_oids and getattr(content, "template_fields", None):
            seen_oids.add(id(content))
            self._do_render_template_fields(content, content.template_fields, context, jinja_env, seen_oids)


def takes_over(thing: Any, step: str) -> bool:
    """Whether the object's class writes this step of a Templater itself."""
    own = getattr(type(thing), step, None)
    return own is not None and own is not getattr(Templater, step)
