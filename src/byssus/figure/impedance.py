"""Impedance spectra: Nyquist with equal axes and the decades of frequency marked, and Bode."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

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
    drawn_of,
    group_of,
    named,
    sample_of,
    stroke_of,
    together,
    told_apart,
)
from byssus.figure.profiles import divisor, evenly, tint
from byssus.figure.ranges import wide
from byssus.figure.spec import Axis, Figure, Panel, Series, Text
from byssus.measured.tables import Table

_SPECTRUM, _FREQUENCY = "Spectrum Count / 1", "Frequency / Hz"
_REAL, _IMAGINARY = "Real Impedance / ohm", "Imaginary Impedance / ohm"
#: A recorded frequency stands for a decade if it is no further from it than this, as a ratio: workstations space
#: ten a decade or fewer, and rarely hit it.
_NEAR = 1.13
#: Room to the left of a Nyquist plot, as a share of the data; to the right there is three times as much.
_ROOM = 0.05
#: The least height of a Nyquist plot, as a share of its width.
_LEAST_HEIGHT = 0.5
#: How pale points are that a fit passed over.
_PASSED_OVER = 0.75
#: From this time on, in s, people speak of hours.
_LONG = 600.0
#: By what several spectra of a sample are told apart: column, and how its value is written.
_TOLD_BY: dict[str, Callable[[float], str]] = {
    "Cycle Count / 1": lambda value: f"cycle {value:.0f}",
    "Voltage / V": lambda value: f"{value:.3g} V",
    "Ambient Temperature / degC": lambda value: f"{value:.3g} °C",
    "Test Time / s": lambda value: f"{value / 3600:.3g} h" if value >= _LONG else f"{value:.3g} s",
}


@dataclass(frozen=True)
class Spectrum:
    """One spectrum: frequencies falling, impedance in the unit of a basis, and how it is drawn."""

    name: str
    group: str
    origin: str
    tint: float
    frequency: tuple[float, ...]
    real: tuple[float, ...]
    imaginary: tuple[float, ...]
    table: Table
    #: Impedance of what was fitted at the same frequencies, and the places of points that it passed over.
    fitted: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    passed_over: tuple[int, ...] = ()


def impedance_figures(
    tables: Sequence[Table], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw impedance spectra: the last of each sample together, and all of a sample that has several.

    Parameters
    ----------
    tables
        Impedance tables, one a sample.
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.
    """
    for draw in (nyquist, bode):
        for places, apart in together(tables):
            yield draw([tables[at] for at in places], groups).apart(apart)
    for table, name in zip(tables, called(tables, files or {}), strict=True):
        if len(tables) == 1 or table.data[_SPECTRUM].n_unique() > 1:
            for draw in (nyquist, bode):
                yield draw([table], groups, name)


def spectra_of(table: Table) -> dict[str, pl.DataFrame]:
    """Return the spectra of a table by what people tell them apart by: cycle, voltage, temperature, time or number.

    Examples
    --------
    >>> from byssus.measured.metadata import Metadata
    >>> data = pl.DataFrame({"Spectrum Count / 1": [1, 1, 2, 2], "Frequency / Hz": [10.0, 1.0] * 2, "Voltage / V": [0.1, 0.1, 0.4, 0.4],
    ...                      "Real Impedance / ohm": [5.0, 8.0] * 2, "Imaginary Impedance / ohm": [-1.0, -2.0] * 2})
    >>> list(spectra_of(Table(data, Metadata(kind="impedance"))))
    ['0.1 V', '0.4 V']
    """
    parts = table.data.partition_by(_SPECTRUM, maintain_order=True)
    for column, write in _TOLD_BY.items():
        if column not in table.data.columns:
            continue
        means = [part[column].mean() for part in parts]
        names = [write(mean) for mean in means if isinstance(mean, float)]
        if len(parts) == len(set(names)) > 1:
            return dict(zip(names, parts, strict=True))
    return {f"spectrum {part[_SPECTRUM][0]}": part for part in parts}


def nyquist(
    tables: Sequence[Table],
    groups: Sequence[str],
    name: Called | None = None,
    *,
    basis: CapacityBasis | None = None,
    fits: Sequence[pl.DataFrame] = (),
) -> Figure:
    """Draw −Im Z over Re Z with equal axes; filled markers stand at the decades of frequency.

    Parameters
    ----------
    tables
        Impedance tables; of one all spectra are drawn, of several the last of each.
    groups
        All groups of the study.
    name
        Of the one table.
    basis
        Area or cell; by default the area where all samples have one.
    fits
        What was fitted to each table, drawn as lines: the frame ``points`` of `byssus.analysis.impedance`.
    """
    basis = basis or common_basis(tables, (CapacityBasis.AREA,))
    spectra, said = _chosen(tables, basis, fits)
    x, y, cut = _equal(spectra)
    of = unit_of(basis)
    horizontal, upright = Axis(quantity="Re Z", unit=of, range=x), Axis(quantity="−Im Z", unit=of, range=y)
    lines = [_line(one, one.real, tuple(-value for value in one.imaginary)) for one in spectra]
    frame = Frame.of(horizontal, upright, lines, equal=True)
    lines, texts = named(lines, [one.name for one in spectra], frame, _last)
    decades = []
    for one in spectra:
        at_decades = decades_of(one.frequency).values()
        decades.append(
            Series(
                name=f"{_series(one)}, decades",
                group=one.group,
                x=tuple(one.real[at] for at in at_decades),
                y=tuple(-one.imaginary[at] for at in at_decades),
                style="points",
                tint=one.tint,
                origin=stroke_of(one.table),
            )
        )
    fitted = [_fit_line(one, one.fitted[0], tuple(-value for value in one.fitted[1])) for one in spectra if one.fitted]
    passed = [_passed_over(one, one.real, tuple(-value for value in one.imaginary)) for one in spectra]
    marked: dict[int, Text] = {}
    largest = sorted(spectra, key=lambda one: -max(one.real))
    places = [(d, one.real[at], -one.imaginary[at]) for one in largest for d, at in decades_of(one.frequency).items()]
    # Each decade is named once: on the largest spectrum that has room for it, and no other decade so near.
    for decade, real, negative in places:
        others = [(a, b) for other, a, b in places if other != decade]
        fitting = (text for text in beside(real, negative, text=in_hertz(decade)) if frame.fits(text))
        if decade not in marked and not frame.near(real, negative, others) and (text := next(fitting, None)):
            marked[decade] = text
    return _figure(
        "nyquist",
        "Nyquist plot",
        tables,
        name,
        groups,
        caption=joined(
            f"Negative imaginary over real part of the impedance{per_area(basis)}, axes equal; {said}",
            "Filled markers: decades of frequency, named where there is room." if any(one.x for one in decades) else "",
            _of_fits(spectra),
            cut,
            between=" ",
        ),
        x=horizontal,
        panels=(
            Panel(
                y=upright,
                series=(*lines, *fitted, *decades, *(one for one in passed if one.x)),
                texts=(*texts, *marked.values()),
            ),
        ),
        equal=True,
    )


def bode(
    tables: Sequence[Table],
    groups: Sequence[str],
    name: Called | None = None,
    *,
    basis: CapacityBasis | None = None,
    fits: Sequence[pl.DataFrame] = (),
) -> Figure:
    """Draw the magnitude and the negative phase of the impedance over the frequency; as for `nyquist`."""
    basis = basis or common_basis(tables, (CapacityBasis.AREA,))
    spectra, said = _chosen(tables, basis, fits)
    sizes = [_size(one.real, one.imaginary) for one in spectra]
    phases = [_phase(one.real, one.imaginary) for one in spectra]
    frequency = Axis(
        quantity="Frequency", unit="Hz", range=wide([f for one in spectra for f in one.frequency]), log=True
    )
    size = Axis(quantity="|Z|", unit=unit_of(basis), range=wide([value for one in sizes for value in one]), log=True)
    phase = Axis(quantity="−Phase", unit="deg", range=around(value for one in phases for value in one))
    upper = [_line(one, one.frequency, values, sparse=True) for one, values in zip(spectra, sizes, strict=True)]
    lower = [_line(one, one.frequency, values, sparse=True) for one, values in zip(spectra, phases, strict=True)]
    upper, texts = named(upper, [one.name for one in spectra], Frame.of(frequency, size, upper), _last)
    for one, values, angles in zip(spectra, sizes, phases, strict=True):
        if one.fitted:
            upper.append(_fit_line(one, one.frequency, _size(*one.fitted)))
            lower.append(_fit_line(one, one.frequency, _phase(*one.fitted)))
        if one.passed_over:
            upper.append(_passed_over(one, one.frequency, values))
            lower.append(_passed_over(one, one.frequency, angles))
    return _figure(
        "bode",
        "Bode plot",
        tables,
        name,
        groups,
        caption=joined(
            f"Magnitude and negative phase of the impedance{per_area(basis)} over the frequency; {said}",
            _of_fits(spectra),
            between=" ",
        ),
        x=frequency,
        panels=(Panel(y=size, series=tuple(upper), texts=texts), Panel(y=phase, series=tuple(lower))),
    )


def decades_of(frequencies: Sequence[float]) -> dict[int, int]:
    """Return for each power of ten the place of the frequency next to it, where there is one near.

    Examples
    --------
    >>> decades_of([1000.0, 316.0, 98.0, 31.6]), in_hertz(3)
    ({3: 0, 2: 2}, '1 kHz')
    """
    logs = np.log10(frequencies)
    found = {}
    for decade in range(math.floor(logs.max()) + 1, math.ceil(logs.min()) - 2, -1):
        at = int(np.argmin(np.abs(logs - decade)))
        if abs(logs[at] - decade) <= math.log10(_NEAR):
            found[decade] = at
    return found


def in_hertz(decade: int) -> str:
    """Write a power of ten of a frequency as people say it.

    Examples
    --------
    >>> [in_hertz(decade) for decade in (5, 1, 0, -2)]
    ['100 kHz', '10 Hz', '1 Hz', '10 mHz']
    """
    step = decade // 3
    prefix = {-2: "µ", -1: "m", 0: "", 1: "k", 2: "M"}.get(step)
    return f"10^{decade} Hz" if prefix is None else f"{10 ** (decade - 3 * step)} {prefix}Hz"


def _size(real: Sequence[float], imaginary: Sequence[float]) -> tuple[float, ...]:
    return tuple(map(math.hypot, real, imaginary))


def _phase(real: Sequence[float], imaginary: Sequence[float]) -> tuple[float, ...]:
    return tuple(math.degrees(-math.atan2(i, r)) for r, i in zip(real, imaginary, strict=True))


def _chosen(
    tables: Sequence[Table], basis: CapacityBasis, fits: Sequence[pl.DataFrame] = ()
) -> tuple[list[Spectrum], str]:
    """Return the spectra to draw, and what a caption says of the choice."""
    drawn, absent = drawn_of(tables)
    of = {id(table): frame for table, frame in zip(tables, fits, strict=False)}
    if len(drawn) > 1:
        last = [list(spectra_of(table).items())[-1] for table in drawn]
        found = [
            _spectrum(table, name, data, 0.0, basis, of.get(id(table)))
            for table, name, (_, data) in zip(drawn, told_apart(drawn), last, strict=True)
        ]
        several = any(table.data[_SPECTRUM].n_unique() > 1 for table in drawn)
        which = [f"{one.name} {told}" for one, (told, _) in zip(found, last, strict=True)]
        said = f"the last spectrum of each sample: {', '.join(which)}." if several else "one spectrum of each sample."
        return found, joined(said, absent, between=" ")
    (table,) = drawn
    every = spectra_of(table)
    chosen = evenly(list(every), MOST_CURVES)
    left = [name for name in every if name not in chosen]
    found = [
        _spectrum(table, name, every[name], tint(place, len(chosen)), basis, of.get(id(table)))
        for place, name in enumerate(chosen)
    ]
    said = f"{len(chosen)} spectra of {sample_of(table)}, early ones pale." if len(chosen) > 1 else "one spectrum."
    return found, joined(said, f"For want of room not drawn: {', '.join(left)}." if left else "", between=" ")


def _spectrum(
    table: Table, name: str, data: pl.DataFrame, pale: float, basis: CapacityBasis, fits: pl.DataFrame | None
) -> Spectrum:
    # An impedance is multiplied by what a current is divided by.
    area = divisor(table, basis)
    data = data.sort(_FREQUENCY, descending=True, maintain_order=True)
    fitted: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    passed_over: tuple[int, ...] = ()
    if fits is not None:
        fits = fits.filter(pl.col("Spectrum / 1") == data[_SPECTRUM][0]).sort(
            _FREQUENCY, descending=True, maintain_order=True
        )
        known = fits.drop_nulls([f"Fitted {_REAL}", f"Fitted {_IMAGINARY}"])
        if known.height == data.height:
            fitted = tuple(known[f"Fitted {_REAL}"] * area), tuple(known[f"Fitted {_IMAGINARY}"] * area)
        passed_over = tuple(at for at, used in enumerate(fits["Used"]) if not used)
    return Spectrum(
        name=name,
        group=group_of(table),
        origin=table.metadata.origin,
        tint=pale,
        frequency=tuple(data[_FREQUENCY]),
        real=tuple(data[_REAL] * area),
        imaginary=tuple(data[_IMAGINARY] * area),
        table=table,
        fitted=fitted,
        passed_over=passed_over,
    )


def _line(one: Spectrum, x: Sequence[float], y: Sequence[float], *, sparse: bool = False) -> Series:
    """Return a curve of a spectrum: measured frequencies as open markers along it, simulated ones by its dashes."""
    simulated = one.origin == "simulated"
    return Series(
        name=_series(one),
        group=one.group,
        x=tuple(x),
        y=tuple(y),
        style="points" if one.fitted else "line" if simulated else "points and line",
        marker="alternate",
        # Beside a fit each point counts.
        sparse=sparse and not simulated and not one.fitted,
        tint=one.tint,
        origin=stroke_of(one.table),
    )


def _fit_line(one: Spectrum, x: Sequence[float], y: Sequence[float]) -> Series:
    return Series(name=f"{_series(one)}, fit", group=one.group, x=tuple(x), y=tuple(y), style="line", tint=one.tint)


def _passed_over(one: Spectrum, x: Sequence[float], y: Sequence[float]) -> Series:
    """Return the points that a fit passed over, pale."""
    return Series(
        name=f"{_series(one)}, not used",
        group=one.group,
        x=tuple(x[at] for at in one.passed_over),
        y=tuple(y[at] for at in one.passed_over),
        style="points",
        tint=_PASSED_OVER,
        origin=stroke_of(one.table),
    )


def _of_fits(spectra: Sequence[Spectrum]) -> str:
    """Say in a caption what lines and pale markers are."""
    return joined(
        "Lines: the fit." if any(one.fitted for one in spectra) else "",
        "Palest markers: points not used." if any(one.passed_over for one in spectra) else "",
        between=" ",
    )


def _series(one: Spectrum) -> str:
    """Name a series by its sample first, as a report looks for it."""
    sample = sample_of(one.table)
    return one.name if one.name.startswith(sample) else f"{sample}, {one.name}"


def _equal(spectra: Sequence[Spectrum]) -> tuple[tuple[float, float], tuple[float, float], str]:
    """Return ranges that equal axes fill, and what the caption says where a spectrum goes on beyond.

    A blocking tail can be tenfold as high as all arcs are wide, and would leave them a corner of the figure.
    """
    low, high = around([0.0, *(value for one in spectra for value in one.real)], _ROOM)
    # To the right, room for what stands at the low-frequency end.
    across = (low, high + 2 * _ROOM * (high - low))
    up = around([0.0, *(-value for one in spectra for value in one.imaginary)], 0.08)
    span = across[1] - across[0]
    low, high = up
    # All that is below zero (inductance) is shown up to a quarter of the width.
    low = max(low, -span / 4)
    cut = high - low > span or low > up[0]
    high = min(max(high, low + _LEAST_HEIGHT * span), low + span)
    return across, (low, high), "Spectra go on beyond the range shown." if cut else ""


def _last(series: Series) -> Iterator[Text]:
    """Yield the places at the low-frequency end of a curve."""
    return beside(series.x[-1], series.y[-1], series.group)


def unit_of(basis: CapacityBasis) -> str:
    """Return the unit of an impedance by a basis."""
    return "ohm*cm^2" if basis is CapacityBasis.AREA else "ohm"


def per_area(basis: CapacityBasis) -> str:
    """Say in a caption what an impedance is multiplied by."""
    return " times the electrode's area" if basis is CapacityBasis.AREA else ""


def _figure(
    kind: str,
    title: str,
    tables: Sequence[Table],
    name: Called | None,
    groups: Sequence[str],
    *,
    caption: str,
    x: Axis,
    panels: tuple[Panel, ...],
    equal: bool = False,
) -> Figure:
    drawn, _ = drawn_of(tables)
    alone = (name or called(drawn, {})[0]) if len(drawn) == 1 else None
    return Figure(
        name=kind if alone is None else f"{kind}-{alone.file}",
        title=title if alone is None else f"{title} of {alone.words}",
        caption=joined(caption, how_many([table.metadata.origin for table in drawn]), between=" "),
        x=x,
        panels=panels,
        groups=tuple(groups),
        equal=equal,
    )
