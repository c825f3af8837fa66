"""``byssus design``: all that follows from a recipe, or from several side by side, and what to weigh for a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from byssus.app import terminal
from byssus.errors import ByssusError, RecipeError, SeveralErrors, UnitError, UsageError, did_you_mean
from byssus.findings import Finding, by_severity

if TYPE_CHECKING:
    from byssus.knowledge import Knowledge
    from byssus.recipe.batch import Batch
    from byssus.recipe.design import Design
    from byssus.report.design import Part, Shown

_SCHEMA = "byssus.design/1"
#: Recipes that stand side by side in one table of the terminal.
_ABREAST = 4


def design(
    recipes: Annotated[
        list[str] | None,
        typer.Argument(help="recipe.yaml files, folders that hold one, shipped recipes by name, or studies."),
    ] = None,
    study: Annotated[bool, typer.Option("--study", help="Read every argument as a study, whatever its name.")] = False,
    basis: Annotated[
        Literal["active", "coating"] | None,
        typer.Option(help="What a loading counts, instead of what the recipe says."),
    ] = None,
    batch: Annotated[str | None, typer.Option(help="Also say what to weigh for this mass: '2 g'.")] = None,
    batch_of: Annotated[
        Literal["coating", "slurry"], typer.Option(help="What --batch counts: dry coating or slurry.")
    ] = "coating",
    area: Annotated[str | None, typer.Option(help="Also say what to weigh to coat this area: '200 cm^2'.")] = None,
    balance: Annotated[str, typer.Option(help="Last digit of the balance.")] = "0.1 mg",
    out: Annotated[Path | None, typer.Option(help="Write the page there: .html.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all figures there: .csv.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands at --out or --csv.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the shipped recipes and leave.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Work out slurry, electrode and cell from recipes, side by side, with whose doubt matters most."""
    with terminal.answering(as_json, {"schema": _SCHEMA, "recipes": []}):
        if listing:
            _list(as_json)
            return
        if not recipes:
            raise UsageError("names no recipe", field="RECIPE", fix="'byssus design --list' lists the shipped ones")
        wanted = _Wanted.of(batch, batch_of, area, balance)
        for option, file, suffix in (("--out", out, ".html"), ("--csv", csv, ".csv")):
            if file is not None:
                terminal.check_place(option, file, suffix, force=force)
    from byssus.report import design as page

    shown, errors = _worked_out(recipes, basis, study=study)
    if wanted is not None:
        shown = _with_batches(shown, wanted, errors)
    if out is not None and shown:
        _write(out, page.to_html(shown))
    if csv is not None and shown:
        _write(csv, page.to_csv(shown))
    findings = by_severity([finding for one in shown for finding in one.findings])
    if as_json:
        told = [Finding("recipe-field", str(one), file=one.file, field=one.field) for one in errors]
        terminal.print_json(
            {
                "schema": _SCHEMA,
                "findings": [finding.as_dict() for finding in (*told, *findings)],
                "recipes": [page.as_dict(one) for one in shown],
            }
        )
    elif shown:
        _print(shown, findings)
        for file in (out, csv):
            if file is not None:
                print(file.resolve())  # noqa: T201
    faults = [fault for one in shown for fault in one.design.faults]
    if errors or faults:
        raise SeveralErrors([*errors, *faults])


def _worked_out(words: Sequence[str], basis: str | None, *, study: bool) -> tuple[list[Shown], list[ByssusError]]:
    """Work out every recipe that is asked for; what cannot be is among the errors."""
    from byssus import knowledge

    known, errors = knowledge.load(*knowledge.own_folders()), list[ByssusError]()
    shown: list[Shown] = []
    with terminal.progressing() as progress:
        for number, word in enumerate(words):
            progress(f"working out {word}", number, len(words))
            try:
                path = _place(word)
                found = _of_study(path, known, basis) if study or _is_study(path) else [_of_recipe(path, known, basis)]
                for one in found:
                    if isinstance(one, ByssusError):
                        errors.append(one)
                    else:
                        shown.append(one)
            except ByssusError as error:
                errors += terminal.each_of(error)
    return _apart(shown), errors


def shipped() -> dict[str, Path]:
    """Return the recipes that ship with Byssus, by name."""
    folder = Path(__file__).parents[1] / "examples" / "recipes"
    return dict(sorted((file.stem, file) for file in folder.glob("*.yaml")))


def _place(word: str) -> Path:
    """Return the file or folder that a word names: one that is there, or a shipped recipe."""
    path, known = Path(word), shipped()
    if path.exists() or path.suffix or len(path.parts) > 1:
        return path
    if word.casefold() in known:
        return known[word.casefold()]
    hint = did_you_mean(word.casefold(), known)
    near = f"{hint} " if hint.startswith("did you mean") else ""
    raise UsageError("is neither a file, nor a folder, nor a shipped recipe", field="RECIPE", value=word,
                     fix=f"{near}'byssus design --list' lists the shipped ones")  # fmt: skip


def _is_study(path: Path) -> bool:
    from byssus.recipe.reading import RECIPE_FILE
    from byssus.study.study import STUDY_FILE

    if path.is_dir():
        return (path / STUDY_FILE).exists() and not (path / RECIPE_FILE).exists()
    return path.name == STUDY_FILE


def _of_recipe(path: Path, known: Knowledge, basis: str | None) -> Shown:
    from byssus.recipe.design import design_file
    from byssus.recipe.reading import RECIPE_FILE
    from byssus.report.design import Shown

    file = path / RECIPE_FILE if path.is_dir() else path
    made = design_file(file, known, basis=basis)
    label = file.resolve().parent.name if file.name == RECIPE_FILE else file.stem
    return Shown(label, made, file.read_text(encoding="utf-8-sig"))


def _of_study(path: Path, known: Knowledge, basis: str | None) -> Iterator[Shown | ByssusError]:
    """Work out the recipes of a study, each by its name there."""
    from byssus.recipe.design import design as work_out
    from byssus.report.design import Shown
    from byssus.study.study import load

    study = load(path)
    if not study.recipes:
        raise RecipeError(
            "has no recipes", file=study.file, field="recipes", fix="write what its slurries were mixed from"
        )
    written = _sections(study.file, "recipes")
    for name, recipe in study.recipes.items():
        file = study.recipe_files.get(name)
        try:
            plan = recipe.cell
            other = None
            if plan is not None and plan.opposite is not None:
                # A recipe names files from where it stands itself.
                other = _of_recipe((file or study.file).parent / plan.opposite, known, None).design
            made = work_out(recipe, known, name=name, basis=basis, opposite=other)
        except ByssusError as error:
            yield error
        else:
            yield Shown(name, made, written[name] if file is None else file.read_text(encoding="utf-8-sig"))


def _sections(file: Path, of: str) -> dict[str, str]:
    """Return what stands under each name of a part of a study, as it is written."""
    import io

    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    found = {}
    for name, section in yaml.load(file.read_text(encoding="utf-8-sig"))[of].items():
        stream = io.StringIO()
        yaml.dump({name: section}, stream)
        found[str(name)] = stream.getvalue()
    return found


def _apart(shown: Sequence[Shown]) -> list[Shown]:
    """Give recipes of one label, or of one name, a number each, so that they can be told apart."""
    labels, names = [one.label for one in shown], [one.design.name for one in shown]
    made = []
    for at, one in enumerate(shown):
        label, name = _numbered(labels, at), _numbered(names, at)
        made.append(replace(one, label=label, design=replace(one.design, name=name)))
    return made


def _numbered(names: Sequence[str], at: int) -> str:
    name = names[at]
    return name if names.count(name) == 1 else f"{name} ({names[: at + 1].count(name)})"


@dataclass(frozen=True)
class _Wanted:
    """How much to make, by mass or by area in SI, what the mass counts, and how finely it is weighed."""

    mass: float | None
    counts: str
    area: float | None
    step: float

    @classmethod
    def of(cls, mass: str | None, counts: str, area: str | None, balance: str) -> _Wanted | None:
        """Read the options; None if no batch is asked for."""
        step = _read("--balance", balance, "kg", "0.1 mg")
        if mass is not None and area is not None:
            raise UsageError("asks for a batch by its area, and --batch by its mass", field="--area", value=area,
                             fix="give one of both")  # fmt: skip
        if mass is None and area is None:
            if counts != "coating":
                raise UsageError(
                    "says what --batch counts, which is not given",
                    field="--batch-of",
                    value=counts,
                    fix="give a mass with --batch",
                )
            return None
        return cls(
            None if mass is None else _read("--batch", mass, "kg", "2 g"),
            counts,
            None if area is None else _read("--area", area, "m^2", "200 cm^2"),
            step,
        )

    def sheet(self, design: Design) -> Batch:
        from byssus.recipe.batch import batch, coating_of_area, coating_of_slurry

        if self.mass is None:
            coating = coating_of_area(design, self.area or 0.0)
        else:
            coating = coating_of_slurry(design, self.mass) if self.counts == "slurry" else self.mass
        return batch(design, coating, step=self.step)


def _read(option: str, text: str, unit: str, example: str) -> float:
    from byssus.quantity import Quantity

    try:
        value = Quantity.parse(text).to(unit).value
    except UnitError as error:
        raise UsageError("is not what it asks for", field=option, value=text, fix=f"write it as '{example}'") from error
    if not value > 0:
        raise UsageError("is not above zero", field=option, value=text, fix=f"write it as '{example}'")
    return value


def _with_batches(shown: Iterable[Shown], wanted: _Wanted, errors: list[ByssusError]) -> list[Shown]:
    """Add the batch sheets; a recipe whose sheet cannot be is shown without."""
    made = []
    for one in shown:
        try:
            made.append(replace(one, batch=wanted.sheet(one.design)))
        except RecipeError as error:
            errors.append(
                RecipeError(error.message, file=one.label, field=error.field, value=error.value, fix=error.fix)
            )
            made.append(one)
    return made


def _write(file: Path, text: str) -> None:
    from byssus.files import write_whole

    write_whole(file, text)


def _list(as_json: bool) -> None:
    from byssus.recipe.reading import load

    found = [(name, load(file).recipe) for name, file in shipped().items()]
    if as_json:
        rows = [{"name": name, "title": recipe.title, "source": recipe.source} for name, recipe in found]
        terminal.print_json({"schema": _SCHEMA, "findings": [], "recipes": [], "shipped": rows})
        return
    for name, recipe in found:
        # A name is there to be copied, so it stands on a line of its own, whole.
        print(name)  # noqa: T201
        terminal.print_rows([("   ", recipe.title or ""), ("   ", recipe.source or "")])


def _print(shown: Sequence[Shown], findings: Iterable[Finding]) -> None:
    from byssus.report.design import parts_of

    terminal.print_rows([(one.label, _titled(one)) for one in shown])
    for part in parts_of(shown):
        for first in range(0, len(part.shown), _ABREAST):
            print(f"\n{part.title}")  # noqa: T201
            if len(part.shown) == 1:
                _print_alone(part)
            else:
                _print_abreast(part, first, min(first + _ABREAST, len(part.shown)))
    terminal.print_findings(findings)
    _print_drivers(shown)
    for one in shown:
        if one.batch is not None:
            _print_batch(one, one.batch)


def _titled(one: Shown) -> str:
    source = one.design.recipe.source
    return f"{one.design.name}{f'; {source}' if source else ''}; hash {one.design.hash[:12]}"


def _print_alone(part: Part) -> None:
    from byssus.quantity import pretty_unit
    from byssus.report.design import doubt, percent

    rows = []
    for row in part.rows:
        figure = row.figures[0]
        if figure is None:
            continue
        unit = "" if row.unit == "1" or figure.value is None else f" {pretty_unit(row.unit)}"
        shares = doubt(part.shown[0], figure)
        told = ", ".join(label if len(shares) == 1 else f"{label} {percent(share)}" for label, share in shares)
        words = [figure.reason or figure.how, f"± from {told}" if told else ""]
        rows.append((row.name, f"{row.text(figure)}{unit}", "\n".join(filter(None, words))))
    terminal.print_table(("figure", "value", "how"), rows, whole=("value",))


def _print_abreast(part: Part, first: int, last: int) -> None:
    from byssus.quantity import pretty_unit

    shown = part.shown[first:last]
    rows, reasons = [], list[str]()
    for row in part.rows:
        here = replace(row, figures=row.figures[first:last])
        unit = "" if row.unit == "1" else f", {pretty_unit(row.unit)}"
        rows.append(("≠" if row.differs else "", f"{row.name}{unit}", *here.texts))
        for reason, labels in here.reasons([one.label for one in shown]).items():
            reasons.append(f"{row.name} of {', '.join(labels)} is missing: {reason}")
    labels = [one.label for one in shown]
    terminal.print_table(("", "figure", *labels), rows, right=labels, bold=[row[0] != "" for row in rows])
    for line in reasons:
        terminal.screen().print(line, markup=False)


def _print_drivers(shown: Sequence[Shown]) -> None:
    """Print the inputs whose uncertainty matters most, a column a recipe."""
    from byssus.report.design import DRIVERS, merged, percent

    of = [dict(one.design.drivers(DRIVERS)) for one in shown]
    names = sorted(merged(of), key=lambda name: -max(one.get(name, 0.0) for one in of))[:DRIVERS]
    if not names:
        return
    print("\nWhose doubt matters most: share of the relative uncertainty of all figures")  # noqa: T201
    for first in range(0, len(shown), _ABREAST):
        labels = [one.label for one in shown[first : first + _ABREAST]]
        rows = [
            (name, *(percent(one[name]) if name in one else "–" for one in of[first : first + _ABREAST]))
            for name in names
        ]
        terminal.print_table(("input", *labels), rows, right=labels)
    for one in shown:
        bare = [each.label for each in one.design.inputs.values() if each.uncertainty is None]
        if bare:
            terminal.screen().print(
                f"{one.label}: ± leaves out what has none of its own: {', '.join(bare)}", markup=False
            )


def _print_batch(one: Shown, batch: Batch) -> None:
    from byssus.report.design import mass_in_words, volume_in_words

    print(f"\nBatch of {one.label}: {mass_in_words(batch.coating, batch.step)} of dry coating")  # noqa: T201
    for mixture in batch.mixtures:
        print(f"\n{mixture.title}, {mass_in_words(mixture.mass, batch.step)} in all")  # noqa: T201
        rows = [
            (
                each.what,
                mass_in_words(each.reading, batch.step),
                "" if each.volume is None else volume_in_words(each.volume),
                each.how or "",
            )
            for each in mixture.weighings
        ]
        terminal.print_table(
            ("put in", "weigh", "or measure", "how"), rows, right=("weigh", "or measure"), whole=("weigh",)
        )
    if batch.solid_content is not None:
        print(f"The slurry has {100 * batch.solid_content:.4g} % of solids.")  # noqa: T201
    for remark in batch.remarks:
        terminal.screen().print(f"Note: {remark}.", markup=False)
    worst = batch.worst
    told = f"{100 * worst.error:+.2g} % of {worst.substance}" if abs(worst.error) > 1e-9 else "nothing"
    terminal.screen().print(
        f"The balance's step of {mass_in_words(batch.step, batch.step)} changes of the composition at most: {told}.",
        markup=False,
    )
