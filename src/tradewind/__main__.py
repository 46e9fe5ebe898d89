"""``python -m tradewind`` is the command ``tradewind``."""

import sys

from tradewind.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
