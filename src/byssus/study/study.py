"""study.yaml: binders, the electrodes made with them, the cells of those, and their files.

The three levels are kept apart because cells of one coating are not independent
witnesses for its binder.  The file is read strictly: whatever cannot be understood is
named with its line and left out, and the rest of the study still stands.

Layout (version 1)::

    schema: 1
    title: Two binders for nano-silicon
    binders:
      CMC: {note: "..."}
    electrodes:
      Si/CMC: {binder: CMC, made: empty, active_material: nano-Si}
    cells:
      CMC-1:
        electrode: Si/CMC
        configuration: half
        files: [data/CMC-1.ndax]
        active_mass: 0.927 ± 0.034 mg
        electrode_area: 1.13 cm^2
    analysis:
      retention_baseline: 2
      profile_cycles: [1, 2, 10]
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from byssus.conventions import Configuration, Made
from byssus.errors import StudyError, did_you_mean
from byssus.findings import Finding
from byssus.measured.metadata import Area, Charge, Mass, Sample
from byssus.measured.readers.generic import ColumnMap

#: The name a study's file has in its folder.
STUDY_FILE = "study.yaml"


#: A study is written by hand: beyond these it is something else, or an attack on the parser.
LARGEST_BYTES = 1_000_000
LARGEST_VALUES = 100_000
DEEPEST = 12
#: Of a file; systems allow 255 bytes, and a name takes up to four a letter.
LONGEST_NAME = 50


class _Part(BaseModel):
    # Names that look like numbers are names all the same.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class _Named(_Part):
    #: Anything that a reader of the report should know.
    note: str | None = None


def _one_or_more(given: Any) -> Any:
    """Take a lone name as a list of one."""
    return [given] if isinstance(given, str) else given


class Binder(_Named):
    """A binder, as the study names it."""


class Electrode(_Named):
    """A coating: one slurry, cast and dried once."""

    binder: str
    made: Made
    active_material: str | None = None


class Cell(_Named):
    """One cell: an electrode disc, what it stands against, and the files of its test."""

    electrode: str
    configuration: Configuration
    #: More than one where the instrument split the test; they are appended in the order of time.
    files: Annotated[tuple[str, ...], BeforeValidator(_one_or_more), Field(min_length=1)]
    #: What the columns of the files are, where no reader knows them; see docs/formats.md.
    columns: ColumnMap | None = None
    active_mass: Mass | None = None
    coating_mass: Mass | None = None
    electrode_area: Area | None = None
    nominal_capacity: Charge | None = None


class Analysis(_Part):
    """What the analyses are asked to do."""

    retention_baseline: Annotated[int, Field(ge=1, strict=True)] = 1
    #: Cycles whose voltage profiles are drawn; chosen evenly where none are named.
    profile_cycles: tuple[Annotated[int, Field(ge=1, strict=True)], ...] = ()


@dataclass(frozen=True)
class Study:
    """A study that has been read: what it says, and what of it could not be understood."""

    file: Path
    title: str
    binders: dict[str, Binder]
    electrodes: dict[str, Electrode]
    cells: dict[str, Cell]
    analysis: Analysis
    #: One for each thing that was left out, in the order of the file.
    faults: tuple[StudyError, ...] = field(default=())

    @property
    def folder(self) -> Path:
        """The folder that the files of the study are named from."""
        return self.file.parent

    def sample(self, cell: str) -> Sample:
        """Return the sample that a cell's table is about."""
        what = self.cells[cell]
        electrode = self.electrodes[what.electrode]
        return Sample(
            name=cell,
            binder=electrode.binder,
            electrode=what.electrode,
            configuration=what.configuration,
            made=electrode.made,
            active_material=electrode.active_material,
            active_mass=what.active_mass,
            coating_mass=what.coating_mass,
            electrode_area=what.electrode_area,
            nominal_capacity=what.nominal_capacity,
        )

    def file_names(self) -> dict[str, str]:
        """Return for each cell a name that every file system takes, and that no other cell has.

        Letters and digits stay; anything else becomes a dash, and a name that was changed
        gets a few digits of its hash, so that ``A/1`` and ``A:1`` stay two files.
        """
        names = {}
        for cell in self.cells:
            plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in cell).strip(".")
            twin = sum(other.casefold() == cell.casefold() for other in self.cells) > 1
            if plain != cell or twin or len(plain) > LONGEST_NAME:
                plain = f"{plain[:LONGEST_NAME]}-{hashlib.sha256(cell.encode()).hexdigest()[:6]}"
            names[cell] = plain
        return names

    def parts(self) -> list[tuple[str, _Named]]:
        """Return binders, electrodes and cells with their names, in this order."""
        return [*self.binders.items(), *self.electrodes.items(), *self.cells.items()]

    def findings(self) -> list[Finding]:
        """Return the faults as findings, for the report."""
        return [
            Finding(
                "study-field",
                str(fault),
                file=self.file.name,
                field=fault.field,
                value=None if fault.value is None else str(fault.value),
            )
            for fault in self.faults
        ]


def load(path: Path) -> Study:
    """Read a study from its file, or from the folder that holds a study.yaml.

    Raises
    ------
    StudyError
        If there is no such file, it is no YAML, its schema version is unknown, or no
        cell of it can be understood.  Lesser faults are in `Study.faults`.
    """
    file = path / STUDY_FILE if path.is_dir() else path
    content = _parse(file)
    if not isinstance(content, Mapping) or not content:
        raise StudyError("holds no study", file=file, fix="start it with 'schema: 1', and see 'byssus demo' for one")
    reader = _StudyReader(file)
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
    known = ("schema", "title", "binders", "electrodes", "cells", "analysis")
    for name in content:
        if name not in known:
            reader.unknown(content, str(name), str(name), known)
    binders = reader.named(content, "binders", Binder)
    electrodes = reader.named(content, "electrodes", Electrode)
    cells = reader.named(content, "cells", Cell)
    electrodes = reader.linked(content, "electrodes", electrodes, "binder", binders)
    cells = reader.linked(content, "cells", cells, "electrode", electrodes)
    analysis = reader.one(content, "analysis", "analysis", Analysis) or Analysis()
    if not cells:
        if reader.faults:
            raise reader.faults[0]
        raise StudyError("names no cell", file=file, field="cells", fix="list at least one cell with its file")
    title = content.get("title")
    if isinstance(title, Mapping | list):
        reader.fault("is not text", place=reader.line(content, "title"), field="title", value=_plain(title))
        title = None
    return Study(
        file=file,
        title=str(title) if title else file.resolve().parent.name,
        binders=binders,
        electrodes=electrodes,
        cells=cells,
        analysis=analysis,
        faults=tuple(sorted(reader.faults, key=_line_number)),
    )


def _parse(file: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise StudyError(
            "there is no such study", file=file, fix="give a study.yaml or the folder that holds one"
        ) from error
    except OSError as error:
        raise StudyError(f"cannot be opened ({error.strerror})", file=file) from error
    except UnicodeDecodeError as error:
        raise StudyError("is not UTF-8 text", file=file, place=f"byte {error.start}", fix="save it as UTF-8") from error
    if len(text) > LARGEST_BYTES:
        raise StudyError(f"has {len(text):,} characters, more than a study has", file=file, fix="is it the right file?")
    try:
        # The round-trip loader keeps the line of each key; it builds plain data only.
        content = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = None if mark is None else f"line {mark.line + 1}"
        raise StudyError(f"is not YAML: {error.problem or error.context}", file=file, place=place) from error
    except (YAMLError, ValueError) as error:
        raise StudyError(f"is not YAML: {str(error).splitlines()[0]}", file=file) from error
    except RecursionError as error:
        raise StudyError("is nested too deeply to be a study", file=file) from error
    if _too_much(content):
        raise StudyError(
            f"holds more than {LARGEST_VALUES:,} values, or nests deeper than {DEEPEST}, with its aliases written out",
            file=file,
            fix="write the study without aliases of aliases",
        )
    return content


def _too_much(content: Any) -> bool:
    """Say whether the content, aliases written out, is too large or too deep; never walks further than the limits."""
    count, waiting = 0, [(content, 0)]
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > LARGEST_VALUES or depth > DEEPEST:
            return True
        if isinstance(value, Mapping):
            waiting += [(part, depth + 1) for part in value.values()]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
    return False


_PartT = TypeVar("_PartT", bound=_Part)
_Kind = Literal["binders", "electrodes", "cells"]


class _StudyReader:
    """Builds the parts of a study and collects what it had to leave out."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.faults: list[StudyError] = []

    def line(self, mapping: Any, key: object) -> str | None:
        try:
            return f"line {mapping.lc.key(key)[0] + 1}"
        except (AttributeError, KeyError, TypeError):
            return None

    def fault(self, message: str, **where: Any) -> None:
        self.faults.append(StudyError(message, file=self.file, **where))

    def unknown(self, mapping: Any, key: str, field: str, known: Any) -> None:
        self.fault(
            "is not a field of a study, and was left out",
            place=self.line(mapping, key),
            field=field,
            fix=did_you_mean(key, known),
        )

    def named(self, content: Any, kind: _Kind, model: type[_PartT]) -> dict[str, _PartT]:
        section = content.get(kind)
        if section is None:
            return {}
        if not isinstance(section, Mapping):
            self.fault(
                "is not a list of names with their fields",
                place=self.line(content, kind),
                field=kind,
                fix=f"see {kind} in 'byssus demo'",
            )
            return {}
        parts = {str(name): self.one(section, name, f"{kind}.{name}", model) for name in section}
        return {name: part for name, part in parts.items() if part is not None}

    def one(self, mapping: Any, key: object, field: str, model: type[_PartT]) -> _PartT | None:
        """Build one part; a field that is unknown or wrong is named and left out."""
        given = mapping.get(key)
        if given is None:
            given = {}
        if not isinstance(given, Mapping):
            self.fault("is not a set of fields", place=self.line(mapping, key), field=field, value=given)
            return None
        kept = {str(name): _plain(value) for name, value in given.items()}
        while True:
            try:
                return model.model_validate(kept)
            except ValidationError as error:
                lost = False
                for problem in error.errors():
                    name = str(problem["loc"][0])
                    required = name in model.model_fields and model.model_fields[name].is_required()
                    if problem["type"] == "extra_forbidden":
                        self.unknown(given, name, f"{field}.{name}", model.model_fields)
                    else:
                        absent = problem["type"] == "missing"
                        self.fault(
                            _in_words(problem),
                            place=self.line(mapping if absent else given, key if absent else name),
                            field=f"{field}.{name}",
                            value=None if absent or problem["type"] == "value_error" else problem.get("input"),
                            fix=f"{field} was left out" if required else "the field was left out",
                        )
                    kept.pop(name, None)
                    lost = lost or required
                if lost:
                    return None

    def linked(
        self, content: Any, kind: _Kind, parts: dict[str, _PartT], field: str, targets: Mapping[str, Any]
    ) -> dict[str, _PartT]:
        """Leave out the parts that name something the study does not have."""
        kept = {}
        for name, part in parts.items():
            target = getattr(part, field)
            if target in targets:
                kept[name] = part
            else:
                self.fault(
                    f"is not among the {field}s of this study; {kind}.{name} was left out",
                    place=self.line(content[kind][name], field),
                    field=f"{kind}.{name}.{field}",
                    value=target,
                    fix=did_you_mean(target, targets) if targets else f"add it under {field}s",
                )
        return kept


def _in_words(problem: Any) -> str:
    """Say in a person's words what the validator found."""
    context = problem.get("ctx") or {}
    match problem["type"]:
        case "missing":
            return "is missing"
        case "enum":
            known = str(context["expected"]).replace("'", "")
            return f"is not {known}"
        case "greater_than_equal":
            return f"is not {context['ge']} or more"
        case "int_type" | "int_parsing" | "int_from_float":
            return "is not a whole number"
        case "string_type":
            return "is not text"
        case "tuple_type" | "list_type":
            return "is not a list"
        case "too_short":
            return "names no file"
        case _:
            return str(problem["msg"]).removeprefix("Value error, ")


def _line_number(fault: StudyError) -> int:
    return int((fault.place or "line 0").removeprefix("line "))


def _plain(value: Any) -> Any:
    """Turn the YAML library's own kinds of text, number and list into plain ones."""
    match value:
        case bool() | None:
            return value
        case str():
            return str(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case Mapping():
            return {str(key): _plain(part) for key, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case _:
            return str(value)
