"""``byssus calc``: every equation of physics, called with units."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from byssus.app import terminal
from byssus.errors import UsageError
from byssus.quantity import pretty_unit

if TYPE_CHECKING:
    from byssus.physics.calling import Equation, Value
    from byssus.physics.given import Argument

_SCHEMA = "byssus.calc/1"
#: A list of results longer than this names the sources of its ± once, in the shares of the JSON answer.
_TOLD_SINGLY = 6


def calc(
    name: Annotated[str | None, typer.Argument(help="The equation; with --list, words to look for.")] = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Its arguments: mass='1.20 ± 0.05 mg'; several with commas between.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Unit to convert the result to.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the equations, or those that some words fit.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Calculate with any equation, with units and uncertainties; or tell what an equation says."""
    if listing:
        words = " ".join([name or "", *(arguments or ())]).strip()
        _list(words, unit, as_json)
    elif arguments:
        _answer(name or "", arguments, unit, as_json)
    else:
        _describe(name, unit, as_json)


def _list(words: str, unit: str | None, as_json: bool) -> None:
    from byssus.physics import catalogue

    with terminal.answering(as_json, {"schema": _SCHEMA, "equations": []}):
        _refuse_unit(unit)
        found = catalogue.search(words)
    if as_json:
        _print_equations(found)
        return
    titles = catalogue.topics()
    for topic in titles:
        here = [one for one in found if one.topic == topic]
        if here:
            print(f"\n{topic}: {titles[topic]}")  # noqa: T201
        for one in here:
            # A name is there to be copied, so it stands on a line of its own, whole.
            print(f"  {one.name}")  # noqa: T201
            terminal.print_rows([("    ", one.summary), ("    ", f"{result_text(one)} from {one.arguments_text()}")])
    how_many = f"{len(found)} equation{'' if len(found) == 1 else 's'}"
    print(f"\n{how_many}; byssus calc NAME tells what one says")  # noqa: T201


def _describe(name: str | None, unit: str | None, as_json: bool) -> None:
    from byssus.physics import catalogue

    with terminal.answering(as_json, {"schema": _SCHEMA, "equations": []}):
        if name is None:
            raise UsageError("names no equation", field="NAME", fix="'byssus calc --list' names all")
        _refuse_unit(unit)
        one = catalogue.find(name)
        example = one.example()
        answer = one.evaluate(example)
    if as_json:
        _print_equations([one])
        return
    print(f"{one.name}\n")  # noqa: T201
    terminal.screen().print(f"{one.summary}\n", markup=False)
    terminal.print_rows(
        [
            ("equation", one.equation),
            ("symbols", one.symbols),
            ("validity", one.validity),
            ("source", one.source),
            ("gives", result_text(one)),
        ]
    )
    print("\nArguments")  # noqa: T201
    terminal.print_rows([(f"  {each.name}", _said_of(each)) for each in one.arguments.values()])
    print("\nExample")  # noqa: T201
    # Unwrapped, so that it can be copied.
    print(f"  {command_line(one.name, example)}")  # noqa: T201
    terminal.print_rows([(f"  {value.name}", str(value)) for value in answer.values])


def _answer(name: str, words: Sequence[str], unit: str | None, as_json: bool) -> None:
    from byssus.physics import catalogue

    with terminal.answering(as_json, {"schema": _SCHEMA, "results": []}):
        one = catalogue.find(name)
        answer = one.evaluate(_given(one, words))
        answer = answer if unit is None else answer.to(unit)
        if all(value.reason for value in answer.values):
            raise UsageError(answer.values[0].reason or "", place=one.name)
    if as_json:
        terminal.print_json(
            {
                "schema": _SCHEMA,
                "findings": [finding.as_dict() for finding in answer.findings],
                "equation": one.name,
                "arguments": dict(answer.given),
                "results": [value.as_dict() for value in answer.values],
                "without_uncertainty": list(answer.unstated),
                "source": one.source,
            }
        )
        return
    terminal.print_rows([row for value in answer.values for row in _rows(value, len(answer.values))])
    print()  # noqa: T201
    terminal.print_rows([(argument, text) for argument, text in answer.given.items()])
    if answer.unstated:
        terminal.screen().print(
            f"No ± was given for {', '.join(answer.unstated)}; the result's leaves it out.", markup=False
        )
    print()  # noqa: T201
    terminal.print_rows([("equation", one.equation), ("symbols", one.symbols), ("source", one.source)])
    terminal.print_findings(answer.findings)


def _given(one: Equation, words: Sequence[str]) -> dict[str, str]:
    """Take ``key=value`` apart."""
    given: dict[str, str] = {}
    for word in words:
        key, sign, value = word.partition("=")
        key = key.strip().replace("-", "_")
        if not sign or not key:
            raise UsageError(
                "is no argument", place=one.name, value=word,
                fix=f"write key=value, in quotes where there are spaces; it takes {one.arguments_text()}",
            )  # fmt: skip
        if key in given:
            raise UsageError("is given twice", place=one.name, field=key, fix="give it once")
        given[key] = value
    return given


def command_line(name: str, arguments: dict[str, str]) -> str:
    """Write a call as it would be typed.

    Examples
    --------
    >>> command_line("disc_area", {"diameter": "12 mm"})
    "byssus calc disc_area diameter='12 mm'"
    """
    return " ".join(["byssus calc", name, *(f"{key}={shlex.quote(value)}" for key, value in arguments.items())])


def _refuse_unit(unit: str | None) -> None:
    if unit is not None:
        raise UsageError("converts a result, and there is none", field="--unit", fix="give the equation's arguments")


def _rows(value: Value, how_many: int) -> list[tuple[str, str]]:
    rows = [(value.name, str(value))]
    if value.shares and how_many <= _TOLD_SINGLY:
        told = ", ".join(f"{name} {_percent(share)}" for name, share in value.shares.items())
        rows.append(("", f"variance: {told}"))
    return rows


def _percent(share: float) -> str:
    return "below 1 %" if share < 0.005 else f"{100 * share:.0f} %"


def result_text(one: Equation) -> str:
    """Tell in words in what unit an equation answers."""
    return {"any": "the unit of its arguments", "text": "a word", "1": "a number"}.get(
        one.result.shown, pretty_unit(one.result.shown)
    )


def _said_of(argument: Argument) -> str:
    told = [argument.kind]
    if not argument.required:
        told.append(f"may be left out{f': {text}' if (text := argument.default_text()) else ''}")
    if argument.valid is not None:
        told.append(f"made for {argument.range_text()}")
    return "; ".join(told)


def _print_equations(found: Sequence[Equation]) -> None:
    terminal.print_json({"schema": _SCHEMA, "findings": [], "equations": [one.as_dict() for one in found]})
