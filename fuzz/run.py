"""Fuzz each target for some time, starting from what was found before; a finding ends it with an error.

python fuzz/run.py                  a minute each
python fuzz/run.py 600 decoder      one of them, longer

What is kept is in .nox/.fuzz: the inputs that reach something new, and the findings.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))  # for PYTHONSAFEPATH

import targets

HERE: Final = Path(__file__).parent
KEPT: Final = HERE.parent / ".nox" / ".fuzz"
SECONDS: Final = 60
MAX_LEN: Final = {"decoder": 1024, "protocol": 1024, "wire": 4096}  # bytes of an input
ENOUGH: Final = 4_000  # characters of a log, to see what was found
OPTIONS: Final = {
    "timeout": 20,  # seconds for one input; some milliseconds are usual
    "rss_limit_mb": 1024,
    "print_final_stats": 1,
}


def prepare(target: str) -> tuple[Path, Path]:
    """Write down what a target starts from: its corpus, and the words of its language."""
    corpus, dictionary = KEPT / target, KEPT / f"{target}.words"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(targets.seeds(target)):
        if len(seed) <= MAX_LEN[target]:
            corpus.joinpath(f"seed-{number:04}").write_bytes(seed)
    lines = ['"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in targets.words(target)]
    dictionary.write_text("".join(lines), "ascii")
    return corpus, dictionary


def fuzz(target: str, seconds: int) -> bool:
    """Fuzz one target, print what it reached or what was found, and tell whether nothing was."""
    corpus, dictionary = prepare(target)
    log, finding = KEPT / f"{target}.log", f"{KEPT / target}-finding-"
    options = {"max_total_time": seconds, "max_len": MAX_LEN[target], "dict": dictionary, "artifact_prefix": finding}
    flags = [f"-{key}={value}" for key, value in (OPTIONS | options).items()]
    command = [sys.executable, str(HERE / "under_atheris.py"), target, *flags, str(corpus)]
    with log.open("wb") as output:
        ended = subprocess.run(command, check=False, stdout=output, stderr=output)  # noqa: S603
    told = log.read_text("utf-8", "replace")
    if ended.returncode:
        print(f"{told[-ENOUGH:]}\n{target}: A FINDING; python fuzz/replay.py {target} {finding}*", flush=True)
        return False
    runs, taken = re.findall(r"^Done (\d+) runs in (\d+) second", told, re.MULTILINE)[-1]
    reached = re.findall(r"DONE +(cov: \d+ ft: \d+ corp: \S+)", told)[-1]
    print(f"{target}: {int(runs):,} executions in {taken} s, {reached}", flush=True)
    subprocess.run([sys.executable, HERE / "replay.py", target, *sorted(corpus.iterdir())], check=True)  # noqa: S603
    return True


def main(*arguments: str) -> None:
    """Fuzz one target after the other; fail at the end if there is a finding."""
    seconds = int(arguments[0]) if arguments else SECONDS
    found = [target for target in arguments[1:] or targets.TARGETS if not fuzz(target, seconds)]
    if found:
        sys.exit(f"findings: {', '.join(found)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
