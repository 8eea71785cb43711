"""``python -m openscaler_async.cli``: the same as ``openscaler``."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
