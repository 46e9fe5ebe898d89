"""Import a DAG file and say which DAGs it makes and what it read to make them."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import tokenize
import traceback
import warnings
import zipimport
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from tradewind.errors import DagFileError, DuplicateDagIdError, DuplicateTaskIdError, TradewindError
from tradewind.sdk import current, plugin_loading, scope, watch
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowClusterPolicyViolation, AirflowException, DuplicateTaskIdFound
from tradewind.sdk.source_loader import ByContentLoader, cache_by_content

#: Names at module level that ask for the time or for chance: such a file may say something else next time.
_VOLATILE_NAMES = frozenset(
    {"now", "utcnow", "today", "days_ago", "uuid1", "uuid4", "urandom", "randint", "getrandbits", "time_ns", "shuffle"}
)
_modules_by_root: dict[str, set[str]] = {}


@dataclass
class Reads:
    """What a file read while it was imported. ``files``: path (relative to the root when below it) to sha256; a path
    that ends with "/" is a folder that was listed, its hash that of its sorted names.
    """

    files: dict[str, str] = field(default_factory=dict)
    variables: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)
    volatile: bool = False


@dataclass
class LoadedFile:
    """The DAGs of a file by id, what it read, and the warnings Python gave."""

    dags: dict[str, DAG]
    reads: Reads
    warnings: list[dict[str, Any]] = field(default_factory=list)
    module: ModuleType | None = None


_latest = Reads()


def current_reads() -> Reads:
    """What the file loaded last (or being loaded, when it failed) has read so far."""
    return _latest


def use_client(client: Any) -> None:
    """Who answers look-ups of variables and connections at the top level of DAG files."""
    current.set_client(client)


def _sha256() -> Any:
    """``hashlib`` loads OpenSSL, which every process of a task would carry along; the interpreter has one built in."""
    for name in ("_sha256", "_sha2", "hashlib"):  # Python 3.11, later ones, other interpreters
        with suppress(ImportError):
            return importlib.import_module(name).sha256()
    raise AssertionError("unreachable")


def _hex(data: bytes) -> str:
    digest = _sha256()
    digest.update(data)
    return str(digest.hexdigest())


def hash_of(path: Path) -> str:
    """sha256 of a file's bytes, or of a folder's sorted names; "" when it is gone."""
    try:
        if path.is_dir():
            names = sorted(p.name for p in path.iterdir() if p.name != "__pycache__")
            return _hex("\n".join(names).encode())
        return _hex(path.read_bytes())
    except OSError:
        return ""


def load_file(path: Path, root: Path, bundle: str = "dags-folder") -> LoadedFile:
    """Import the file with ``root`` (and its ``plugins``) on sys.path. DagFileError says file, line and hint."""
    global _latest
    path, root = Path(path).absolute(), Path(root).absolute()
    cache_by_content(root)
    plugin_loading.loaded()
    _forget_modules(root)
    _latest = reads = Reads()
    text = "" if path.suffix == ".zip" else _source(path)
    seen = watch.Seen(root)
    made: list[Any] = []
    before = set(sys.modules)
    try:
        with warnings.catch_warnings(record=True) as caught, _paths(root), _scoped(path, made), watch.watching(seen):
            warnings.simplefilter("always")
            module = _import_zip(path, root) if path.suffix == ".zip" else _import(path, root)
    finally:
        _finish(reads, seen, set(sys.modules) - before, path, root, text)
    try:
        dags = plugin_loading.apply_policies(_collect(module, made, path))
    except AirflowClusterPolicyViolation as error:
        raise DagFileError(str(error), file=str(path), hint="Change the file, or the policy.") from error
    for dag in dags.values():
        dag.fileloc = str(path)
        dag.bundle = bundle
    return LoadedFile(dags=dags, reads=reads, warnings=[_warning(w) for w in caught], module=module)


def _finish(reads: Reads, seen: watch.Seen, fresh: set[str], path: Path, root: Path, text: str) -> None:
    ours = {name for name in fresh if _below(sys.modules.get(name), root)}
    _modules_by_root.setdefault(str(root), set()).update(ours)
    for name in ours:
        seen.note_file(str(getattr(sys.modules[name], "__file__", "") or ""))
    reads.files = _hashes({*seen.files, str(path)}, root)
    reads.variables, reads.connections = sorted(seen.variables), sorted(seen.connections)
    reads.volatile = seen.volatile or _asks_time(text, path)


def _source(path: Path) -> str:
    try:
        with tokenize.open(path) as file:  # as Python itself reads it: a coding line or a byte order mark counts
            return file.read()
    except OSError as error:
        raise DagFileError(
            f"Cannot read the file: {error}.", file=str(path), hint="Check its path and permissions."
        ) from None
    except (UnicodeDecodeError, SyntaxError) as error:
        raise DagFileError(
            f"The file is not UTF-8 text: {error}.",
            file=str(path),
            hint="Save it as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-",
        ) from None


def module_name(path: Path) -> str:
    """A name no import statement can meet."""
    digest = _hex(str(path).encode())[:16]
    return f"tradewind_dag_{digest}_{path.stem.replace('-', '_').replace('.', '_')}"


def _import(path: Path, root: Path) -> ModuleType:
    name = module_name(path)
    sys.modules.pop(name, None)
    spec = importlib.util.spec_from_file_location(name, path, loader=ByContentLoader(name, str(path)))
    if spec is None or spec.loader is None:
        raise DagFileError("The file is not Python.", file=str(path), hint="DAG files end with .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        sys.modules.pop(name, None)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise file_error(error, path, root) from error
    return module


def _import_zip(path: Path, root: Path) -> ModuleType:
    """Every Python file at the top of the zip, as one module; what else it holds can be imported by them."""
    import zipfile  # noqa: PLC0415  few files are one

    try:
        with zipfile.ZipFile(path) as archive:
            stems = sorted(name[:-3] for name in archive.namelist() if name.endswith(".py") and "/" not in name)
    except (OSError, zipfile.BadZipFile) as error:
        raise DagFileError(f"Cannot read the zip: {error}.", file=str(path), hint="Pack it again.") from None
    sys.path[:] = [str(path), *(place for place in sys.path if place != str(path))]
    whole = ModuleType(module_name(path))
    sys.modules[whole.__name__] = whole
    for stem in stems:
        spec = zipimport.zipimporter(str(path)).find_spec(stem)
        if spec is None or spec.loader is None:
            continue
        part = importlib.util.module_from_spec(spec)
        sys.modules[stem] = part
        try:
            spec.loader.exec_module(part)
        except BaseException as error:
            sys.modules.pop(stem, None)
            if isinstance(error, KeyboardInterrupt):
                raise
            raise file_error(error, path / f"{stem}.py", root) from error
        vars(whole).update({f"{stem}.{name}": value for name, value in vars(part).items()})
    return whole


def file_error(error: BaseException, path: Path, root: Path) -> DagFileError:
    """What went wrong while the file was imported, with the line of the file (or of a module below the root)."""
    if isinstance(error, DagFileError):
        error.file = error.file or str(path)
        return error
    line = _line_in(error, path)
    hint = error.hint if isinstance(error, TradewindError) else _advice(error)
    if isinstance(error, SyntaxError) and error.lineno and error.filename == str(path):
        line = error.lineno
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    if type(error).__module__.startswith("tradewind.") and str(error):
        text = str(error)  # our words need no class name in front
    if isinstance(error, DuplicateTaskIdFound):
        return DuplicateTaskIdError(
            str(error) + ".", file=str(path), line=error.line or line, hint="Give one of them another id."
        )
    if isinstance(error, SystemExit):
        text = f"The file called sys.exit({error.code!r}) while it was imported."
        hint = "Take the call out of the top level of the file, or put it under `if __name__ == '__main__':`."
    return DagFileError(text, file=str(path), line=line, hint=hint)


def _line_in(error: BaseException, path: Path) -> int | None:
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return lines[-1] if lines else None


def _advice(error: BaseException) -> str | None:
    if isinstance(error, ModuleNotFoundError):
        return f"Install the package that brings {error.name!r} where Tradewind runs, or put the module in the DAGs folder."
    if isinstance(error, ImportError):
        return "Check the name after `import`; the package may be of another version."
    if isinstance(error, SyntaxError):
        return "Mend the line; `python -m py_compile FILE` shows the same error."
    if isinstance(error, KeyError) and "Variable" in str(error):
        return "Create the variable, or give Variable.get a default."
    if isinstance(error, AirflowException):
        return None  # says itself what to do
    return "Mend that line; the traceback shows how it got there. `python FILE` runs the file by itself."


@contextmanager
def _paths(root: Path) -> Iterator[None]:
    added = [str(p) for p in (root, root / "plugins") if str(p) not in sys.path and (p == root or p.is_dir())]
    sys.path[:0] = added
    importlib.invalidate_caches()
    try:
        yield
    finally:
        # Left in place on purpose: functions of the file may import their helpers when the task runs.
        sys.path[:] = list(dict.fromkeys(sys.path))


@contextmanager
def _scoped(path: Path, made: list[Any]) -> Iterator[None]:
    before = scope.registered, scope.loading_file
    scope.registered, scope.loading_file = made, str(path)
    with scope.closed():
        scope.detached = False
        try:
            yield
        finally:
            scope.registered, scope.loading_file = before


def _collect(module: ModuleType, made: list[Any], path: Path) -> dict[str, DAG]:
    """DAGs bound to global names, then anonymous ones; the same object under two names counts once."""
    dags: dict[str, DAG] = {}
    for dag in [*[v for v in vars(module).values() if isinstance(v, DAG)], *made]:
        known = dags.get(dag.dag_id)
        if known is not None and known is not dag:
            raise DuplicateDagIdError(
                f"Two DAGs of this file have the id {dag.dag_id!r}.",
                file=str(path),
                line=dag.line,
                hint="Give each DAG an id of its own.",
            )
        dags[dag.dag_id] = dag
    return dags


def _below(module: Any, root: Path) -> bool:
    file = getattr(module, "__file__", None)
    return bool(file) and str(file).startswith(str(root) + "/")


def _forget_modules(root: Path) -> None:
    """Modules below the root are imported anew, so that each file's reads are complete and edits are seen."""
    for name in _modules_by_root.pop(str(root), ()):
        sys.modules.pop(name, None)


def _hashes(files: set[str], root: Path) -> dict[str, str]:
    found = {}
    for name in sorted(files):
        place = Path(name)
        digest = hash_of(place)
        if not digest:
            continue
        shown = str(place.relative_to(root)) if place.is_relative_to(root) else str(place)
        found[shown + ("/" if place.is_dir() else "")] = digest
    return found


def _asks_time(text: str, path: Path) -> bool:
    """Whether code that runs at import names a function that asks for the time or for chance."""
    if not any(name in text for name in _VOLATILE_NAMES):
        return False
    try:
        tree = ast.parse(text, str(path))
    except (SyntaxError, ValueError):
        return False
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _VOLATILE_NAMES:
                return True
        todo.extend(ast.iter_child_nodes(node))
    return False


def _warning(caught: warnings.WarningMessage) -> dict[str, Any]:
    return {
        "category": caught.category.__name__,
        "message": str(caught.message),
        "file": caught.filename,
        "line": caught.lineno,
    }


__all__ = ["LoadedFile", "Reads", "current", "file_error", "hash_of", "load_file", "module_name"]
