"""The option that says what the columns of a table are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from byssus.errors import UsageError

if TYPE_CHECKING:
    from byssus.measured.readers.generic import ColumnMap

_EXAMPLE = "'{voltage: {column: E, unit: V}, current: {column: I, unit: mA}}'"

ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        help=f"What the columns of a text or workbook are, where no reader knows it, as a study has it: {_EXAMPLE}.",
    ),
]


def column_map(text: str | None, kind: str) -> ColumnMap | None:
    """Read a column map as a study has it, or its columns alone.

    Parameters
    ----------
    text
        YAML; None gives None.
    kind
        Of the table, where the map does not say it.

    Raises
    ------
    UsageError
        If it is no map.
    """
    if text is None:
        return None
    from pydantic import ValidationError
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from byssus.measured.readers.generic import ColumnMap

    fix = f"write it as in a study: {_EXAMPLE}"
    try:
        given = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise UsageError("is not YAML", field="--columns", value=text, fix=fix) from error
    if not isinstance(given, dict):
        raise UsageError("names no columns", field="--columns", value=text, fix=fix)
    try:
        return ColumnMap.model_validate({"kind": kind} | (given if "columns" in given else {"columns": given}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(("--columns", *(str(step) for step in first["loc"])))
        raise UsageError(str(first["msg"]).removeprefix("Value error, "), field=where, fix=fix) from error
