"""What was found of titrations and interruptions: diffusion coefficients over voltage and lithiation, and one pulse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import polars as pl

from byssus.analysis.examined import Examined
from byssus.figure.binders import dots_of, how_many, joined
from byssus.figure.curves import Called, around, called, group_of, stroke_of, together, voltage_axis
from byssus.figure.ranges import wide
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.study.techniques import TECHNIQUES

Against = Literal["voltage", "lithiation"]
_BOTH: Final[tuple[Against, ...]] = ("voltage", "lithiation")

_VOLTAGE, _LITHIATION, _CHARGE, _WAY = "Voltage / V", "Lithiation / mAh/g", "Charge / mAh", "Direction"


class _Way(NamedTuple):
    """A way to D: its words, its columns, how pale and with which marker it is drawn, and whether it is one that holds."""

    words: str
    by: str
    tint: float
    marker: Literal["own", "alternate"]
    #: None where all values are drawn alike; else whether these are those without a reason against them.
    holds: bool | None = None

    @property
    def grey(self) -> bool:
        """Whether it is in nobody's colour, as a value that nobody should take is."""
        return self.holds is False


#: From the best to the worst.
_WAYS: Final = (
    _Way("full model", "Model", 0.0, "own"),
    _Way("textbook", "Textbook", 0.0, "alternate", holds=True),
    _Way("textbook where it does not hold", "Textbook", 0.0, "alternate", holds=False),
    _Way("the paper's wording", "As Worded", 0.6, "own"),
)
#: Points of a pulse behind its line and its model.
_PALE: Final = 0.55


def titration_figures(
    examined: Sequence[Examined], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw what was found of titrations or of interruptions.

    The full model's diffusion coefficients of several samples together; of each sample all ways to them, over voltage
    and over lithiation; and of each one pulse with its line over √t and its model.

    Parameters
    ----------
    examined
        Analyses of one technique, ``gitt`` or ``ici``.
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.
    """
    names = called([each.tables[0] for each in examined], files or {})
    told = [each for each in examined if _has(each.frames["pulses"], "Model", _unit([each]))]
    for against in _BOTH:
        for places, apart in together([each.tables[0] for each in told]):
            yield coefficients([told[at] for at in places], groups, against).apart(apart)
    for each, name in zip(examined, names, strict=True):
        if any(_has(each.frames["pulses"], way.by, _unit([each])) for way in _WAYS):
            for against in _BOTH:
                yield coefficients([each], groups, against, name)
        if "example" in each.frames:
            yield one_pulse(each, groups, name)


def coefficients(
    examined: Sequence[Examined], groups: Sequence[str], against: Against, name: Called | None = None
) -> Figure:
    """Draw diffusion coefficients, a panel for each direction: of one sample by all ways, of several by the full model.

    Where one of them was told no length, D over the square of the length is drawn of all.

    Parameters
    ----------
    examined
        Analyses of one technique.
    groups
        All groups of the study.
    against
        What they are drawn over.
    name
        Of the one sample.
    """
    unit = _unit(examined)
    alone = name is not None
    names = [name] if name else called([each.tables[0] for each in examined], {})
    column, x = _abscissa(examined, against)
    over = "charge" if column == _CHARGE else against
    ways = _WAYS if alone else _WAYS[:1]
    directions = list(dict.fromkeys(way for each in examined for way in each.frames["pulses"][_WAY]))
    panels = []
    for direction in directions:
        series = [
            drawn
            for each, one in zip(examined, names, strict=True)
            for way in ways
            if (drawn := _of_way(each, one.words, way, column, direction, unit, alone=alone)) is not None
        ]
        values = [v for one in series for v in (*one.y, *(one.low or ()), *(one.high or ())) if v is not None and v > 0]
        if values:
            panels.append(Panel(y=_coefficient(direction, unit, _symbol(examined), values), series=tuple(series)))
    every = [at for panel in panels for one in panel.series for at in one.x]
    technique = TECHNIQUES[examined[0].technique].title
    return Figure(
        name=f"{examined[0].technique}-diffusion-against-{over}" + (f"-{name.file}" if name else ""),
        title=f"Diffusion coefficient against {over}" + (f" of {name.words}" if name else ""),
        caption=joined(
            f"{technique}: {'D' if unit == 'cm^2/s' else 'D over the square of the diffusion length'} over {over}.",
            _what_it_shows(examined[0], unit) if alone else "The full model, where it identifies the time constant.",
            "Band: its 95 % interval.",
            how_many([each.origin for each in examined]),
            between=" ",
        ),
        x=x.model_copy(update={"range": around(every, 0.03)}),
        panels=tuple(panels),
        groups=tuple(groups),
    )


def one_pulse(each: Examined, groups: Sequence[str], name: Called) -> Figure:
    """Draw one pulse with its line over √t and its model, and below what they leave."""
    data = each.frames["example"].filter(pl.col("Time / s") > 0)
    look = {"group": group_of(each.tables[0]), "origin": stroke_of(each.tables[0])}
    root = data["Time / s"].sqrt()
    measured = data["Voltage / V"]
    above = [Series.model_validate(look | {"name": "measured points", "x": tuple(root), "y": tuple(measured), "style": "points",
                                           "tint": _PALE, "label": "voltage"})]  # fmt: skip
    below: list[Series] = []
    for words, column, marker, tint in (
        ("full model", "Model Voltage / V", "own", 0.0),
        ("line over √t", "Line Voltage / V", "alternate", 0.3),
    ):
        if column not in data.columns or data[column].drop_nulls().is_empty():
            continue
        part = pl.DataFrame({"x": root, "y": data[column], "left": 1e3 * (measured - data[column])}).drop_nulls()
        shown = look | {"x": tuple(part["x"]), "marker": marker, "tint": tint}
        above.append(
            Series.model_validate(shown | {"name": words, "y": tuple(part["y"]), "style": "line", "label": words})
        )
        below.append(
            Series.model_validate(shown | {"name": f"left by the {words}", "y": tuple(part["left"]), "style": "points"})
        )
    number = data["Pulse / 1"][0]
    what = "pulse" if each.technique == "gitt" else "interruption"
    since = "the current went on" if each.technique == "gitt" else "the current stopped"
    axis = voltage_axis(each.tables)
    return Figure(
        name=f"{each.technique}-example-{name.file}",
        title=f"One {what} of {name.words}",
        caption=f"Number {number}, the middle one of those that give a number. Time since {since}; points are means over "
        "equal steps of log t. Below: voltage less model (filled) and less line (open).",
        x=Axis(quantity="√(time)", unit="√s", range=around(root, 0.03)),
        panels=(
            Panel(y=axis, series=tuple(above)),
            Panel(y=Axis(quantity="Left", unit="mV"), series=tuple(below)),
        ),
        groups=tuple(groups),
    )


def _has(frame: pl.DataFrame, column: str, unit: str) -> bool:
    name = f"{_quantity(column, unit)} / {unit}"
    return name in frame.columns and frame[name].drop_nulls().len() > 0


def _unit(examined: Sequence[Examined]) -> str:
    """Return cm²/s where every sample was told a length, else 1/s."""
    known = all(each.frames["pulses"]["Textbook D / cm^2/s"].drop_nulls().len() or
                each.frames["pulses"]["Model D / cm^2/s"].drop_nulls().len() for each in examined)  # fmt: skip
    return "cm^2/s" if known else "1/s"


def _quantity(column: str, unit: str) -> str:
    return f"{column} D" if unit == "cm^2/s" else f"{column} D/L^2"


def _symbol(examined: Sequence[Examined]) -> str:
    """Return the letter of the length as the results have it: R of a sphere, L of a plane body or of several shapes."""
    spheres = all(any("over R²" in result.name for result in each.results) for each in examined)
    return "R" if spheres else "L"


def _coefficient(direction: str, unit: str, symbol: str, values: Sequence[float]) -> Axis:
    quantity = "D" if unit == "cm^2/s" else f"D/{symbol}²"
    return Axis(quantity=f"{quantity}, {direction}", unit=unit, range=wide(values), log=True)


def _abscissa(examined: Sequence[Examined], against: Against) -> tuple[str, Axis]:
    if against == "voltage":
        return _VOLTAGE, voltage_axis([each.tables[0] for each in examined])
    if all(each.frames["pulses"][_LITHIATION].drop_nulls().len() for each in examined):
        return _LITHIATION, Axis(quantity="Lithiation", unit="mAh/g")
    return _CHARGE, Axis(quantity="Charge", unit="mAh")


def _of_way(
    each: Examined, name: str, way: _Way, column: str, direction: str, unit: str, *, alone: bool
) -> Series | None:
    words, by, frame = way.words, way.by, each.frames["pulses"]
    if not _has(frame, by, unit):
        return None
    quantity = _quantity(by, unit)
    value = f"{quantity} / {unit}"
    if way.holds is not None:
        frame = frame.with_columns(pl.when(pl.col(f"{by} Reason").is_null() == way.holds).then(value).alias(value))
    # Pulses without a number stay, so that no line and no band bridges them.
    part = frame.filter(pl.col(_WAY) == direction).drop_nulls([column]).sort(column)
    if not part[value].drop_nulls().len():
        return None
    given: dict[str, object] = {
        "name": joined(name, direction, words), "group": "" if way.grey else group_of(each.tables[0]),
        "origin": stroke_of(each.tables[0]),
        "x": tuple(part[column]), "y": tuple(part[value]), "tint": way.tint, "marker": way.marker,
        "style": dots_of(each.origin) if by == "Model" else "points", "label": words if alone else name,
    }  # fmt: skip
    if f"{quantity} Lower / {unit}" in part.columns:
        given |= {"low": tuple(part[f"{quantity} Lower / {unit}"]), "high": tuple(part[f"{quantity} Upper / {unit}"])}
    return Series.model_validate(given)


def _what_it_shows(each: Examined, unit: str) -> str:
    frame = each.frames["pulses"]
    held = frame.filter(
        pl.col("Textbook Reason").is_null() & pl.col(f"{_quantity('Textbook', unit)} / {unit}").is_not_null()
    )
    given = frame[f"{_quantity('Model', unit)} / {unit}"].drop_nulls().len()
    return joined(
        f"Filled: the full model, in {given} of {frame.height}. Open: the textbook's formula, in {held.height}; grey where it "
        "does not hold: out of its range, or on the way between the branches of a hysteresis.",
        "Pale: the paper's wording of it." if _has(frame, "As Worded", unit) else "",
        between=" ",
    )
