"""Run one target under atheris: ``under_atheris.py TARGET`` and what libFuzzer takes; `run.py` calls it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any


def main(target: str, *options: str) -> None:
    """Fuzz until a limit among the options ends it, or a finding does."""
    atheris: Any = importlib.import_module("atheris")  # not on every platform, nor typed
    sys.path.insert(0, str(Path(__file__).parent))  # for PYTHONSAFEPATH
    with atheris.instrument_imports(include=["openscaler_async"]):
        targets = importlib.import_module("targets")
    atheris.Setup([sys.argv[0], *options], targets.TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
