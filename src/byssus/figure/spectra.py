"""What was found of impedance spectra: fits on Nyquist and Bode plots, validity, relaxation times, and series of spectra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import u
from byssus.analysis.examined import Examined
from byssus.analysis.impedance.frames import (
    CYCLE,
    FREQUENCY,
    IMAGINARY,
    POLARISATION,
    REAL,
    RESISTANCE,
    SERIES,
    SPECTRUM,
    TEMPERATURE,
    TIME,
    TRANSFER,
    VOLTAGE,
)
from byssus.analysis.impedance.validity import LIMIT
from byssus.conventions import CapacityBasis
from byssus.figure.binders import how_many, joined
from byssus.figure.curves import (
    MOST_CURVES,
    Called,
    Frame,
    around,
    beside,
    called,
    common_basis,
    group_of,
    stroke_of,
    together,
    voltage_axis,
)
from byssus.figure.cycled import change_figures
from byssus.figure.impedance import bode, nyquist, per_area, spectra_of, unit_of
from byssus.figure.profiles import divisor, evenly, tint
from byssus.figure.ranges import wide
from byssus.figure.spec import Axis, Figure, Panel, Series, Text
from byssus.measured.tables import Table
from byssus.quantity import format_value, pretty_unit

_GAMMA, _TAU = "Distribution / ohm", "Relaxation Time / s"
#: Columns of the frames and of a table of impedance that mean the same.
_COLUMNS: Final = {
    CYCLE: "Cycle Count / 1",
    VOLTAGE: "Voltage / V",
    TEMPERATURE: "Ambient Temperature / degC",
    TIME: "Test Time / s",
}
#: A range of residuals is shown at least this far to either side, in %: the limit is then in sight.
_LEAST_RESIDUAL = 1.5 * 100 * LIMIT
#: Least span of an axis of resistances, as a share of the largest.
_LEAST_SPAN = 0.02
#: Two spectra are at different places of a series if these differ by more than this; thermostats and potentiostats do not
#: hold closer.
_DIFFERENT: Final = {CYCLE: 0.5, VOLTAGE: 0.005, TEMPERATURE: 1.0, TIME: 60.0}


def eis_figures(
    examined: Sequence[Examined], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw what was found of impedance spectra: what samples share first, then each by itself.

    Parameters
    ----------
    examined
        What was found, a sample each.
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.
    """
    tables = [_table(each) for each in examined]
    names = called(tables, files or {})
    fits = [each.frames["points"] for each in examined]
    for draw in (nyquist, bode):
        for places, apart in together(tables):
            yield draw([tables[at] for at in places], groups, fits=[fits[at] for at in places]).apart(apart)
    yield from change_figures(examined, groups)
    yield from _trends(list(zip(examined, tables, names, strict=True)), groups)
    for each, table, name in zip(examined, tables, names, strict=True):
        for draw in (nyquist, bode):
            yield draw([table], groups, name, fits=[each.frames["points"]])
        if each.frames["points"]["Real Residual / %"].drop_nulls().len():
            yield residuals(each, table, groups, name)
        if "relaxation times" in each.frames:
            yield relaxation_times(each, table, groups, name)
        if "temperature law" in each.frames:
            yield _arrhenius(each, table, groups, name)


def tortuosity_figures(
    examined: Sequence[Examined], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw spectra of cells that block with the transmission line of their pores, and whether they are valid."""
    tables = [_table(each) for each in examined]
    for each, table, name in zip(examined, tables, called(tables, files or {}), strict=True):
        found = each.frames["spectra"]
        known = (found["Series Resistance / ohm"] + found["Ionic Resistance / ohm"]).drop_nulls().to_numpy()
        points, said = each.frames["points"], ""
        if known.size:
            # The capacitive branch goes on for many times what the pores add to the real part.
            reach = float(known.max())
            points = points.filter(pl.col(REAL).abs() <= reach, pl.col(IMAGINARY).abs() <= reach)
            said = (
                "Only points up to the resistance of separator and pores are drawn: beyond, the branch goes on upwards."
            )
        figure = nyquist([_table(each, points)], groups, name, fits=[points])
        yield figure.model_copy(update={"caption": joined(figure.caption, said, between=" ")})
        if each.frames["points"]["Real Residual / %"].drop_nulls().len():
            yield residuals(each, table, groups, name)


def _table(each: Examined, points: pl.DataFrame | None = None) -> Table:
    """Return all spectra of a sample, or some points of them, as one table, numbered as in the frames."""
    along = each.frames["spectra"].select(
        SPECTRUM,
        *(
            name
            for name in _COLUMNS
            if name in each.frames["spectra"].columns and each.frames["spectra"][name].drop_nulls().len()
        ),
    )
    points = each.frames["points"] if points is None else points
    data = points.select(SPECTRUM, FREQUENCY, REAL, IMAGINARY)
    data = data.join(along, on=SPECTRUM, how="left", maintain_order="left").rename(
        {SPECTRUM: "Spectrum Count / 1"} | {name: _COLUMNS[name] for name in along.columns if name in _COLUMNS}
    )
    if "Cycle Count / 1" in data.columns:
        data = data.with_columns(pl.col("Cycle Count / 1").round().cast(pl.Int64))
    return Table(data, each.tables[0].metadata.model_copy(update={"truth": {}}))


def _drawn(table: Table) -> list[tuple[int, str, float]]:
    """Return the number, the name and the tint of the spectra of a sample that are drawn."""
    names = {int(part["Spectrum Count / 1"][0]): name for name, part in spectra_of(table).items()}
    chosen = evenly(list(names), MOST_CURVES)
    return [(number, names[number], tint(place, len(chosen))) for place, number in enumerate(chosen)]


def _look(each: Examined) -> dict[str, Any]:
    return {"group": group_of(each.tables[0]), "origin": stroke_of(each.tables[0])}


def _left_out(table: Table, drawn: Sequence[tuple[int, str, float]]) -> str:
    absent = table.data["Spectrum Count / 1"].n_unique() - len(drawn)
    return f"{absent} spectra between them are not drawn for want of room." if absent else ""


def residuals(each: Examined, table: Table, groups: Sequence[str], name: Called) -> Figure:
    """Draw what the test of Kramers and Kronig leaves over, over the frequency, in per cent of |Z|."""
    drawn = _drawn(table)
    points = each.frames["points"]
    frequency = Axis(quantity="Frequency", unit="Hz", range=wide(list(points[FREQUENCY])), log=True)
    panels: list[Panel] = []
    beyond = 0
    for column, quantity in (("Real Residual / %", "Re residual"), ("Imaginary Residual / %", "Im residual")):
        series: list[Series] = []
        for number, what, pale in drawn:
            part = points.filter(pl.col(SPECTRUM) == number).drop_nulls(column)
            for used, marker in ((True, "own"), (False, "alternate")):
                some = part.filter(pl.col("Used") == used)
                if not some.is_empty():
                    series.append(
                        Series.model_validate(
                            {
                                "name": joined(name.words, what if len(drawn) > 1 else "", "" if used else "not used"),
                                "x": tuple(some[FREQUENCY]),
                                "y": tuple(some[column]),
                                "style": "points",
                                "marker": marker,
                                "tint": pale,
                                "label": what if used and len(drawn) > 1 and quantity.startswith("Re") else None,
                            }
                            | _look(each)
                        )
                    )
        known = points.drop_nulls(column)
        # A chain says nothing beyond the part that it was fitted to: such points would flatten all others.
        reach = max(_LEAST_RESIDUAL, 1.1 * float(known.filter("Used")[column].abs().to_numpy().max(initial=0.0)))
        beyond += known.filter(pl.col(column).abs() > reach).height
        ends = frequency.range or (1.0, 1.0)
        limits = [
            Series(name=f"limit {level:+.0f} %", group="", x=ends, y=(level, level), style="line", tint=0.5)
            for level in (-100 * LIMIT, 100 * LIMIT)
        ]
        panels.append(Panel(y=Axis(quantity=quantity, unit="%", range=(-reach, reach)), series=(*limits, *series)))
    verdicts = each.frames["spectra"].group_by("Verdict", maintain_order=True).len().rows()
    said = ", ".join(
        verdict if len(each.frames["spectra"]) == 1 else f"{verdict}: {count}" for verdict, count in verdicts
    )
    return Figure(
        name=f"kramers-kronig-{name.file}",
        title=f"Kramers-Kronig test of {name.words}",
        caption=joined(
            "What a chain of RC elements, which obeys the relations of Kramers and Kronig, leaves over of real and imaginary "
            f"part, in per cent of |Z|; verdict: {said}. Residuals that hang together beyond the lines at {100 * LIMIT:.0f} % "
            "break the relations. Open markers: points that are not used.",
            f"{beyond} values of such points lie beyond the range shown." if beyond else "",
            _left_out(table, drawn),
            between=" ",
        ),
        x=frequency,
        panels=tuple(panels),
        groups=tuple(groups),
    )


def relaxation_times(each: Examined, table: Table, groups: Sequence[str], name: Called) -> Figure:
    """Draw the distribution of relaxation times; of a single spectrum with its band and the resistance of each peak."""
    curves, peaks = each.frames["relaxation times"], each.frames["relaxation peaks"]
    have = set(curves[SPECTRUM])
    drawn = [one for one in _drawn(table) if one[0] in have]
    alone = len(drawn) == 1
    basis = common_basis([table], (CapacityBasis.AREA,))
    area = divisor(table, basis)
    series = []
    for number, what, pale in drawn:
        part = curves.filter(pl.col(SPECTRUM) == number)
        gamma, doubt = area * part[_GAMMA].to_numpy(), area * part[u(_GAMMA)].to_numpy()
        band = (
            {"low": tuple(np.maximum(gamma - 1.96 * doubt, 0.0)), "high": tuple(gamma + 1.96 * doubt)} if alone else {}
        )
        series.append(
            Series.model_validate(
                {
                    "name": joined(name.words, "" if alone else what),
                    "x": tuple(part[_TAU]),
                    "y": tuple(gamma),
                    "style": "line",
                    "tint": pale,
                    "label": None if alone else what,
                }
                | _look(each)
                | band
            )
        )
    top = max(value for one in series for value in (*one.y, *(one.high or ())) if value is not None)
    # A band that is much higher than its curve says so in words: it would flatten the curve.
    highest = max(value for one in series for value in one.y if value is not None)
    top = min(top, 2 * highest)
    across = Axis(quantity="Time constant", unit="s", range=wide(list(curves[_TAU])), log=True)
    up = Axis(quantity="γ", unit=unit_of(basis), range=(-0.03 * top, 1.12 * top))
    texts, rest = _peaks(peaks, series[0], Frame.of(across, up, series), area, unit_of(basis)) if alone else ((), "")
    return Figure(
        name=f"relaxation-times-{name.file}",
        title=f"Relaxation times of {name.words}",
        caption=joined(
            f"Distribution of relaxation times γ{per_area(basis)} over the time constant; the area of a peak over ln τ is its "
            "resistance" + (", which stands at the peak. Band: 95 % at the regularisation chosen." if alone else "."),
            rest,
            "What is faster than the highest frequency measured belongs to the series resistance; of a peak called open, the "
            "slowest part was not measured.",
            _left_out(table, drawn) if not alone else "",
            how_many([each.origin]).replace("cell", "sample"),
            between=" ",
        ),
        x=across,
        panels=(Panel(y=up, series=tuple(series), texts=texts),),
        groups=tuple(groups),
    )


def _peaks(peaks: pl.DataFrame, curve: Series, frame: Frame, area: float, unit: str) -> tuple[tuple[Text, ...], str]:
    """Return the resistances of a spectrum's peaks beside them, the largest first, and in words those without room."""
    ohm = pretty_unit(unit).replace("ohm", "Ω")
    times = np.log(np.array(curve.x, dtype=float))
    texts: list[Text] = []
    rest: list[str] = []
    for row in peaks.sort(RESISTANCE, descending=True).iter_rows(named=True):
        size = format_value(area * row[RESISTANCE], area * row[u(RESISTANCE)])
        open_ = ", open" if row["Open"] else ""
        words = f"{size} {ohm}{open_}"
        height = curve.y[int(np.argmin(np.abs(times - np.log(row[_TAU]))))]
        places = (text for text in beside(row[_TAU], height, curve.group, words) if frame.fits(text))
        if (text := next(places, None)) is not None:
            texts.append(text)
        else:
            rest.append(f"{size} {ohm} at {row[_TAU]:.2g} s{open_}")
    return tuple(texts), f"Without room beside their peaks: {'; '.join(rest)}." if rest else ""


# --- Series -----------------------------------------------------------------------------------------------------------

Named = Sequence[tuple[Examined, Table, Called]]


def _along(every: Named) -> tuple[str, Axis] | None:
    """Return the column that the series of some samples go over, and its axis."""
    tables = [table for _, table, _ in every]
    axes: dict[str, Callable[[], Axis]] = {
        CYCLE: lambda: Axis(quantity="Cycle", unit="1"),
        TEMPERATURE: lambda: Axis(quantity="Temperature", unit="degC"),
        VOLTAGE: lambda: voltage_axis(tables),
        TIME: lambda: Axis(quantity="Time", unit="h"),
    }
    for column, axis in axes.items():
        spans = [each.frames["spectra"][column].drop_nulls() for each, _, _ in every]
        if all(
            len(span) == len(each.frames["spectra"]) and _all_differ(span.to_numpy(), _DIFFERENT[column])
            for span, (each, _, _) in zip(spans, every, strict=True)
        ):
            return column, axis()
    return SPECTRUM, Axis(quantity="Spectrum", unit="1")


def _all_differ(values: Any, least: float) -> bool:
    return bool((np.diff(np.sort(values)) > least).all())


def _trends(every: Named, groups: Sequence[str]) -> Iterator[Figure]:
    """Draw the resistances of samples with several spectra over what these were taken at."""
    series = [one for one in every if len(one[0].frames["spectra"]) > 1]
    if not series or (found := _along(series)) is None:
        return
    column, axis = found
    by = 3600.0 if column == TIME else 1.0
    panels: list[Panel] = []
    frames = [each.frames["spectra"] for each, _, _ in series]
    one_arc = all(frame[TRANSFER].equals(frame[POLARISATION]) for frame in frames)
    drawn = (
        (TRANSFER, "Charge transfer"),
        (SERIES, "In series"),
        *(() if one_arc else ((POLARISATION, "All arcs"),)),
    )
    basis = common_basis([table for _, table, _ in series], (CapacityBasis.AREA,))
    for quantity, name in drawn:
        lines = []
        for each, table, who in series:
            part = each.frames["spectra"].sort(column)
            area = divisor(table, basis)
            if not part[quantity].drop_nulls().len():
                continue
            lines.append(
                Series.model_validate(
                    {
                        "name": who.words,
                        "x": tuple(part[column] / by),
                        "y": tuple(area * part[quantity]),
                        "y_uncertainty": tuple(area * part[u(quantity)]),
                        "label": who.words if len(series) > 1 and not panels else None,
                    }
                    | _look(each)
                )
            )
        if lines:
            panels.append(
                Panel(y=Axis(quantity=name, unit=unit_of(basis), range=_resistances(lines)), series=tuple(lines))
            )
    if not panels:
        return
    alone = series[0][2] if len(series) == 1 else None
    yield Figure(
        name="impedance-series" + (f"-{alone.file}" if alone else ""),
        title="Resistances of a series of spectra" + (f" of {alone.words}" if alone else ""),
        caption=joined(
            f"Resistances of the circuit{per_area(basis)} over the {axis.quantity[0].lower()}{axis.quantity[1:]}: of charge "
            f"transfer, in series{'' if one_arc else ', of all arcs together'}. Bars: standard uncertainty"
            f"{', without that of the area' if basis is CapacityBasis.AREA else ''}. A resistance that a spectrum does not "
            "determine, or of one that breaks the relations of Kramers and Kronig, is missing.",
            how_many([each.origin for each, _, _ in series]).replace("cell", "sample"),
            between=" ",
        ),
        x=axis.model_copy(
            update={"range": around([x for panel in panels for one in panel.series for x in one.x], 0.05)}
        ),
        panels=tuple(panels),
        groups=tuple(groups),
    )


def _resistances(lines: Sequence[Series]) -> tuple[float, float]:
    """Return a range with all bars, and no less than what matters of a resistance: its last per cent fills no panel."""
    ends = [
        value + sign * (error or 0.0)
        for one in lines
        for value, error in zip(one.y, one.y_uncertainty or one.y, strict=True)
        if value is not None
        for sign in (-1, 1)
    ]
    low, high = around(ends)
    least = _LEAST_SPAN * max(map(abs, ends))
    more = max(0.0, (least - (high - low)) / 2)
    return low - more, high + more


def _arrhenius(each: Examined, table: Table, groups: Sequence[str], name: Called) -> Figure:
    frame = each.frames["temperature law"].sort("Inverse Temperature / 1/K")
    basis = common_basis([table], (CapacityBasis.AREA,))
    area = divisor(table, basis)
    x = tuple(1000 * frame["Inverse Temperature / 1/K"])
    points = Series.model_validate(
        {"name": name.words, "x": x, "y": tuple(area * frame[TRANSFER]), "y_uncertainty": tuple(area * frame[u(TRANSFER)]),
         "style": "points"} | _look(each)
    )  # fmt: skip
    line = Series(
        name=f"{name.words}, law of Arrhenius",
        group=points.group,
        x=x,
        y=tuple(area * frame[f"Fitted {TRANSFER}"]),
        style="line",
    )
    shown = [value for one in (points, line) for value in one.y if value is not None]
    return Figure(
        name=f"charge-transfer-over-temperature-{name.file}",
        title=f"Charge transfer over temperature of {name.words}",
        caption=f"Charge-transfer resistance{per_area(basis)} over the inverse temperature, with the law of Arrhenius. Bars: "
        f"standard uncertainty{', without that of the area' if basis is CapacityBasis.AREA else ''}.",
        x=Axis(quantity="1000/T", unit="K^-1", range=around(x)),
        panels=(
            Panel(
                y=Axis(quantity="Charge transfer", unit=unit_of(basis), range=wide(shown), log=True),
                series=(points, line),
            ),
        ),
        groups=tuple(groups),
    )
