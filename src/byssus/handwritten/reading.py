"""How such a file is read: strictly, each fault with its line, and the rest still stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from byssus.errors import ByssusError, did_you_mean
from byssus.handwritten.fields import Part, names_of

#: It is written by hand: beyond these it is something else, or an attack on the parser.
LARGEST_BYTES = 1_000_000
LARGEST_VALUES = 100_000
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is, for messages.

    Parameters
    ----------
    word
        What people call it: ``study``.
    error
        The error of such a file.
    found, example
        How to name one, and where a whole one can be seen, as clauses of a fix.
    """

    word: str
    error: type[ByssusError]
    found: str
    example: str


def parse(file: Path, kind: Kind) -> Any:
    """Return what a YAML file holds, its keys with their lines.

    Raises
    ------
    ByssusError
        Of the file's kind, if there is no such file, it is no YAML, or too large or too deep.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise kind.error(f"there is no such {kind.word}", file=file, fix=kind.found) from error
    except OSError as error:
        raise kind.error(f"cannot be opened ({error.strerror})", file=file) from error
    except UnicodeDecodeError as error:
        raise kind.error("is not UTF-8 text", file=file, place=f"byte {error.start}", fix="save it as UTF-8") from error
    if len(text) > LARGEST_BYTES:
        raise kind.error(
            f"has {len(text):,} characters, more than a {kind.word} has", file=file, fix="is it the right file?"
        )
    try:
        # The round-trip loader keeps the line of each key; it builds plain data only.
        content = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = None if mark is None else f"line {mark.line + 1}"
        raise kind.error(f"is not YAML: {error.problem or error.context}", file=file, place=place) from error
    except (YAMLError, ValueError) as error:
        raise kind.error(f"is not YAML: {str(error).splitlines()[0]}", file=file) from error
    except RecursionError as error:
        raise kind.error(f"is nested too deeply to be a {kind.word}", file=file) from error
    if _too_much(content):
        raise kind.error(
            f"holds more than {LARGEST_VALUES:,} values, or nests deeper than {DEEPEST}, with its aliases written out",
            file=file,
            fix="write it without aliases of aliases",
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


PartT = TypeVar("PartT", bound=Part)


class SectionReader:
    """Builds the parts of a file and collects what it had to leave out."""

    def __init__(self, file: Path, kind: Kind) -> None:
        self.file = file
        self.kind = kind
        self.faults: list[ByssusError] = []
        #: The line of each field that stands in the file, such as ``cells.CMC-1.disc_mass``.
        self.lines: dict[str, int] = {}

    def line(self, container: Any, key: Any) -> str | None:
        """Return the line of a key of a mapping, or of an item of a list."""
        try:
            lines = container.lc
            at = lines.item(key) if isinstance(container, list) else lines.key(key)
            return f"line {at[0] + 1}"
        except (AttributeError, KeyError, IndexError, TypeError):
            return None

    def place(self, field: str) -> str | None:
        """Return the line of a field that was read."""
        return f"line {self.lines[field]}" if field in self.lines else None

    def fault(self, message: str, **where: Any) -> None:
        """Note what is wrong, and where."""
        self.faults.append(self.kind.error(message, file=self.file, **where))

    def unknown(self, mapping: Any, key: str, field: str, known: Iterable[str]) -> None:
        """Note a field that no such file has."""
        self.fault(
            f"is not a field of a {self.kind.word}, and was left out",
            place=self.line(mapping, key),
            field=field,
            fix=did_you_mean(key, known),
        )

    def text(self, content: Any, name: str) -> str | None:
        """Return a field that is a line of text; None if it is none."""
        given = content.get(name)
        if isinstance(given, Mapping | list):
            self.fault("is not text", place=self.line(content, name), field=name, value=plain(given))
            return None
        return str(given) if given not in (None, "") else None

    def named(self, content: Any, kind: str, model: type[PartT]) -> dict[str, PartT]:
        """Build a section of names with their fields."""
        section = self.section(content, kind)
        return self.among(section, kind, model, list(section))

    def among(
        self, section: Mapping[Any, Any], kind: str, model: type[PartT], names: Iterable[Any]
    ) -> dict[str, PartT]:
        """Build some parts of a section."""
        parts = {str(name): self.one(section, name, f"{kind}.{name}", model) for name in names}
        return {name: part for name, part in parts.items() if part is not None}

    def section(self, content: Any, kind: str) -> Mapping[Any, Any]:
        """Return a section of names with their fields, as it was written; an empty one if it is none."""
        section = content.get(kind)
        if section is None:
            return {}
        if not isinstance(section, Mapping):
            self.fault(
                "is not a list of names with their fields",
                place=self.line(content, kind),
                field=kind,
                fix=f"see {kind} in {self.kind.example}",
            )
            return {}
        return section

    @staticmethod
    def written(content: Any, kind: str) -> set[str]:
        """Return the names that a section has in the file, understood or not."""
        section = content.get(kind)
        return {str(name) for name in section} if isinstance(section, Mapping) else set()

    def listed(self, content: Any, kind: str, model: type[PartT]) -> list[tuple[int, PartT]]:
        """Build a section that is a list of parts; each with its place, counted from 1."""
        given = content.get(kind)
        if given is None:
            return []
        if not isinstance(given, list):
            self.fault(
                "is not a list",
                place=self.line(content, kind),
                field=kind,
                fix="start each with '- ' on a line of its own",
            )
            return []
        parts = [(place + 1, self.one(given, place, f"{kind}.{place + 1}", model)) for place in range(len(given))]
        return [(place, part) for place, part in parts if part is not None]

    def one(self, container: Any, key: Any, field: str, model: type[PartT]) -> PartT | None:
        """Build one part; a field that is unknown or wrong is named and left out."""
        given = container.get(key) if isinstance(container, Mapping) else container[key]
        own_line = self.line(container, key)
        if given is None:
            given = {}
        if not isinstance(given, Mapping):
            self.fault("is not a set of fields", place=own_line, field=field, value=given)
            return None
        return self._built(given, field, own_line, model, list(given))

    def whole(self, content: Mapping[Any, Any], model: type[PartT], names: Iterable[str]) -> PartT | None:
        """Build a part of some fields of the file itself."""
        return self._built(content, "", None, model, names)

    def _built(
        self, given: Mapping[Any, Any], field: str, own_line: str | None, model: type[PartT], names: Iterable[Any]
    ) -> PartT | None:
        names = list(names)
        for name, line in [(field, own_line), *((_within(field, name), self.line(given, name)) for name in names)]:
            if line is not None:
                self.lines[name] = int(line.removeprefix("line "))
        # A field that is left blank is not given.
        kept = {str(name): plain(given[name]) for name in names if given[name] is not None}
        while True:
            try:
                return model.model_validate(kept)
            except ValidationError as error:
                if not self._without(error, given, kept, field, own_line, model):
                    return None

    def _without(
        self,
        error: ValidationError,
        given: Any,
        kept: dict[str, Any],
        field: str,
        own_line: str | None,
        model: type[Part],
    ) -> bool:
        """Name the fields that are wrong and take them away; False if the part cannot be without them."""
        known, whole = names_of(model), True
        for problem in error.errors():
            if not problem["loc"]:  # of the part as a whole
                self.fault(
                    _in_words(problem),
                    place=own_line,
                    field=field or None,
                    fix=f"{field} was left out" if field else None,
                )
                return False
            name = str(problem["loc"][0])
            inner = None if name in model.decisive else _optional_within(problem, known.get(name), kept.get(name))
            within = ".".join(str(step) for step in problem["loc"] if not isinstance(step, int) and step != "[key]")
            absent = problem["type"] == "missing"
            required = inner is None and (name in model.decisive or (name in known and known[name].is_required()))
            if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
                self.unknown(given, name, _within(field, name), known)
            else:
                # A field that stands there blank is to be filled where it stands.
                place = self.line(given, name) if name in given else own_line
                place = (self.line(given[name], inner) if inner is not None else None) or place
                self.fault(
                    _in_words(problem, known.get(name)),
                    place=place,
                    field=_within(field, within),
                    value=None
                    if absent or problem["type"] in ("value_error", "extra_forbidden")
                    else problem.get("input"),
                    fix=(f"{field} was left out" if field else None) if required else "the field was left out",
                )
            if inner is None:
                kept.pop(name, None)
            else:
                kept[name].pop(inner, None)
            whole = whole and not required
        return whole

    def linked(
        self, content: Any, kind: str, parts: dict[str, PartT], field: str, targets: Mapping[str, Any]
    ) -> dict[str, PartT]:
        """Leave out the parts that name something the file does not have.

        What names a part that was itself left out goes with it, and is told of in one line.
        """
        section = f"{field}s"
        written = self.written(content, section)
        kept: dict[str, PartT] = {}
        with_it: dict[str, list[str]] = {}
        for name, part in parts.items():
            target = getattr(part, field)
            if target in targets or target is None:
                kept[name] = part
            elif target in written:
                with_it.setdefault(target, []).append(name)
            else:
                self.not_among(f"{kind}.{name}.{field}", target, section, targets, f"{kind}.{name} was left out")
        for target, names in with_it.items():
            self.fault(
                f"was left out, and with it {kind} {', '.join(names)}",
                place=self.place(f"{section}.{target}"),
                field=f"{section}.{target}",
            )
        return kept

    def not_among(self, field: str, value: str, section: str, known: Mapping[str, Any], lost: str) -> None:
        """Note a name that the file does not have, and what is left out with it."""
        self.fault(
            f"is not among the {section} of this {self.kind.word}; {lost}",
            place=self.place(field),
            field=field,
            value=value,
            fix=did_you_mean(value, known) if known else f"add it under {section}",
        )

    def in_order(self) -> tuple[ByssusError, ...]:
        """Return the faults in the order of the file."""
        return tuple(sorted(self.faults, key=lambda fault: int((fault.place or "line 0").removeprefix("line "))))


def _optional_within(problem: Any, field: Any, given: Any) -> str | None:
    """Return the field of a part within that is wrong and that this can be without; None where there is none."""
    if len(problem["loc"]) < 2 or not isinstance(given, Mapping) or (inner := str(problem["loc"][1])) not in given:
        return None
    annotation = getattr(field, "annotation", None)
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    if model is None or inner in getattr(model, "decisive", ()):
        return None
    about = names_of(model).get(inner)
    return None if about is not None and about.is_required() else inner


def _within(field: str, name: object) -> str:
    return f"{field}.{name}" if field else str(name)


def _in_words(problem: Any, field: Any = None) -> str:
    """Say in a person's words what the validator found."""
    context = problem.get("ctx") or {}
    match problem["type"]:
        case "missing":
            kind = getattr(field, "annotation", None)
            choices = kind if isinstance(kind, type) and issubclass(kind, StrEnum) and len(problem["loc"]) == 1 else ()
            return f"is missing ({' or '.join(choices)})" if choices else "is missing"
        case "extra_forbidden":
            return "is not a field there"
        case "enum" | "literal_error":
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
        case "model_type" | "dict_type" | "model_attributes_type":
            return "is not a set of fields"
        case "too_short":
            return "is empty"
        case _:
            return str(problem["msg"]).removeprefix("Value error, ")


def plain(value: Any) -> Any:
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
            return {str(key): plain(part) for key, part in value.items()}
        case list():
            return [plain(part) for part in value]
        case _:
            return str(value)
