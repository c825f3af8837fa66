"""A figure drawn again from what a run left, with other choices; no raw file is read.

A run leaves the specification of every figure (``figures/*.json``), the table of every cell
(``tables/*.parquet``) and what the study said (``results.json``).  Where only size or format
changes, the specification is drawn as it stands; other cycles, cells, binders or another basis
are computed from the tables, and of them no more than the figure needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from byssus.analysis.compare import kind_of, kinds
from byssus.analysis.cycling.cell import Cell, examine
from byssus.analysis.cycling.columns import CYCLE
from byssus.conventions import CapacityBasis
from byssus.errors import OutputError, TableError, UsageError, did_you_mean
from byssus.figure.cycling import OF_A_KIND, OF_ONE, Choice, Drawable, differing, of_a_kind, of_one
from byssus.figure.export import FORMATS, Format, path_of, write_figure
from byssus.figure.spec import Figure, ending
from byssus.files import MARKER, sha256_of, write_whole
from byssus.measured.tables import PARQUET_KEY, Table
from byssus.study.model import Reference

_RESULTS = "results"
_SAID = "results.json"
#: Marks a folder that was made for figures, and in which they are replaced.
_OURS = ".byssus-figures"
#: No cell lives so long; a larger number is a slip of the pen.
MOST_CYCLES = 1_000_000
#: What `--basis` may be, besides the bases' own names.
BASES = {"active": CapacityBasis.ACTIVE_MATERIAL} | {str(basis): basis for basis in CapacityBasis}


@dataclass(frozen=True)
class Wanted:
    """What is to be otherwise than in the run."""

    cycles: tuple[int, ...] = ()
    basis: CapacityBasis | None = None
    groups: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, cycles: str | None, basis: str | None, groups: str | None, cells: str | None) -> Wanted:
        """Read what stands on a command line.

        Raises
        ------
        UsageError
            For what is no list of cycles, or no basis.

        Examples
        --------
        >>> Wanted.of(cycles="1,2,10-12", basis="active", groups=None, cells="A-1")
        Wanted(cycles=(1, 2, 10, 11, 12), basis=<CapacityBasis.ACTIVE_MATERIAL: 'active material'>, groups=(), cells=('A-1',))
        """
        if basis is not None and basis not in BASES:
            raise UsageError("is no basis", field="--basis", value=basis, fix="give active, coating, area or cell")
        return cls(
            cycles=_cycles(cycles or ""),
            basis=None if basis is None else BASES[basis],
            groups=_listed(groups),
            cells=_listed(cells),
        )

    def __bool__(self) -> bool:
        return bool(self.cycles or self.basis or self.groups or self.cells)


@dataclass(frozen=True)
class Results:
    """The folder that a run left."""

    folder: Path
    #: The study.yaml by which it was found; None where the folder itself was named.
    study: Path | None = None

    @classmethod
    def at(cls, path: Path) -> Results:
        """Find the results of a study, or take their own folder.

        Raises
        ------
        UsageError
            If nothing is there, or no run has left results.
        """
        if (path / _SAID).is_file() and (path / MARKER).is_file():
            return cls(path)
        study = path / "study.yaml" if path.is_dir() else path
        if not study.is_file():
            raise UsageError(
                "is neither a study nor the results of one", file=path, fix="name a study.yaml or a folder"
            )
        folder = study.parent / _RESULTS
        if not (folder / _SAID).is_file():
            raise UsageError(
                "has no results yet", file=study, fix=f"run it first: byssus run {study.parent}; or name its results"
            )
        return cls(folder, study)

    @property
    def changed(self) -> bool:
        """Whether the study was edited since its run, so that these results are of what it said before."""
        return self.study is not None and sha256_of(self.study) != self._said["study"]["sha256"]

    @cached_property
    def offered(self) -> dict[str, str]:
        """The figures that can be drawn, with their titles: those of the run, and those of every cell."""
        files = self._files
        titles = {name: figure.title for name, figure in self._figures.items()}
        for name, title in zip(OF_ONE, ("Voltage profiles", "Differential capacity"), strict=True):
            titles |= {
                f"{name}-{file}": titles.get(f"{name}-{file}", f"{title} of {cell}") for cell, file in files.items()
            }
        order = [*OF_A_KIND, *OF_ONE]
        return dict(sorted(titles.items(), key=lambda item: _place(item[0], order)))

    def draw(self, name: str, wanted: Wanted) -> Figure:
        """Draw a figure.

        Raises
        ------
        UsageError
            For a name, a cell, a binder, a basis or cycles that the results do not have.
        """
        if name not in self.offered:
            raise UsageError("is no figure of these results", value=name, fix=did_you_mean(name, self.offered))
        drawn = self._figures.get(name)
        if drawn is not None and not wanted:
            return drawn
        for cell in OF_ONE:
            if name.startswith(f"{cell}-"):
                return self._of_one(cell, name, wanted)
        if not name.startswith(OF_A_KIND):
            raise UsageError(
                "can be drawn in another size and format, and else as it stands",
                value=name,
                fix="leave out --cycles, --basis, --groups and --cells",
            )
        return self._of_a_kind(name, wanted)

    def _of_one(self, kind: str, name: str, wanted: Wanted) -> Figure:
        if wanted.groups or wanted.cells:
            option = "--groups" if wanted.groups else "--cells"
            raise UsageError(
                "is for figures of several cells", field=option, fix=f"name the cell's own figure: {kind}-…"
            )
        sample = next(cell for cell, file in self._files.items() if name == f"{kind}-{file}")
        cell = self._cell(sample)
        before = self._figures.get(name)
        # Unless others are asked for, the cycles that the run drew.
        cycles = wanted.cycles or tuple(int(one.label or 0) for one in (before.legend() if before else ()))
        _check_cycles(wanted.cycles, [cell])
        _check_basis(wanted.basis, [cell])
        choice = replace(self._choice, cycles=cycles, basis=wanted.basis)
        return _only(of_one(kind, cell, choice), name)

    def _of_a_kind(self, name: str, wanted: Wanted) -> Figure:
        kind = max((one for one in OF_A_KIND if name.startswith(one)), key=len)
        if wanted.basis is not None and kind in ("retention", "capacity-against-rate"):
            raise UsageError("is not for this figure", field="--basis", value=str(wanted.basis), fix="leave it out")
        if wanted.cycles and kind in ("rate-capability", "capacity-against-rate"):
            raise UsageError("is not for this figure", field="--cycles", fix="leave it out")
        if kind == "first-cycle" and len(wanted.cycles) > 1:
            raise UsageError("is one cycle for this figure", field="--cycles", fix="give one number")
        every = self._own
        by_kind = kinds([cell.cycling for cell in every.values()])
        for of_kind, results in by_kind.items():
            apart = differing(of_kind, by_kind)
            suffix = ending(apart)
            if name.endswith(suffix) and name.removesuffix(suffix).rstrip("-0123456789") == kind:
                alike = self._chosen([every[result.sample] for result in results], wanted)
                _check_basis(wanted.basis, alike)
                _check_cycles(wanted.cycles, alike)
                shown = {cell.cycling.group for cell in alike} if wanted.groups or wanted.cells else None
                references = tuple(
                    one for one in self._choice.references if shown is None or one.binder in (None, *shown)
                )
                choice = replace(self._choice, basis=wanted.basis, references=references)
                if kind == "first-cycle":
                    choice = replace(choice, cycles=wanted.cycles)
                elif wanted.cycles:
                    alike = [_at(cell, wanted.cycles) for cell in alike]
                return _only((one.apart(apart) for one in of_a_kind(kind, alike, choice)), name)
        raise UsageError("is no figure of these cells", value=name, fix=did_you_mean(name, self.offered))

    def _chosen(self, cells: Sequence[Cell], wanted: Wanted) -> list[Cell]:
        """Return the cells of the binders and the names that are asked for."""
        names, groups = [cell.name for cell in cells], list(dict.fromkeys(cell.cycling.group for cell in cells))
        for asked, known, option, what in (
            (wanted.groups, groups, "--groups", "binder"),
            (wanted.cells, names, "--cells", "cell"),
        ):
            for one in asked:
                if one not in known:
                    raise UsageError(
                        f"is no {what} of this figure", field=option, value=one, fix=did_you_mean(one, known)
                    )
        found = [
            cell
            for cell in cells
            if cell.cycling.group in (wanted.groups or groups) and cell.name in (wanted.cells or names)
        ]
        if not found:
            raise UsageError("leave no cell to be drawn", field="--groups and --cells", fix="choose again")
        return found

    @cached_property
    def _own(self) -> dict[str, Cell]:
        """Every cell but copies: what holds the same data as another of its binder and kind is not drawn."""
        seen: set[tuple[object, ...]] = set()
        own = {}
        for sample in self._files:
            cell = self._cell(sample)
            what = (cell.test, cell.cycling.group, kind_of(cell.cycling))
            if what not in seen:
                own[sample] = cell
            seen.add(what)
        return own

    def _cell(self, sample: str) -> Cell:
        baseline = self._said["samples"][sample]["cycling"]["retention_baseline"]
        return examine(Table.read_parquet(self.folder / "tables" / f"{self._files[sample]}.parquet"), (baseline,))

    @cached_property
    def _choice(self) -> Choice:
        """What the study said, as the run had it."""
        known = (figure.groups for figure in self._figures.values())
        return Choice(
            groups=next(known, ()),
            electrodes={name: said["electrode"] for name, said in self._said["samples"].items() if said["electrode"]},
            files=self._files,
            references=tuple(Reference.model_validate(given) for given in self._said["references"]),
        )

    @cached_property
    def _files(self) -> dict[str, str]:
        """The name of each sample for files, in the order of the study."""
        found = {}
        for file in (self.folder / "tables").glob("*.parquet"):
            # The sample's own name may be one that no file can have.
            header = pl.read_parquet_metadata(file).get(PARQUET_KEY)
            found[_sample_of(header, file)] = file.stem
        return {name: found[name] for name in self._said["samples"] if name in found}

    @cached_property
    def _figures(self) -> dict[str, Figure]:
        found = {}
        for file in sorted((self.folder / "figures").glob("*.json")):
            try:
                found[file.stem] = Figure.model_validate_json(file.read_bytes())
            except ValidationError as error:
                raise OutputError(
                    f"is no figure that this Byssus can draw ({error.error_count()} faults)",
                    file=file,
                    fix="run the study again",
                ) from error
        return found

    @cached_property
    def _said(self) -> dict[str, Any]:
        file = self.folder / _SAID
        try:
            said: dict[str, Any] = json.loads(file.read_bytes())
        except ValueError as error:
            raise OutputError("is no JSON", file=file, fix="run the study again") from error
        if missing := {"samples", "study", "references"} - said.keys():
            raise OutputError("is missing", file=file, field=min(missing), fix="run the study again")
        return said


def formats(text: str) -> list[Format]:
    """Read a list of formats.

    Raises
    ------
    UsageError
        For one that there is not.

    Examples
    --------
    >>> formats("svg, origin")
    ['svg', 'origin']
    """
    found: list[Format] = []
    for name in _listed(text.lower()):
        known = next((one for one in FORMATS if one == name), None)
        if known is None:
            raise UsageError("is no format", field="--format", value=name, fix=f"give some of {', '.join(FORMATS)}")
        found.append(known)
    if not found:
        raise UsageError("names no format", field="--format", value=text, fix=f"give some of {', '.join(FORMATS)}")
    return list(dict.fromkeys(found))


def write(
    figure: Figure, folder: Path, kinds: Sequence[Format], *, width_cm: float, height_cm: float | None, force: bool
) -> list[Path]:
    """Write a figure to a folder, in which nobody else's files are replaced.

    Raises
    ------
    OutputError
        If a file stands there already in a folder that was not made here, unless with `force`.
    """
    ours = not folder.exists() or (folder / _OURS).is_file()
    for kind in kinds:
        file = path_of(figure.name, folder, kind)
        if file.exists() and not (ours or force):
            raise OutputError(
                "is there already, in a folder that Byssus did not make",
                file=file,
                fix="name another folder with --out, or replace it with --force",
            )
    files = write_figure(figure, folder, kinds, width_cm=width_cm, height_cm=height_cm)
    if ours:
        write_whole(folder / _OURS, "Figures in this folder were drawn by Byssus and are replaced by it.\n")
    return files


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _cycles(text: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in _listed(text):
        first, dash, last = part.partition("-")
        ends = (first, last if dash else first)
        if not all(end.isascii() and end.isdigit() and 0 < int(end) < MOST_CYCLES for end in ends):
            raise UsageError("is no cycle", field="--cycles", value=part, fix="give numbers from 1, as 1,2,10 or 1-50")
        found += range(int(ends[0]), int(ends[1]) + 1)
    return tuple(dict.fromkeys(found))


def _sample_of(header: str | None, file: Path) -> str:
    try:
        return str(json.loads(header or "")["metadata"]["sample"]["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise TableError("is not a table written by Byssus", file=file, fix="run the study again") from error


def _place(name: str, order: Sequence[str]) -> int:
    return next((place for place, kind in enumerate(order) if name.startswith(kind)), len(order))


def _at(cell: Cell, cycles: Sequence[int]) -> Cell:
    """Return a cell with these cycles alone; what compares them with others is as it was."""
    kept = cell.cycling.cycles.filter(pl.col(CYCLE).is_in(cycles))
    return replace(cell, cycling=replace(cell.cycling, cycles=kept))


def _check_cycles(cycles: Sequence[int], cells: Sequence[Drawable]) -> None:
    measured = {cycle for cell in cells for cycle in cell.cycling.cycles[CYCLE]}
    for cycle in cycles:
        if cycle not in measured:
            raise UsageError(
                "was not measured",
                field="--cycles",
                value=cycle,
                fix=f"give some of {min(measured)} to {max(measured)}",
            )


def _check_basis(basis: CapacityBasis | None, cells: Sequence[Drawable]) -> None:
    for cell in cells:
        if basis is not None and basis not in cell.cycling.bases:
            raise UsageError(
                f"has no capacity per {basis}, for want of its mass or area",
                field="--basis",
                value=cell.cycling.sample,
                fix=f"choose among {', '.join(cell.cycling.bases)}, or say it in the study and run it again",
            )


def _only(figures: Iterable[Figure], name: str) -> Figure:
    for figure in figures:
        if figure.name == name:
            return figure
    raise UsageError("holds nothing for this choice", value=name, fix="choose other cells or cycles")
