"""A recipe's design: every figure that follows from it, for slurry, electrode and cell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from byssus.errors import ByssusError, RecipeError
from byssus.findings import Finding
from byssus.knowledge import Knowledge
from byssus.recipe import cell, chemistry, electrode, mixing
from byssus.recipe.inputs import inputs_of
from byssus.recipe.model import Recipe
from byssus.recipe.reading import content_hash, load
from byssus.recipe.reckoning import Figure, Input, Sheet, reckon


@dataclass(frozen=True)
class Design:
    """What follows from a recipe.

    Parameters
    ----------
    name
        What it is called: the recipe's title, or its file.
    recipe, hash
        What it follows from, and the hash of that.
    inputs
        The numbers that were used, by their names, each with its source.
    figures
        What follows, in the order of the making: solutions, coating, electrode, cell.
    findings
        What looks wrong.
    faults
        What of the recipe's file could not be understood.
    opposite
        The design of the other electrode of its cell; None against lithium metal.
    """

    name: str
    recipe: Recipe
    hash: str
    inputs: dict[str, Input]
    figures: tuple[Figure, ...]
    findings: tuple[Finding, ...] = ()
    faults: tuple[ByssusError, ...] = field(default=())
    opposite: Design | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that figures are of, in order."""
        return tuple(dict.fromkeys(figure.part for figure in self.figures))

    def of(self, part: str) -> tuple[Figure, ...]:
        """Return the figures of a part."""
        return tuple(figure for figure in self.figures if figure.part == part)

    def figure(self, part: str, name: str) -> Figure:
        """Return one figure.

        Raises
        ------
        KeyError
            If there is none of that name.
        """
        for each in self.figures:
            if (each.part, each.name) == (part, name):
                return each
        raise KeyError(f"{part}: {name}")

    def drivers(self, count: int = 5) -> list[tuple[str, float]]:
        """Return the inputs whose uncertainty matters most: by label, their share of all relative uncertainty."""
        total: dict[str, float] = {}
        for figure in self.figures:
            if figure.value and figure.uncertainty:
                relative = figure.uncertainty / abs(figure.value)
                for name, share in figure.shares:
                    total[name] = total.get(name, 0.0) + share * relative
        ranked = sorted(total.items(), key=lambda pair: -pair[1])[:count]
        whole = sum(total.values())
        ranked = [(name, share / whole) for name, share in ranked]
        return [(self.inputs[name].label, share) for name, share in ranked]


def design(
    recipe: Recipe, known: Knowledge, *, name: str = "", basis: str | None = None, opposite: Design | None = None
) -> Design:
    """Work out everything that follows from a recipe.

    Parameters
    ----------
    basis
        ``active`` or ``coating``: what its loading counts, instead of what the recipe says or allows.
    opposite
        The design of the other electrode of its cell; lithium metal if there is none.

    Raises
    ------
    RecipeError
        If a figure cannot be: the line names it.

    Examples
    --------
    >>> from byssus import knowledge
    >>> shipped = Path(__file__).parents[1] / "examples" / "recipes" / "ccl-5.yaml"
    >>> made = design(load(shipped).recipe, knowledge.load())
    >>> print(made.figure("CCL", "LS in the solids"))
    32.0388 %
    """
    inputs = inputs_of(recipe, known)
    sheet = Sheet(inputs)
    roles = _roles(recipe, known, sheet)
    loaded = None
    if recipe.electrode is not None and recipe.electrode.loading is not None:
        shares = mixing.composition(recipe, sheet)
        loaded = electrode.basis_of(recipe, sum(shares[one] for one in roles.active), basis)

    own, other = cell.Side(name or "this electrode", recipe), None
    if opposite is not None:
        other = cell.opposite_of(opposite.name, opposite.recipe, opposite.figures, inputs_of(opposite.recipe, known))
        inputs |= other.inputs or {}
        sheet = Sheet(inputs)

    def compute(sheet: Sheet) -> None:
        mixing.balance(recipe, sheet)
        chemistry.chemistry(recipe, sheet)
        electrode.electrode(recipe, sheet, roles, loaded)
        cell.cell(recipe, sheet, own, other, roles.binder)

    try:
        figures = reckon(inputs, compute)
        compute(sheet)
    except ValueError as error:
        raise RecipeError(str(error), file=name or None, fix="correct the recipe") from error
    called = inputs["cell.np_ratio"].value if "cell.np_ratio" in inputs else None
    return Design(
        name or recipe.title or "recipe",
        recipe,
        content_hash(recipe),
        {key: each for key, each in inputs.items() if key in sheet.used},
        figures,
        (
            *mixing.findings(recipe, sheet),
            *chemistry.findings(recipe, figures),
            *electrode.findings(loaded, sheet, figures),
            *cell.findings(recipe, figures, called),
        ),
        opposite=opposite,
    )


def _roles(recipe: Recipe, known: Knowledge, sheet: Sheet) -> electrode.Roles:
    """Tell the active material, the conductive agents and the binder of a coating apart."""
    kinds = dict(known.substances.select("substance", "kind").iter_rows())
    substances = mixing.composition(recipe, sheet)
    kind = {one: kinds.get(known.names.substance(one) or "") for one in substances}
    conductive = [one for one in substances if kind[one] == "conductive agent"]
    active = [one for one in substances if one in recipe.active]
    other = [*active, *conductive, *(one for one in substances if kind[one] in ("solid electrolyte", "oxide"))]
    rest = [one for one in substances if one not in other]
    return electrode.Roles(tuple(active), tuple(conductive), tuple(rest))


def design_file(path: Path, known: Knowledge, *, basis: str | None = None) -> Design:
    """Read a recipe and the one of the other electrode, if its cell names one, and work both out.

    Raises
    ------
    RecipeError
        As `design` and `byssus.recipe.reading.load`; also if two electrodes name each other.
    """
    read = load(path)
    opposite = None
    if read.recipe.cell is not None and read.recipe.cell.opposite is not None:
        other = load(read.file.parent / read.recipe.cell.opposite)
        if other.recipe.cell is not None and other.recipe.cell.opposite is not None:
            raise RecipeError("names an opposite electrode too", file=other.file, field="cell.opposite",
                              fix="let one of the two files name the other")  # fmt: skip
        opposite = replace(design(other.recipe, known, name=other.recipe.title or other.file.stem), faults=other.faults)
    made = design(read.recipe, known, name=read.recipe.title or read.file.stem, basis=basis, opposite=opposite)
    return replace(made, faults=read.faults)
