"""Other processes: programs that a test starts, watches and ends."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE = 30.0  # seconds; a new interpreter imports much


@contextlib.asynccontextmanager
async def program(source: str, *arguments: str) -> AsyncIterator[Process]:
    """Run a Python program, for which a warning is an error; kill it at the end if it still runs."""
    command = (sys.executable, "-W", "error", "-c", source, *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def line_of(process: Process, beginning: str) -> str:
    """Wait for a line that a program writes; give what follows its beginning."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while line := await process.stdout.readline():
            if line.decode().startswith(beginning):
                return line.decode().removeprefix(beginning).strip()
    said = (await process.communicate())[1].decode()
    raise AssertionError(f"no line begins with {beginning!r}: {said}")


async def end_of(process: Process) -> tuple[int | None, str]:
    """Wait for a program's end; give its exit status and what it wrote to standard error."""
    said = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, said[1].decode()
