"""What ``standalone`` does before its children start, in a process of its own: migrate, see to an admin.

``python -m tradewind.cli.prepare`` prints one line of JSON: {"password": the admin's if it was made now, else null}.
"""

from __future__ import annotations

import json
import sys

from tradewind.actions.edit_access import ensure_admin
from tradewind.cli.door import open_act
from tradewind.errors import InvalidArgument, TradewindError
from tradewind.store.migrate import upgrade


def main() -> int:
    """The exit code; a failure is one sentence and a hint on stderr."""
    try:
        act = open_act(checked=False)
        upgrade(act.store)
        sys.stdout.write(json.dumps({"password": ensure_admin(act)}) + "\n")
    except TradewindError as error:
        sys.stderr.write(f"tradewind: {error}\n")
        return 2 if isinstance(error, InvalidArgument) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
