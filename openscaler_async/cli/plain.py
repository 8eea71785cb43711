"""A run as plain lines: one for each machine that ended, for people and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .marks import words
from .report import summary
from .text import plain, price, public_ip, ssh_port

if TYPE_CHECKING:
    from openscaler_async import VM, Progress

    from .board import Board, Machine


class PlainLines:
    """The format for people."""

    def progress(self, _machine: Machine, _progress: Progress) -> None:
        """Write nothing: there are only lines for what is final."""

    def end(self, machine: Machine) -> str:
        """Write the state, then the machine's facts or the error's sentence."""
        facts = [plain(str(machine.error))] if machine.vm is None else _facts(machine.vm)
        return f"{words(machine.state):8}  {'  '.join(facts)}"

    def summary(self, board: Board) -> str:
        """Write the counts."""
        return summary(board)


def _facts(vm: VM) -> list[str]:
    port, hourly = ssh_port(vm), price(vm.price_hourly)
    ends = [public_ip(vm), port and f"ssh {port}", hourly and f"{hourly}/hour"]
    return list(filter(None, [plain(vm.name), f"id {vm.id}", plain(vm.state or ""), *ends]))
