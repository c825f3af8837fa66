"""Where a virtual cell has left what the equations of its binder are for: closed pores, electrolyte that is used up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from byssus.findings import Finding
from byssus.measured.tables import TRUTH, Table
from byssus.simulate.inputs import VirtualCell

_CYCLE: Final = "Cycle Count / 1"
_POROSITY: Final = f"{TRUTH}Porosity / 1"
_OUTSIDE: Final = f"{TRUTH}Electrolyte outside Pores / uL"
#: A porosity so near to the least one is that: the solver keeps it to its tolerance.
_CLOSED: Final = 1e-4


def limits_passed(tables: Sequence[Table], cells: Mapping[str, VirtualCell]) -> list[Finding]:
    """Return a finding for each limit of the equations that a simulated table passes, with the cycle in which it does.

    Parameters
    ----------
    tables
        Those of virtual tests; one without cycles, or without the equations of a binder, passes none.
    cells
        The virtual cell of each table, by the name of its sample.
    """
    return [
        Finding(code, message, sample=sample)
        for table in tables
        for sample in (table.metadata.sample.name or "",)
        for code, message in _passed(table.data, cells[sample])
    ]


def _passed(data: pl.DataFrame, cell: VirtualCell) -> Iterator[tuple[str, str]]:
    bound = next((each for each in cell.electrodes if each.binder), None)
    if bound is None or not {_POROSITY, _CYCLE} <= set(data.columns):
        return
    least = bound.inputs["least porosity"]
    # Full silicon may close them in any cycle, and open them again.
    widest = data.group_by(_CYCLE, maintain_order=True).agg(pl.col(_POROSITY).max())
    closed = widest.filter(pl.col(_POROSITY) <= least.value + _CLOSED)
    if not closed.is_empty():
        yield (
            "pores-closed",
            (
                f"from cycle {closed[_CYCLE][0]} on the coating keeps its least porosity, {least.quantity}, also when its silicon "
                "is empty"
            ),
        )
    dry = data.filter(pl.col(_OUTSIDE) < 0)
    if not dry.is_empty():
        yield (
            "electrolyte-used-up",
            (
                f"from cycle {dry[_CYCLE][0]} on the pores would hold more electrolyte than is left, by up to "
                f"{-dry[_OUTSIDE].to_numpy().min():.2g} uL"
            ),
        )
