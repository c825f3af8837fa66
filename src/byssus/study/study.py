"""study.yaml: binders, the electrodes made with them, the cells of those, and their files.

The three levels are kept apart because cells of one coating are not independent
witnesses for its binder.  The file is read strictly: whatever cannot be understood is
named with its line and left out, and the rest of the study still stands.

Layout (version 1; `byssus init` writes one with every field, docs/study.md lists them)::

    schema: 1
    title: Two binders for nano-silicon
    data: ../raw
    binders:
      CMC: {note: "..."}
      CCL: {}
    recipes:
      "6:2:2": {parts: {silicon: 6, carbon black: 2, binder: 2}, active: silicon}
      Si/CCL: ../recipes/ccl-5.yaml
    electrodes:
      Si/CMC: {binder: CMC, made: empty, recipe: "6:2:2", foil_loading: 10.75 ± 0.11 mg/cm^2}
      Si/CCL: {binder: CCL, made: empty, recipe: Si/CCL}
    cells:
      CMC-1:
        electrode: Si/CMC
        configuration: half
        files: CMC-1_*.ndax
        disc_mass: 13.52 ± 0.01 mg
        electrode_diameter: 12.00 ± 0.05 mm
      CMC-2: {excluded: short circuit at assembly}
    tests:
      CMC-1, CV: {technique: cv, cell: CMC-1, files: CMC-1_cv_*.txt}
      CCL film: {technique: conductivity, binder: CCL, files: CCL_*.z, given: {thickness: 20 um, area: 2 cm^2}}
    virtual:
      CCL: {electrode: Si/CCL, configuration: half, window: [0.005 V, 1.5 V]}
    comparisons:
      control: CMC
    references:
      - {binder: CMC, quantity: first-cycle coulombic efficiency, value: 85 %, source: {title: "...", table: 2}}
    data_sources:
      - {title: "...", doi: 10.1000/182}
    analysis:
      retention_baseline: [2, 1]
      profile_cycles: [1, 2, 10]
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any, TypeVar

from byssus.conventions import Configuration
from byssus.errors import ByssusError, RecipeError, SeveralErrors, StudyError, UnitError, UsageError, did_you_mean
from byssus.files import MARKER
from byssus.findings import Finding
from byssus.handwritten.fields import Named
from byssus.handwritten.reading import Kind, SectionReader, parse, plain
from byssus.measured.archives import SEPARATOR
from byssus.measured.metadata import Sample
from byssus.protocol.model import Protocol
from byssus.recipe import reading
from byssus.recipe.model import Recipe
from byssus.source import Source
from byssus.study.masses import Masses, coated, disc_area_of, resolve
from byssus.study.model import (
    SECTIONS,
    Analysis,
    Binder,
    Cell,
    Comparisons,
    Electrode,
    ExcludedCell,
    Reference,
    Test,
    VirtualCell,
    as_source,
    same,
)
from byssus.study.techniques import technique_called

_KIND = Kind(
    "study",
    StudyError,
    found="give a study.yaml or the folder that holds one",
    example="the study that 'byssus init' writes",
)
#: The name a study's file has in its folder.
STUDY_FILE = "study.yaml"

#: Of a file; systems allow 255 bytes, and a name takes up to four a letter.
LONGEST_NAME = 50


@dataclass(frozen=True)
class Study:
    """A study that has been read: what it says, and what of it could not be understood."""

    file: Path
    title: str
    #: The folder that the files of the cells are found in.
    data: Path
    binders: dict[str, Binder]
    electrodes: dict[str, Electrode]
    #: The cells to be analysed; their files with every pattern resolved.
    cells: dict[str, Cell]
    analysis: Analysis
    recipes: dict[str, Recipe] = field(default_factory=dict)
    #: The files of those recipes that stand in one of their own.
    recipe_files: dict[str, Path] = field(default_factory=dict)
    #: The tests that are no plain cycling; their files with every pattern resolved, and no name that a cell has.
    tests: dict[str, Test] = field(default_factory=dict)
    #: The cells to be simulated; each has an electrode with a recipe, and a name that no cell has.
    virtual: dict[str, VirtualCell] = field(default_factory=dict)
    #: The cells that are not to be analysed.
    excluded: dict[str, ExcludedCell] = field(default_factory=dict)
    comparisons: Comparisons = field(default_factory=Comparisons)
    references: tuple[Reference, ...] = ()
    #: Where the measurements were published.
    data_sources: tuple[Source, ...] = ()
    #: One for each thing that was left out, in the order of the file.
    faults: tuple[ByssusError, ...] = ()
    #: The line of each field that stands in the file.
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder that the study stands in."""
        return self.file.parent

    def path(self, file: str) -> Path:
        """Return where a file of a cell is, from its name in the study."""
        return self.data / file

    def masses(self, cell: str) -> Masses:
        """Return what a cell's electrode, measured or virtual, weighs and measures, with the arithmetic."""
        what = self._cell(cell)
        electrode = self.electrodes[what.electrode]
        return resolve(cell, what, electrode, self.recipes.get(electrode.recipe or ""))

    def recipe(self, electrode: str) -> Recipe | None:
        """Return what an electrode was made of; what the study says of its coating goes before the recipe."""
        coating = self.electrodes[electrode]
        recipe = self.recipes.get(coating.recipe or "")
        return None if recipe is None else coated(coating, recipe)

    def reported(self, virtual: str, quantity: str) -> tuple[Reference, ...]:
        """Return the references that a virtual cell can be held against current by current, in the order of the file.

        They are those of its binder and of a quantity that say their current and no cycle, as those of a rate test do.
        """
        binder = self.electrodes[self.virtual[virtual].electrode].binder
        return _by_current(self.references, binder, quantity)

    def protocol(self, virtual: str, test: str) -> Protocol:
        """Return what a test, one of `byssus.protocol.standard.NAMES`, does to a virtual cell.

        Raises
        ------
        UsageError
            If there is no such test.
        """
        cell = self.virtual[virtual]
        return cell.tests.protocol(test, cell.window, self.electrodes[cell.electrode].made, cell.configuration)

    def sample(self, cell: str) -> Sample:
        """Return the sample that a cell's table is about, measured or virtual."""
        what, masses = self._cell(cell), self.masses(cell)
        said = {"nominal_capacity": what.nominal_capacity, "test": what.test} if isinstance(what, Cell) else {}
        return _sample(cell, what.electrode, self.electrodes[what.electrode], masses, what.configuration, **said)

    def sample_of_test(self, name: str) -> Sample:
        """Return the sample that the tables of a test are about."""
        test = self.tests[name]
        if test.cell is not None:
            return self.sample(test.cell).model_copy(update={"name": name})
        if test.electrode is None:
            area = test.electrode_area
            if area is None and (across := test.electrode_diameter) is not None:
                area = disc_area_of(across)
            return Sample(name=name, binder=test.binder, configuration=test.configuration, electrode_area=area)
        masses = self._masses_of_test(name)
        return _sample(
            name, test.electrode, self.electrodes[test.electrode], masses, test.configuration,
            nominal_capacity=test.nominal_capacity,
        )  # fmt: skip

    def _masses_of_test(self, name: str) -> Masses:
        """Return what the disc of a test weighs; nothing where it is a cell's, or a film's."""
        test = self.tests[name]
        if test.electrode is None:
            return Masses()
        electrode = self.electrodes[test.electrode]
        return resolve(name, test, electrode, self.recipes.get(electrode.recipe or ""))

    def contrasts(self) -> list[tuple[str, str]]:
        """Return the comparisons that the study asks for: each a binder, and the one it is compared with."""
        control = self.comparisons.control
        others = [(binder, control) for binder in self.binders if binder != control] if control else []
        return list(dict.fromkeys([*others, *((pair.binder, pair.against) for pair in self.comparisons.pairs)]))

    def file_names(self) -> dict[str, str]:
        """Return for each cell, measured or virtual, and each test a name that every file system takes, and that no other has.

        Letters and digits stay; anything else becomes a dash, and a name that was changed
        gets a few digits of its hash, so that ``A/1`` and ``A:1`` stay two files.
        """
        names, cells = {}, [*self.cells, *self.tests, *self.virtual]
        for cell in cells:
            plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in cell).strip(".")
            twin = sum(other.casefold() == cell.casefold() for other in cells) > 1
            if plain != cell or twin or len(plain) > LONGEST_NAME:
                plain = f"{plain[:LONGEST_NAME]}-{hashlib.sha256(cell.encode()).hexdigest()[:6]}"
            names[cell] = plain
        return names

    def parts(self) -> list[tuple[str, Named]]:
        """Return all that has a name and may have a note: binders, recipes, electrodes, cells, tests, virtual cells."""
        return [
            *self.binders.items(),
            *self.recipes.items(),
            *self.electrodes.items(),
            *self.cells.items(),
            *self.excluded.items(),
            *self.tests.items(),
            *self.virtual.items(),
        ]

    def exclusions(self) -> list[dict[str, str | None]]:
        """Return the cells that are not analysed, as they stand in JSON answers."""
        return [
            {"sample": name, "binder": self._binder_of(cell), "electrode": cell.electrode, "reason": cell.excluded}
            for name, cell in self.excluded.items()
        ]

    def findings(self) -> list[Finding]:
        """Return the faults, the excluded cells, and what masses and areas contradict, as findings."""
        faults = [
            Finding(
                "recipe-field" if isinstance(fault, RecipeError) else "study-field",
                str(fault),
                file=Path(fault.file or self.file).name,
                field=fault.field,
                value=None if fault.value is None else str(fault.value),
            )
            for fault in self.faults
        ]
        excluded = [
            self._at_its_line(
                Finding("cell-excluded", f"excluded: {cell.excluded}", name, field=f"cells.{name}.excluded")
            )
            for name, cell in self.excluded.items()
        ]
        masses = [self._at_its_line(finding) for name in self.cells for finding in self.masses(name).findings]
        masses += [self._at_its_line(finding) for name in self.tests for finding in self._masses_of_test(name).findings]
        return [*faults, *excluded, *masses]

    def _at_its_line(self, finding: Finding) -> Finding:
        line = self.lines.get(finding.field or "")
        message = finding.message if line is None else f"line {line}: {finding.message}"
        return replace(finding, message=message, file=self.file.name)

    def _cell(self, name: str) -> Cell | VirtualCell:
        return self.cells[name] if name in self.cells else self.virtual[name]

    def _binder_of(self, cell: ExcludedCell) -> str | None:
        electrode = self.electrodes.get(cell.electrode or "")
        return electrode.binder if electrode else None


def _sample(
    name: str,
    called: str,
    electrode: Electrode,
    masses: Masses,
    configuration: Configuration | None,
    **said: Any,
) -> Sample:
    return Sample(
        **said,
        name=name,
        binder=electrode.binder,
        electrode=called,
        configuration=configuration,
        made=electrode.made,
        active_material=electrode.active_material,
        active_mass=masses.active_mass,
        coating_mass=masses.coating_mass,
        electrode_area=masses.electrode_area,
        shared_uncertainty=masses.shared_uncertainty,
        arithmetic=masses.steps,
    )


def load(path: Path, *, data: Path | None = None) -> Study:
    """Read a study from its file, or from the folder that holds a study.yaml.

    Parameters
    ----------
    path
        The file or its folder.
    data
        The folder that the files of the cells are in, instead of the one that the study names.

    Raises
    ------
    StudyError
        If there is no such file, it is no YAML, its schema version is unknown, or no
        cell of it can be understood.  Lesser faults are in `Study.faults`.  A study that
        names no cell is one all the same if it has virtual cells, or values from the literature.
    SeveralErrors
        If no cell of it can be understood, for several reasons.
    UsageError
        If `data` is no folder.
    """
    file = path / STUDY_FILE if path.is_dir() else path
    content = parse(file, _KIND)
    if not isinstance(content, Mapping) or not content:
        raise StudyError("holds no study", file=file, fix="start it with 'schema: 1', and see 'byssus init' for one")
    reader = SectionReader(file, _KIND)
    version = content.get("schema")
    if isinstance(version, bool) or version != 1:
        raise StudyError(
            "is missing" if version is None else "is not a schema version this Byssus reads",
            file=file,
            place=reader.line(content, "schema"),
            field="schema",
            value=version,
            fix="write 'schema: 1'",
        )
    for name in content:
        if name not in SECTIONS:
            reader.unknown(content, str(name), str(name), SECTIONS)
    title, folder = reader.text(content, "title"), _data_folder(content, reader, data)
    binders = reader.named(content, "binders", Binder)
    recipes, recipe_files, in_recipes = _recipes(content, reader)
    electrodes = reader.linked(content, "electrodes", reader.named(content, "electrodes", Electrode), "binder", binders)
    electrodes = _with_recipes(content, electrodes, recipes, reader)
    excluded, cells = _cells(content, reader)
    cells = reader.linked(content, "cells", cells, "electrode", electrodes)
    cells = _with_files(cells, folder, reader, "cells")
    tests = _tests(content, binders, electrodes, cells, folder, reader)
    analysis = reader.one(content, "analysis", "analysis", Analysis) or Analysis()
    comparisons = _comparisons(content, binders, reader)
    references = _references(content, binders, reader)
    virtual = reader.linked(content, "virtual", reader.named(content, "virtual", VirtualCell), "electrode", electrodes)
    virtual = _virtual(content, virtual, electrodes, references, reader)
    unwritten = not reader.written(content, "cells") and isinstance(content.get("cells"), Mapping | None)
    without_cells = unwritten and bool(references or virtual or tests)
    if unwritten and not without_cells:
        reader.fault(
            "names no cell", place=reader.line(content, "cells"), field="cells", fix="list at least one with its files"
        )
    study = Study(
        file=file,
        title=title or file.resolve().parent.name,
        data=folder,
        binders=binders,
        electrodes=electrodes,
        cells=cells,
        analysis=analysis,
        recipes=recipes,
        recipe_files=recipe_files,
        tests=tests,
        virtual=virtual,
        excluded=excluded,
        comparisons=comparisons,
        references=references,
        data_sources=_data_sources(content, reader),
        faults=(*reader.in_order(), *in_recipes),
        lines=reader.lines,
    )
    if not cells and not without_cells:
        raise _no_cell(study)
    return study


def _no_cell(study: Study) -> ByssusError:
    if len(study.faults) > 1:
        return SeveralErrors(study.faults)
    if study.faults:
        return study.faults[0]
    return StudyError("every cell is excluded", file=study.file, field="cells", fix="leave at least one in")


def _data_folder(content: Any, reader: SectionReader, instead: Path | None) -> Path:
    if instead is not None:
        if not instead.is_dir():
            raise UsageError(
                "is not a folder", field="--data", value=str(instead), fix="name the folder of the raw files"
            )
        return instead
    named = reader.text(content, "data")
    if named is None:
        return reader.file.parent
    folder = reader.file.parent / Path(named).expanduser()
    if not folder.is_dir():
        reader.fault(
            "is not a folder",
            place=reader.line(content, "data"),
            field="data",
            value=named,
            fix="name the folder of the raw files, or give it with 'byssus run --data'",
        )
    return folder


def _recipes(content: Any, reader: SectionReader) -> tuple[dict[str, Recipe], dict[str, Path], tuple[ByssusError, ...]]:
    """Build the recipes; return also the files of those that stand in one of their own, and the faults in these."""
    section = reader.section(content, "recipes")
    recipes: dict[str, Recipe] = {}
    files: dict[str, Path] = {}
    faults: list[ByssusError] = []
    for name, given in section.items():
        if not isinstance(given, str):
            recipes |= reader.among(section, "recipes", Recipe, [name])
            continue
        where: dict[str, Any] = {"place": reader.line(section, name), "field": f"recipes.{name}", "value": str(given)}
        file = _beside(reader.file, given)
        if file is None:
            reader.fault("is no file, and was left out", **where, fix="name it from the study's folder")
            continue
        try:
            read = reading.load(file)
        except ByssusError as error:
            faults += error.errors if isinstance(error, SeveralErrors) else [error]
            reader.fault("holds no whole recipe, and was left out", **where, fix="mend that file")
            continue
        faults += read.faults
        recipes[str(name)], files[str(name)] = read.recipe, read.file
    return recipes, files, tuple(faults)


def _beside(study: Path, name: str) -> Path | None:
    """Return the file or folder that a name in a study means, from the study's own folder; None if there is none."""
    try:
        path = study.parent / Path(name).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # no system takes such a name, or no user of that name has a home
        return None


def _with_recipes(
    content: Any, electrodes: dict[str, Electrode], recipes: Mapping[str, Recipe], reader: SectionReader
) -> dict[str, Electrode]:
    """Leave out of electrodes the recipes that the study does not have."""
    written = reader.written(content, "recipes")
    made = {}
    for name, electrode in electrodes.items():
        recipe = electrode.recipe
        if recipe is not None and recipe not in recipes:
            if recipe not in written:
                reader.not_among(f"electrodes.{name}.recipe", recipe, "recipes", recipes, "the field was left out")
            made[name] = electrode.model_copy(update={"recipe": None})
        else:
            made[name] = electrode
    return made


def _cells(content: Any, reader: SectionReader) -> tuple[dict[str, ExcludedCell], dict[str, Cell]]:
    section = reader.section(content, "cells")
    out = [
        name
        for name, given in section.items()
        if isinstance(given, Mapping) and given.get("excluded") not in (None, False)
    ]
    return (
        reader.among(section, "cells", ExcludedCell, out),
        reader.among(section, "cells", Cell, [name for name in section if name not in out]),
    )


_WithFiles = TypeVar("_WithFiles", Cell, Test)


def _with_files(
    cells: dict[str, _WithFiles], folder: Path, reader: SectionReader, section: str
) -> dict[str, _WithFiles]:
    """Resolve the patterns among the files of cells or tests; one with a pattern that matches nothing is left out."""
    found = {}
    for name, cell in cells.items():
        files: list[str] = []
        for pattern in cell.files:
            matches = _matches(pattern, folder)
            if not matches:
                place = f"{section}.{name}.files"
                reader.fault(
                    f"matches no file in {folder}",
                    place=reader.place(place),
                    field=place,
                    value=pattern,
                    fix=f"correct the pattern, or name the folder with 'data'; {section}.{name} was left out",
                )
                break
            files += matches
        else:
            found[name] = cell.model_copy(update={"files": tuple(dict.fromkeys(files))})
    return found


def _tests(
    content: Any,
    binders: Mapping[str, Binder],
    electrodes: Mapping[str, Electrode],
    cells: Mapping[str, Cell],
    folder: Path,
    reader: SectionReader,
) -> dict[str, Test]:
    """Leave out the tests of what the study does not have, and those whose name a cell has."""
    written, kept = reader.written(content, "cells"), {}
    of: dict[str, Mapping[str, Any]] = {"cell": cells, "electrode": electrodes, "binder": binders}
    for name, test in reader.named(content, "tests", Test).items():
        field = f"tests.{name}"
        if name in written:
            reader.fault(
                "is the name of a cell too, and was left out",
                place=reader.place(field), field=field, fix="give the test a name of its own",
            )  # fmt: skip
            continue
        part, called = next((part, getattr(test, part)) for part in of if getattr(test, part) is not None)
        if called not in of[part]:
            if not (part == "cell" and called in written):  # what is wrong with that cell is said already
                reader.not_among(f"{field}.{part}", called, f"{part}s", of[part], f"{field} was left out")
            continue
        kept[name] = test
    return _told(_with_files(kept, folder, reader, "tests"), reader)


def _told(tests: dict[str, Test], reader: SectionReader) -> dict[str, Test]:
    """Leave out of tests what they cannot be told, and those with a list that has not one number for each of their files."""
    kept = {}
    for name, test in tests.items():
        technique, place = technique_called(test.technique), f"tests.{name}.given"
        unknown = [given for given in test.given if not technique.knows(given)]
        for given in unknown:
            reader.fault(
                f"is nothing that {technique.name} is told, and was left out",
                place=reader.place(place), field=f"{place}.{given}",
                fix=did_you_mean(given, [condition.name for condition in technique.conditions]),
            )  # fmt: skip
        if unknown:
            known = {given: value for given, value in test.given.items() if given not in unknown}
            test = test.model_copy(update={"given": known})
        try:
            technique.told(test.given, files=len(test.files))
        except (UsageError, UnitError) as error:
            reader.fault(
                error.message, place=reader.place(place), field=f"{place}.{error.field}",
                value=str(error.value), fix=f"{error.fix}; tests.{name} was left out",
            )  # fmt: skip
        else:
            kept[name] = test
    return kept


def _matches(pattern: str, folder: Path) -> list[str]:
    """Return the files that a pattern means, numbers in their names in the order of counting."""
    if SEPARATOR in pattern or not glob.has_magic(pattern):
        return [pattern]
    with contextlib.suppress(OSError):
        if (folder / pattern).is_file():
            return [pattern]
    found = [
        name
        for name in glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207 - an absolute pattern is one too
        if (folder / name).is_file()
        and not any((folder / parent / MARKER).is_file() for parent in PurePath(name).parents)
    ]
    return sorted((PurePath(name).as_posix() for name in found), key=_counted)


def _counted(name: str) -> list[tuple[int, int, str]]:
    """Return what sorts ``x_2`` before ``x_10``.

    Examples
    --------
    >>> sorted(["x_10.csv", "x_2.csv"], key=_counted)
    ['x_2.csv', 'x_10.csv']
    """
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name)]


def _virtual(
    content: Any,
    cells: Mapping[str, VirtualCell],
    electrodes: Mapping[str, Electrode],
    references: tuple[Reference, ...],
    reader: SectionReader,
) -> dict[str, VirtualCell]:
    """Leave out the virtual cells that cannot be made, or have nothing to be fitted to."""
    measured, kept = reader.written(content, "cells"), {}
    for name, cell in cells.items():
        field = f"virtual.{name}"
        against = cell.against
        if name in measured:
            reader.fault(
                "is the name of a measured cell too, and was left out",
                place=reader.place(field), field=field, fix="give the virtual cell a name of its own",
            )  # fmt: skip
            continue
        if against is not None and against not in electrodes:
            reader.not_among(f"{field}.against", against, "electrodes", electrodes, f"{field} was left out")
            continue
        if against is not None and electrodes[cell.electrode].made is electrodes[against].made:
            reader.fault(
                f"is made {electrodes[against].made}, as {cell.electrode} is, and no lithium could pass; {field} was left out",
                place=reader.place(f"{field}.against"), field=f"{field}.against", value=against,
                fix="name one that is made empty and one that is made full",
            )  # fmt: skip
            continue
        bare = {
            part: electrode
            for part, electrode in (("electrode", cell.electrode), ("against", against))
            if electrode is not None and electrodes[electrode].recipe is None
        }
        for part, electrode in bare.items():
            reader.fault(
                f"has no recipe that can be used, from which it would be simulated; {field} was left out",
                place=reader.place(f"{field}.{part}"), field=f"{field}.{part}", value=electrode,
                fix=f"say its recipe under electrodes.{electrode}",
            )  # fmt: skip
        if not bare and _can_be_fitted(name, cell, electrodes[cell.electrode].binder, references, reader):
            kept[name] = cell
    return kept


def _can_be_fitted(
    name: str, cell: VirtualCell, binder: str, references: tuple[Reference, ...], reader: SectionReader
) -> bool:
    """Say whether something was reported at every current that a calibration names; what is missing is told."""
    asked = cell.calibrate
    if asked is None:
        return True
    known = [one.current for one in _by_current(references, binder, asked.quantity) if one.current is not None]
    missing = [current for current in asked.currents if not any(same(current, one) for one in known)]
    if not missing:
        return True
    place = f"virtual.{name}.calibrate"
    reader.fault(
        f"is the current of no reference of the {asked.quantity} of {binder} without a cycle; virtual.{name} was left out",
        place=reader.place(place), field=f"{place}.currents", value=", ".join(str(current) for current in missing),
        fix=f"known are: {', '.join(dict.fromkeys(str(one) for one in known))}" if known
        else "say the current of the references",
    )  # fmt: skip
    return False


def _by_current(references: Iterable[Reference], binder: str, quantity: str) -> tuple[Reference, ...]:
    return tuple(
        one
        for one in references
        if (one.binder, one.quantity) == (binder, quantity) and one.current is not None and one.cycle is None
    )


def _comparisons(content: Any, binders: Mapping[str, Binder], reader: SectionReader) -> Comparisons:
    given = reader.one(content, "comparisons", "comparisons", Comparisons) if content.get("comparisons") else None
    given = given or Comparisons()
    control = given.control
    if control is not None and control not in binders:
        reader.not_among("comparisons.control", control, "binders", binders, "the field was left out")
        control = None
    pairs = []
    for pair in given.pairs:
        unknown = [name for name in (pair.binder, pair.against) if name not in binders]
        for name in unknown:
            reader.not_among("comparisons.pairs", name, "binders", binders, "the comparison was left out")
        if not unknown:
            pairs.append(pair)
    return Comparisons(control=control, pairs=tuple(pairs))


def _data_sources(content: Any, reader: SectionReader) -> tuple[Source, ...]:
    listed = content.get("data_sources")
    if not isinstance(listed, list | None):
        reader.fault(
            "is not a list",
            place=reader.line(content, "data_sources"),
            field="data_sources",
            fix="start each with '- ' on a line of its own",
        )
        return ()
    kept = []
    for at, given in enumerate(listed or []):
        try:
            kept.append(as_source(plain(given)))
        except (TypeError, ValueError) as error:
            field, place = f"data_sources.{at + 1}", reader.line(listed, at)
            reader.fault(str(error), place=place, field=field, fix=f"{field} was left out")
    return tuple(kept)


def _references(content: Any, binders: Mapping[str, Binder], reader: SectionReader) -> tuple[Reference, ...]:
    kept = []
    for place, reference in reader.listed(content, "references", Reference):
        if reference.binder is not None and reference.binder not in binders:
            field = f"references.{place}.binder"
            reader.not_among(
                field, reference.binder, "binders", binders, "the reference was left out; or call it 'label'"
            )
        else:
            kept.append(reference)
    return tuple(kept)
