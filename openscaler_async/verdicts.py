"""What looking for a creation's machine has shown: one class for each verdict, and their union.

A verdict is reached by reading only; see `reconcile`.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from .models import VM


@attrs.frozen
class Found:
    """The machine is there and ready.

    Args:
        vm: the machine.
    """

    vm: VM

    @property
    def advice(self) -> str:
        """What that means for the caller, in words."""
        return f"it was found as machine {self.vm.id}: do not create it again"


@attrs.frozen
class Pending:
    """The machine is there, and was not ready when the time to look for it was over.

    Args:
        vm: the machine, as it was last seen.
    """

    vm: VM

    @property
    def advice(self) -> str:
        """What that means for the caller, in words."""
        return f"machine {self.vm.id} is there, in the state {self.vm.state!r}: do not create it again"


@attrs.frozen
class Absent:
    """No such machine is listed, although the list had time to show it.

    Only now may it be created again, if the provider's list really lags by less than ``timeouts.settle``.

    Args:
        settled: for how many seconds the list went without it.
    """

    settled: float

    @property
    def advice(self) -> str:
        """What that means for the caller, in words."""
        return (
            f"no machine of it was listed for {self.settled:.1f} s: it may be created again, "
            "unless the provider's list lags longer than that"
        )


@attrs.frozen
class Ambiguous:
    """It cannot be told which machine it is, or whether there is one.

    Args:
        candidates: the machines that it may be; none if none was seen.
        reason: why it cannot be told, in words.
    """

    candidates: tuple[VM, ...]
    reason: str

    @property
    def advice(self) -> str:
        """What that means for the caller, in words."""
        ids = ", ".join(str(vm.id) for vm in self.candidates)
        which = f"it may be machine {ids}" if ids else "there may be a machine"
        return f"{which} ({self.reason}): look before creating it again"


Verdict: TypeAlias = Found | Pending | Absent | Ambiguous
"""What looking for a machine may show."""
