"""Every equation of physics, found by its mark; what each says of itself is read from its docstring."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import byssus.physics
from byssus.errors import UsageError, did_you_mean
from byssus.physics.calling import Equation
from byssus.physics.equation import MARK, Marked
from byssus.physics.given import Argument

#: What every equation's docstring must say.
SECTIONS: Final = ("Equation", "Symbols", "Validity", "Source", "Examples")

_HEADING = re.compile(r"^(Equation|Symbols|Validity|Source|Raises|Notes|Parameters|Returns|Examples)\s*$", re.M)


@functools.cache
def equations() -> Mapping[str, Equation]:
    """Find every marked function of physics, by name, in the order of its topics.

    Raises
    ------
    TypeError
        If two have one name, if a docstring lacks a section, or if a mark and its function disagree.

    Examples
    --------
    >>> equations()["areal_capacity"].source
    'Definition.'
    """
    return types.MappingProxyType(collect(_modules()))


def collect(modules: Sequence[types.ModuleType]) -> dict[str, Equation]:
    """Return the equations of some modules; `equations` is that of all."""
    found: dict[str, Equation] = {}
    for module in modules:
        for name, function in vars(module).items():
            mark = getattr(function, MARK, None)
            # What a module merely imports belongs to another topic.
            if not isinstance(mark, Marked) or function.__module__ != module.__name__:
                continue
            if name in found:
                raise TypeError(f"two equations are called {name}: in {found[name].topic} and in {module.__name__}")
            found[name] = _equation(name, module, function, mark)
    return found


def topics() -> dict[str, str]:
    """Return, by topic that has equations, the first line of its module's docstring.

    Examples
    --------
    >>> topics()["capacity"]
    'Charge per mass and area, and the ratios that a cycle is judged by.'
    """
    listed = {one.topic for one in equations().values()}
    titles = {_topic(module): (module.__doc__ or "").strip().splitlines()[0] for module in _modules()}
    return {topic: title for topic, title in titles.items() if topic in listed}


def find(name: str) -> Equation:
    """Return an equation by its name; case, spaces and dashes do not matter.

    Raises
    ------
    UsageError
        If there is none of that name.

    Examples
    --------
    >>> find("Areal capacity").name
    'areal_capacity'
    >>> find("areal_capacty")
    Traceback (most recent call last):
        ...
    byssus.errors.UsageError: 'areal_capacty' is no equation; did you mean 'areal_capacity'? 'byssus calc --list' names all
    """
    known = equations()
    plain = re.sub(r"[\s-]+", "_", name.strip()).casefold()
    by_plain = {each.casefold(): each for each in known}
    if plain in by_plain:
        return known[by_plain[plain]]
    hint = did_you_mean(plain, known)
    near = f"{hint} " if hint.startswith("did you mean") else ""
    raise UsageError("is no equation", value=name, fix=f"{near}'byssus calc --list' names all")


def search(text: str | None) -> list[Equation]:
    """Return the equations that have all of some words in their name, topic, summary, symbols or arguments.

    Examples
    --------
    >>> [one.name for one in search("punched disc")]
    ['disc_area']
    """
    words = (text or "").casefold().replace("_", " ").split()
    return [one for one in equations().values() if all(word in _haystack(one) for word in words)]


def _haystack(one: Equation) -> str:
    told = (one.name, one.topic, one.summary, one.symbols, *one.arguments)
    return " ".join(told).casefold().replace("_", " ")


def _modules() -> list[types.ModuleType]:
    walked = pkgutil.walk_packages(byssus.physics.__path__, f"{byssus.physics.__name__}.")
    return [importlib.import_module(name) for name in sorted(each.name for each in walked)]


def _topic(module: types.ModuleType) -> str:
    return module.__name__.removeprefix(f"{byssus.physics.__name__}.")


def _equation(name: str, module: types.ModuleType, function: Callable[..., Any], mark: Marked) -> Equation:
    where = f"{module.__name__}.{name}"
    told = _sections(inspect.getdoc(function) or "")
    if lacking := [section for section in ("summary", *SECTIONS) if not told.get(section)]:
        raise TypeError(f"{where}: its docstring lacks {', '.join(lacking)}")
    signature = inspect.signature(function)
    if set(signature.parameters) != set(mark.arguments):
        odd = set(signature.parameters) ^ set(mark.arguments)
        raise TypeError(f"{where}: mark and function disagree about {', '.join(sorted(odd))}")
    if strangers := set(mark.valid) - set(mark.arguments):
        raise TypeError(f"{where}: a range is given for {', '.join(sorted(strangers))}, which is no argument")
    hints = typing.get_type_hints(function)
    arguments = {}
    for each in signature.parameters.values():
        one, several = _shape(hints[each.name])
        arguments[each.name] = Argument(
            each.name,
            mark.arguments[each.name],
            required=each.default is inspect.Parameter.empty,
            default=None if each.default is inspect.Parameter.empty else each.default,
            one=one,
            several=several,
            valid=mark.valid.get(each.name),
        )
    return Equation(
        name, _topic(module), function, mark.result, types.MappingProxyType(arguments), told["summary"], told["Equation"],
        told["Symbols"], told["Validity"], told["Source"],
    )  # fmt: skip


def _sections(docstring: str) -> dict[str, str]:
    """Split a docstring into its summary and its sections, each in one line but for the equation."""
    summary, *rest = _HEADING.split(docstring)
    told = {"summary": " ".join(summary.strip().split("\n\n")[0].split())}
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        lines = [line.strip() for line in body.strip().splitlines()]
        told[title] = "\n".join(lines) if title == "Equation" else " ".join(" ".join(lines).split())
    return told


def _shape(hint: Any) -> tuple[bool, bool]:
    """Tell from a parameter's type whether it may be one number or word, and whether it may be a list."""
    if isinstance(hint, typing.TypeVar):
        shapes = [_shape(each) for each in hint.__constraints__ or (hint.__bound__,)]
    elif typing.get_origin(hint) in (typing.Union, types.UnionType):
        shapes = [_shape(each) for each in typing.get_args(hint)]
    elif typing.get_origin(hint) is typing.Literal or hint in (float, int, str, bool):
        return True, False
    else:
        return False, hint is not types.NoneType
    return any(one for one, _ in shapes), any(several for _, several in shapes)
