"""Follow a creation from two places, one of which comes late, and limit how long one of them waits.

    python examples/follow_progress.py

Runs against a simulator of its own.
"""

import asyncio

from openscaler_async import VM, Client, Creation, VMSpec
from openscaler_async.simulator import Simulator


async def show(creation: Creation[VM], reader: str) -> int:
    """Print the progress from the first event on; give how many there were."""
    count = 0
    async for progress in creation:
        percent = "  ?  " if progress.percent is None else f"{progress.percent:5.1f}"
        print(f"{reader}: {percent} % {progress.message}")
        count += 1
    return count


async def follow(client: Client, patience: float) -> tuple[VM, int, int]:
    """Create a machine that two readers watch; give it, and how many events each reader saw."""
    spec = VMSpec(name="web-1", size="b-1-500mb-10", region="alg1", distro="debian-13")
    creation = client.vms.create(spec)
    async with asyncio.TaskGroup() as group:
        early = group.create_task(show(creation, "early"))
        try:
            async with asyncio.timeout(patience):
                await creation
        except TimeoutError:
            print(f"not there after {patience:g} s; it goes on: {creation!r}")
        late = group.create_task(show(creation, "late "))
    return await creation, early.result(), late.result()


async def main() -> None:
    """Run the example."""
    async with Simulator(speed=8) as simulator, Client(simulator.token, base_url=simulator.url) as client:
        vm, _, _ = await follow(client, patience=0.5)
        print(f"{vm.name} is machine {vm.id}, {vm.state}")


if __name__ == "__main__":
    asyncio.run(main())
