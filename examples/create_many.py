"""Create many machines at once, and keep what is known of each, whatever becomes of the others.

    python examples/create_many.py

Runs against a simulator of its own, which lets one of the creations fail and breaks the connection of another.
"""

import asyncio
from collections import Counter

from openscaler_async import VM, Client, CreationError, VMSpec
from openscaler_async.simulator import DropAfter, FinalError, Simulator


async def create_many(client: Client, count: int) -> list[VM | CreationError]:
    """Create `count` machines; give the machine or the error of each, in order."""
    creations = [
        client.vms.create(
            VMSpec(
                name=f"web-{number}",
                size="b-1-500mb-10",
                region="alg1",
                distro="debian-13",
                sequence_id=number,
            )
        )
        for number in range(1, count + 1)
    ]
    await asyncio.gather(*creations, return_exceptions=True)
    return [creation.exception() or creation.result() for creation in creations]


async def main() -> None:
    """Run the example."""
    async with Simulator(speed=8) as simulator, Client(simulator.token, base_url=simulator.url) as client:
        simulator.inject(FinalError())
        simulator.inject(DropAfter(bytes=300))
        results = await create_many(client, 20)
    for result in results:
        if isinstance(result, CreationError):
            print(f"{result.outcome.value}: {result}")
    print(Counter("created" if isinstance(result, VM) else result.outcome.value for result in results))


if __name__ == "__main__":
    asyncio.run(main())
