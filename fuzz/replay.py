"""Give inputs to a target without atheris, and show what they reach: ``replay.py TARGET FILE...``.

For findings, which then raise with a plain traceback, and for the corpora of `run.py`.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Final

import coverage

_ABOUT: Final = {
    "decoder": ["_sse"],
    "protocol": ["_sse", "_protocol", "_history", "_json"],
    "wire": ["_json", "_wire", "tickets"],
}


def main(target: str, *files: str) -> None:
    """Give the target each file, then print the coverage of the modules that it is about."""
    sys.path.insert(0, str(Path(__file__).parent))  # for PYTHONSAFEPATH
    watch = coverage.Coverage(data_file=None, config_file=False, branch=True, source_pkgs=["openscaler_async"])
    with watch.collect():
        check = importlib.import_module("targets").TARGETS[target]
        for file in files:
            check(Path(file).read_bytes())
    watch.report(include=[f"*/{module}.py" for module in _ABOUT[target]], show_missing=True, precision=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
