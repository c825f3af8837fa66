"""Virtual tests that are no plain cycling, analysed as measured ones are: told what one would know of a real cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from byssus.analysis.examined import Examined
from byssus.analysis.techniques import examine
from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.simulate.inputs import VirtualCell
from byssus.study.techniques import TECHNIQUES, Told


def _diffusing(cell: VirtualCell) -> dict[str, Told]:
    """Return the length that lithium diffuses over: the size of a particle, as a supplier or a microscope gives it."""
    return {
        "diffusion length": Quantity(cell.electrode.inputs["radius"].value, "m").to("um"),
        "shape": "sphere",
        "length from": "particle size",
    }


#: What is told of each test, by the name that it has as a protocol and as a technique.
_TOLD: Final[dict[str, Callable[[VirtualCell], dict[str, Told]]]] = {
    "gitt": _diffusing,
    "ici": _diffusing,
    "cv": lambda _: {},
    "eis": lambda _: {},
}


def examined(tables: Sequence[Table], cells: Mapping[str, VirtualCell]) -> tuple[tuple[Examined, ...], list[Finding]]:
    """Analyse tables of virtual tests; return also what stood in the way.

    Parameters
    ----------
    tables
        Each says its test, ``vendor["test"]``; those that no technique is for are left out.
    cells
        The virtual cell of each table, by the name of its sample.
    """
    found: list[Examined] = []
    findings: list[Finding] = []
    for table in tables:
        test, sample = str(table.metadata.vendor["test"]), table.metadata.sample.name or ""
        if test not in _TOLD or test not in TECHNIQUES:
            continue
        try:
            found.append(examine(test, [table], _TOLD[test](cells[sample])))
        except AnalysisError as error:
            findings.append(Finding("cell-left-out", str(error), sample=sample, field=error.field))
    return tuple(found), findings
