"""All that is known, and the questions that can be put to it."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from byssus.errors import KnowledgeError, UnitError, did_you_mean
from byssus.knowledge import reading
from byssus.knowledge.columns import BINDER_KINDS, SOURCES, conversions
from byssus.knowledge.names import Names, matching, plain
from byssus.knowledge.records import Entry, Fact, Property
from byssus.quantity import Quantity, check_unit, convert

#: What each document is, for a citation.
DOCUMENTS = {
    "paper": ("He et al. 2026, J. Energy Storage", "10.1016/j.est.2026.120607"),
    "review": ("Zhang et al. 2023, Electrochem. Energy Rev.", "10.1007/s41918-023-00198-2"),
}


@dataclass(frozen=True)
class Knowledge:
    """Every record, as frames; and what can be asked of them.

    Examples
    --------
    >>> from byssus import knowledge
    >>> known = knowledge.load()
    >>> known.where(binder="CCL", quantity="elastic modulus")["value"].to_list()
    [12.48]
    """

    facts: pl.DataFrame
    systems: pl.DataFrame
    quantities: pl.DataFrame
    substances: pl.DataFrame
    repeat_units: pl.DataFrame
    members: pl.DataFrame
    abbreviations: pl.DataFrame
    properties: pl.DataFrame
    cell_numbers: pl.DataFrame
    conflicts: pl.DataFrame
    references: pl.DataFrame
    uses: pl.DataFrame
    asked: pl.DataFrame
    faults: tuple[KnowledgeError, ...] = field(default=(), repr=False)

    @cached_property
    def names(self) -> Names:
        """The names of all substances."""
        return Names(self.substances, self.abbreviations)

    def records(self, facts: pl.DataFrame | None = None) -> list[Fact]:
        """Return facts as typed records.

        Examples
        --------
        >>> from byssus import knowledge
        >>> known = knowledge.load()
        >>> [fact.number() for fact in known.records(known.where(binder="CCL", quantity="peel force"))]
        ['3.52 N']
        """
        frame = self.facts if facts is None else facts
        wanted = [each.name for each in fields(Fact)]
        return [Fact(**row) for row in frame.select(wanted).iter_rows(named=True)]

    def binders(self, text: str | None = None) -> pl.DataFrame:
        """Return the systems that are binders, or those of them that have every word of a text.

        Raises
        ------
        KnowledgeError
            If none has.
        """
        counted = self.facts.group_by("system").len("facts")
        found = self.systems.filter(pl.col("kind").is_in(BINDER_KINDS))
        if text:
            substance = self.names.substance(text)
            holds = [] if substance is None else self._systems_of(substance, binders=True)
            words = matching(found, text)
            also = found.filter(pl.col("system").is_in(holds) & ~pl.col("system").is_in(words["system"].implode()))
            found = pl.concat([words, also])
            if found.is_empty():
                raise KnowledgeError("is no binder that is known", value=text, fix=self._nearest(text))
        return found.join(counted, on="system", how="left", maintain_order="left").with_columns(
            pl.col("facts").fill_null(0)
        )

    def where(
        self,
        *,
        binder: str | None = None,
        quantity: str | None = None,
        electrode: str | None = None,
        source: str | None = None,
        system: str | None = None,
        section: str | None = None,
        at_least: str | float | None = None,
        at_most: str | float | None = None,
        unit: str | None = None,
    ) -> pl.DataFrame:
        """Return the facts that fit, as a frame.

        Parameters
        ----------
        binder
            Any name of it; a blend is found by each of its parts.
        quantity
            A name of the vocabulary, or words that some of its names have.
        electrode
            Any name of its active material.
        source
            ``paper``, ``review``, ``literature`` or ``user``.
        system, section
            As in the records.
        at_least, at_most
            Bounds, with a unit (``"1000 mAh/g"``) or in `unit`. A range fits if part of it does;
            a value that is missing never fits.
        unit
            What to convert the numbers to, into the columns ``value``, ``value_max``, ``uncertainty``.

        Raises
        ------
        KnowledgeError
            For a name that is not known (with the nearest), or a unit that the quantity is not in.
        """
        found = self.facts
        if binder is not None:
            found = found.filter(pl.col("binder").is_in(self._called(binder, "binder")))
        if quantity is not None:
            found = found.filter(pl.col("quantity").is_in(self._quantities(quantity)))
        if electrode is not None:
            found = found.filter(pl.col("electrode").is_in(self._called(electrode, "electrode")))
        if source is not None:
            source = source.lower()
            if source not in SOURCES:
                raise KnowledgeError("is not a source", field="source", value=source, fix=did_you_mean(source, SOURCES))
            found = found.filter(pl.col("source") == source)
        if system is not None:
            system = system.upper()
            if system not in set(self.systems["system"]):
                raise KnowledgeError(
                    "is not a system", field="system", value=system, fix="they are P-001 to P-075 and R-001 to R-175"
                )
            found = found.filter(pl.col("system") == system)
        if section is not None:
            found = found.filter((pl.col("section") == section) | pl.col("section").str.starts_with(f"{section}."))
        if unit is not None:
            found = _converted(found, unit)
        if at_least is not None:
            low = _bound(found, at_least, unit, "at_least")
            found = found.filter(pl.coalesce("standard_max", "standard_value") >= low)
        if at_most is not None:
            high = _bound(found, at_most, unit, "at_most")
            found = found.filter(pl.col("standard_value") <= high)
        return found

    def find(self, name: str) -> Entry:
        """Return what is known under a name: of a substance, a binder, or a system by its words or its number.

        Raises
        ------
        KnowledgeError
            If nothing is; the nearest names stand in its fix.
        """
        number = re.fullmatch(r"(?i)([pr])-?(\d{1,3})", name.strip())
        substance = None if number else self.names.substance(name)
        if number:
            systems = self.systems.filter(pl.col("system") == f"{number[1].upper()}-{int(number[2]):03d}")
            others = self.systems.clear()
        elif substance is not None:
            systems = self.systems.filter(pl.col("system").is_in(self._systems_of(substance)))
            others = self.systems.clear()
        else:
            fits = matching(self.systems, name)
            exact = fits.filter(
                pl.Series([plain(name) in _said(row) for row in fits.iter_rows(named=True)], dtype=pl.Boolean)
            )
            systems = exact if not exact.is_empty() else fits.head(1)
            others = fits.filter(~pl.col("system").is_in(systems["system"].implode()))
        meanings = self.names.clashing(name) if substance is None else []
        if meanings and not number:
            raise KnowledgeError("has several meanings", value=name, fix=f"ask for {' or '.join(map(repr, meanings))}")
        stands_for = self._abbreviations({plain(name)})
        if systems.is_empty() and substance is None and stands_for.is_empty():
            raise KnowledgeError("is not known", value=name, fix=self._nearest(name))
        numbers = systems["system"].to_list()
        members = self.members.filter(pl.col("system").is_in(numbers))
        about = [substance] if substance else self._subjects(members)
        if substance is not None:
            facts = self.facts.filter(self._about(substance))
        else:
            facts = self.facts.filter(pl.col("system").is_in(numbers))
        named = set(facts["conflict"].drop_nulls().str.split(";").explode())
        concerned = pl.col("systems").str.split(";").list.eval(pl.element().str.strip_chars().is_in(numbers)).list.any()
        conflicts = self.conflicts.filter(
            pl.col("conflict").is_in(list(named)) | (concerned.fill_null(value=False) & pl.lit(substance is None))
        )
        rows = self.substances.filter(pl.col("substance").is_in(about)).to_dicts()
        return Entry(
            asked=name,
            substance=rows[0] if rows and len(about) == 1 else None,
            systems=systems,
            facts=facts,
            properties=self.properties.filter(pl.col("substance").is_in(about)),
            units=self.repeat_units.filter(pl.col("substance").is_in(about)),
            conflicts=conflicts,
            abbreviations=self._abbreviations({plain(name), *map(plain, about)}),
            members=members,
            others=others,
        )

    def property(self, substance: str, quantity: str, of: str | None = None) -> Property:
        """Return a property of a substance, by any of its names.

        Parameters
        ----------
        of
            The part or state that it is of; the first that stands in the records if there are several and
            none is named.

        Raises
        ------
        KnowledgeError
            If the substance is not known, or its property is not.

        Examples
        --------
        >>> from byssus import knowledge
        >>> silicon = knowledge.load().property("silicon", "density")
        >>> silicon.value, silicon.unit, silicon.method
        (2.3296, 'g/cm^3', 'measured')
        """
        known = self.names.substance(substance)
        if known is None:
            raise KnowledgeError("is no substance that is known", value=substance, fix=self._nearest(substance))
        rows = self.properties.filter((pl.col("substance") == known) & (pl.col("quantity") == quantity))
        if of is not None:
            rows = rows.filter(pl.col("of") == of)
        if rows.is_empty():
            raise KnowledgeError(f"has no known {quantity}{f' of {of}' if of else ''}", value=substance,
                                 fix=f"give its {quantity} in the recipe, under materials")  # fmt: skip
        row = rows.row(0, named=True)
        return Property(**{each.name: row[each.name] for each in fields(Property)})

    def citation(self, document: str, number: int) -> str:
        """Return one entry of a document's list of references.

        Examples
        --------
        >>> from byssus import knowledge
        >>> print(knowledge.load().citation("review", 38))
        Choi, S., Kwon, T.W., Coskun, A., et al. 2017, Science 357, doi:10.1126/science.aal4373
        """
        row = self.references.row(
            by_predicate=(pl.col("document") == document) & (pl.col("number") == str(number)), named=True
        )
        doi = f", doi:{row['doi']}" if row["doi"] else ""
        return f"{row['authors']} {row['year']}, {row['journal']}{' ' + row['volume'] if row['volume'] else ''}{doi}"

    def _systems_of(self, substance: str, *, binders: bool = False) -> list[str]:
        held = self.members.filter(pl.col("substance") == substance)
        if binders:
            held = held.filter(pl.col("role").is_in(["binder", "co-binder", "subject"]))
        return held["system"].unique(maintain_order=True).to_list()

    def _abbreviations(self, names: set[str]) -> pl.DataFrame:
        wanted = [plain(short) in names for short in self.abbreviations["abbreviation"]]
        return self.abbreviations.filter(pl.Series(wanted, dtype=pl.Boolean))

    def _about(self, substance: str) -> pl.Expr:
        """Fit the facts of a binder that is or holds a substance, and those of the substance itself."""
        said = self.facts.select("binder", "of", "source").unique()
        fits = [
            (binder, of, source)
            for binder, of, source in said.iter_rows()
            if (binder and substance in self.names.substances_in(binder, source))
            or (of and not binder and self.names.substance(of, source) == substance)
        ]
        wanted = pl.DataFrame(fits, schema=said.schema, orient="row").select(pl.struct(pl.all())).to_series()
        return pl.struct("binder", "of", "source").is_in(wanted.implode())

    def _subjects(self, members: pl.DataFrame) -> list[str]:
        chief = members.filter(pl.col("role").is_in(["binder", "subject"]))
        return (members if chief.is_empty() else chief)["substance"].unique(maintain_order=True).to_list()

    def _called(self, name: str, column: str) -> list[str]:
        """Return the texts of a column that a name means."""
        wanted = self.names.substance(name)
        said = self.facts.select(column, "source").drop_nulls().unique()
        texts = sorted(set(said[column]))
        found = [
            text
            for text, source in said.iter_rows()
            if plain(text) == plain(name) or (wanted is not None and wanted in self.names.substances_in(text, source))
        ]
        if not found and wanted is None:
            raise KnowledgeError(
                f"is no {column} that is known", field=column, value=name, fix=self._nearest(name, texts)
            )
        return found

    def _quantities(self, text: str) -> list[str]:
        names = self.quantities["quantity"].to_list()
        exact = [name for name in names if plain(name) == plain(text)]
        found = exact or [name for name in names if all(word in plain(name) for word in plain(text).split())]
        if not found:
            raise KnowledgeError(
                "is not in the vocabulary", field="quantity", value=text, fix=did_you_mean(text, names)
            )
        return found

    def _nearest(self, name: str, also: Iterable[str] = ()) -> str:
        shown = {
            plain(each): each
            for each in (*self.systems["name"], *self.substances["name"], *self.substances["substance"], *also)
        }
        near = difflib.get_close_matches(plain(name), [*self.names.known(), *shown], n=3, cutoff=0.6)
        words = dict.fromkeys(shown.get(one) or self.names.substance(one) or one for one in near)
        return f"did you mean {' or '.join(map(repr, words))}?" if words else "byssus binders lists what is known"


def load(*own: Path | str, forgiving: bool = False) -> Knowledge:
    """Load every record that ships with Byssus, and a user's own.

    Parameters
    ----------
    own
        CSV files of facts (docs/knowledge.md), or folders of them. Rows with a fault are left out
        and told in `Knowledge.faults`.
    forgiving
        Whether a file that cannot be read at all is told there too, and costs itself alone.

    Raises
    ------
    KnowledgeError
        If one of them cannot be read at all, unless `forgiving`.

    Examples
    --------
    >>> known = load()
    >>> known.systems.height
    250
    """
    if not own:
        return _shipped()
    tables = _tables()
    facts = [reading.table("facts").drop("line", "file")]
    faults: list[KnowledgeError] = []
    for path in own:
        place = Path(path)
        for file in sorted(place.glob("*.csv")) if place.is_dir() else [place]:
            try:
                rows, errors = reading.own_facts(file, tables["quantities"], tables["systems"]["system"])
            except KnowledgeError as error:
                if not forgiving:
                    raise
                faults.append(error)
                continue
            facts.append(rows.drop("line", "file"))
            faults += errors
    return _of(facts, tables, faults)


@functools.cache
def _shipped() -> Knowledge:
    """Load what ships once: nothing in it is ever changed."""
    return _of([reading.table("facts").drop("line", "file")], _tables(), ())


def _tables() -> dict[str, pl.DataFrame]:
    tables = {name: reading.table(name) for name in _TABLES} | {"cell_numbers": reading.cell_numbers()}
    return {name: table.drop("line", "file") for name, table in tables.items()}


def _of(facts: list[pl.DataFrame], tables: dict[str, pl.DataFrame], faults: Iterable[KnowledgeError]) -> Knowledge:
    together = reading.with_numbers(pl.concat(facts), tables["quantities"])
    return Knowledge(facts=_with_doi(together, tables["references"]), **tables, faults=tuple(faults))


_TABLES = (
    "systems", "quantities", "substances", "repeat_units", "members", "abbreviations", "properties", "conflicts",
    "references", "uses", "asked",
)  # fmt: skip


def _with_doi(facts: pl.DataFrame, references: pl.DataFrame) -> pl.DataFrame:
    """Give facts of the two documents the DOI of the publication that they cite, where the list has one."""
    key = {(row["document"], row["number"]): row["doi"] for row in references.iter_rows(named=True) if row["doi"]}
    cited = facts.filter(pl.col("reference").is_not_null()).select("source", "reference").unique()
    dois = [
        (source, numbers, ";".join(key[source, one] for one in numbers.split(";") if (source, one) in key) or None)
        for source, numbers in cited.iter_rows()
    ]
    found = pl.DataFrame(dois, schema={"source": pl.String, "reference": pl.String, "cited": pl.String}, orient="row")
    joined = facts.join(found, on=["source", "reference"], how="left", maintain_order="left")
    return joined.with_columns(doi=pl.coalesce("doi", "cited")).drop("cited")


def _converted(facts: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Give numbers in another unit; facts of another kind of quantity do not fit."""
    try:
        wanted = check_unit(unit)
    except UnitError as error:
        raise KnowledgeError(
            "is not a unit", field="unit", value=unit, fix="write it as in mg/cm^2 or mAh/g"
        ) from error
    scale = conversions((one, wanted) for one in facts["standard_unit"].unique())
    fits = facts.filter(pl.col("standard_unit").is_in([one for one, _ in scale]))
    if fits.is_empty() and not facts.is_empty():
        others = " or ".join(facts["standard_unit"].unique().sort())
        raise KnowledgeError(f"measures another kind of quantity than {others}", field="unit", value=unit,
                             fix=f"ask for {others}")  # fmt: skip
    factor = pl.col("standard_unit").replace_strict(
        {one: line[0] for (one, _), line in scale.items()}, return_dtype=pl.Float64
    )
    offset = pl.col("standard_unit").replace_strict(
        {one: line[1] for (one, _), line in scale.items()}, return_dtype=pl.Float64
    )
    return fits.with_columns(
        value=(pl.col("standard_value") * factor + offset).round_sig_figs(12),
        value_max=(pl.col("standard_max") * factor + offset).round_sig_figs(12),
        uncertainty=(pl.col("standard_uncertainty") * factor.abs()).round_sig_figs(12),
        unit=pl.lit(wanted),
    )


def _bound(facts: pl.DataFrame, bound: str | float, unit: str | None, name: str) -> float:
    units = facts["standard_unit"].unique().to_list()
    if len(units) > 1:
        raise KnowledgeError(f"bounds quantities in {' and '.join(sorted(units)[:4])}{' and others' if len(units) > 4 else ''} at once", field=name, value=bound,
                             fix="name one quantity")  # fmt: skip
    if not units:
        return 0.0
    if str(bound).strip().casefold().lstrip("+-") in ("nan", "inf", "infinity"):
        raise KnowledgeError("is no bound", field=name, value=bound, fix="leave it out, or give a number")
    try:
        if isinstance(bound, str) and not re.fullmatch(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?", bound.strip()):
            return Quantity.parse(bound).to(units[0]).value
        return convert(float(bound), unit or units[0], units[0])
    except UnitError as error:
        raise KnowledgeError(error.message, field=name, value=bound, fix=f"give it in {units[0]}") from error


def _said(system: dict[str, Any]) -> set[str]:
    """Return the names of a system that stand for it alone."""
    return {plain(part) for part in (system["name"], *re.split(r"[,;]", system["abbreviations"] or "")) if part}


def own_folders(study: Path | None = None) -> Sequence[Path]:
    """Return where facts of a user's own stand, as far as they are there: the data folder, and beside a study.

    The data folder is the platform's for user data; ``BYSSUS_HOME`` names another.
    """
    import os

    from platformdirs import user_data_path

    home = Path(os.environ["BYSSUS_HOME"]) if "BYSSUS_HOME" in os.environ else user_data_path("byssus", appauthor=False)
    places: Iterable[Path] = [home / "facts", *([study / "facts.csv"] if study else [])]
    return [place for place in places if place.exists()]
