"""``AirflowPlugin``: what add-on code brings, as class attributes."""

from __future__ import annotations

from typing import Any, ClassVar


class AirflowPlugin:
    """Subclass it in the plugins folder or name it as an entry point of a package."""

    name: ClassVar[str | None] = None
    macros: ClassVar[list[Any]] = []
    timetables: ClassVar[list[Any]] = []
    listeners: ClassVar[list[Any]] = []
    global_operator_extra_links: ClassVar[list[Any]] = []
    operator_extra_links: ClassVar[list[Any]] = []
    priority_weight_strategies: ClassVar[list[Any]] = []
    hook_lineage_readers: ClassVar[list[Any]] = []
    hooks: ClassVar[list[Any]] = []
    executors: ClassVar[list[Any]] = []
    admin_views: ClassVar[list[Any]] = []
    flask_blueprints: ClassVar[list[Any]] = []
    menu_links: ClassVar[list[Any]] = []
    appbuilder_views: ClassVar[list[Any]] = []
    appbuilder_menu_items: ClassVar[list[Any]] = []
    fastapi_apps: ClassVar[list[Any]] = []

    @classmethod
    def validate(cls) -> None:
        """ValueError when it has no name."""
        if not cls.name:
            raise ValueError(f"The plugin {cls.__name__} needs a name.")

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Called once after loading."""
