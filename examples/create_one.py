"""Create one machine and use it.

    python examples/create_one.py

Runs against a simulator of its own. For the cloud, open `Client()` instead and export OPENSCALER_TOKEN:
what is created then is billed.
"""

import asyncio

from openscaler_async import VM, Client, CreationError, CreationUnknown, VMSpec
from openscaler_async.simulator import Simulator


async def create_one(client: Client) -> VM | None:
    """Create a machine; tell what is known if that does not work."""
    spec = VMSpec(
        name="web-1",
        size="b-1-500mb-10",
        region="alg1",
        distro="debian-13",
        ssh_keys=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample me@laptop"],
    )
    try:
        return await client.vms.create(spec)
    except CreationUnknown as error:
        print(f"look for it by hand, do not create it again: {error}")
    except CreationError as error:
        print(f"there is no machine to use: {error}")
    return None


async def main() -> None:
    """Run the example."""
    async with Simulator(speed=8) as simulator, Client(simulator.token, base_url=simulator.url) as client:
        vm = await create_one(client)
        if vm and vm.network:
            print(f"{vm.name} is machine {vm.id}, {vm.state}, at {vm.network.public_ip}")


if __name__ == "__main__":
    asyncio.run(main())
