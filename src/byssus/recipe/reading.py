"""Reading recipe.yaml: strictly, each fault with its line; what can be understood still stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byssus.errors import ByssusError, RecipeError, SeveralErrors, did_you_mean
from byssus.handwritten.fields import names_of
from byssus.handwritten.reading import Kind, SectionReader, parse
from byssus.recipe.model import Coating, Material, Plan, Recipe, Solution

#: The name a recipe's file has in its folder.
RECIPE_FILE = "recipe.yaml"
_KIND = Kind("recipe", RecipeError, found="give a recipe.yaml or the folder that holds one", example="docs/recipe.md")


@dataclass(frozen=True)
class Read:
    """A recipe as it was read, and what of its file could not be understood."""

    recipe: Recipe
    file: Path
    faults: tuple[ByssusError, ...]

    @property
    def hash(self) -> str:
        """A hash of what the recipe says, not of how it is laid out: 128 bits, in hexadecimal."""
        return content_hash(self.recipe)


def content_hash(recipe: Recipe) -> str:
    """Return a hash of what a recipe says; layout, comments and the order of fields do not count.

    The order of ingredients does: it is part of what was made.
    """
    said = recipe.model_dump(mode="json", exclude_none=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def load(path: Path) -> Read:
    """Read a recipe from its file, or from the folder that holds one.

    Raises
    ------
    RecipeError
        If there is none, or it is no recipe.
    SeveralErrors
        If so much of it is wrong that no recipe is left; each fault is one of them.
    """
    file = path / RECIPE_FILE if path.is_dir() else path
    content = parse(file, _KIND)
    if not isinstance(content, Mapping):
        raise RecipeError("holds no recipe", file=file, fix="write parts and active; docs/recipe.md shows how")
    reader = SectionReader(file, _KIND)
    recipe = recipe_from(content, reader)
    faults = reader.in_order()
    if recipe is None:
        raise faults[0] if len(faults) == 1 else SeveralErrors(faults)
    return Read(recipe, file, faults)


def recipe_from(content: Mapping[Any, Any], reader: SectionReader) -> Recipe | None:
    """Build a recipe of a mapping; what is wrong of it is noted and left out. None if no recipe is left."""
    known = names_of(Recipe)
    if {"cells", "electrodes", "recipes"} & set(content):
        reader.fault("is a study and no recipe", fix="byssus design --study works out the recipes in it")
        return None
    if not any(name in known for name in content):
        reader.fault("is no recipe", fix="write parts and active; docs/recipe.md shows how")
        return None
    for name in content:
        if name not in known and name != "schema":
            reader.unknown(content, str(name), str(name), known)
    if content.get("schema", 1) != 1:
        reader.fault("is not a version of a recipe that is known", place=reader.line(content, "schema"), field="schema",
                     value=content.get("schema"), fix="write 1, or use a later Byssus")  # fmt: skip
    built: dict[str, Any] = {
        "solutions": reader.named(content, "solutions", Solution),
        "materials": reader.named(content, "materials", Material),
    }
    for name, model in (("electrode", Coating), ("cell", Plan)):
        if content.get(name) is not None:
            built[name] = reader.one(content, name, name, model)
    sections = {"solutions", "materials", "electrode", "cell"}
    whole = reader.whole(content, Recipe, [name for name in content if name in known and name not in sections])
    return None if whole is None else _linked(whole.model_copy(update=built), reader)


def _linked(recipe: Recipe, reader: SectionReader) -> Recipe | None:
    """Check that the names in a recipe mean something: a solution of it, or a substance that is known."""
    from byssus import knowledge

    names = knowledge.load().names
    solutions = set(recipe.solutions)

    def fits(name: str) -> bool:
        return name in solutions or name in recipe.materials or names.substance(name) is not None

    def check(name: str, field: str) -> bool:
        if not fits(name):
            reader.fault(
                "is neither one of its solutions nor a substance that is known",
                place=reader.place(field), field=field, value=name,
                fix=f"{did_you_mean(name, {*solutions, *names.shown})}, or describe it under materials",
            )  # fmt: skip
            return False
        return True

    sound = [check(name, "parts") for name in recipe.parts]
    for title, solution in recipe.solutions.items():
        for name in (*solution.contains, *(each.add for each in solution.ingredients), solution.solvent):
            sound.append(check(name, f"solutions.{title}"))
        sound += [_not_itself(title, recipe, reader)]
    return recipe if all(sound) else None


def _not_itself(title: str, recipe: Recipe, reader: SectionReader) -> bool:
    """Check that a solution does not go into itself, on whatever way."""
    waiting, seen = [title], set()
    while waiting:
        for each in recipe.solutions[waiting.pop()].ingredients:
            if each.add == title:
                reader.fault("goes into itself", place=reader.place(f"solutions.{title}"), field=f"solutions.{title}",
                             fix="name the solution that goes in apart from the one it becomes")  # fmt: skip
                return False
            if each.add in recipe.solutions and each.add not in seen:
                seen.add(each.add)
                waiting.append(each.add)
    return True
