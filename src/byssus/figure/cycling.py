"""The figures of a cycling section: which there are, and of which cells."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from byssus.analysis.compare import Kind, common_basis, kinds
from byssus.analysis.cycling.cycles import Cycling
from byssus.analysis.cycling.differential import Curves
from byssus.analysis.cycling.rate import RateTest
from byssus.analysis.cycling.rate_laws import RateFit
from byssus.conventions import CapacityBasis
from byssus.figure.capacity import capacity_and_efficiency, retention
from byssus.figure.differential import differential_capacity
from byssus.figure.profiles import file_name, first_cycle, shown_profiles, voltage_profiles
from byssus.figure.rate import Rated, capacity_against_rate, rate_capability
from byssus.figure.spec import Figure
from byssus.measured.tables import Table
from byssus.study.model import Reference

__all__ = [
    "OF_A_KIND",
    "OF_ONE",
    "Choice",
    "Drawable",
    "capacity_and_efficiency",
    "common_basis",
    "differing",
    "figures_of",
    "of_a_kind",
    "of_one",
    "retention",
    "shown_profiles",
    "voltage_profiles",
]

#: The figures that all cells of a kind share, and those of one cell, in the order of a report.
OF_A_KIND = ("capacity-and-efficiency", "retention", "first-cycle", "rate-capability", "capacity-against-rate")
OF_ONE = ("voltage-profiles", "differential-capacity")


class Drawable(Protocol):
    """What figures need of a cell; `byssus.analysis.cycling.cell.Cell` has it."""

    @property
    def table(self) -> Table:
        """Its records."""

    @property
    def cycling(self) -> Cycling:
        """Its cycles."""

    @property
    def rate_test(self) -> RateTest | None:
        """Its plateaus, if it is a rate test."""

    @property
    def rate_fits(self) -> Sequence[RateFit]:
        """The laws fitted to them."""

    @property
    def differential(self) -> Curves | None:
        """Its dQ/dV."""

    @property
    def peaks(self) -> pl.DataFrame | None:
        """The tracked peaks of that."""


@dataclass(frozen=True)
class Choice:
    """What is asked of figures besides their cells."""

    #: All groups of the study, so that each keeps its colour.
    groups: Sequence[str]
    #: The electrode of each sample, the upper level of the intervals.
    electrodes: Mapping[str, str] = field(default_factory=dict)
    #: Name of each sample for files.
    files: Mapping[str, str] = field(default_factory=dict)
    references: Sequence[Reference] = ()
    #: Cycles of profiles and dQ/dV; the first of them, or 1, in the figure of the first cycle.
    cycles: Sequence[int] = ()
    #: None takes the best that the cells of a figure have.
    basis: CapacityBasis | None = None


def figures_of(
    cells: Sequence[Drawable],
    *,
    groups: Sequence[str],
    electrodes: Mapping[str, str] | None = None,
    copies: Collection[str] = (),
    files: Mapping[str, str] | None = None,
    cycles: Sequence[int] = (),
    references: Sequence[Reference] = (),
) -> list[Figure]:
    """Draw every figure of a study's cycling.

    Parameters
    ----------
    cells
        The cells, in the order of the study.
    groups
        All groups of the study.
    electrodes
        The electrode of each sample, the upper level of the intervals.
    copies
        Samples that hold the same data as another one, and are not drawn.
    files
        Name of each sample for files.
    cycles
        Cycles whose profiles and dQ/dV are drawn; six, evenly spread, if none.
    references
        Values from the literature, drawn where they fit.

    Returns
    -------
    list of Figure
        First those that cells share, by kind of cell, then those of single cells.
    """
    own = {cell.cycling.sample: cell for cell in cells if cell.cycling.sample not in copies}
    choice = Choice(groups, electrodes or {}, files or {}, references, cycles)
    by_kind = kinds([cell.cycling for cell in own.values()])
    figures = []
    for kind, results in by_kind.items():
        alike = [own[result.sample] for result in results]
        shared = Choice(groups, choice.electrodes, choice.files, references)
        for name in OF_A_KIND:
            figures += [figure.apart(differing(kind, by_kind)) for figure in of_a_kind(name, alike, shared)]
    for result, why in shown_profiles([cell.cycling for cell in own.values()]):
        for name in OF_ONE:
            figures += of_one(name, own[result.sample], choice, why)
    return figures


def differing(kind: Kind, every: Collection[Kind]) -> tuple[str, ...]:
    """Return what tells a kind of cell from the others of a study: its first half, its test, or both.

    Examples
    --------
    >>> rate, full = Kind(("lithiation", "delithiation"), "rate"), Kind(("charge", "discharge"), "rate")
    >>> differing(rate, [rate]), differing(rate, [rate, full])
    ((), ('lithiation first',))
    >>> differing(rate, [rate, rate._replace(test="cycling")])
    ('rate',)
    """
    halves, tests = {one.words for one in every}, {one.test for one in every}
    return (
        *((f"{kind.words[0]} first",) if len(halves) > 1 else ()),
        *((kind.test or "no test said",) if len(tests) > 1 else ()),
    )


def of_a_kind(name: str, cells: Sequence[Drawable], choice: Choice) -> Iterator[Figure]:
    """Draw one of `OF_A_KIND` of cells of one kind; nothing where they hold nothing of it."""
    results = [cell.cycling for cell in cells]
    # Rate tests have figures of their own; among cells that were cycled they would only hide what fades.
    cycled = [cell.cycling for cell in cells if cell.rate_test is None] or results
    groups, electrodes, basis = choice.groups, choice.electrodes, choice.basis
    found: list[Figure | None] = []
    match name:
        case "capacity-and-efficiency":
            found = [capacity_and_efficiency(cycled, groups, electrodes, choice.references, basis=basis)]
        case "retention":
            found = [retention(cycled, groups, electrodes, choice.references)]
        case "first-cycle":
            tables = {cell.cycling.sample: cell.table for cell in cells}
            found = [first_cycle(tables, results, groups, cycle=next(iter(choice.cycles), 1), basis=basis)]
        case "rate-capability" | "capacity-against-rate":
            rated = [
                Rated(cell.cycling, test, cell.rate_fits) for cell in cells if (test := cell.rate_test) is not None
            ]
            if rated and name == "rate-capability":
                found = [*rate_capability(rated, groups, electrodes, basis=basis)]
            elif rated:
                found = [capacity_against_rate(rated, groups)]
    yield from (figure for figure in found if figure is not None)


def of_one(name: str, cell: Drawable, choice: Choice, why: str = "") -> Iterator[Figure]:
    """Draw one of `OF_ONE`, saying why it is of this cell; nothing where it holds nothing of it."""
    result = cell.cycling
    file = choice.files.get(result.sample) or file_name(result.sample)
    if name == "voltage-profiles":
        yield voltage_profiles(
            cell.table, result, choice.groups, choice.cycles, file=file, choice=why, basis=choice.basis
        )
    elif (curves := cell.differential) is not None:
        figure = differential_capacity(
            cell.table,
            result,
            curves,
            cell.peaks,
            choice.groups,
            choice.cycles,
            file=file,
            choice=why,
            basis=choice.basis,
        )
        if figure is not None:
            yield figure
