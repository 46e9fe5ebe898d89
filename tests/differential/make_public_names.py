"""Write down which names Airflow's modules offer: ``python tests/differential/make_public_names.py 1=DIR 2=DIR 3=DIR``.

DIR is a ``site-packages`` folder (or an unpacked wheel) that holds that major version's ``airflow``. The sources are
read, never imported: a public name is one that ``__all__`` lists or, without it, a class, function or value that the
module defines and that does not begin with an underscore. Each line of ``public_names.txt`` is a module, the major
versions, and names that exactly those versions have.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).with_name("public_names.txt")
#: What people write DAGs, plugins, operators and providers with. Servers, pages and commands are no import surface.
PARTS = frozenset(
    (
        "assets", "configuration", "contrib", "datasets", "decorators", "exceptions", "executors", "hooks", "io",
        "lineage", "listeners", "macros", "models", "notifications", "operators", "plugins_manager", "policies",
        "providers_manager", "sdk", "secrets", "sensors", "settings", "stats", "task", "template", "templates",
        "timetables", "triggers", "utils", "version",
    )
)  # fmt: skip
#: Private in fact: read by Airflow's own processes only.
INNER = ("sdk.api", "sdk.execution_time", "contrib.example_dags", "contrib.plugins", "contrib.kubernetes_tests")
_MAKERS = ("TypeVar", "ParamSpec", "getLogger", "get_logger", "structlog.get_logger", "logging.getLogger")


def files(root: Path) -> Iterator[tuple[str, Path]]:
    """Dotted paths below ``airflow`` and their files."""
    for file in sorted(root.rglob("*.py")):
        words = list(file.relative_to(root).with_suffix("").parts)
        if words[-1] == "__init__":
            words.pop()
        path = ".".join(words)
        inner = any(path == one or path.startswith(f"{one}.") for one in INNER)
        if (not words or words[0] in PARTS) and not inner and not any(w.startswith("_") or w == "tests" for w in words):
            yield path, file


def _assigned(node: ast.stmt) -> tuple[list[str], ast.expr | None]:
    if isinstance(node, ast.Assign):
        return [one.id for one in node.targets if isinstance(one, ast.Name)], node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id], node.value
    return [], None


def _texts(value: ast.expr | None) -> set[str]:
    if value is None:
        return set()
    return {one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def names(file: Path, dotted: str) -> set[str]:
    """What the module offers."""
    found: set[str] = set()
    listed: set[str] | None = None
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ImportFrom) and file.name == "__init__.py" and (
            node.level == 1 or (node.module or "").startswith(dotted)
        ):  # fmt: skip
            found |= {one.asname or one.name for one in node.names}
        targets, value = _assigned(node)
        for name in targets:
            maker = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
            if name == "__all__":
                listed = _texts(value)
            elif "lazy_imports" in name and isinstance(value, ast.Dict):
                found |= {key.value for key in value.keys if isinstance(key, ast.Constant)}
            elif not maker.endswith(_MAKERS) and name not in ("log", "logger"):
                found.add(name)
    return {name for name in (found if listed is None else listed) if not name.startswith("_") and name != "*"}


def main(words: list[str]) -> int:
    """Read every version and write the list."""
    majors: dict[str, dict[str, str]] = defaultdict(lambda: defaultdict(str))
    for word in sorted(words):
        major, _, place = word.partition("=")
        root = Path(place) / "airflow"
        if not root.is_dir():
            print(f"{root} is no folder. Say: 1=DIR 2=DIR 3=DIR, each a site-packages folder.", file=sys.stderr)
            return 2
        for path, file in files(root):
            dotted = f"airflow.{path}".rstrip(".")
            for name in names(file, dotted):
                majors[dotted][name] += major
    lines = []
    for dotted in sorted(majors):
        by_majors: dict[str, list[str]] = defaultdict(list)
        for name, those in majors[dotted].items():
            by_majors[those].append(name)
        lines += [f"{dotted} {those} {' '.join(sorted(by_majors[those]))}" for those in sorted(by_majors)]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{sum(map(len, majors.values()))} names of {len(majors)} modules in {TARGET.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
