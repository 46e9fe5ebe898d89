"""``--fix``: old import paths, renamed classes and old arguments rewritten in place; layout and comments stay as they are."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from tradewind.checks.source import Source
from tradewind.errors import InvalidArgument


def rewrite_file(path: Path, shown: str) -> int:
    """Rewrite one file; how many places changed. A file that is not Python, or where nothing is old, is left alone.

    Raises InvalidArgument where libcst is not installed.
    """
    before = path.read_bytes()
    after, changes = rewritten(before, path, shown)
    if changes:
        fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
        fresh.write_bytes(after)
        fresh.chmod(path.stat().st_mode & 0o7777)
        fresh.replace(path)  # whole or not at all, whatever happens
    return changes


def rewritten(text: bytes, path: Path, shown: str) -> tuple[bytes, int]:
    """The new bytes and the number of changed places."""
    try:
        import libcst  # noqa: PLC0415  optional, and only for --fix

        from tradewind.checks.rewriter import Rewriter  # noqa: PLC0415
    except ImportError:
        raise InvalidArgument(
            "--fix needs the package libcst, which is not installed.", hint="pip install 'tradewind[check]'"
        ) from None
    try:
        source = Source(path, shown, text.decode("utf-8-sig"), ast.parse(text, str(path)))
        wrapper = libcst.metadata.MetadataWrapper(libcst.parse_module(text))
    except (SyntaxError, ValueError, libcst.ParserSyntaxError):
        return text, 0
    rewriter = Rewriter(source, wrapper)
    made = wrapper.module.visit(rewriter)
    return (made.bytes, rewriter.changes) if rewriter.changes else (text, 0)
