"""From a recipe to the balance: what to weigh for a batch of a wanted size, in the order of mixing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from byssus.errors import RecipeError
from byssus.recipe import electrode, mixing
from byssus.recipe.design import Design
from byssus.recipe.model import Recipe
from byssus.recipe.reckoning import Sheet, in_unit

#: The mixture that is coated.
SLURRY = "slurry"
#: What a balance shows in its last digit, in kg: 0.1 mg, that of an analytical balance.
STEP = 1e-7
_MASS = ("kg", "mg")


@dataclass(frozen=True, slots=True)
class Weighing:
    """One thing to put on the balance.

    Parameters
    ----------
    what
        A substance, or a solution as it stands in its bottle.
    exact
        Its mass, in kg.
    reading
        The same as the balance can show it, in kg.
    volume
        In m³, of what the recipe measures out by volume; else None.
    how
        How it is put in, as the recipe says.
    """

    what: str
    exact: float
    reading: float
    volume: float | None = None
    how: str | None = None


@dataclass(frozen=True, slots=True)
class Mixture:
    """A solution to make, or the slurry: what goes in, in order."""

    title: str
    weighings: tuple[Weighing, ...]

    @property
    def mass(self) -> float:
        """All that goes in, in kg."""
        return sum(each.exact for each in self.weighings)


@dataclass(frozen=True, slots=True)
class Share:
    """A substance of the dry coating: its mass fraction as the recipe has it, and as the balance's readings give it."""

    substance: str
    wanted: float
    weighed: float

    @property
    def error(self) -> float:
        """Relative error that rounding to the balance's step makes of it."""
        return self.weighed / self.wanted - 1


@dataclass(frozen=True)
class Batch:
    """What to weigh for a batch.

    Parameters
    ----------
    coating
        Mass of the dry coating that it makes, in kg.
    step
        What the balance shows in its last digit, in kg.
    mixtures
        The solutions in the order in which they are made, and the slurry.
    shares
        The composition of the dry coating, wanted and weighed.
    solid_content
        Of the slurry; None where the recipe does not say how much solvent it is made with.
    remarks
        What the sheet cannot tell.
    """

    coating: float
    step: float
    mixtures: tuple[Mixture, ...]
    shares: tuple[Share, ...]
    solid_content: float | None
    remarks: tuple[str, ...]

    @property
    def worst(self) -> Share:
        """The substance that rounding changes most."""
        return max(self.shares, key=lambda share: abs(share.error))


def batch(design: Design, coating: float, *, step: float = STEP) -> Batch:
    """Scale a recipe to a mass of dry coating, and say what to weigh for it.

    Each solution that is made is made in just the amount that goes in; the components of the slurry stand in the
    order of the recipe's parts, its solvent last.

    Parameters
    ----------
    design
        The recipe with its inputs.
    coating
        Mass of the dry coating, in kg.
    step
        What the balance shows in its last digit, in kg.

    Validity
        As the mass balance: nothing but solvent leaves, and nothing sticks to a vessel.

    Raises
    ------
    RecipeError
        If something is too little for the balance.

    Examples
    --------
    The seed paper's binder for 103 mg of coating, which asks for the amounts that the paper weighed:

    >>> from pathlib import Path
    >>> from byssus import knowledge
    >>> from byssus.recipe.design import design_file
    >>> shipped = Path(__file__).parents[1] / "examples" / "recipes" / "ccl-5.yaml"
    >>> sheet = batch(design_file(shipped, knowledge.load()), 103e-6)
    >>> [(each.what, round(each.reading * 1e6, 1)) for each in sheet.mixtures[0].weighings]
    [('citric acid', 5.0), ('CMC', 9.0), ('water', 997.0), ('LS solution', 30.0)]
    """
    recipe, sheet = design.recipe, Sheet(design.inputs)
    parts = {name: sheet.take(f"parts.{name}") for name in recipe.parts}
    whole = sum(parts.values())
    dry = {name: coating * part / whole for name, part in parts.items()}
    wet = {
        name: mass / sum(mixing.shares_of(recipe, name, sheet).values()) if name in recipe.solutions else mass
        for name, mass in dry.items()
    }
    solids, solvent, remarks = _thinned(recipe, coating, wet)
    order = list(_to_make(recipe, wet))
    needed = dict(wet)
    made = {}
    for title in reversed(order):  # what a solution goes into comes before it, so its whole amount is known
        made[title] = _scaled(recipe, title, needed[title], sheet, step)
        for each in made[title].weighings:
            needed[each.what] = needed.get(each.what, 0.0) + each.exact
    last = [_weighing(SLURRY, name, mass, step) for name, mass in wet.items()]
    if solvent is not None:
        last.append(_weighing(SLURRY, *solvent, step))
    mixtures = (*(made[title] for title in order), Mixture(SLURRY, tuple(last)))
    wanted = mixing.composition(recipe, sheet)
    weighed = _composition(recipe, mixtures, sheet)
    shares = tuple(Share(name, share, weighed[name]) for name, share in wanted.items())
    return Batch(coating, step, mixtures, shares, solids, remarks)


def coating_of_slurry(design: Design, slurry: float) -> float:
    """Return the mass of dry coating that a mass of slurry leaves, both in kg.

    Raises
    ------
    RecipeError
        If the recipe does not say how much solvent its slurry has.
    """
    solids = _solid_content(design.recipe)
    if solids is None:
        raise RecipeError("is not given, so a mass of slurry says nothing of its solids", field="electrode.solid_content",
                          fix="add it to the recipe, or ask for a mass of dry coating")  # fmt: skip
    return slurry * solids


def coating_of_area(design: Design, area: float) -> float:
    """Return the mass of dry coating, in kg, that covers one side of an area, in m².

    Raises
    ------
    RecipeError
        If the recipe gives no loading.
    """
    loading = design.figure(electrode.PART, "coating loading").value
    if loading is None:
        raise RecipeError("is not given, so an area says nothing of a mass", field="electrode.loading",
                          fix="add it to the recipe, or ask for a mass of dry coating")  # fmt: skip
    return area * loading


def _solid_content(recipe: Recipe) -> float | None:
    given = recipe.electrode.solid_content if recipe.electrode is not None else None
    return None if given is None else given.to("1").value


def _to_make(recipe: Recipe, parts: Mapping[str, float]) -> Iterator[str]:
    """Give the solutions to make, each after those that go into it."""
    seen: set[str] = set()

    def visit(title: str) -> Iterator[str]:
        if title in seen or title not in recipe.solutions or not recipe.solutions[title].ingredients:
            return
        seen.add(title)
        for each in recipe.solutions[title].ingredients:
            yield from visit(each.add)
        yield title

    for name in parts:
        yield from visit(name)


def _scaled(recipe: Recipe, title: str, amount: float, sheet: Sheet, step: float) -> Mixture:
    """Scale a solution to the amount of it that is needed."""
    whole = mixing.made(recipe, title, sheet)
    scale = amount / (whole.solids + whole.solvent)
    weighings = []
    for place, each in enumerate(recipe.solutions[title].ingredients, 1):
        key = f"solutions.{title}.{place}"
        volume = None if each.volume is None else sheet.take(f"{key}.volume") * scale
        mass = sheet.take(f"{key}.mass") * scale if volume is None else volume * sheet.take(f"{each.add}.density")
        weighings.append(_weighing(title, each.add, mass, step, volume, each.how))
    return Mixture(title, tuple(weighings))


def _weighing(
    into: str, what: str, mass: float, step: float, volume: float | None = None, how: str | None = None
) -> Weighing:
    steps = round(mass / step)
    if not steps:
        raise RecipeError(
            f"comes to {in_unit(mass, _MASS)}, less than half of the balance's step of {in_unit(step, _MASS)}",
            field=f"{into}: {what}", fix="make a larger batch, or weigh on a finer balance",
        )  # fmt: skip
    return Weighing(what, mass, steps * step, volume, how)


def _thinned(
    recipe: Recipe, coating: float, wet: Mapping[str, float]
) -> tuple[float | None, tuple[str, float] | None, tuple[str, ...]]:
    """Return the slurry's solid content, the solvent to add, and what is to be said of both."""
    poured = sum(wet.values())
    brought = {recipe.solutions[name].solvent for name in wet if name in recipe.solutions}
    name = recipe.solvent or (brought.pop() if len(brought) == 1 else "solvent")
    as_is = f"{in_unit(coating / poured, ('1', '%'))} of solids"
    wanted = _solid_content(recipe)
    if wanted is None:
        if poured > coating * (1 + 1e-9):
            told = f"without more {name} the slurry has {as_is}; how much more is added, the recipe does not say"
        elif recipe.solvent is None:
            return None, None, ("the recipe names no solvent, nor how much of one",)
        else:
            told = f"how much {name} is added, the recipe does not say"
        return None, None, (f"{told}: give electrode.solid_content",)
    missing = coating / wanted - poured
    if missing < -1e-9 * poured:
        told = (
            f"the solutions bring more {name} than {in_unit(wanted, ('1', '%'))} of solids leave room for: mixed as they "
            f"are, the slurry has {as_is}; {in_unit(-missing, ('kg', 'g'))} would have to dry off"
        )
        return coating / poured, None, (told,)
    return wanted, (name, missing) if missing > 1e-9 * poured else None, ()


def _composition(recipe: Recipe, mixtures: tuple[Mixture, ...], sheet: Sheet) -> dict[str, float]:
    """Return the mass fractions in the dry coating that follow from the readings alone."""
    *solutions, slurry = mixtures
    contents: dict[str, dict[str, float]] = {}  # of each solution that was made: mass fractions in all of it
    for mixture in solutions:
        held = _held(recipe, mixture, contents, sheet, leaves={recipe.solutions[mixture.title].solvent})
        total = sum(each.reading for each in mixture.weighings)
        contents[mixture.title] = {name: mass / total for name, mass in held.items()}
    added = {each.what for each in slurry.weighings} - set(recipe.parts)
    held = _held(recipe, slurry, contents, sheet, leaves=added)
    return {name: mass / sum(held.values()) for name, mass in held.items()}


def _held(
    recipe: Recipe, mixture: Mixture, contents: Mapping[str, Mapping[str, float]], sheet: Sheet, leaves: set[str]
) -> dict[str, float]:
    """Return the mass of each substance in a mixture as the readings have it, but for what leaves it on drying."""
    held: dict[str, float] = {}
    for each in mixture.weighings:
        if each.what in recipe.solutions:
            inner = contents.get(each.what) or mixing.shares_of(recipe, each.what, sheet)
            for name, share in inner.items():
                held[name] = held.get(name, 0.0) + share * each.reading
        elif each.what not in leaves:
            held[each.what] = held.get(each.what, 0.0) + each.reading
    return held
