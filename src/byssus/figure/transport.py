"""Transport and stability: films over temperature, how their resistance was read, currents at held voltages, plating, rests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from byssus.analysis.cycling.columns import u
from byssus.analysis.examined import Examined
from byssus.figure.binders import how_many, joined
from byssus.figure.curves import Called, around, called, stroke_of
from byssus.figure.profiles import evenly
from byssus.figure.ranges import wide
from byssus.figure.spec import Axis, Figure, Panel, Series, Text

#: Spectra whose construction is drawn, evenly spread over the temperatures.
_SPECTRA: Final = 3
#: Holds of a staircase whose currents are drawn.
_HOLDS: Final = 8
#: How far what is beside the point is from the full colour.
_PALE: Final = 0.6


def transport_figures(
    examined: Sequence[Examined], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw what was found of one technique of `byssus.analysis.transport`, of all samples.

    Parameters
    ----------
    examined
        What was found, all of one technique.
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.
    """
    drawn = {
        "conductivity": _conductivity,
        "transference": _polarisation,
        "leakage": _leakage,
        "hold": _hold,
        "plating": _plating,
        "self-discharge": _rest,
    }
    names = called([each.tables[0] for each in examined], files or {})
    for technique in dict.fromkeys(each.technique for each in examined):
        alike = [(each, name) for each, name in zip(examined, names, strict=True) if each.technique == technique]
        yield from drawn[technique](alike, groups)


Named = Sequence[tuple[Examined, Called]]


def _look(each: Examined, **more: Any) -> dict[str, Any]:
    return {"group": each.group, "origin": stroke_of(each.tables[0]), **more}


def _series(name: str, x: Sequence[Any], y: Sequence[Any], look: Mapping[str, Any]) -> Series:
    return Series.model_validate({"name": name, "x": tuple(x), "y": tuple(y), **look})


def _label(name: Called, alike: Named) -> str | None:
    return name.words if len(alike) > 1 else None


def _figure(
    alike: Named, groups: Sequence[str], name: str, title: str, caption: str, x: Axis, *panels: Panel, **more: Any
) -> Figure:
    alone = f"-{alike[0][1].file}" if len(alike) == 1 else ""
    of = f" of {alike[0][1].words}" if len(alike) == 1 else ""
    samples = how_many([each.origin for each, _ in alike]).replace("cell", "sample")
    return Figure.model_validate(
        {
            "name": f"{name}{alone}",
            "title": f"{title}{of}",
            "caption": joined(caption, samples, between=" "),
            "x": x,
            "panels": panels,
            "groups": tuple(groups),
            **more,
        }
    )


# --- Conductivity -----------------------------------------------------------------------------------------------------

_TEMPERATURE, _CONDUCTIVITY = "Temperature / degC", "Conductivity / S/cm"


def _conductivity(alike: Named, groups: Sequence[str]) -> Iterator[Figure]:
    over = [(each, name) for each, name in alike if "laws" in each.frames]
    if over:
        yield _arrhenius(over, groups)
    thick = [(each, name) for each, name in alike if "thicknesses" in each.frames]
    if thick:
        yield _over_thickness(thick, groups)
    for each, name in alike:
        if "spectra" in each.frames and each.frames["resistances"]["Spike Slope / 1"].drop_nulls().len():
            yield _construction(each, name, groups)


def _inverse(celsius: float) -> float:
    return 1000.0 / (celsius + 273.15)


def _arrhenius(alike: Named, groups: Sequence[str]) -> Figure:
    """Draw conductivities over 1000/T with both laws: the one that suffices in full colour, the other pale."""
    series, said = [], []
    for each, name in alike:
        points = each.frames["conductivities"].drop_nulls([_TEMPERATURE, _CONDUCTIVITY])
        doubt = points[u(_CONDUCTIVITY)]
        bars = {"y_uncertainty": tuple(doubt)} if doubt.drop_nulls().len() else {}
        series.append(
            _series(
                name.words,
                [_inverse(at) for at in points[_TEMPERATURE]],
                list(points[_CONDUCTIVITY]),
                _look(each, style="points", label=_label(name, alike), **bars),
            )
        )
        for (law, chosen), part in each.frames["laws"].group_by("Law", "Chosen", maintain_order=True):
            if not chosen and len(alike) > 1:
                continue
            said += [f"{name.words}: {law}"] if chosen else []
            needed = "" if chosen else " (not needed)" if said and said[-1].endswith("Arrhenius") else " (not enough)"
            label = None if len(alike) > 1 else f"{law}{needed}"
            series.append(
                _series(
                    f"{name.words}, {law}",
                    [_inverse(at) for at in part[_TEMPERATURE]],
                    list(part[_CONDUCTIVITY]),
                    _look(each, style="line", tint=0.0 if chosen else _PALE, label=label),
                )
            )
    low_high = [value for one in series for value in one.y if value is not None]
    return _figure(
        alike,
        groups,
        "conductivity-over-temperature",
        "Conductivity over temperature",
        joined(
            f"Conductivity over the inverse temperature, with the simplest law that suffices ({'; '.join(said)}).",
            "Pale: laws that do not, or are not needed." if len(alike) == 1 else "",
            "Bars: standard uncertainty, with that of thickness and area."
            if any(one.y_uncertainty for one in series)
            else "",
            between=" ",
        ),
        Axis(quantity="1000/T", unit="K^-1", range=around(at for one in series for at in one.x)),
        Panel(y=Axis(quantity="Conductivity", unit="S/cm", range=wide(low_high), log=True), series=tuple(series)),
    )


def _over_thickness(alike: Named, groups: Sequence[str]) -> Figure:
    """Draw resistance times area over thickness, with the line whose slope is the resistivity, down to no thickness."""
    series = []
    for each, name in alike:
        parts = each.frames["thicknesses"].partition_by(_TEMPERATURE, maintain_order=True)
        for place, part in enumerate(parts):
            celsius = part[_TEMPERATURE][0]
            where = "" if celsius is None else f"{celsius:.4g} °C"
            tint = 0.6 * place / max(1, len(parts) - 1)
            label = joined(name.words if len(alike) > 1 else "", where) if len(alike) + len(parts) > 2 else None
            doubt = part["Area Resistance / ohm*cm^2 (u)"]
            bars = {"y_uncertainty": tuple(doubt)} if doubt.drop_nulls().len() else {}
            look = _look(each, style="points", tint=tint, label=label, **bars)
            named = joined(name.words, where)
            series.append(_series(named, list(part["Thickness / um"]), list(part["Area Resistance / ohm*cm^2"]), look))
            line = part.drop_nulls("Line Area Resistance / ohm*cm^2").sort("Thickness / um")
            if not line.is_empty():
                x = (0.0, *line["Thickness / um"])
                y = (line["Contact Resistance / ohm*cm^2"][0], *line["Line Area Resistance / ohm*cm^2"])
                series.append(_series(f"{named}, line", x, y, _look(each, style="line", tint=tint)))
    return _figure(
        alike,
        groups,
        "resistance-over-thickness",
        "Resistance over thickness",
        "Resistance times area over the thickness of the film. The slope of the line is the resistivity; what it leaves at "
        "no thickness is of contacts and leads.",
        Axis(quantity="Thickness", unit="um", range=around([0.0, *(at for one in series for at in one.x)])),
        Panel(
            y=Axis(
                quantity="Area resistance", unit="ohm*cm^2", range=around([0.0, *(y for one in series for y in one.y)])
            ),
            series=tuple(series),
        ),
    )


def _construction(each: Examined, name: Called, groups: Sequence[str]) -> Figure:
    """Draw spectra near the real axis, the records of the line, and where the line meets the axis."""
    rows = each.frames["resistances"].drop_nulls("Spike Slope / 1").drop_nulls("Line Resistance / ohm")
    chosen = evenly(rows.to_dicts(), _SPECTRA)
    # Several spectra of very different size have no common scale: the smallest of them is the one shown.
    if len(chosen) > 1 and chosen[-1]["Line Resistance / ohm"] * 3 < chosen[0]["Line Resistance / ohm"]:
        chosen = [chosen[len(chosen) // 2]]
    reach = 1.9 * max(row["Line Resistance / ohm"] for row in chosen)
    unit, by = next(
        (unit, by) for unit, by in (("Mohm", 1e6), ("kohm", 1e3), ("ohm", 1.0)) if reach >= 5 * by or by == 1
    )
    thicknesses = {row["Thickness / um"] for row in chosen}
    series, texts = [], []
    for place, row in enumerate(chosen):
        spectrum = each.frames["spectra"].filter(pl.col("Spectrum / 1") == row["Spectrum / 1"])
        where = "" if row[_TEMPERATURE] is None else f"{row[_TEMPERATURE]:.4g} °C"
        if len(thicknesses) > 1:
            where = joined(where, f"{row['Thickness / um']:.4g} µm")
        tint = 0.5 * place / max(1, len(chosen) - 1)
        near = spectrum.filter(
            pl.col("Real Impedance / ohm").is_between(0, reach),
            (-pl.col("Imaginary Impedance / ohm")).is_between(0, reach),
        )
        said = f"{row['Line Resistance / ohm'] / by:.4g} {unit.replace('ohm', 'Ω')}"
        label = joined(where, said) if len(chosen) > 1 else None
        for inside, marker in ((False, "alternate"), (True, "own")):
            part = near.filter(pl.col("In Line") == inside)
            if not part.is_empty():
                series.append(
                    _series(
                        joined(name.words, where, "in the line" if inside else "not in the line"),
                        list(part["Real Impedance / ohm"] / by),
                        list(-part["Imaginary Impedance / ohm"] / by),
                        _look(each, style="points", marker=marker, tint=tint, label=label if inside else None),
                    )
                )
        value, slope = row["Line Resistance / ohm"], row["Spike Slope / 1"]
        top = min(reach, float((-near["Imaginary Impedance / ohm"]).to_numpy().max(initial=0.3 * reach)))
        series.append(
            _series(
                joined(name.words, where, "line"),
                (value / by, (value + slope * top) / by),
                (0.0, top / by),
                _look(each, style="line", tint=tint),
            )
        )
        if len(chosen) == 1:
            texts.append(Text(text=said, x=value / by, y=0.0, group=each.group, place="below"))
    room = (-0.12 * reach / by, reach / by)
    return _figure(
        [(each, name)],
        groups,
        "film-resistance",
        "Resistance of the film",
        "Negative imaginary over real part of the impedance near the real axis, axes equal. Filled: the records of the "
        "capacitive spike through which the line goes; open: the others. Where the line meets the axis, the resistance of "
        "film, leads and contacts is read.",
        Axis(quantity="Re Z", unit=unit, range=room),
        Panel(y=Axis(quantity="−Im Z", unit=unit, range=room), series=tuple(series), texts=tuple(texts)),
        equal=True,
    )


# --- Held voltages ----------------------------------------------------------------------------------------------------


def _value(each: Examined, name: str) -> float | None:
    return next((result.value for result in each.results if result.name == name), None)


def _polarisation(alike: Named, groups: Sequence[str]) -> Iterator[Figure]:
    series: list[Series] = []
    texts: list[Text] = []
    for each, name in alike:
        frame = each.frames["polarisation"]
        time, current = list(frame["Time / h"]), list(frame["Current / uA"])
        series.append(_series(name.words, time, current, _look(each, style="line", label=_label(name, alike))))
        for what in ("initial current", "steady current"):
            level = _value(each, what)
            if level is not None:
                texts.append(Text(text=what, x=time[-1], y=level, group=each.group, place="below left"))
                series.append(
                    _series(
                        f"{name.words}, {what}",
                        (time[0], time[-1]),
                        (level, level),
                        _look(each, style="line", tint=_PALE),
                    )
                )
    everything = [value for one in series for value in one.y]
    yield _figure(
        alike,
        groups,
        "polarisation",
        "Current under a held voltage",
        "Current of a cell between two lithium electrodes under a small held voltage. Pale: the initial and, where the "
        "current settled, the steady current of the transference number.",
        Axis(quantity="Time", unit="h", range=around(at for one in series for at in one.x)),
        Panel(
            y=Axis(quantity="Current", unit="uA", range=around([0.0, *everything])),
            series=tuple(series),
            texts=tuple(texts) if len(alike) == 1 else (),
        ),
    )


def _leakage(alike: Named, groups: Sequence[str]) -> Iterator[Figure]:
    series = []
    for each, name in alike:
        for (fitted,), part in each.frames["currents"].group_by("Fitted", maintain_order=True):
            good = part.filter(pl.col("Time / h") > 0, pl.col("Current / uA") != 0)
            series.append(
                _series(
                    joined(name.words, "fit" if fitted else ""),
                    list(good["Time / h"]),
                    list(good["Current / uA"].abs()),
                    _look(
                        each, style="line", tint=0.0 if fitted else _PALE, label=None if fitted else _label(name, alike)
                    ),
                )
            )
    yield _figure(
        alike,
        groups,
        "leakage",
        "Leakage under a held voltage",
        "Magnitude of the current since the voltage was held (pale) and the decay I_∞ + k t^(−n) where it had to be "
        "fitted (full colour).",
        Axis(quantity="Time", unit="h", range=wide([x for one in series for x in one.x if x]), log=True),
        Panel(
            y=Axis(quantity="Current", unit="uA", range=wide([y for one in series for y in one.y if y]), log=True),
            series=tuple(series),
        ),
    )


def _hold(alike: Named, groups: Sequence[str]) -> Iterator[Figure]:
    drawn = [
        (each, name) for each, name in alike if each.frames["holds"]["Current Density / uA/cm^2"].drop_nulls().len()
    ]
    if drawn:
        yield _staircase(drawn, groups)
    for each, name in alike:
        yield _hold_currents(each, name, groups)


def _staircase(alike: Named, groups: Sequence[str]) -> Figure:
    """Draw what stays of the current at each voltage, and the criterion."""
    series: list[Series] = []
    texts: list[Text] = []
    for each, name in alike:
        frame = each.frames["holds"].filter(pl.col("Current Density / uA/cm^2") > 0)
        settled = pl.col("State").is_in(["steady", "extrapolated"])
        for part, marker, what in (
            (frame.filter(settled), "own", ""),
            (frame.filter(~settled), "alternate", "not settled"),
        ):
            if not part.is_empty():
                series.append(
                    _series(
                        joined(name.words, what),
                        list(part["Voltage / V"]),
                        list(part["Current Density / uA/cm^2"]),
                        _look(each, style="points", marker=marker, label=_label(name, alike) if not what else None),
                    )
                )
        line = _series(
            f"{name.words}, all holds",
            list(frame["Voltage / V"]),
            list(frame["Current Density / uA/cm^2"]),
            _look(each, style="line", tint=_PALE),
        )
        series.append(line)
        onset = next((result for result in each.results if result.name.endswith("onset voltage")), None)
        if onset is not None and onset.value is not None and len(alike) == 1:
            level = float(frame.filter(pl.col("Voltage / V") == onset.value)["Current Density / uA/cm^2"][0])
            texts.append(
                Text(text=f"onset {onset.value:.3g} V", x=onset.value, y=level, group=each.group, place="left")
            )
    volts = around(at for one in series for at in one.x)
    criteria = sorted({float(each.frames["holds"]["Criterion / uA/cm^2"][0]) for each, _ in alike})
    for criterion in criteria:
        series.append(_series("criterion", volts, (criterion, criterion), {"group": "", "style": "line", "tint": 0.3}))
        texts.append(Text(text=f"criterion {criterion:g} µA/cm²", x=volts[0], y=criterion, place="above right"))
    return _figure(
        alike,
        groups,
        "voltage-holds",
        "Currents that stay at held voltages",
        "Current density that stays at each held voltage. Filled: settled; open: still changing, where the last current "
        "stands for it. The onset, with its voltage, is the first hold from which on all are above the criterion.",
        Axis(quantity="Voltage", unit="V", range=volts),
        Panel(
            y=Axis(
                quantity="Current density",
                unit="uA/cm^2",
                range=wide([y for one in series for y in one.y if y]),
                log=True,
            ),
            series=tuple(series),
            texts=tuple(texts),
        ),
    )


def _hold_currents(each: Examined, name: Called, groups: Sequence[str]) -> Figure:
    """Draw the currents of a staircase over the time since each hold began, low voltages pale."""
    frame = each.frames["currents"].filter(~pl.col("Fitted"), pl.col("Time / h") > 0, pl.col("Current / uA") != 0)
    # A staircase may run within one step of the instrument: its holds are told apart by their voltage too.
    holds = evenly(frame.partition_by("Step / 1", "Voltage / V", maintain_order=True), _HOLDS)
    series = [
        _series(
            f"{name.words}, {part['Voltage / V'][0]:.4g} V",
            list(part["Time / h"]),
            list(part["Current / uA"].abs()),
            _look(
                each,
                style="line",
                tint=0.7 * (1 - place / max(1, len(holds) - 1)),
                label=f"{part['Voltage / V'][0]:.3g} V",
            ),
        )
        for place, part in enumerate(holds)
    ]
    return _figure(
        [(each, name)],
        groups,
        "hold-currents",
        "Currents of the voltage holds",
        "Magnitude of the current since each voltage was held, low voltages pale.",
        Axis(quantity="Time", unit="h", range=wide([x for one in series for x in one.x if x]), log=True),
        Panel(
            y=Axis(quantity="Current", unit="uA", range=wide([y for one in series for y in one.y if y]), log=True),
            series=tuple(series),
        ),
        legend_title="Held voltage",
    )


# --- Plating and rests ------------------------------------------------------------------------------------------------


def _plating(alike: Named, groups: Sequence[str]) -> Iterator[Figure]:
    for each, name in alike:
        yield _profile(each, name, groups)
    if any(each.frames["cycles"].height > 1 for each, _ in alike):
        yield _over_cycles(alike, groups)


def _profile(each: Examined, name: Called, groups: Sequence[str]) -> Figure:
    """Draw the voltage over time above the current, and say where the cell is shorted."""
    frame, halves = each.frames["profile"], each.frames["halves"]
    hours = list(frame["Time / h"])
    per_area = frame["Current Density / mA/cm^2"].drop_nulls().len() > 0
    column = "Current Density / mA/cm^2" if per_area else "Current / mA"
    current = Axis(
        quantity="Current density" if per_area else "Current",
        unit="mA/cm^2" if per_area else "mA",
        range=around(frame[column]),
    )
    voltages = around(frame["Voltage / V"], 0.12)
    texts = []
    for kind in ("hard", "soft"):
        part = halves.filter(pl.col("Short") == kind)
        if not part.is_empty():
            at = float(part["Start / h"][0])
            text = f"{'short' if kind == 'hard' else 'soft short'}, {abs(float(part[column][0])):.3g} {'mA/cm²' if per_area else 'mA'}"
            place = "left" if at > hours[-1] / 2 else "right"
            texts.append(
                Text(text=text, x=at, y=voltages[1] - 0.06 * (voltages[1] - voltages[0]), group=each.group, place=place)
            )
    return _figure(
        [(each, name)],
        groups,
        "plating",
        "Plating and stripping",
        joined(
            "Voltage and current over time.",
            "A short stands at the start of the first half cycle that ends with a collapsed voltage." if texts else "",
            between=" ",
        ),
        Axis(quantity="Time", unit="h"),
        Panel(
            y=Axis(quantity="Voltage", unit="V", range=voltages),
            series=(_series(f"{name.words}, voltage", hours, list(frame["Voltage / V"]), _look(each, style="line")),),
            texts=tuple(texts),
        ),
        Panel(
            y=current,
            series=(_series(f"{name.words}, current", hours, list(frame[column]), _look(each, style="line")),),
        ),
    )


def _over_cycles(alike: Named, groups: Sequence[str]) -> Figure:
    """Draw the overpotential of each cycle, and under it the efficiency where a cell has one."""
    overpotentials, efficiencies = [], []
    for each, name in alike:
        cycles = each.frames["cycles"]
        look = _look(each, style="points", label=_label(name, alike))
        numbers = [float(at) for at in cycles["Cycle / 1"]]
        overpotentials.append(
            _series(f"{name.words}, overpotential", numbers, list(cycles["Overpotential / mV"]), look)
        )
        stated = any("efficiency" in result.name and result.value is not None for result in each.results)
        if stated and cycles["Coulombic Efficiency / %"].drop_nulls().len():
            efficiencies.append(
                _series(
                    f"{name.words}, efficiency",
                    numbers,
                    list(cycles["Coulombic Efficiency / %"]),
                    _look(each, style="points"),
                )
            )
    values = [value for one in overpotentials for value in one.y]
    panels = [
        Panel(y=Axis(quantity="Overpotential", unit="mV", range=around([0.0, *values])), series=tuple(overpotentials))
    ]
    if efficiencies:
        shown = around(value for one in efficiencies for value in one.y)
        panels.append(Panel(y=Axis(quantity="Coulombic efficiency", unit="%", range=shown), series=tuple(efficiencies)))
    return _figure(
        alike,
        groups,
        "plating-over-cycles",
        "Plating and stripping over cycles",
        joined(
            "Mean magnitude of the voltage in each cycle.",
            "Below: charge stripped over charge plated." if efficiencies else "",
            between=" ",
        ),
        Axis(quantity="Cycle", unit="1"),
        *panels,
    )


def _rest(alike: Named, groups: Sequence[str]) -> Iterator[Figure]:
    series = []
    for each, name in alike:
        frame, line = each.frames["rest"], each.frames["line"]
        for inside in (False, True):
            part = frame.filter(pl.col("In Window") == inside)
            if not part.is_empty():
                series.append(
                    _series(
                        joined(name.words, "in the window" if inside else "left out"),
                        list(part["Time / h"]),
                        list(part["Voltage / V"]),
                        _look(
                            each,
                            style="line",
                            tint=0.0 if inside else _PALE,
                            label=_label(name, alike) if inside else None,
                        ),
                    )
                )
        series.append(
            _series(
                f"{name.words}, line",
                list(line["Time / h"]),
                list(line["Voltage / V"]),
                _look(each, style="line", tint=0.3),
            )
        )
    yield _figure(
        alike,
        groups,
        "self-discharge",
        "Open-circuit voltage at rest",
        "Open-circuit voltage over the time of the rest. Pale: left out as relaxation; full colour: the window through "
        "which the line goes.",
        Axis(quantity="Time", unit="h", range=around((at for one in series for at in one.x), 0.03)),
        Panel(
            y=Axis(quantity="Voltage", unit="V", range=around(y for one in series for y in one.y)), series=tuple(series)
        ),
    )
