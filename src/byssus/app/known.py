"""``byssus binders``, ``byssus show``, ``byssus facts``: what is known, asked from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from byssus.app import terminal
from byssus.errors import KnowledgeError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from byssus.knowledge import Entry, Fact, Knowledge
    from byssus.knowledge.comparing import Comparison

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
OwnFiles = Annotated[
    list[Path] | None, typer.Option("--own", help="CSV of your own facts (docs/knowledge.md), or a study's folder.")
]


def binders(
    text: Annotated[
        str | None, typer.Argument(help="Words that it must have: a name, a use, what it is made of.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the binders that are known, or those that some words fit."""
    with terminal.answering(as_json, {"schema": "byssus.binders/1", "binders": []}):
        found = _known(None).binders(text)
    columns = ("system", "name", "abbreviations", "kind", "chemistry", "function", "electrode", "facts")
    if as_json:
        rows = [_without_empty(row) for row in found.iter_rows(named=True)]
        terminal.print_json({"schema": "byssus.binders/1", "findings": [], "binders": rows})
        return
    terminal.print_table(
        ("system", "binder", "chemistry", "used with", "facts"),
        [
            (
                row["system"],
                _titled(row),
                row["chemistry"],
                (row["electrode"] or "").replace(";", ", "),
                str(row["facts"]),
            )
            for row in found.select(columns).iter_rows(named=True)
        ],
        right=("facts",),
    )
    _say_how_many(found.height, "binder", "byssus show NAME tells what is known of one")


def facts(
    binder: Annotated[str | None, typer.Option(help="Any name of a binder; a blend is found by its parts.")] = None,
    quantity: Annotated[
        str | None, typer.Option(help="A quantity, or words that its name has; --list lists all.")
    ] = None,
    electrode: Annotated[str | None, typer.Option(help="Active material.")] = None,
    source: Annotated[str | None, typer.Option(help="paper, review, literature or user.")] = None,
    system: Annotated[str | None, typer.Option(help="Number of a system: P-001.")] = None,
    section: Annotated[str | None, typer.Option(help="Section of the document; 4 holds 4.1.")] = None,
    at_least: Annotated[str | None, typer.Option(help="Lower bound with its unit: '1000 mAh/g'.")] = None,
    at_most: Annotated[str | None, typer.Option(help="Upper bound with its unit.")] = None,
    unit: Annotated[str | None, typer.Option(help="Unit to convert the numbers to.")] = None,
    own: OwnFiles = None,
    comparable: Annotated[
        bool, typer.Option("--compare", help="Bring numbers of one quantity to a common axis, or say why not.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the facts there: .csv, .parquet or .json.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands at --out, whoever wrote it.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the quantities and leave.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Print numbers with their sources, or bring them to one axis."""
    empty = {"schema": "byssus.facts/1", "facts": []}
    with terminal.answering(as_json, empty):
        if out is not None:
            terminal.check_place("--out", out, ".csv", ".parquet", ".json", force=force)
        known = _known(own)
        if listing:
            _list_quantities(known, as_json)
            return
        try:
            found = known.where(
                binder=binder, quantity=quantity, electrode=electrode, source=source, system=system, section=section,
                at_least=at_least, at_most=at_most, unit=unit,
            )  # fmt: skip
        except KnowledgeError as error:  # the words of the command are off, not the records
            raise UsageError(error.message, field=error.field, value=error.value, fix=error.fix) from error
        compared = _compare(known, found) if comparable else None
        if out is not None:
            _write(found, out)
    faults = [str(fault) for fault in known.faults]
    if as_json:
        answer: dict[str, Any] = {"facts": [_without_empty(row) for row in found.iter_rows(named=True)]}
        if compared is not None:
            answer["compared"] = _comparison_as_dict(compared)
        terminal.print_json(empty | {"findings": terminal.as_findings(known.faults)} | answer)
    else:
        records = known.records(found)
        if compared is None:
            _print_facts(records)
            _say_how_many(len(records), "fact", "byssus show NAME tells more of one binder")
        else:
            _print_comparison(compared)
        if out is not None:
            print(out.resolve())  # noqa: T201
        for line in faults:
            terminal.say(line)
    if faults:
        raise typer.Exit(1)


def show(
    name: Annotated[str, typer.Argument(help="A substance, a binder, or a system by its words or number.")],
    own: OwnFiles = None,
    svg: Annotated[Path | None, typer.Option(help="Write the drawing of the repeat unit there, as SVG.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also missing numbers, notes, references, and all contradictions.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands at --svg, whoever wrote it.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Tell what is known under a name, with its sources."""
    from byssus.knowledge import sheet

    with terminal.answering(as_json, {"schema": "byssus.show/1", "systems": [], "facts": []}):
        if svg is not None:
            terminal.check_place("--svg", svg, ".svg", force=force)
        known = _known(own)
        entry = known.find(name)
        if svg is not None:
            _write_drawing(entry, svg)
    if as_json:
        answer = sheet.as_dict(known, entry)
        terminal.print_json({"schema": "byssus.show/1", "findings": terminal.as_findings(known.faults)} | answer)
    else:
        _print_entry(known, entry, everything=everything)
        if svg is not None:
            print(svg.resolve())  # noqa: T201
        for fault in known.faults:
            terminal.say(str(fault))
    if known.faults:
        raise typer.Exit(1)


def _known(own: Sequence[Path] | None) -> Knowledge:
    from byssus import knowledge

    named = []
    for path in own or ():
        here = path.parent if path.name == "study.yaml" else path
        inside = here / "facts.csv"
        named.append(inside if here.is_dir() and inside.exists() else here)
    return knowledge.load(*knowledge.own_folders(), *named)


def _compare(known: Knowledge, found: pl.DataFrame) -> Comparison:
    from byssus.knowledge.comparing import compare

    if found.is_empty():
        raise KnowledgeError("there is nothing to compare", fix="ask for less at once")
    return compare(known, found)


def _write(found: pl.DataFrame, out: Path) -> None:
    from byssus.files import write_whole

    if out.suffix == ".csv":
        write_whole(out, found.write_csv())
    elif out.suffix == ".json":
        write_whole(out, found.write_json())
    else:
        import io

        held = io.BytesIO()
        found.write_parquet(held)
        write_whole(out, held.getvalue())


def _write_drawing(entry: Entry, out: Path) -> None:
    from byssus.files import write_whole
    from byssus.knowledge import sheet

    drawings = sheet.drawings(entry)
    if not drawings:
        raise KnowledgeError("has no single repeat unit or formula that could be drawn", value=entry.asked)
    write_whole(out, drawings[0].svg)


def _list_quantities(known: Knowledge, as_json: bool) -> None:
    counted = known.facts.group_by("quantity").len("facts")
    listed = known.quantities.join(counted, on="quantity", how="left", maintain_order="left").fill_null(0)
    if as_json:
        rows = [_without_empty(row) for row in listed.iter_rows(named=True)]
        terminal.print_json({"schema": "byssus.facts/1", "findings": [], "quantities": rows})
        return
    terminal.print_table(
        ("quantity", "unit", "facts", "definition"),
        [(row["quantity"], row["unit"], str(row["facts"]), row["definition"]) for row in listed.iter_rows(named=True)],
        right=("facts",),
    )


def _print_facts(records: Iterable[Fact]) -> None:
    terminal.print_table(
        ("fact", "binder", "quantity", "value", "of what, under which conditions", "where"),
        [(fact.fact, fact.binder or "", fact.quantity, _marked(fact), fact.under(), fact.cited()) for fact in records],
    )


def _marked(fact: Fact) -> str:
    """Write a number so that a contradiction is seen."""
    mark = {"doubtful": " (?)", "alternative": " (!)"}.get(fact.standing or "", "")
    return f"{fact.number()}{mark}"


def _print_comparison(compared: Comparison) -> None:
    for axis in compared.axes:
        print(f"\n{axis}")  # noqa: T201
        here = [each for each in compared.compared if each.axis == axis]
        terminal.print_table(
            ("binder", "value", "how", "conditions", "where"),
            [
                (
                    each.fact.binder or each.fact.of or "",
                    f"{'' if each.qualifier == '=' else each.qualifier + ' '}{each.value:.4g}"
                    + (f" to {each.value_max:.4g}" if each.value_max is not None else "")
                    + (f" ± {each.uncertainty:.2g}" if each.uncertainty is not None else ""),
                    each.arithmetic or "as printed",
                    each.fact.under(),
                    each.fact.cited(),
                )
                for each in here
            ],
        )
    for caveat in compared.caveats:
        print(f"Note: {caveat}")  # noqa: T201
    for refused in compared.refused:
        fact = refused.fact
        print(f"Not compared: {fact.fact} {fact.binder or ''} {fact.number()}: {refused.reason}")  # noqa: T201


def _comparison_as_dict(compared: Comparison) -> dict[str, Any]:
    return {
        "values": [
            {"fact": each.fact.fact, "axis": each.axis, "value": each.value, "value_max": each.value_max, "uncertainty": each.uncertainty,
             "qualifier": each.qualifier, "arithmetic": each.arithmetic}
            for each in compared.compared
        ],
        "refused": [{"fact": each.fact.fact, "reason": each.reason} for each in compared.refused],
        "caveats": list(compared.caveats),
    }  # fmt: skip


def _print_entry(known: Knowledge, entry: Entry, *, everything: bool) -> None:
    from byssus.knowledge import sheet

    for block in sheet.blocks(known, entry, everything=everything):
        if not (block.drawing or block.pairs or block.rows or block.footnote):
            continue
        if block.heading:
            print(f"\n{block.heading}")  # noqa: T201
        for line in block.drawing:
            print(f"  {line}")  # noqa: T201
        if block.pairs:
            terminal.print_rows(block.pairs)
        if block.rows:
            terminal.print_table(block.columns, block.rows)
        if block.footnote:
            terminal.screen().print(block.footnote, markup=False)
    if not everything:
        print("\nbyssus show --all adds missing numbers, notes, references and the other contradictions")  # noqa: T201


def _say_how_many(count: int, what: str, hint: str) -> None:
    print(f"{count} {what}{'' if count == 1 else 's'}; {hint}")  # noqa: T201


def _titled(row: dict[str, Any]) -> str:
    short = row["abbreviations"]
    return f"{row['name']} ({short})" if short and short not in row["name"] else row["name"]


def _without_empty(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
