"""Create 10,000 machines at once on the simulator, in a process of its own, and count what it was asked.

python benchmarks/ten_thousand.py              about a minute; needs the package, and 10,100 open files
python benchmarks/ten_thousand.py --count 500
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for PYTHONSAFEPATH

import machine

from openscaler_async import Client, Creation, VMSpec
from openscaler_async.models import VM
from openscaler_async.simulator import Simulator

SPEED = 0.4
"""A creation takes 20 s: longer than it takes to start 10,000 of them."""
LOOK = 0.25
"""Seconds between two looks at how many run."""


async def serve() -> None:
    """Simulate until the standard input ends, then say what was asked."""
    async with Simulator(speed=SPEED) as simulator:
        sys.stdout.write(f"{simulator.url} {simulator.token}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        simulator.assert_no_duplicates()
        sys.stdout.write(json.dumps({"posts": simulator.posts, "machines": len(simulator.vms)}) + "\n")


async def most_at_once(creations: list[Creation[VM]]) -> int:
    """Look again and again, until all have ended, how many are in the middle of their stream."""
    most = 0
    while not all(creation.done() for creation in creations):
        most = max(most, sum(creation.progress is not None and not creation.done() for creation in creations))
        await asyncio.sleep(LOOK)
    return most


async def create(url: str, token: str, count: int) -> dict[str, float]:
    """Create so many at once."""
    began = time.perf_counter()
    async with Client(token, base_url=url, max_concurrent_creations=None) as client:
        specs = [VMSpec(name=f"web-{n}", size="b-1-500mb-10", region="alg1", distro="debian-13") for n in range(count)]
        creations = [client.vms.create(spec) for spec in specs]
        most, *vms = await asyncio.gather(most_at_once(creations), *creations)
    seconds = round(time.perf_counter() - began, 1)
    ids = {vm.id for vm in vms if isinstance(vm, VM)}
    return {"created": len(ids), "most at once": int(str(most)), "seconds": seconds}


def main() -> int:
    """Start the simulator, create, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    machine.raise_file_limit()
    if arguments.serve:
        asyncio.run(serve())
        return 0
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - this file
        assert server.stdin is not None  # noqa: S101 - both are pipes
        assert server.stdout is not None  # noqa: S101
        url, token = server.stdout.readline().split()
        said = asyncio.run(create(url, token, arguments.count))
        server.stdin.close()
        counted = json.loads(server.stdout.readline())
    sys.stdout.write(json.dumps(said | counted) + "\n")
    return int({said["created"], counted["posts"], counted["machines"]} != {arguments.count})


if __name__ == "__main__":
    sys.exit(main())
