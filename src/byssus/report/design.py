"""Recipes on a page: what follows from each, side by side, drawn to scale, with whose doubt matters.

The same rows stand on the terminal, on the page and in its CSV.  This module only lays out; it computes nothing.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from byssus.figure.style import NEUTRAL
from byssus.findings import Finding
from byssus.quantity import Quantity, pretty_unit
from byssus.recipe.batch import Batch
from byssus.recipe.design import Design
from byssus.recipe.reckoning import Figure, Input
from byssus.report.answer import digits
from byssus.report.scale import Piece, Whole, bars, colours, stacks

#: The part whose volume and layers are drawn.
_ELECTRODE = "electrode"
#: What the answer opens with, where it exists: a part, and names of which the first that is there is shown. One that ends
#: in "of" goes on with the name of a substance.
HEADLINES = (
    (_ELECTRODE, ("active loading",)),
    (_ELECTRODE, ("areal capacity", "theoretical areal capacity")),
    (_ELECTRODE, ("thickness",)),
    (_ELECTRODE, ("porosity",)),
    (_ELECTRODE, ("binder film on spheres of", "binder film on the measured surface of")),
    ("cell", ("N/P ratio",)),
    ("cell", ("specific energy of the stack", "specific energy of both coatings")),
    ("cell", ("energy density of the stack",)),
    ("cell", ("electrolyte per capacity",)),
)
#: What the names of such figures begin with; a substance follows.
_VOLUME, _SHARE = "volume fraction of ", "mass fraction of "
#: Of layers that hold no charge: foil, separator.
_METAL, _PALE = "#8c9196", "#d5d9dd"
#: So many of the inputs whose doubt matters most are told.
DRIVERS = 8
#: A share of the doubt below this is not told beside a figure.
_LEAST_SHARE = 0.01

ItemT = TypeVar("ItemT", bound=Hashable)


@dataclass(frozen=True)
class Shown:
    """A recipe on the page.

    Parameters
    ----------
    label
        A short name of it, unlike that of every other on the page.
    design
        What follows from it.
    written
        The recipe as it is written.
    batch
        What to weigh for a batch of it.
    """

    label: str
    design: Design
    written: str
    batch: Batch | None = None

    @property
    def findings(self) -> list[Finding]:
        """What looks wrong, said of it; what of its file was left out, too."""
        faults = [
            Finding("recipe-field", str(fault), file=fault.file, field=fault.field) for fault in self.design.faults
        ]
        return [each.about(self.label) for each in (*faults, *self.design.findings)]

    @property
    def origins(self) -> dict[str, int]:
        """How many of its inputs came about how."""
        return dict(Counter(each.origin for each in self.design.inputs.values()))

    def label_of(self, key: str) -> str:
        """Return what people call an input."""
        return self.design.inputs[key].label if key in self.design.inputs else key


@dataclass(frozen=True)
class Row:
    """A figure of several recipes; None of one that does not have it."""

    name: str
    unit: str
    figures: tuple[Figure | None, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Each as a table shows it, without its unit."""
        return tuple(self.text(figure) for figure in self.figures)

    @property
    def differs(self) -> bool:
        """Whether the recipes differ in it, as far as a table shows."""
        return len(set(self.texts)) > 1

    def text(self, figure: Figure | None) -> str:
        """Return one as a table shows it."""
        if figure is None:
            return "–"
        quantity = figure.quantity
        if quantity is None:
            return "missing"
        quantity = quantity.to(self.unit)
        return digits(quantity.value, quantity.uncertainty)

    def reasons(self, labels: Sequence[str]) -> dict[str, list[str]]:
        """Return why it is missing, with the recipes that it is missing of."""
        found: dict[str, list[str]] = {}
        for label, figure in zip(labels, self.figures, strict=True):
            if figure is not None and figure.value is None:
                found.setdefault(figure.reason or "", []).append(label)
        return found


@dataclass(frozen=True)
class Part:
    """A part of several recipes: those that have it, and a row a figure."""

    name: str
    title: str
    shown: tuple[Shown, ...]
    rows: tuple[Row, ...]

    @property
    def anchor(self) -> str:
        """A name for links."""
        return "part-" + "".join(letter if letter.isalnum() else "-" for letter in self.name.casefold())


def parts_of(shown: Sequence[Shown]) -> list[Part]:
    """Return all parts of all recipes, each with the recipes that have it."""
    found = []
    for name in merged(each.design.parts for each in shown):
        having = tuple(each for each in shown if name in each.design.parts)
        dissolved = any(name in each.design.recipe.solutions for each in having) and "solution" not in name.casefold()
        title = f"Solution {name}" if dissolved else name[0].upper() + name[1:]
        of = [{figure.name: figure for figure in each.design.of(name)} for each in having]
        rows = tuple(_row(figure, [one.get(figure) for one in of]) for figure in merged(one.keys() for one in of))
        found.append(Part(name, title, having, rows))
    return found


def headlines(shown: Sequence[Shown]) -> list[Row]:
    """Return what the answer opens with, each where some recipe has it."""
    rows = []
    for part, names in HEADLINES:
        of = [{figure.name: figure for figure in each.design.of(part)} for each in shown]
        for wanted in names:
            fitting = [
                name for name in merged(of) if name == wanted or (wanted.endswith(" of") and name.startswith(wanted))
            ]
            found = [_row(name, [one.get(name) for one in of]) for name in fitting]
            found = [
                row for row in found if any(figure is not None and figure.value is not None for figure in row.figures)
            ]
            if found:
                rows += found
                break
    return rows


def _row(name: str, figures: Sequence[Figure | None]) -> Row:
    return Row(name, next(figure.units.shown for figure in figures if figure), tuple(figures))


def merged(lists: Iterable[Iterable[ItemT]]) -> list[ItemT]:
    """Merge lists into one that keeps the order of each, as far as they agree; what is new follows what it followed.

    Examples
    --------
    >>> merged([["Si", "CMC", "LS"], ["Si", "Super P", "LS"]])
    ['Si', 'Super P', 'CMC', 'LS']
    """
    whole: list[ItemT] = []
    for each in lists:
        at = 0
        for item in each:
            if item in whole:
                at = whole.index(item) + 1
            else:
                whole.insert(at, item)
                at += 1
    return whole


def doubt(shown: Shown, figure: Figure, most: int = 3) -> list[tuple[str, float]]:
    """Return whose uncertainty a figure's is, the largest shares first: each input as people call it."""
    told = [(shown.label_of(key), share) for key, share in figure.shares if share >= _LEAST_SHARE]
    return told[:most]


def percent(share: float) -> str:
    """Write a share as people read it.

    Examples
    --------
    >>> percent(0.484), percent(0.002)
    ('48 %', 'below 1 %')
    """
    return "below 1 %" if share < 0.005 else f"{100 * share:.0f} %"


def in_words(shown: Shown) -> str:
    """Tell in a sentence or two what a recipe makes, and what is least known of it."""
    of = {figure.name: figure for figure in shown.design.of(_ELECTRODE) if figure.value is not None}
    active = ", ".join(shown.design.recipe.active)
    told = []
    if "active loading" in of:
        capacity = next((of[name] for name in ("areal capacity", "theoretical areal capacity") if name in of), None)
        most = " at most" if capacity is not None and capacity.name != "areal capacity" else ""
        gives = f" and gives {worded(capacity)}{most}" if capacity is not None else ""
        told.append(f"the electrode holds {worded(of['active loading'])} of {active}{gives}")
    if "thickness" in of and "porosity" in of:
        told.append(f"the coating is {worded(of['thickness'])} thick with {worded(of['porosity'])} of pores")
    film = next((figure for name, figure in of.items() if name.startswith("binder film on spheres of")), None)
    if film is not None:
        told.append(f"spread on all spheres the binder would be {worded(film)} thick")
    sentence = "; ".join(told)
    drivers = [f"{name} ({percent(share)})" for name, share in shown.design.drivers(3)]
    least = f"Most of the doubt of all figures comes from {', '.join(drivers)}." if drivers else ""
    return f"{sentence[:1].upper()}{sentence[1:]}{'.' if sentence else ''} {least}".strip()


def worded(figure: Figure) -> str:
    """Write a figure with its unit as a sentence shows it."""
    quantity = figure.quantity
    if quantity is None:
        return "missing"
    text = digits(quantity.value, quantity.uncertainty)
    return text if quantity.unit == "1" else f"{text} {pretty_unit(quantity.unit)}"


def volume_drawing(shown: Sequence[Shown]) -> tuple[str, list[str]]:
    """Draw what fills the volume of each electrode; say of which it cannot be drawn, and why."""
    tints = _tints(shown)
    wholes, lacks = [], []
    for each in shown:
        of = {figure.name: figure for figure in each.design.of(_ELECTRODE)}
        held = [name for name in tints if getattr(of.get(f"{_VOLUME}{name}"), "value", None) is not None]
        pores = of.get("porosity")
        if pores is None or pores.value is None or not held:
            lacks.append(f"Not drawn is {each.design.name}: {_first_reason(each, 'porosity')}.")
            continue
        pieces = [
            Piece(name, figure.value or 0.0, worded(figure), tints[name])
            for name in held
            if (figure := of[f"{_VOLUME}{name}"])
        ]
        wholes.append(Whole(each.design.name, (*pieces, Piece("pores", pores.value, worded(pores), "", open=True))))
    return (bars(wholes, "Share of the dry electrode’s volume / %") if wholes else "", lacks)


def stack_drawing(shown: Sequence[Shown]) -> tuple[str, list[str]]:
    """Draw the layers of each cell as far as their thicknesses are known; say which are not."""
    tints = _tints(shown)
    wholes, lacks = [], []
    for each in shown:
        layers, absent = _layers(each, tints)
        if any(layer.name.startswith("coating") for layer in layers):
            wholes.append(Whole(each.design.name, tuple(layers)))
        if absent:
            lacks.append(f"Of {each.design.name} no thickness is known of: {', '.join(absent)}.")
    return (stacks(wholes, "µm") if wholes else "", lacks)


def _layers(shown: Shown, tints: Mapping[str, str]) -> tuple[list[Piece], list[str]]:
    """Return the layers from foil to foil, in µm, and which have no thickness."""
    layers, absent = [], []
    plan = shown.design.recipe.cell
    sides = [_side(shown.design, tints)]
    if shown.design.opposite is not None:
        sides.append(_side(shown.design.opposite, tints)[::-1])
    film = [("separator" + (f", {plan.separator}" if plan else ""), plan.separator_thickness if plan else None, _PALE)]
    for name, thickness, tint in [*sides[0], *(film if plan else []), *(sides[1] if len(sides) > 1 else [])]:
        if thickness is None:
            absent.append(name)
        else:
            size = thickness.to("um")
            words = f"{digits(size.value, size.uncertainty)} µm"
            layers.append(Piece(name, size.value, words, tint))
    return layers, absent


def _side(design: Design, tints: Mapping[str, str]) -> list[tuple[str, Quantity | None, str]]:
    """Return foil and coating of an electrode, each with its thickness where that is known."""
    coating = design.recipe.electrode
    thickness = next((figure.quantity for figure in design.of(_ELECTRODE) if figure.name == "thickness"), None)
    active = design.recipe.active
    layer = (f"coating, {' and '.join(active)}", thickness, tints.get(active[0], NEUTRAL))
    if coating is None or coating.foil is None:
        return [layer]
    return [(f"foil, {coating.foil}", coating.foil_thickness, _METAL), layer]


def _tints(shown: Sequence[Shown]) -> dict[str, str]:
    """Give every substance of every coating a colour, the same in all drawings; those that are drawn most come first."""
    names: dict[str, None] = {}
    for beginning in (_VOLUME, _SHARE):
        for each in (*(one.design for one in shown), *(one.design.opposite for one in shown if one.design.opposite)):
            names |= dict.fromkeys(
                figure.name.removeprefix(beginning)
                for figure in each.figures
                if figure.part in (_ELECTRODE, "coating") and figure.name.startswith(beginning)
            )
    return colours(list(names))


def _first_reason(shown: Shown, name: str) -> str:
    """Say why a figure of the electrode is missing: its own reason, else the first of the others."""
    lacking = {figure.name: figure.reason for figure in shown.design.of(_ELECTRODE) if figure.reason}
    return lacking.get(name) or next(iter(lacking.values()), None) or "the recipe gives no electrode"


def as_dict(shown: Shown) -> dict[str, Any]:
    """Return a recipe and all that follows from it as JSON takes it."""
    design = shown.design
    return {
        "name": shown.label,
        "title": design.name,
        "source": design.recipe.source,
        "hash": design.hash,
        "figures": [_figure_as_dict(figure) for figure in design.figures],
        "inputs": [
            {"input": key, "label": each.label}
            | each.quantity.as_dict()
            | {"origin": each.origin, "source": each.source}
            for key, each in design.inputs.items()
        ],
        "drivers": [{"label": label, "share": share} for label, share in design.drivers(len(design.inputs))],
        "batch": None if shown.batch is None else _batch_as_dict(shown.batch),
    }


def _figure_as_dict(figure: Figure) -> dict[str, Any]:
    quantity = figure.quantity
    return {
        "part": figure.part,
        "name": figure.name,
        "value": None if quantity is None else quantity.value,
        "unit": figure.units.shown,
        "uncertainty": None if quantity is None else quantity.uncertainty,
        "how": figure.how,
        "reason": figure.reason,
        "shares": dict(figure.shares),
    }


def _batch_as_dict(batch: Batch) -> dict[str, Any]:
    """Return a batch sheet with all masses in mg and volumes in mL."""
    return {
        "coating_mg": batch.coating * 1e6,
        "balance_step_mg": batch.step * 1e6,
        "solid_content": batch.solid_content,
        "mixtures": [
            {
                "title": mixture.title,
                "weighings": [
                    {
                        "what": each.what,
                        "mass_mg": each.exact * 1e6,
                        "reading_mg": each.reading * 1e6,
                        "volume_mL": None if each.volume is None else each.volume * 1e6,
                        "how": each.how,
                    }
                    for each in mixture.weighings
                ],
            }
            for mixture in batch.mixtures
        ],
        "composition": [
            {"substance": share.substance, "recipe": share.wanted, "weighed": share.weighed, "error": share.error}
            for share in batch.shares
        ],
        "remarks": list(batch.remarks),
    }


def to_csv(shown: Sequence[Shown]) -> str:
    """Write all figures of all recipes, a row each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["recipe", "title", "hash", "part", "figure", "value", "uncertainty", "unit", "how", "missing because"]
    )
    for each in shown:
        for figure in each.design.figures:
            told = _figure_as_dict(figure)
            writer.writerow(
                [each.label, each.design.name, each.design.hash]
                + [told[key] for key in ("part", "name", "value", "uncertainty", "unit", "how", "reason")]
            )
    return text.getvalue()


def to_html(shown: Sequence[Shown]) -> str:
    """Lay recipes out as one HTML page that needs nothing else."""
    import jinja2

    from byssus.report.build import asset, cited, coded, versions

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("byssus.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "cited": cited, "pretty": pretty_unit, "percent": percent, "input": _input_in_words, "mass": mass_in_words,
        "volume": volume_in_words, "signed": _signed, "shade": _shade,
    }  # fmt: skip
    volume, no_volume = volume_drawing(shown)
    stack, no_stack = stack_drawing(shown)
    return environment.get_template("design.html.j2").render(
        title=shown[0].design.name if len(shown) == 1 else "Recipes side by side",
        single=len(shown) == 1,
        shown=shown,
        headlines=headlines(shown),
        sources=_sources(shown),
        sentences=[(each, in_words(each)) for each in shown],
        findings=coded([finding.about(each.design.name) for each in shown for finding in each.findings]),
        volume=volume,
        no_volume=no_volume,
        stack=stack,
        no_stack=no_stack,
        parts=parts_of(shown),
        doubt=doubt,
        most_drivers=DRIVERS,
        exports=_exports(shown),
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        versions=versions(),
        style=asset("report.css") + asset("design.css"),
        script=asset("design.js"),
    )


def _sources(shown: Sequence[Shown]) -> list[tuple[str, list[str]]]:
    """Return each source with the recipes that are from it."""
    found: dict[str, list[str]] = {}
    for each in shown:
        found.setdefault(each.design.recipe.source or "no source given", []).append(each.design.name)
    return list(found.items())


def _exports(shown: Sequence[Shown]) -> list[tuple[str, str, str]]:
    """Return file name, label and address of each form in which the figures leave the page."""
    as_json = json.dumps([as_dict(each) for each in shown], indent=1, ensure_ascii=False, allow_nan=False)
    return [
        (name, label, f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}")
        for name, label, kind, text in (
            ("design.csv", "CSV", "text/csv", to_csv(shown)),
            ("design.json", "JSON", "application/json", as_json),
        )
    ]


def _input_in_words(given: Input) -> str:
    quantity = given.quantity
    text = digits(quantity.value, quantity.uncertainty)
    return text if quantity.unit == "1" else f"{text} {pretty_unit(quantity.unit)}"


def mass_in_words(mass: float, step: float) -> str:
    """Write a mass in kg as a balance of a step shows it: in mg, or in g from a gram on.

    Examples
    --------
    >>> mass_in_words(5.0e-6, 1e-7), mass_in_words(0.0123456, 1e-7), mass_in_words(2.5, 1e-3)
    ('5.0 mg', '12.3456 g', '2500 g')
    """
    scale, unit = (1e3, "g") if mass >= 1e-3 else (1e6, "mg")
    decimals = max(0, -math.floor(math.log10(step * scale) + 1e-9))
    return f"{mass * scale:.{decimals}f} {unit}"


def volume_in_words(volume: float) -> str:
    """Write a volume in m³ as a pipette is set.

    Examples
    --------
    >>> volume_in_words(9.7087e-6), volume_in_words(4.2e-7)
    ('9.709 mL', '420 µL')
    """
    return f"{volume * 1e6:.4g} mL" if volume >= 1e-6 else f"{volume * 1e9:.4g} µL"


def _signed(error: float) -> str:
    """Write a relative error in per cent, to three decimals."""
    shown = f"{100 * error:+.3f}".replace("-", "−")
    return "0 %" if float(f"{100 * error:.3f}") == 0 else f"{shown} %"


def _shade(place: int) -> float:
    """Opacity of the share at a place: the first the darkest."""
    return (1.0, 0.55, 0.3)[place]
