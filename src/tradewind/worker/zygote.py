"""Where a zygote starts: before anything is imported that would slow each of its forks down (see ``forking``)."""

from __future__ import annotations

import os
import sys

from tradewind.worker import forking


def main(argv: list[str] | None = None) -> int:
    """``python -m tradewind.worker.zygote --control-fd N --files M``: until the host closes N."""
    os.environ.pop("LD_BIND_NOW", None)  # was meant for this process only
    forking.gather_hooks()
    # msgspec takes it where it is installed, and needs it on older Pythons only: half a megabyte in every task's process.
    spared = sys.version_info >= (3, 11) and "typing_extensions" not in sys.modules
    if spared:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    from tradewind.worker import zygote_loop  # noqa: PLC0415  what it imports must come after the lines above

    if spared:
        del sys.modules["typing_extensions"]
    return zygote_loop.main(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
