"""What is in a solution in moles, and the pH that follows: crosslinker, polymer, silicate."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from byssus.findings import Finding
from byssus.physics.acidity import mixture_ph, silica_gelling_zone
from byssus.physics.mixing import carboxymethyl_amount, charge_amount, molar_mass
from byssus.recipe.mixing import Made, made
from byssus.recipe.model import Recipe
from byssus.recipe.reckoning import Figure, Sheet, in_unit

_AMOUNT = ("mol", "umol")
#: A measured pH that is further from the computed one than this is told: apparent constants of chains, the degree of
#: substitution and a glass electrode in a viscous solution leave about half a unit each.
PH_TOLERANCE = 1.0


@dataclass(frozen=True, slots=True)
class _Acid:
    """How a substance counts: its formula, the acids in a formula unit, and the cations it comes with.

    The acids are molecules with as many steps as constants are known of the substance; `groups` of each are
    told of as amounts.
    """

    formula: str
    group: str
    acids: float
    cations: float = 0.0
    cation: str = ""
    groups: float = 1.0


#: By substance; formulae of repeat units and of salts, whose counts are theirs by definition.
ACIDS = {
    "citric acid": _Acid("C6H8O7", "carboxyl groups", 1, groups=3),
    "PAA": _Acid("C3H4O2", "carboxyl groups", 1),
    "LS": _Acid("Li2O(SiO2)4.8", "silicic acid", 4.8, 2, "lithium"),
}
_SILICATES = ("LS", "waterglass")


def chemistry(recipe: Recipe, sheet: Sheet) -> None:
    """Note amounts and pH of every solution that was made with an acid, or with a silicate."""
    for title, solution in recipe.solutions.items():
        if not solution.ingredients:
            continue
        whole = made(recipe, title, sheet)
        told = [name for name in whole.solutes if _counts(name, sheet)]
        if not told:
            continue
        amounts = dict(_amounts(title, whole, told, sheet))
        linker, lithium = amounts.get("citric acid"), amounts.get("lithium")
        if linker and lithium:
            how = f"{in_unit(linker, _AMOUNT)} / {in_unit(lithium, _AMOUNT)}"
            sheet.note(title, "carboxyl groups of citric acid over lithium", linker / lithium, "1", how)
        if linker and amounts.get("CMC"):
            how = f"{in_unit(linker, _AMOUNT)} / {in_unit(amounts['CMC'], _AMOUNT)}"
            sheet.note(title, "carboxyl groups of citric acid over those of CMC", linker / amounts["CMC"], "1", how)
        names = [each.add for each in solution.ingredients]
        if solution.ph_before in names:
            before = names.index(solution.ph_before)
            early = made(recipe, title, sheet, until=before)
            _ph(title, f"pH before {solution.ph_before}, computed", early, solution.solvent, sheet)
        _ph(title, "pH, computed", whole, solution.solvent, sheet)


def _counts(name: str, sheet: Sheet) -> bool:
    return name in ACIDS or (name == "CMC" and "CMC.substitution" in sheet)


def _amounts(title: str, whole: Made, told: list[str], sheet: Sheet) -> Iterator[tuple[str, float]]:
    for name in told:
        mass = whole.solutes[name]
        if name == "CMC":
            amount = float(carboxymethyl_amount(mass, sheet.take("CMC.substitution")))
            how = f"{in_unit(mass, ('kg', 'mg'))} of sodium salt, {sheet.show('CMC.substitution')} groups per glucose"
            yield name, sheet.note(title, "carboxyl groups of CMC", amount, _AMOUNT, how)
            continue
        acid = ACIDS[name]
        unit = molar_mass(acid.formula)
        count = acid.acids * acid.groups
        amount = float(charge_amount(mass, unit, count))
        how = f"{count:g} × {in_unit(mass, ('kg', 'mg'))} / {1000 * unit:.2f} g/mol of {acid.formula}"
        yield name, sheet.note(title, f"{acid.group} of {name}", amount, _AMOUNT, how)
        if acid.cations:
            brought = float(charge_amount(mass, unit, acid.cations))
            how = f"{acid.cations:g} × {in_unit(mass, ('kg', 'mg'))} / {1000 * unit:.2f} g/mol of {acid.formula}"
            yield acid.cation, sheet.note(title, f"{acid.cation} of {name}", brought, _AMOUNT, how)


@functools.lru_cache(maxsize=1024)
def _solved(totals: tuple[float, ...], constants: tuple[float, ...], steps: tuple[int, ...], cations: float) -> float:
    """Return the pH; most inputs of a design leave it as it is, and it takes milliseconds."""
    return mixture_ph(totals, constants, steps, strong_cations=cations, activity="davies")


def _ph(title: str, name: str, whole: Made, solvent: str, sheet: Sheet) -> None:
    """Note the pH of what is dissolved in the volume of its solvent."""
    if solvent != "water" or "water.density" not in sheet or not whole.solvent:
        return
    volume = whole.solvent / sheet.take("water.density")
    totals, constants, steps, cations = [], [], [], 0.0
    for substance, mass in whole.solutes.items():
        if not _counts(substance, sheet):
            continue
        known = [key for key in (f"{substance}.acid_constant.{step}" for step in (1, 2, 3)) if key in sheet]
        if not known:
            sheet.lack(title, name, "1", f"no dissociation constant is known of {substance}")
            return
        if substance == "CMC":
            amount = brought = float(carboxymethyl_amount(mass, sheet.take("CMC.substitution")))
        else:
            acid = ACIDS[substance]
            amount, brought = (
                float(charge_amount(mass, molar_mass(acid.formula), count)) for count in (acid.acids, acid.cations)
            )
        totals.append(amount / volume)
        constants += [sheet.take(key) for key in known]
        steps.append(len(known))
        cations += brought / volume
    if totals:
        try:
            value = _solved(tuple(totals), tuple(constants), tuple(steps), cations)
        except ValueError as error:
            sheet.lack(title, name, "1", f"no pH balances the charges of what was weighed ({error})")
            return
        sheet.note(
            title, name, value, "1", "charges balanced over all acids and their cations, activities after Davies, 25 °C"
        )


def findings(recipe: Recipe, figures: tuple[Figure, ...]) -> Iterator[Finding]:
    """Hold measured against computed pH, and say where silica gels."""
    for title, solution in recipe.solutions.items():
        of = {figure.name: figure for figure in figures if figure.part == title and figure.value is not None}
        name = f"pH before {solution.ph_before}, computed" if solution.ph_before else "pH, computed"
        computed = of.get(name)
        if (
            computed is not None
            and solution.ph is not None
            and abs((computed.value or 0.0) - solution.ph) > PH_TOLERANCE
        ):
            yield Finding(
                "ph-differs",
                f"{title}: the pH {f'before {solution.ph_before} ' if solution.ph_before else ''}was measured as "
                f"{solution.ph:g}, and {computed} is computed from what was weighed",
                field=f"solutions.{title}.pH",
            )
        final = of.get("pH, computed")
        silicate = [each for each in _SILICATES if f"mass of {each}" in of]
        if final is None or final.value is None or not silicate:
            continue
        doubt = 2 * (final.uncertainty or 0.0)
        inside = silica_gelling_zone(final.value) == "gelling"
        if "gelling" in {silica_gelling_zone(final.value + off) for off in (-doubt, 0.0, doubt)}:
            yield Finding(
                "silica-gels",
                f"{title}: the computed pH of {final} {'lies' if inside else 'may by its uncertainty lie'} where silica gels fast "
                f"(5 to 8); {silicate[0]} may come out of solution before it is coated",
                field=f"solutions.{title}",
            )
