"""From the composition of a coating and its loading to capacity, pores, films and swelling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from byssus.findings import Finding
from byssus.physics.coating import (
    areal_capacity_from_loading,
    carbon_contribution,
    coating_density,
    film_thickness_on_area,
    film_thickness_on_sphere,
    native_oxide_silicon_fraction,
    oxide_thickness_from_capacity,
    porosity,
    specific_surface_of_spheres,
    thickness_from_porosity,
)
from byssus.physics.mixing import mixture_density, volume_fractions
from byssus.physics.swelling import (
    electrode_thickness_ratio,
    fracture_size_ratio,
    linear_strain,
    porosity_after_swelling,
)
from byssus.quantity import Quantity
from byssus.recipe.mixing import composition
from byssus.recipe.model import Coating, Recipe
from byssus.recipe.reckoning import Figure, Sheet, in_unit

PART = "electrode"
#: A thickness and a porosity of one coating contradict each other beyond this: a micrometer reads 1 µm of some tens.
THICKNESS_TOLERANCE = 0.05
_LOADING, _AREAL, _SPECIFIC = ("kg/m^2", "mg/cm^2"), ("C/m^2", "mAh/cm^2"), ("C/kg", "mAh/g")
_LENGTH, _THIN, _DENSITY = ("m", "um"), ("m", "nm"), ("kg/m^3", "g/cm^3")
_SHARE, _AREA_OF_MASS, _CURRENT = ("1", "%"), ("m^2/kg", "m^2/g"), ("A/m^2", "mA/cm^2")


@dataclass(frozen=True)
class Roles:
    """Which substances of a coating do what."""

    active: tuple[str, ...]
    conductive: tuple[str, ...]
    binder: tuple[str, ...]


@dataclass(frozen=True)
class Basis:
    """What a loading counts, and why it is taken to."""

    counts: str
    why: str
    inferred: bool
    #: Another reading that nothing rules out.
    open: bool = False


def basis_of(recipe: Recipe, share: float, wanted: str | None = None) -> Basis:
    """Decide whether a loading counts the active material or the whole coating.

    A measured areal capacity at a loading of the same kind rules a basis out if it would ask more of the
    active material than that can have given. What is left open is taken to be the active material's, as most
    papers mean it, and is said to be open.
    """
    coating = recipe.electrode
    assert coating is not None  # noqa: S101 - for the type checker: only called where there is one
    if wanted is not None:
        return Basis(wanted, "as asked", inferred=False)
    if coating.loading_basis is not None:
        return Basis(coating.loading_basis, "as the recipe says", inferred=False)
    told = list(_ruled_out(coating, share))
    left = [basis for basis in ("active", "coating") if basis not in {out for out, _ in told}]
    why = "; ".join(words for _, words in told)
    if told and coating.loading is not None and all(each.loading != coating.loading for each in coating.evidence):
        why += "; measured at another loading, and taken to hold for this one"
    if len(left) == 1:
        return Basis(left[0], why, inferred=True)
    if not left:
        return Basis(
            "active", f"{why}; the evidence rules out both, so it or its limit is wrong", inferred=True, open=True
        )
    return Basis("active", "neither said nor to be told from the recipe", inferred=True, open=True)


def _ruled_out(coating: Coating, share: float) -> Iterator[tuple[str, str]]:
    for each in coating.evidence:
        limit = each.at_most.to("C/kg")
        for basis, counted in (("active", 1.0), ("coating", share)):
            needed = Quantity(
                each.areal_capacity.to("C/m^2").value / (each.loading.to("kg/m^2").value * counted), "C/kg"
            )
            if needed.value > limit.value:
                words = "" if basis == "active" else f" × {share:.3g}"
                yield (
                    basis,
                    (
                        f"as {basis}, {each.areal_capacity} on {each.loading}{words} would be {needed.to('mAh/g').value:.0f} mAh/g, "
                        f"more than the {each.at_most.to('mAh/g').value:.0f} mAh/g that can be"
                    ),
                )


def electrode(recipe: Recipe, sheet: Sheet, roles: Roles, basis: Basis | None) -> None:
    """Note what follows for the electrode; what cannot be had is noted with the reason."""
    shares = composition(recipe, sheet)
    active = sum(shares[name] for name in roles.active)
    sheet.note(PART, "active share", active, _SHARE, " + ".join(in_unit(shares[name], _SHARE) for name in roles.active))
    solid = _solids(sheet, shares)
    coating_mass = _loadings(recipe, sheet, active, basis)
    pores = _pores(sheet, coating_mass, solid)
    if coating_mass is not None and pores is not None:
        _volumes(sheet, shares, pores)
    if coating_mass is not None:
        _capacities(recipe, sheet, roles, shares, coating_mass)
    _films(sheet, roles, shares)
    _oxide(sheet, roles, shares)
    _swelling(sheet, roles, shares, pores)


def _solids(sheet: Sheet, shares: dict[str, float]) -> float | None:
    unknown = [name for name in shares if f"{name}.density" not in sheet]
    if unknown:
        sheet.lack(
            PART,
            "density of the solids",
            _DENSITY,
            f"no density is known of {', '.join(unknown)}; give it under materials",
        )
        return None
    densities = [sheet.take(f"{name}.density") for name in shares]
    value = float(mixture_density(list(shares.values()), densities))
    return sheet.note(PART, "density of the solids", value, _DENSITY, "1 / Σ (mass fraction / density)")


def _loadings(recipe: Recipe, sheet: Sheet, active: float, basis: Basis | None) -> float | None:
    if "electrode.loading" not in sheet or basis is None:
        sheet.lack(PART, "coating loading", _LOADING, "the recipe gives no loading")
        return None
    given = sheet.take("electrode.loading")
    coating = given if basis.counts == "coating" else given / active
    shown = sheet.show("electrode.loading")
    for name, value, counts in (
        ("active loading", coating * active, "active"),
        ("coating loading", coating, "coating"),
    ):
        way = {"active": f"{shown} × {in_unit(active, _SHARE)}", "coating": f"{shown} / {in_unit(active, _SHARE)}"}[
            counts
        ]
        sheet.note(PART, name, value, _LOADING, f"{shown}, {basis.why}" if basis.counts == counts else way)
    if recipe.electrode is not None and "electrode.area" in sheet:
        area = sheet.take("electrode.area")
        sheet.note(
            PART, "active mass", coating * active * area, ("kg", "mg"), f"loading × {sheet.show('electrode.area')}"
        )
    return coating


def _pores(sheet: Sheet, coating: float | None, solid: float | None) -> float | None:
    if coating is None or solid is None:
        return None
    if "electrode.porosity" in sheet:
        pores = sheet.take("electrode.porosity")
        thickness = thickness_from_porosity(coating, pores, solid)
        how = f"{in_unit(coating, _LOADING)} / ((1 − {sheet.show('electrode.porosity')}) × {in_unit(solid, _DENSITY)})"
        sheet.note(PART, "porosity", pores, _SHARE, "as given")
        sheet.note(PART, "thickness", thickness, _LENGTH, how)
    elif "electrode.thickness" in sheet:
        thickness = sheet.take("electrode.thickness")
        try:
            pores = porosity(coating, thickness, solid)
        except ValueError:
            least = in_unit(coating / solid, _LENGTH)
            sheet.lack(
                PART,
                "porosity",
                _SHARE,
                f"the solids alone take {least}, more than the {sheet.show('electrode.thickness')} given",
            )
            return None
        how = f"1 − {in_unit(coating, _LOADING)} / ({sheet.show('electrode.thickness')} × {in_unit(solid, _DENSITY)})"
        sheet.note(PART, "thickness", thickness, _LENGTH, "as given")
        sheet.note(PART, "porosity", pores, _SHARE, how)
    else:
        sheet.lack(PART, "porosity", _SHARE, "the recipe gives neither thickness nor porosity")
        return None
    sheet.note(PART, "density of the coating", coating_density(coating, thickness), _DENSITY, "loading / thickness")
    return pores


def _volumes(sheet: Sheet, shares: dict[str, float], pores: float) -> None:
    densities = [sheet.take(f"{name}.density") for name in shares]
    for name, share in zip(shares, volume_fractions(list(shares.values()), densities), strict=True):
        how = f"share of the solids' volume × (1 − {in_unit(pores, _SHARE)})"
        sheet.note(PART, f"volume fraction of {name}", float(share) * (1 - pores), _SHARE, how)


def _capacities(recipe: Recipe, sheet: Sheet, roles: Roles, shares: dict[str, float], coating: float) -> None:
    for field, name in (("capacity", "areal capacity"), ("theoretical_capacity", "theoretical areal capacity")):
        if all(f"{one}.{field}" in sheet for one in roles.active):
            terms = [
                areal_capacity_from_loading(coating * shares[one], sheet.take(f"{one}.{field}")) for one in roles.active
            ]
            how = " + ".join(
                f"{in_unit(coating * shares[one], _LOADING)} of {one} × {sheet.show(f'{one}.{field}')}"
                for one in roles.active
            )
            sheet.note(PART, name, sum(terms), _AREAL, how)
        else:
            absent = ", ".join(one for one in roles.active if f"{one}.{field}" not in sheet)
            sheet.lack(
                PART, name, _AREAL, f"no {field.replace('_', ' ')} is known of {absent}; give it under materials"
            )
    active = sum(shares[one] for one in roles.active)
    for current in recipe.electrode.currents if recipe.electrode else ():
        per_mass = current.to("A/kg").value
        per_area = per_mass * coating * active
        sheet.note(
            PART,
            f"current density at {current}",
            per_area,
            _CURRENT,
            f"{current} × {in_unit(coating * active, _LOADING)}",
        )
        if len(roles.active) == 1 and f"{roles.active[0]}.theoretical_capacity" in sheet:
            full = sheet.take(f"{roles.active[0]}.theoretical_capacity")
            how = f"{current} / {in_unit(full, _SPECIFIC)}, the theoretical capacity"
            sheet.note(PART, f"C-rate at {current}", per_mass / full, ("1/s", "1/h"), how)


def _films(sheet: Sheet, roles: Roles, shares: dict[str, float]) -> None:
    """Note how thick the binder would be, were all of it on the active material."""
    binder = sum(shares[name] for name in roles.binder)
    if not roles.binder or any(f"{name}.density" not in sheet for name in roles.binder):
        return
    density = float(
        mixture_density([shares[name] for name in roles.binder], [sheet.take(f"{n}.density") for n in roles.binder])
    )
    sheet.note(PART, "density of the binder", density, _DENSITY, "1 / Σ (mass fraction in the binder / density)")
    for one in roles.active:
        ratio = binder / shares[one]
        words = f"binder / {one} = {ratio:.3g} by mass"
        if f"{one}.specific_surface" in sheet:
            area = sheet.take(f"{one}.specific_surface")
            film = film_thickness_on_area(ratio, density, area)
            sheet.note(PART, f"binder film on the measured surface of {one}", film, _THIN,
                       f"{words}, on {sheet.show(f'{one}.specific_surface')}")  # fmt: skip
        if f"{one}.diameter" in sheet and f"{one}.density" in sheet:
            diameter, own = sheet.take(f"{one}.diameter"), sheet.take(f"{one}.density")
            geometric = specific_surface_of_spheres(diameter, own)
            sheet.note(
                PART,
                f"geometric surface of {one}",
                geometric,
                _AREA_OF_MASS,
                f"6 / (density × {sheet.show(f'{one}.diameter')})",
            )
            film = film_thickness_on_sphere(ratio, density, own, diameter / 2)
            sheet.note(
                PART, f"binder film on spheres of {one}", film, _THIN, f"{words}, on {sheet.show(f'{one}.diameter')}"
            )


def _oxide(sheet: Sheet, roles: Roles, shares: dict[str, float]) -> None:
    """Note what a native oxide leaves of silicon, and what the carbon adds."""
    for one in roles.active:
        if not all(f"{one}.{field}" in sheet for field in ("oxide", "diameter", "density", "theoretical_capacity")):
            continue
        if "SiO2.density" not in sheet:
            continue
        diameter, oxide = sheet.take(f"{one}.diameter"), sheet.take(f"{one}.oxide")
        own, shell = sheet.take(f"{one}.density"), sheet.take("SiO2.density")
        full = sheet.take(f"{one}.theoretical_capacity")
        left = native_oxide_silicon_fraction(diameter, oxide, own, shell)
        words = f"{sheet.show(f'{one}.oxide')} of oxide on {sheet.show(f'{one}.diameter')}"
        sheet.note(PART, f"{one} left by its oxide", left, _SHARE, words)
        most = sheet.note(PART, f"capacity at most of {one} with its oxide", left * full, _SPECIFIC,
                          f"{in_unit(left, _SHARE)} × {in_unit(full, _SPECIFIC)}")  # fmt: skip
        for carbon in roles.conductive:
            if f"{carbon}.capacity" in sheet:
                added = carbon_contribution(shares[carbon], shares[one], sheet.take(f"{carbon}.capacity"))
                sheet.note(
                    PART,
                    f"capacity that {carbon} adds",
                    added,
                    _SPECIFIC,
                    f"{sheet.show(f'{carbon}.capacity')} × its share",
                )
        if f"{one}.capacity" in sheet and (used := sheet.take(f"{one}.capacity")) <= full:
            room = oxide_thickness_from_capacity(diameter, used, full, own, shell)
            how = f"{in_unit(used, _SPECIFIC)} of {in_unit(full, _SPECIFIC)}; now {in_unit(most, _SPECIFIC)} at most"
            sheet.note(PART, f"thickest oxide that its capacity allows on {one}", room, _THIN, how)


def _swelling(sheet: Sheet, roles: Roles, shares: dict[str, float], pores: float | None) -> None:
    expanding = [one for one in roles.active if f"{one}.expansion" in sheet]
    for one in expanding:
        grown = sheet.take(f"{one}.expansion")
        if f"{one}.critical_diameter" in sheet and f"{one}.diameter" in sheet:
            ratio = fracture_size_ratio(sheet.take(f"{one}.diameter"), sheet.take(f"{one}.critical_diameter"))
            how = f"{sheet.show(f'{one}.diameter')} / {sheet.show(f'{one}.critical_diameter')}; above 1 its particles crack"
            sheet.note(PART, f"size of {one} over its critical size", ratio, "1", how)
        sheet.note(
            PART,
            f"linear strain of {one}",
            linear_strain(grown),
            _SHARE,
            f"(1 + {sheet.show(f'{one}.expansion')})^(1/3) − 1",
        )
    if pores is None or not expanding:
        return
    densities = [sheet.take(f"{name}.density") for name in shares]
    fractions = [float(share) * (1 - pores) for share in volume_fractions(list(shares.values()), densities)]
    expansions = [sheet.take(f"{name}.expansion") if name in expanding else 0.0 for name in shares]
    free = float(electrode_thickness_ratio(fractions, expansions))
    sheet.note(
        PART,
        "thickness lithiated over dry, free",
        free,
        "1",
        "1 + Σ volume fraction × expansion: the pores keep their volume",
    )
    sheet.note(PART, "porosity lithiated, free", float(porosity_after_swelling(fractions, expansions, free)), _SHARE,
               "1 − Σ solids grown / thickness ratio")  # fmt: skip
    needed = sum(part * (1 + grown) for part, grown in zip(fractions, expansions, strict=True))
    if needed <= 1:
        left = float(porosity_after_swelling(fractions, expansions))
        sheet.note(PART, "porosity lithiated, held", left, _SHARE, "1 − Σ solids grown: the thickness is held")
    else:
        sheet.lack(PART, "porosity lithiated, held", _SHARE,
                   f"held at its thickness the solids would need {100 * needed:.0f} % of the room: it must grow or is not filled")  # fmt: skip


def findings(basis: Basis | None, sheet: Sheet, figures: tuple[Figure, ...]) -> Iterator[Finding]:
    """Say on which basis the loading was taken, where the recipe does not; and hold thickness against porosity."""
    if basis is not None and basis.inferred:
        code = "loading-basis-open" if basis.open else "loading-basis-inferred"
        counts = "active material" if basis.counts == "active" else "coating"
        yield Finding(code, f"the loading is taken to count the {counts}: {basis.why}", field="electrode.loading")
    if "electrode.porosity" in sheet and "electrode.thickness" in sheet:
        given = sheet.take("electrode.thickness")
        follows = next((one for one in figures if (one.part, one.name) == (PART, "thickness")), None)
        if follows is not None and follows.value is not None and abs(follows.value / given - 1) > THICKNESS_TOLERANCE:
            yield Finding(
                "thickness-differs",
                f"the thickness is given as {sheet.show('electrode.thickness')}, and loading and porosity give {follows}",
                field="electrode.thickness",
            )
