"""The analyses of tests that are no plain cycling, by the names of `byssus.study.techniques`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from byssus.analysis.examined import Examined, of_sample
from byssus.analysis.impedance import examine_eis, examine_tortuosity
from byssus.analysis.pulses import examine_gitt, examine_ici
from byssus.analysis.transport import (
    examine_conductivity,
    examine_hold,
    examine_leakage,
    examine_plating,
    examine_self_discharge,
    examine_transference,
)
from byssus.analysis.voltammetry import examine_cv, examine_lsv
from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.study.techniques import TECHNIQUES, Told

Analysis = Callable[[Sequence[Table], Mapping[str, Told]], Examined]

_ANALYSES: Final[dict[str, Analysis]] = {
    "gitt": examine_gitt,
    "ici": examine_ici,
    "cv": examine_cv,
    "lsv": examine_lsv,
    "eis": examine_eis,
    "tortuosity": examine_tortuosity,
    "conductivity": examine_conductivity,
    "transference": examine_transference,
    "leakage": examine_leakage,
    "hold": examine_hold,
    "plating": examine_plating,
    "self-discharge": examine_self_discharge,
}

#: Tests of cells between two electrodes of lithium, whose voltage is that of the current alone ...
_AT_ZERO: Final = ("plating", "transference")
#: ... and what only a cell that stores energy can be found to do.
_OF_A_STORE: Final = ("short-circuit", "sign-against-voltage")


def examine(technique: str, tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Analyse the tables of one test.

    Parameters
    ----------
    technique
        A key of `byssus.study.techniques.TECHNIQUES`.
    tables
        One, or of a technique that takes several as many as there are files.
    told
        What is known of it, as `Technique.told` returns it.

    Raises
    ------
    AnalysisError
        If a table is of no kind that this is analysed from, or of no use at all.
    """
    asked = TECHNIQUES[technique]
    for table in tables:
        if table.metadata.kind not in asked.kinds:
            raise AnalysisError(
                f"is a table of {table.metadata.kind}, and {technique} is analysed from {' or '.join(asked.kinds)}",
                file=_file(table),
                fix=_instead(table.metadata.kind),
            )
    try:
        found = _ANALYSES[technique](tables, told)
    except AnalysisError as error:
        if error.file is not None:
            raise
        raise AnalysisError(
            error.message, file=_file(tables[0]), field=error.field, value=error.value, fix=error.fix
        ) from error
    results = of_sample(found.results, tables)
    about = tables[0].metadata.sample.name
    findings = (
        *(finding for table in tables for finding in _of_table(table, tables, technique)),
        *(replace(finding, sample=finding.sample or about) for finding in found.findings),
    )
    return replace(found, results=results, findings=tuple(dict.fromkeys(findings)))


def _of_table(table: Table, tables: Sequence[Table], technique: str) -> Iterator[Finding]:
    """Yield the findings of one of several tables: under its own name, or with its file where they have one name."""
    name = table.metadata.sample.name
    alike = sum(other.metadata.sample.name == name for other in tables) > 1
    for finding in table.findings:
        if technique in _AT_ZERO and finding.code in _OF_A_STORE:
            continue
        message = f"{finding.file}: {finding.message}" if alike and finding.file else finding.message
        yield replace(finding, sample=finding.sample or name, message=message)


def _file(table: Table) -> str | None:
    """Return what people know a table by: its file, or its sample."""
    return table.metadata.provenance[-1].file if table.metadata.provenance else table.metadata.sample.name


def _instead(kind: str) -> str:
    others = [name for name, each in TECHNIQUES.items() if kind in each.kinds]
    return f"of such a table there is {', '.join(others)}" if others else "no analysis of tests takes such a table yet"
