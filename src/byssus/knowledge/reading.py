"""From CSV files to frames: read as text, check, then numbers beside the text.

A number keeps the unit that it was printed in.  Beside it stands what questions need: the same
number in its quantity's own unit (``standard_…``) and the conditions as numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import polars as pl

from byssus.errors import KnowledgeError, UnitError, did_you_mean
from byssus.knowledge.columns import (
    FACTS,
    TABLES,
    Column,
    Fault,
    conversions,
    faults_of,
    quantity_in,
    rate_in,
    temperature_in,
    window_in,
)
from byssus.quantity import Quantity, check_unit

#: Where the records that ship with Byssus stand.
DATA = Path(str(files("byssus.knowledge") / "data"))


def table(name: str) -> pl.DataFrame:
    """Read a table that ships with Byssus; the text of numbers becomes numbers, everything else stays text."""
    return rows_of(name).select(
        "line",
        "file",
        *(pl.col(column.name).cast(pl.Float64) if column.number else pl.col(column.name) for column in TABLES[name]),
    )


def cell_numbers() -> pl.DataFrame:
    """Read the numbers that a virtual cell starts from; of one that is a property, what is empty is taken from there."""
    numbers, known = table("cell_numbers"), table("properties")
    taken = ("value", "low", "high", "method", "title", "doi", "place")
    joined = numbers.join(
        known.select("property", *taken), on="property", how="left", suffix=" known", maintain_order="left"
    )
    return joined.with_columns(pl.coalesce(name, f"{name} known") for name in taken).select(numbers.columns)


def rows_of(name: str) -> pl.DataFrame:
    """Read a table that ships with Byssus as text; one that is a folder is all of its files, one below the other."""
    path = DATA / f"{name}.csv"
    sources = [path] if path.is_file() else sorted((DATA / name).glob("*.csv"))
    return pl.concat([_complete(text_of(source), TABLES[name]) for source in sources])


def text_of(file: Path) -> pl.DataFrame:
    """Read a CSV file as text, with the ``file`` and ``line`` of each row; the first row of data is line 2.

    Raises
    ------
    KnowledgeError
        If it cannot be read, or holds no table.
    """
    try:
        rows = pl.read_csv(file, infer_schema=False)
    except FileNotFoundError as error:
        raise KnowledgeError("is not there", file=file, fix="name a CSV file of facts") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        cause = str(error).splitlines()[0]
        raise KnowledgeError(f"is not a CSV table ({cause})", file=file, fix="save it as CSV in UTF-8") from error
    text = rows.select(pl.all().str.strip_chars().replace("", None))
    return text.with_row_index("line", offset=2).with_columns(
        file=pl.lit(file.name), line=pl.col("line").cast(pl.Int64)
    )


def _complete(rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    absent = [column.name for column in columns if column.name not in rows.columns]
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in absent).select(
        "line", "file", *(column.name for column in columns)
    )


def own_facts(
    file: Path, quantities: pl.DataFrame, systems: Iterable[str]
) -> tuple[pl.DataFrame, tuple[KnowledgeError, ...]]:
    """Read facts of a user's own, checked as those that ship with Byssus; rows with a fault are left out.

    Returns
    -------
    The sound rows, with numbers as numbers, and an error for each fault.

    Raises
    ------
    KnowledgeError
        If the file is no table, or lacks a column that every fact needs.
    """
    given = text_of(file)
    names = {column.name for column in FACTS}
    strangers = [name for name in given.columns if name not in names | {"line", "file"}]
    errors = [
        KnowledgeError(
            "is not a column of facts; it is passed over", file=file, field=name, fix=did_you_mean(name, names)
        )
        for name in strangers
    ]
    for needed in ("quantity", "value", "unit", "source"):
        if needed not in given.columns:
            raise KnowledgeError(
                "is missing", file=file, field=needed, fix="give every fact quantity, value, unit, source"
            )
    rows = _complete(given, FACTS)
    faults = [*faults_of(rows, FACTS), *fact_faults(rows, quantities, systems)]
    errors += [
        KnowledgeError(f"{fault.message}; the row is left out", file=file, place=f"line {fault.line}", field=fault.field,
                       value=fault.value or None, fix=fault.fix)
        for fault in sorted(faults, key=lambda fault: fault.line)
    ]  # fmt: skip
    sound = rows.filter(~pl.col("line").is_in({fault.line for fault in faults}))
    numbered = sound.with_columns(
        pl.col(column.name).cast(pl.Float64) for column in FACTS if column.number
    ).with_columns(fact=pl.coalesce("fact", pl.format("{}:{}", pl.lit(file.stem), "line")))
    return numbered, tuple(errors)


def fact_faults(rows: pl.DataFrame, quantities: pl.DataFrame, systems: Iterable[str]) -> Iterator[Fault]:
    """Find what is wrong with facts beyond single columns: units of another kind, numbers without a source."""
    unit_of = dict(quantities.select("quantity", "unit").iter_rows())
    known = set(systems)

    def found(where: pl.Expr, field: str, message: str, fix: str | None = None) -> Iterator[Fault]:
        for line, value in rows.filter(where).select("line", field).iter_rows():
            yield Fault(line, field, value or "", message, fix)

    for name in rows["quantity"].drop_nulls().unique():
        if name not in unit_of:
            yield from found(
                pl.col("quantity") == name, "quantity", "is not in the vocabulary", did_you_mean(name, unit_of)
            )
    pairs = rows.select("unit", "quantity").drop_nulls().unique()
    good = conversions((unit, unit_of[name]) for unit, name in pairs.iter_rows() if name in unit_of)
    for unit, name in pairs.iter_rows():
        if name in unit_of and (unit, unit_of[name]) not in good and _is_unit(unit):
            here = (pl.col("unit") == unit) & (pl.col("quantity") == name)
            yield from found(here, "unit", f"is not a unit of {name}", f"give it in {unit_of[name]}")
    strange = pl.col("system").is_not_null() & ~pl.col("system").is_in(known)
    yield from found(strange, "system", "is not a system of the two documents", "leave it empty, or look it up")
    missing = (pl.col("qualifier") == "missing").fill_null(value=False)
    value, most = pl.col("value").cast(pl.Float64, strict=False), pl.col("value_max").cast(pl.Float64, strict=False)
    yield from found(
        ~missing & pl.col("value").is_null(), "value", "is empty", "write missing as its qualifier if it is"
    )
    yield from found(missing & pl.col("value").is_not_null(), "value", "is there, but said to be missing")
    yield from found(missing & pl.col("note").is_null(), "note", "is empty", "say why the number is missing")
    yield from found(most < value, "value_max", "is below value", "give the lower end of a range first")
    spread = pl.col("uncertainty").cast(pl.Float64, strict=False)
    yield from found(spread < 0, "uncertainty", "is below zero", "give it as ≥ 0")
    seeds = pl.col("source").is_in(["paper", "review"])
    for field in ("system", "section", "fact"):
        yield from found(seeds & pl.col(field).is_null(), field, "is empty", "say where in the document")
    cited = pl.col("title").is_not_null() | pl.col("doi").is_not_null()
    yield from found(
        (pl.col("source") == "literature") & ~cited, "title", "is empty", "name the publication: title or doi"
    )
    described = cited | pl.col("note").is_not_null() | pl.col("method").is_not_null()
    yield from found(
        (pl.col("source") == "user") & ~described, "note", "is empty", "say how it was measured, in note or method"
    )
    named = rows.filter(pl.col("fact").is_not_null())
    for line, name in named.filter(pl.col("fact").is_duplicated()).select("line", "fact").iter_rows():
        yield Fault(line, "fact", name, "names more than one row", "give each its own name, or none")


def _is_unit(text: str) -> bool:
    try:
        check_unit(text)
    except UnitError:
        return False
    return True


def with_numbers(facts: pl.DataFrame, quantities: pl.DataFrame) -> pl.DataFrame:
    """Add what questions need to facts: values in each quantity's own unit, and conditions as numbers."""
    unit_of = dict(quantities.select("quantity", "unit").iter_rows())
    pairs = [(unit, unit_of[name]) for unit, name in facts.select("unit", "quantity").unique().iter_rows()]
    scale = pl.DataFrame(
        [(unit, target, *line) for (unit, target), line in conversions(pairs).items()],
        schema={"unit": pl.String, "standard_unit": pl.String, "factor": pl.Float64, "offset": pl.Float64},
        orient="row",
    )
    units = pl.DataFrame(list(unit_of.items()), schema=["quantity", "standard_unit"], orient="row")
    told = (
        facts.join(units, on="quantity", how="left", maintain_order="left")
        .join(scale, on=["unit", "standard_unit"], how="left", maintain_order="left")
        .with_columns(
            standard_value=_tidy(pl.col("value") * pl.col("factor") + pl.col("offset")),
            standard_max=_tidy(pl.col("value_max") * pl.col("factor") + pl.col("offset")),
            standard_uncertainty=_tidy(pl.col("uncertainty") * pl.col("factor").abs()),
            cycle=pl.col("cycle").cast(pl.Int64),
        )
        .drop("factor", "offset")
    )
    return told.with_columns(
        _mapped(told, "temperature", "temperature / degC", temperature_in),
        _mapped(told, "window", "lower voltage / V", lambda text: window_in(text)[0]),
        _mapped(told, "window", "upper voltage / V", lambda text: window_in(text)[1]),
        _mapped(told, "loading", "loading / mg/cm^2", _loading),
        _mapped(told, "rate", "C-rate / 1/h", lambda text: _in_unit(rate_in(text)[0], "1/h")),
        _mapped(told, "rate", "specific current / A/g", lambda text: _in_unit(rate_in(text)[0], "A/g")),
    )


def _tidy(number: pl.Expr) -> pl.Expr:
    # Twelve digits: a conversion factor should not leave its binary dust on a number that people see.
    return number.round_sig_figs(12)


def _mapped(frame: pl.DataFrame, source: str, name: str, number: Callable[[str], float | None]) -> pl.Expr:
    texts = frame[source].drop_nulls().unique().to_list()
    values = [number(text) for text in texts]
    return pl.col(source).replace_strict(texts, values, default=None, return_dtype=pl.Float64).alias(name)


def _loading(text: str) -> float | None:
    return _in_unit(quantity_in(text, "mg/cm^2", "mAh/cm^2"), "mg/cm^2")


def _in_unit(quantity: Quantity, unit: str) -> float | None:
    try:
        return quantity.to(unit).value
    except UnitError:
        return None
