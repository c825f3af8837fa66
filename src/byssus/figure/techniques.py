"""The figures of tests that are not plain cycling: which there are, of tables measured or simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from byssus.analysis.examined import Examined
from byssus.figure.impedance import impedance_figures
from byssus.figure.pulses import pulse_figures
from byssus.figure.spec import Figure
from byssus.figure.spectra import eis_figures, tortuosity_figures
from byssus.figure.sweeps import lsv_figures, sweep_figures
from byssus.figure.titration import titration_figures
from byssus.figure.transport import transport_figures
from byssus.figure.voltammetry import voltammograms
from byssus.measured.tables import Table

#: What draws the tables of a kind, in the order of a report.
_OF_KIND = {"voltammetry": voltammograms, "pulses": pulse_figures, "impedance": impedance_figures}

#: What draws what was found by a technique.
_OF_TECHNIQUE: dict[str, Callable[[Sequence[Examined], Sequence[str], Mapping[str, str] | None], Iterable[Figure]]] = {
    "gitt": titration_figures,
    "ici": titration_figures,
    "cv": sweep_figures,
    "lsv": lsv_figures,
    "eis": eis_figures,
    "tortuosity": tortuosity_figures,
    **dict.fromkeys(
        ("conductivity", "transference", "leakage", "hold", "plating", "self-discharge"), transport_figures
    ),
}


def figures_of_tests(
    examined: Sequence[Examined], *, groups: Sequence[str], files: Mapping[str, str] | None = None
) -> list[Figure]:
    """Draw every figure of what was found of tests, technique by technique.

    Parameters
    ----------
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.
    """
    figures: list[Figure] = []
    for technique in dict.fromkeys(each.technique for each in examined):
        alike = [each for each in examined if each.technique == technique]
        figures += _OF_TECHNIQUE[technique](alike, groups, files)
    return figures


def figures_of_tables(
    tables: Sequence[Table], *, groups: Sequence[str], files: Mapping[str, str] | None = None
) -> list[Figure]:
    """Draw every figure of voltammetry, pulses and impedance; a table without records, or of another kind, gives none.

    Parameters
    ----------
    tables
        One a sample and kind, in the order of the study; a sample that was both measured and simulated has two.
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.

    Returns
    -------
    list of Figure
        Kind by kind: first what samples share, then those of single samples.
    """
    figures: list[Figure] = []
    for kind, draw in _OF_KIND.items():
        alike = [table for table in tables if table.metadata.kind == kind and table.rows]
        if alike:
            figures += draw(alike, groups, files)
    return figures
