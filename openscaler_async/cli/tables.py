"""Machines as a table: one line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from rich import box
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from .text import plain, price, public_ip, ssh_port

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from openscaler_async import VM

_STATES = {"running": "green", "paused": "yellow"}


def state(vm: VM) -> Text:
    """Give the machine's state in its colour; a state that is not known has none."""
    return Text(plain(vm.state or ""), _STATES.get(vm.state or "", ""))


class _Column(NamedTuple):
    header: str
    # Never a plain string: what the provider says is no markup.
    show: Callable[[VM], Text]
    justify: Literal["left", "right"] = "left"
    may_fold: bool = False


_ID = _Column("id", lambda vm: Text(str(vm.id)), "right")
_NAME = _Column("name", lambda vm: Text(plain(vm.name)), may_fold=True)
_STATE = _Column("state", state)
_SIZE = _Column("size", lambda vm: Text(plain(vm.size or "")))
_REGION = _Column("region", lambda vm: Text(plain(vm.region or "")))
_PUBLIC_IP = _Column("public ip", lambda vm: Text(public_ip(vm)))
_SSH_PORT = _Column("ssh port", lambda vm: Text(ssh_port(vm)), "right")
_PRICE = _Column("price/hour", lambda vm: Text(price(vm.price_hourly)), "right")

CREATED = (_ID, _NAME, _STATE, _PUBLIC_IP, _SSH_PORT, _PRICE)
"""What one wants to know of new machines."""
LISTED = (_ID, _NAME, _STATE, _SIZE, _REGION, _PUBLIC_IP, _SSH_PORT, _PRICE)
"""What one wants to know of the machines that are there."""
_LEAVE_OUT = (_PRICE, _REGION, _SIZE, _STATE)  # first to last, where the terminal is too narrow


def machines_table(vms: Sequence[VM], columns: Sequence[_Column], console: Console) -> Table:
    """Draw one line for each machine, with as many columns as fit; names are never cut."""
    shown = list(columns)
    table = _table(vms, shown)
    for column in _LEAVE_OUT:
        if Measurement.get(console, console.options, table).maximum < console.width:
            break
        if column in shown:
            shown.remove(column)
            table = _table(vms, shown)
    return table


def _table(vms: Sequence[VM], columns: Sequence[_Column]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column.header, justify=column.justify, overflow="fold", no_wrap=not column.may_fold)
    for vm in vms:
        table.add_row(*(column.show(vm) for column in columns))
    return table
