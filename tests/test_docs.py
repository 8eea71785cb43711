"""Every fenced code block of `README.md` and `docs/` runs as its reader would run it.

- `python`: the blocks of a page run in order and share their names, in an event loop, with `await`
  at the top if they like; a block that calls `asyncio.run` has a loop of its own. A block with
  `test_` functions is run by pytest. `Client()` talks to a simulator, not to the cloud, and
  `OPENSCALER_TOKEN` is set.
- `console`, `bash`, `sh`: each `openscaler` command runs (`openscaler simulate` until it serves).
  A prompt `$ ` marks commands among output. Commands that install things are left alone.
- An HTML comment that begins with `<!-- setup` and a line end holds Python that readers need not
  see: what a fragment has to be given. `await stack.enter_async_context(...)` opens something until
  the end of the page.
- `text`, `json` and directives of the documentation show something; no other language is known.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import re
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest
from markdown_it import MarkdownIt

from openscaler_async import Client
from openscaler_async.cli import main
from openscaler_async.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
SHELL = {"bash", "console", "sh"}
SHOWN = {"json", "text"}
INSTALLS = {"cd", "export", "git", "nox", "pip", "python", "python3", "source", "uv"}
NO_FAILURE = {0, 1, 2}  # every exit code of `openscaler` but that for wrong usage
SETUP = "<!-- setup\n"
PATIENCE = 30.0


class Block(NamedTuple):
    """A fenced code block, or a hidden setup (whose language is Python)."""

    language: str
    code: str
    line: int
    section: str


def blocks(page: Path) -> list[Block]:
    """Read the code blocks of a page, with the heading that each stands under."""
    found: list[Block] = []
    section = ""
    tokens = MarkdownIt().parse(page.read_text("utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        line = (token.map or [0])[0] + 1
        if before is not None and before.type == "heading_open":
            section = token.content
        elif token.type == "fence":
            found.append(Block(token.info.strip(), token.content, line, section))
        elif token.type == "html_block" and token.content.startswith(SETUP):
            code = token.content.removeprefix(SETUP).rpartition("-->")[0]
            found.append(Block("python", code, line, section))
    return found


class Runner:
    """Runs the blocks of one page, one after the other."""

    def __init__(self, page: Path, loop: asyncio.Runner, pytester: pytest.Pytester) -> None:
        self.page = page
        self.loop = loop
        self.pytester = pytester
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, block: Block) -> None:
        """Run one block, or fail with the line of the page it stands at."""
        where = f"{self.page.name}:{block.line}"
        if block.language == "python" and re.search(r"^(async )?def test_", block.code, re.MULTILINE):
            self.run_tests(block)
        elif block.language == "python":
            self.run_python(block)
        elif block.language in SHELL:
            for command in commands(block.code):
                self.run_command(command, where)
        else:
            shown = block.language in SHOWN or block.language.startswith("{")
            assert shown, f"{where}: what is to happen with {block.language!r}?"

    def run_python(self, block: Block) -> None:
        """Run Python, so that a traceback shows the page's own lines."""
        code = compile(
            "\n" * block.line + block.code,
            str(self.page),
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
        if "asyncio.run(" in block.code:
            eval(code, self.names)  # noqa: S307 - our own pages
        else:
            self.loop.run(self.run_in_loop(code))

    async def run_in_loop(self, code: CodeType) -> None:
        """Run what may await, or needs a running loop without saying so."""
        result = eval(code, self.names)  # noqa: S307 - our own pages
        if inspect.iscoroutine(result):
            await result

    def run_tests(self, block: Block) -> None:
        """Run a test module as a user's project would."""
        self.pytester.makepyfile(block.code)
        result = self.pytester.runpytest_subprocess("-p", "no:cacheprovider", "-oasyncio_mode=auto")
        assert result.ret == pytest.ExitCode.OK

    def run_command(self, command: list[str], where: str) -> None:
        """Run one shell command, if it is `openscaler`."""
        program, *arguments = command
        if program != "openscaler":
            assert program in INSTALLS, f"{where}: what is to happen with {program!r}?"
        elif arguments[:1] == ["simulate"]:
            self.serve(arguments)
        else:
            assert main(arguments) in NO_FAILURE, f"{where}: {shlex.join(command)}"

    def serve(self, arguments: list[str]) -> None:
        """Run `openscaler simulate` until it says where it serves, then press Ctrl-C."""
        line = [sys.executable, "-m", "openscaler_async.cli", *arguments]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own pages
            alarm = threading.Timer(PATIENCE, process.kill)
            alarm.start()
            try:
                assert process.stdout is not None
                assert any("http://127.0.0.1:" in text for text in process.stdout)
                process.send_signal(signal.SIGINT)
                assert process.wait() in {0, 130}
            finally:
                alarm.cancel()
                process.kill()


def commands(code: str) -> Iterator[list[str]]:
    """Split a shell block into its commands: without prompts, output, variables and pipes."""
    lines = code.replace("\\\n", " ").splitlines()
    prompted = any(line.startswith("$ ") for line in lines)
    for line in lines:
        if prompted and not line.startswith("$ "):
            continue
        for part in line.removeprefix("$ ").split("&&"):
            words = shlex.split(part.partition(" | ")[0], comments=True)
            while words and re.match(r"[A-Z_]+=", words[0]):
                words.pop(0)
            if words:
                yield [Path(words[0]).name, *words[1:]]


@contextlib.contextmanager
def serving(simulator: Simulator) -> Iterator[None]:
    """Serve from a thread: the pages own the main one and its event loops."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(simulator.start(), loop).result(PATIENCE)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(simulator.stop(), loop).result(PATIENCE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page: Path, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester) -> None:
    """Every code block of the page runs."""
    simulator = Simulator(speed=float("inf"))
    defaults = cast("dict[str, Any]", Client.__init__.__kwdefaults__)
    with serving(simulator), asyncio.Runner() as loop:
        monkeypatch.setitem(defaults, "base_url", simulator.url)
        monkeypatch.setenv("OPENSCALER_TOKEN", simulator.token)
        runner = Runner(page, loop, pytester)
        stack = runner.names["stack"] = contextlib.AsyncExitStack()
        try:
            for block in blocks(page):
                runner.run(block)
        finally:
            loop.run(stack.aclose())


@pytest.mark.parametrize("section", ["Try it", "Run the tests"])
def test_readme_has_one_command_for(section: str) -> None:
    """The section has exactly one fenced block, and that is one line."""
    (block,) = (block for block in blocks(README) if block.section == section)
    assert block.language in SHELL
    assert block.code.count("\n") == 1


def test_ci_runs_the_command_of_the_readme() -> None:
    """What a newcomer is told to run is what is run to check the project."""
    (block,) = (block for block in blocks(README) if block.section == "Run the tests")
    assert (ROOT / ".ci" / "run").read_text("utf-8").endswith("\n" + block.code)
