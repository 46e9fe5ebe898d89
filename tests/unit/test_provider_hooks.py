"""Hooks of provider packages are imported one by one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tradewind.compat.providers_manager import Hooks


def test_asking_for_one_hook_imports_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tw_light.py").write_text("class Hook:\n    conn_name_attr = 'light_id'\n    hook_name = 'Light'\n")
    (tmp_path / "tw_heavy.py").write_text("raise ImportError('a vendor library that is not here')\n")
    monkeypatch.syspath_prepend(tmp_path)
    told = {kind: ("a-package", {"hook-class-name": f"tw_{kind}.Hook"}) for kind in ("light", "heavy")}
    hooks = Hooks(told)
    assert (list(hooks), len(hooks), "light" in hooks, hooks.get("dark")) == (["heavy", "light"], 2, True, None)
    assert "tw_light" not in sys.modules
    found = hooks["light"]
    assert found is not None
    assert (found.hook_name, found.connection_id_attribute_name, found.package_name) == (
        "Light",
        "light_id",
        "a-package",
    )
    assert hooks["light"] is found
    assert dict(hooks) == {"heavy": None, "light": found}
