"""What can go wrong, in one tree.

Every error that Byssus raises on purpose is a `ByssusError`.  Its text is one
line that names the file, the place, the field and the value, says what is wrong
and how to mend it; the command line prints that line and nothing else.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class ByssusError(Exception):
    """Something that a person asked for could not be done.

    Parameters
    ----------
    message
        What is wrong, as a plain statement.
    file, place, field, value
        Where: the file, the line, sheet or record in it, the field, and the
        value that was found there.  Leave out what does not apply.
    fix
        How to mend it, as an instruction.

    Examples
    --------
    >>> str(ByssusError("is not a mass", file="study.yaml", field="active_mass", value="0.8 V",
    ...                 fix="give it in mg"))
    "study.yaml: active_mass: '0.8 V' is not a mass; give it in mg"
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        place: str | None = None,
        field: str | None = None,
        value: object = None,
        fix: str | None = None,
    ) -> None:
        self.message = message
        self.file = None if file is None else str(file)
        self.place = place
        self.field = field
        self.value = value
        self.fix = fix
        where = "".join(f"{part}: " for part in (self.file, place, field) if part)
        found = "" if value is None else f"{_short(value)} "
        mend = f"; {fix}" if fix else ""
        super().__init__(" ".join(f"{where}{found}{message}{mend}".split()))


class UsageError(ByssusError):
    """The words of a command are off (exit code 2)."""

    exit_code = 2


class ReadError(ByssusError):
    """A file could not be read as what it claims to be."""


class TableError(ByssusError):
    """A measured table breaks its specification (docs/tables.md)."""


class StudyError(ByssusError):
    """A study file says something that cannot be understood or carried out."""


class RecipeError(ByssusError):
    """A recipe says something that cannot be understood, or that cannot be made."""


class KnowledgeError(ByssusError):
    """A record of knowledge is not what it should be, or a question about it has no answer."""


class UnitError(ByssusError):
    """A unit does not parse, or measures another kind of quantity."""


class OutputError(ByssusError):
    """A result could not be written where it should go."""


class AnalysisError(ByssusError):
    """An analysis cannot be made of this table."""


class FitError(ByssusError):
    """A fit cannot be made, or has no answer that the data support."""


class ProtocolError(ByssusError):
    """A protocol says what cannot be understood, or cannot be done to the cell it is for."""


class SimulationError(ByssusError):
    """A virtual cell cannot be made of what is given, or its equations cannot be solved."""


class SeveralErrors(ByssusError):  # noqa: N818 - it is several
    """Nothing that was asked for could be done, for more than one reason; `errors` holds each."""

    def __init__(self, errors: Iterable[ByssusError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(str(error) for error in self.errors))
        self.exit_code = max((error.exit_code for error in self.errors), default=1)


#: A line names at most this many words to choose from.
_NAMED = 40


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name, as a clause for an error's `fix`.

    Examples
    --------
    >>> did_you_mean("elektrode", ["electrode", "binder"])
    "did you mean 'electrode'?"
    >>> did_you_mean("zzz", ["electrode", "binder"])
    'known are: binder, electrode'
    """
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"known are: {', '.join(names[:_NAMED])}{more}"


def _short(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
