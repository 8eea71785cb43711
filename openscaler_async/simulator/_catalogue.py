"""What the simulated provider sells: sizes with their prices. Knows nothing of requests or machines."""

from __future__ import annotations

from typing import Final

import attrs

GIB: Final = 2**30
MIB_PER_GIB: Final = 1024
GIB_PER_TIB: Final = 1024


@attrs.frozen(kw_only=True)
class Size:
    """One row of the size table, or what a custom size asks for.

    Attributes:
        slug: the name to order it by; opaque, no number can be read from it.
        vcpus: number of virtual CPUs.
        memory_mb: memory in MiB.
        storage_gb: the main disk in GiB.
        transfer_gb: traffic included in a month in GiB, or None where nothing is documented.
        price_hourly: US dollars an hour, or None where nothing is documented.
        price_monthly: US dollars a month, or None where nothing is documented.
    """

    slug: str
    vcpus: int
    memory_mb: int
    storage_gb: int
    transfer_gb: int | None = None
    price_hourly: float | None = None
    price_monthly: float | None = None


_TABLE: Final = (
    # slug, vcpus, memory GB, disk GB, transfer TB, USD a month, USD an hour
    ("b-1-500mb-10", 1, 0.5, 10, 0.5, 1.50, 0.00208),
    ("s-1vcpu-1gb", 1, 1, 15, 1, 2.50, 0.00347),
    ("b-1-2-50", 1, 2, 20, 2, 3.50, 0.00486),
    ("b-2-4-100", 2, 4, 40, 4, 7.50, 0.01042),
    ("b-4-8-160", 4, 8, 80, 8, 15.00, 0.02083),
    ("b-8-16-320", 8, 16, 160, 16, 25.00, 0.03472),
    ("b-8-32-640", 8, 32, 640, 34, 35.00, 0.04861),
    ("b-16-32-640", 16, 32, 320, 34, 60.00, 0.08333),
    ("b-16-64-1280", 16, 64, 640, 68, 98.00, 0.13611),
    ("b-32-64-1280", 32, 64, 640, 68, 175.00, 0.24306),
    ("b-32-128-2560", 32, 128, 1280, 136, 320.00, 0.44444),
)

SIZES: Final = {
    slug: Size(
        slug=slug,
        vcpus=vcpus,
        memory_mb=int(memory * MIB_PER_GIB),
        storage_gb=disk,
        transfer_gb=int(transfer * GIB_PER_TIB),
        price_hourly=hourly,
        price_monthly=monthly,
    )
    for slug, vcpus, memory, disk, transfer, monthly, hourly in _TABLE
}
"""Every public size by its slug.

Source:
    The provider's public pricing model (OpenScalerEngineeringTeam/openscaler_pricing_model,
    ``pricing_placeholders.json``), which calls its prices placeholders.
"""


@attrs.frozen(kw_only=True)
class Catalogue:
    """What can be ordered.

    Attributes:
        regions: the region slugs; the provider's page shows ``alg1`` only.
        distros: the distro slugs; the provider's page shows ``debian-13`` only.
    """

    regions: frozenset[str]
    distros: frozenset[str]
