"""Mass balance: from what was put together to what is in the dry solids, wet and dry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from byssus.errors import RecipeError
from byssus.findings import Finding
from byssus.recipe.model import Recipe, Solution
from byssus.recipe.reckoning import Sheet, in_unit

_MASS, _SHARE = ("kg", "mg"), ("1", "%")
#: A nominal ratio is said to differ from what was weighed beyond this share of any of its parts: weighing to two
#: digits, as a ratio like 9:5:6 is told, rounds by up to 5 % of a part (0.5 of 10).
NOMINAL_TOLERANCE = 0.05


@dataclass(frozen=True)
class Made:
    """A solution: mass of each dissolved substance and of the solvent, in kg."""

    solutes: dict[str, float]
    solvent: float

    @property
    def solids(self) -> float:
        """Mass of all that is dissolved, in kg."""
        return sum(self.solutes.values())

    @property
    def shares(self) -> dict[str, float]:
        """Mass fraction of each substance in the solids."""
        return {name: mass / self.solids for name, mass in self.solutes.items()}


def made(recipe: Recipe, title: str, sheet: Sheet, until: int | None = None) -> Made:
    """Work out what a solution that was made holds; a solution that went in brings its solutes and its solvent.

    `until` counts the ingredients that are in by then; all if it is not given.

    Validity
        What is put in stays in: nothing reacts to water, evaporates or is filtered off.
    """
    solutes: dict[str, float] = {}
    solvent = 0.0
    for place, each in enumerate(recipe.solutions[title].ingredients[:until]):
        key = f"solutions.{title}.{place + 1}"
        if each.mass is not None:
            mass = sheet.take(f"{key}.mass")
        elif f"{each.add}.density" in sheet:
            mass = sheet.take(f"{key}.volume") * sheet.take(f"{each.add}.density")
        else:
            raise RecipeError("was measured by volume, and its density is not known", field=f"solutions.{title}",
                              value=each.add, fix="give its mass, or its density under materials")  # fmt: skip
        if each.add in recipe.solutions:
            inner = shares_of(recipe, each.add, sheet)
            for name, share in inner.items():
                solutes[name] = solutes.get(name, 0.0) + mass * share
            solvent += mass * (1 - sum(inner.values()))
        elif each.add == recipe.solutions[title].solvent:
            solvent += mass
        else:
            solutes[each.add] = solutes.get(each.add, 0.0) + mass
    if not solutes:
        raise RecipeError("holds nothing but solvent", field=f"solutions.{title}", fix="add what is dissolved in it")
    return Made(solutes, solvent)


def shares_of(recipe: Recipe, title: str, sheet: Sheet) -> dict[str, float]:
    """Return the mass fraction of each dissolved substance in a whole solution, bought or made."""
    solution = recipe.solutions[title]
    if solution.contains:
        return {name: sheet.take(f"solutions.{title}.contains.{name}") for name in solution.contains}
    whole = made(recipe, title, sheet)
    total = whole.solids + whole.solvent
    return {name: mass / total for name, mass in whole.solutes.items()}


def composition(recipe: Recipe, sheet: Sheet) -> dict[str, float]:
    """Return the mass fraction of each substance in the dry coating; a solution counts by its solids."""
    parts = {name: sheet.take(f"parts.{name}") for name in recipe.parts}
    whole = sum(parts.values())
    found: dict[str, float] = {}
    for name, part in parts.items():
        inner = dry_shares(recipe, name, sheet) if name in recipe.solutions else {name: 1.0}
        for substance, share in inner.items():
            found[substance] = found.get(substance, 0.0) + part / whole * share
    return found


def dry_shares(recipe: Recipe, title: str, sheet: Sheet) -> dict[str, float]:
    """Return the mass fraction of each substance in the dry solids of a solution."""
    shares = shares_of(recipe, title, sheet)
    return {name: share / sum(shares.values()) for name, share in shares.items()}


def balance(recipe: Recipe, sheet: Sheet) -> None:
    """Note the mass balance of every solution that was made, and the composition of the dry coating."""
    for title, solution in recipe.solutions.items():
        if not solution.ingredients:
            continue
        whole = made(recipe, title, sheet)
        for name, mass in whole.solutes.items():
            how = " + ".join(_brought(recipe, title, name, sheet))
            sheet.note(title, f"mass of {name}", mass, _MASS, how)
        sheet.note(
            title, "mass of solids", whole.solids, _MASS, " + ".join(in_unit(m, _MASS) for m in whole.solutes.values())
        )
        sheet.note(title, f"mass of {solution.solvent}", whole.solvent, _MASS, "what is no solid")
        for name, share in whole.shares.items():
            how = f"{in_unit(whole.solutes[name], _MASS)} / {in_unit(whole.solids, _MASS)}"
            sheet.note(title, f"{name} in the solids", share, _SHARE, how)
        total = whole.solids + whole.solvent
        sheet.note(
            title,
            "solid content",
            whole.solids / total,
            _SHARE,
            f"{in_unit(whole.solids, _MASS)} / {in_unit(total, _MASS)}",
        )
    for name, share in composition(recipe, sheet).items():
        sheet.note("coating", f"mass fraction of {name}", share, _SHARE, _share_in_words(recipe, name, sheet))


def _brought(recipe: Recipe, title: str, name: str, sheet: Sheet) -> Iterable[str]:
    for place, each in enumerate(recipe.solutions[title].ingredients):
        given = sheet.show(f"solutions.{title}.{place + 1}.{'mass' if each.mass is not None else 'volume'}")
        if each.add == name:
            yield given if each.mass is not None else f"{given} × {sheet.show(f'{each.add}.density')}"
        elif each.add in recipe.solutions and name in (inner := shares_of(recipe, each.add, sheet)):
            yield f"{given} of {each.add} × {in_unit(inner[name], _SHARE)}"


def _share_in_words(recipe: Recipe, name: str, sheet: Sheet) -> str:
    whole = " + ".join(sheet.show(f"parts.{each}") for each in recipe.parts)
    terms = []
    for part in recipe.parts:
        if part == name:
            terms.append(f"{sheet.show(f'parts.{part}')} / ({whole})")
        elif part in recipe.solutions and name in (inner := dry_shares(recipe, part, sheet)):
            terms.append(f"{sheet.show(f'parts.{part}')} / ({whole}) × {in_unit(inner[name], _SHARE)} of {part}")
    return " + ".join(terms)


def findings(recipe: Recipe, sheet: Sheet) -> Iterable[Finding]:
    """Hold each nominal ratio against what was weighed."""
    for title, solution in recipe.solutions.items():
        if solution.nominal and solution.ingredients:
            yield from _nominal(title, solution, made(recipe, title, sheet))


def _nominal(title: str, solution: Solution, whole: Made) -> Iterable[Finding]:
    strangers = [name for name in solution.nominal if name not in whole.solutes]
    if strangers:
        yield Finding("nominal-ratio", f"{title}: its nominal ratio names {', '.join(strangers)}, which is not in it",
                      field=f"solutions.{title}.nominal")  # fmt: skip
        return
    first = next(iter(solution.nominal))
    scale = solution.nominal[first] / whole.solutes[first]
    actual = {name: whole.solutes[name] * scale for name in solution.nominal}
    off = {name: actual[name] / part - 1 for name, part in solution.nominal.items()}
    if max(map(abs, off.values())) > NOMINAL_TOLERANCE:
        called = ":".join(f"{part:g}" for part in solution.nominal.values())
        weighed = ":".join(f"{part:.3g}" for part in actual.values())
        worst = max(off, key=lambda name: abs(off[name]))
        yield Finding(
            "nominal-ratio",
            f"{title}: {':'.join(solution.nominal)} is called {called}, and was weighed {weighed} "
            f"({worst} is {100 * off[worst]:+.0f} %)",
            field=f"solutions.{title}.nominal",
        )
