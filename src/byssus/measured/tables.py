"""The measured tables: what each kind holds, and the table itself.

A table is a polars frame with fixed column names and types, its metadata, and what was
found wrong with it.  It is checked when it is made, so a `Table` in hand is a valid one.
Measured and simulated tables are the same thing; `Metadata.origin` tells them apart.

The specification that people read, docs/tables.md, is generated from this module.
Column names, units and signs of electrical data are those of the Battery Data Format
(BDF) ontology 1.3.0 wherever it has the quantity.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from byssus.conventions import CellDirection, ElectrodeDirection
from byssus.errors import TableError, UnitError, did_you_mean
from byssus.files import written_aside
from byssus.findings import Finding
from byssus.measured.metadata import Metadata
from byssus.quantity import check_unit

Need = Literal["required", "recommended", "optional"]

#: Columns that begin so hold what the instrument wrote, under its own name and unchanged.
VENDOR = "vendor: "

#: Columns that begin so hold hidden states of a simulation, ``truth: Quantity / unit``; analyses take no notice of them.
TRUTH = "truth: "

#: Key of the Parquet file's own metadata under which Byssus keeps the table's.
PARQUET_KEY = "byssus"

CELL_DIRECTION = pl.Enum([str(direction) for direction in CellDirection])
ELECTRODE_DIRECTION = pl.Enum([str(direction) for direction in ElectrodeDirection])
PULSE_PART = pl.Enum(["pulse", "rest"])


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a kind of table: its name with unit, type, need and definition.

    A required column has no missing value; any other column may miss some.
    """

    name: str
    dtype: pl.DataType
    need: Need
    definition: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of table."""

    name: str
    definition: str
    columns: tuple[Column, ...]
    #: The kind's free columns must be named "Quantity / unit" (curves).
    free_columns: bool = False

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def column(self, name: str) -> Column | None:
        """Return the column of that name, if the kind has it."""
        return next((column for column in self.columns if column.name == name), None)


_F, _I, _S = pl.Float64(), pl.Int64(), pl.String()

_TEST_TIME = Column(
    "Test Time / s", _F, "required", "Time since the start of the test; where it decreases, a finding says so."
)
_VOLTAGE = Column("Voltage / V", _F, "required", "Voltage of the cell at its terminals.")
_CURRENT = Column("Current / A", _F, "required", "Current; positive charges the cell.")
_UNIX_TIME = Column(
    "Unix Time / s",
    _F,
    "recommended",
    "Seconds since 1970-01-01 00:00 UTC; missing where the time zone is not known.",
)
_TEMPERATURE = Column("Ambient Temperature / degC", _F, "recommended", "Temperature around the cell.")
_RECORD = Column("Record Index / 1", _I, "optional", "The instrument's own number of the record.")
_CYCLE = Column(
    "Cycle Count / 1",
    _I,
    "recommended",
    "The instrument's own cycle number, as it counts; analyses count cycles themselves, by the electrode as made.",
)
_CELL_DIRECTION = Column(
    "Cell Direction",
    CELL_DIRECTION,
    "required",
    "What the cell does in the record's step: charge, discharge or rest.",
)
_ELECTRODE_DIRECTION = Column(
    "Electrode Direction",
    ELECTRODE_DIRECTION,
    "recommended",
    "What the working electrode of a half cell does: lithiation, delithiation or rest; missing for a full cell "
    "and where the configuration of the cell is not known.",
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "cycling",
            "Galvanostatic and potentiostatic cycling, formation and rate tests: one row a record.",
            (
                _TEST_TIME,
                _VOLTAGE,
                _CURRENT,
                Column(
                    "Step Count / 1",
                    _I,
                    "required",
                    "Number of the step as carried out, from 1, up by one each step.",
                ),
                _CELL_DIRECTION,
                _ELECTRODE_DIRECTION,
                _CYCLE,
                _UNIX_TIME,
                _TEMPERATURE,
                _RECORD,
                Column(
                    "Step ID",
                    _S,
                    "optional",
                    "The step's name or number in the instrument's program; may recur.",
                ),
                Column("Step Type", _S, "optional", "The step's mode in the instrument's own word."),
                Column("Step Time / s", _F, "optional", "Time since the start of the step."),
                Column(
                    "Step Cumulative Capacity / Ah",
                    _F,
                    "optional",
                    "Charge passed since the start of the step, without sign, as the instrument counted it.",
                ),
                Column(
                    "Step Cumulative Energy / Wh",
                    _F,
                    "optional",
                    "Energy passed since the start of the step, as the instrument counted it; negative where the cell "
                    "gives energy while it charges.",
                ),
                Column("Internal Resistance / ohm", _F, "optional", "As the instrument reports it."),
            ),
        ),
        Kind(
            "voltammetry",
            "Cyclic and linear sweep voltammetry: one row a record.  The scan rate is a condition.",
            (
                _VOLTAGE,
                _CURRENT,
                Column(
                    "Sweep Count / 1",
                    _I,
                    "required",
                    "Number of the sweep, from 1; a cycle of a CV has two sweeps.",
                ),
                Column(
                    "Test Time / s",
                    _F,
                    "recommended",
                    "Time since the start; many workstations do not write it.",
                ),
                _CYCLE,
                _UNIX_TIME,
                _TEMPERATURE,
                _RECORD,
            ),
        ),
        Kind(
            "impedance",
            "Electrochemical impedance spectra: one row a frequency; several spectra may share a table.",
            (
                Column("Spectrum Count / 1", _I, "required", "Number of the spectrum, from 1."),
                Column("Frequency / Hz", _F, "required", "Frequency of the excitation, above zero."),
                Column("Real Impedance / ohm", _F, "required", "Real part."),
                Column(
                    "Imaginary Impedance / ohm",
                    _F,
                    "required",
                    "Imaginary part with its sign: negative for a capacitor.",
                ),
                Column("Test Time / s", _F, "optional", "Time since the start of the test."),
                Column("Voltage / V", _F, "recommended", "Mean voltage during the excitation."),
                Column(
                    "Current / A",
                    _F,
                    "optional",
                    "Mean current during the excitation; positive charges the cell.",
                ),
                Column("Cycle Count / 1", _I, "optional", "Cycle after which the spectrum was taken."),
                _UNIX_TIME,
                _TEMPERATURE,
                _RECORD,
            ),
        ),
        Kind(
            "pulses",
            "Pulse series: GITT, current interruption, pulse power.  One row a record.",
            (
                _TEST_TIME,
                _VOLTAGE,
                _CURRENT,
                Column("Pulse Count / 1", _I, "required", "Number of the pulse, from 1; 0 before the first."),
                Column(
                    "Pulse Part",
                    PULSE_PART,
                    "required",
                    "Whether the record is in the pulse or in the rest after it.",
                ),
                _CELL_DIRECTION,
                _ELECTRODE_DIRECTION,
                _UNIX_TIME,
                _TEMPERATURE,
                _RECORD,
            ),
        ),
        Kind(
            "curve",
            "One quantity against another: spectra, diffractograms, thermograms, load-displacement and peel curves.  "
            "Metadata name the type of curve, and with it the columns that must be there.",
            (
                Column(
                    "Segment Count / 1",
                    _I,
                    "optional",
                    "Number of the segment (loading, hold, unloading …), from 1.",
                ),
                Column("Test Time / s", _F, "optional", "Time since the start of the test."),
                _RECORD,
            ),
            free_columns=True,
        ),
        Kind(
            "scalars",
            "Single readings: thickness, contact angle, mass, conductivity, swelling.  One row a reading.",
            (
                Column("Quantity", _S, "required", "What was read, in the field's standard term."),
                Column("Value", _F, "recommended", "The reading; missing only with a reason."),
                Column("Uncertainty", _F, "recommended", "Its standard uncertainty, where stated."),
                Column("Unit", _S, "required", "The unit; 1 for a pure number."),
                Column("Reason", _S, "optional", "Why the value is missing."),
                Column("Place", _S, "optional", "Where on the sample it was read."),
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class CurveType:
    """A type of curve: its abscissa, and the ordinates of which it has at least one."""

    definition: str
    abscissa: tuple[str, ...]
    ordinates: tuple[str, ...]


CURVES: dict[str, CurveType] = {
    "infrared": CurveType(
        "Infrared spectrum.",
        ("Wavenumber / cm^-1",),
        ("Absorbance / 1", "Transmittance / 1", "Reflectance / 1"),
    ),
    "raman": CurveType("Raman spectrum.", ("Raman Shift / cm^-1",), ("Intensity / counts",)),
    "photoelectron": CurveType(
        "X-ray photoelectron spectrum.",
        ("Binding Energy / eV", "Kinetic Energy / eV"),
        ("Intensity / counts", "Intensity / counts/s"),
    ),
    "diffraction": CurveType(
        "X-ray diffractogram.", ("Two Theta / deg",), ("Intensity / counts", "Intensity / counts/s")
    ),
    "thermogram": CurveType(
        "Thermogravimetry and scanning calorimetry.",
        ("Temperature / degC",),
        ("Mass / mg", "Relative Mass / 1", "Heat Flow / mW", "Heat Flow / W/g"),
    ),
    "indentation": CurveType("Load-displacement curve of an indenter.", ("Displacement / nm",), ("Load / mN",)),
    "peel": CurveType("Force along a peel test.", ("Displacement / mm",), ("Force / N",)),
    "tensile": CurveType("Tensile test.", ("Strain / 1", "Displacement / mm"), ("Stress / MPa", "Force / N")),
    "flow": CurveType("Flow curve of a slurry.", ("Shear Rate / 1/s",), ("Viscosity / Pa*s", "Shear Stress / Pa")),
    "transport": CurveType(
        "Resistance or conductivity of a film over temperature, thickness, or both.",
        ("Temperature / degC", "Thickness / um"),
        ("Resistance / ohm", "Conductivity / S/cm"),
    ),
}


@dataclass(frozen=True)
class Table:
    """A measured table: data, metadata, and what looked wrong.

    Parameters
    ----------
    data
        The frame.  Its columns are those of the kind (`KINDS`), columns that start with
        ``vendor: ``, where it is simulated those that start with ``truth: ``, and for a curve
        any named ``Quantity / unit``.
    metadata
        See `byssus.measured.metadata.Metadata`.
    findings
        What looked wrong while it was read or checked.

    Raises
    ------
    TableError
        If the data break the specification.  The line names every fault, up to five.

    Examples
    --------
    >>> frame = pl.DataFrame({"Quantity": ["peel force"], "Value": [3.52], "Unit": ["N"],
    ...                       "Uncertainty": pl.Series([None], dtype=pl.Float64)})
    >>> Table(frame, Metadata(kind="scalars")).rows
    1
    >>> Table(frame.rename({"Value": "value"}), Metadata(kind="scalars"))
    Traceback (most recent call last):
        ...
    byssus.errors.TableError: a scalars table has no column 'value' (did you mean 'Value'?)
    """

    data: pl.DataFrame
    metadata: Metadata
    findings: tuple[Finding, ...] = field(default=())

    def __post_init__(self) -> None:
        faults = list(_faults(self.data, self.metadata))
        if faults:
            more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
            raise TableError("; ".join(faults[:5]) + more)

    @property
    def kind(self) -> Kind:
        """The kind of table."""
        return KINDS[self.metadata.kind]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.data.height

    def with_findings(self, findings: Iterable[Finding]) -> Table:
        """Return the table with more findings."""
        return replace(self, findings=(*self.findings, *findings))

    def content_hash(self) -> str:
        """Return a SHA-256 that names the content: the same data and metadata, the same hash.

        It covers column names, types, values and missing values, and the metadata but for
        the version of Byssus; it does not depend on how a Parquet file is compressed.
        """
        metadata = self.metadata.model_dump(mode="json", exclude={"byssus_version"})
        digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
        for name, series in zip(self.data.columns, self.data.get_columns(), strict=True):
            digest.update(f"\0{name}\0{series.dtype}\0".encode())
            digest.update(series.is_null().to_numpy().tobytes())
            if series.dtype.is_numeric():
                values = series.fill_null(0).to_numpy()
                digest.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())
            else:
                digest.update(json.dumps(series.cast(pl.String).to_list()).encode())
        return digest.hexdigest()

    def measurement_hash(self) -> str:
        """Return a SHA-256 of the measured numbers alone: two samples that share it are one test."""
        digest = hashlib.sha256(self.metadata.kind.encode())
        measured = [column.name for column in self.kind if column.need == "required" and column.dtype == pl.Float64]
        if self.kind.free_columns:
            measured = [
                name
                for name, dtype in self.data.schema.items()
                if dtype.is_float() and not name.startswith((VENDOR, TRUTH))
            ]
        for name in measured:
            digest.update(np.ascontiguousarray(self.data[name].to_numpy(), dtype="<f8").tobytes())
        return digest.hexdigest()

    def write_parquet(self, path: Path) -> None:
        """Write data, metadata and findings to one Parquet file, whole or not at all."""
        header = {
            "metadata": self.metadata.model_dump(mode="json"),
            "findings": [finding.as_dict() for finding in self.findings],
        }
        with written_aside(path) as aside:
            self.data.write_parquet(aside, metadata={PARQUET_KEY: json.dumps(header, sort_keys=True)})

    @classmethod
    def read_parquet(cls, path: Path) -> Table:
        """Read what `write_parquet` wrote.

        Raises
        ------
        TableError
            If the file is no Parquet, was not written by Byssus, or breaks the specification.
        """
        try:
            header = pl.read_parquet_metadata(path).get(PARQUET_KEY)
            if header is None:
                raise TableError("is not a table written by Byssus", file=path, fix="read the instrument's own file")
            # One piece, so that arrays are views of it and not copies.
            data = pl.read_parquet(path).rechunk()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise TableError(f"is not a readable Parquet file ({_one_line(error)})", file=path) from error
        try:
            parts = json.loads(header)
            findings = tuple(
                Finding(**{key: value for key, value in finding.items() if key != "severity"})
                for finding in parts["findings"]
            )
            metadata = parts["metadata"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TableError(
                f"holds a header that this Byssus does not understand ({type(error).__name__}: {_one_line(error)})",
                file=path,
                fix="read it with the version of Byssus that wrote it, or a later one",
            ) from error
        return cls(data, Metadata.from_stored(metadata, path), findings)


def _faults(data: pl.DataFrame, metadata: Metadata) -> Iterator[str]:
    kind = KINDS[metadata.kind]
    known = [column.name for column in kind]
    for column in kind:
        if column.name not in data.columns:
            if column.need == "required":
                near = [name for name in data.columns if name.lower() == column.name.lower()]
                if not near:
                    yield f"a {kind.name} table needs the column {column.name!r}"
            continue
        series = data[column.name]
        if series.dtype != column.dtype:
            yield f"column {column.name!r} holds {series.dtype}, not {column.dtype}"
            continue
        if column.need == "required" and (missing := series.null_count()):
            yield f"column {column.name!r} misses {missing} of {data.height} values"
        yield from _not_finite(series)
    for name in data.columns:
        if name in known:
            continue
        if name.startswith(VENDOR):
            yield from _not_finite(data[name])
            continue
        if name.startswith(TRUTH):
            if metadata.origin != "simulated":
                yield f"column {name!r} holds a truth, which only a simulated table knows"
            yield from _free_column_faults(data[name])
            continue
        if kind.free_columns:
            yield from _free_column_faults(data[name])
        else:
            yield f"a {kind.name} table has no column {name!r} ({did_you_mean(name, known)})"
    match kind.name:
        case "cycling" if not any(column.need == "required" and column.name not in data.columns for column in kind):
            yield from _step_faults(data)
        case "impedance" if "Frequency / Hz" in data.columns and data["Frequency / Hz"].dtype == pl.Float64:
            if (data["Frequency / Hz"] <= 0).any():
                yield "column 'Frequency / Hz' holds values that are not above zero"
        case "scalars" if {"Value", "Unit"} <= set(data.columns):
            yield from _scalar_faults(data)
        case "curve":
            yield from _curve_faults(data, metadata)
        case _:
            pass


def _step_faults(data: pl.DataFrame) -> Iterator[str]:
    """Check that steps are counted one by one, and that each has one direction, which is that of its current."""
    count, direction = data["Step Count / 1"], data["Cell Direction"]
    if count.dtype != pl.Int64 or direction.dtype != CELL_DIRECTION or data.is_empty():
        return
    if count[0] != 1 or not count.diff().drop_nulls().is_in([0, 1]).all():
        yield "column 'Step Count / 1' does not start at 1 and go up by one"
        return
    if data["Current / A"].dtype != pl.Float64:
        return
    # Steps are runs of records: sums between their first records take an order less memory than grouping does.
    step = count.to_numpy()
    first = np.concatenate([[0], np.flatnonzero(step[1:] != step[:-1]) + 1])
    changes = (direction != direction.shift(1)).fill_null(value=False).to_numpy(writable=True)
    changes[first] = False
    if mixed := len(np.unique(step[changes])):
        yield f"column 'Cell Direction' changes within {mixed} steps"
    total = np.add.reduceat(data["Current / A"].to_numpy(), first)
    begins = direction.gather(first)
    against = int(
        (((begins == "charge").to_numpy() & (total < 0)) | ((begins == "discharge").to_numpy() & (total > 0))).sum()
    )
    if against:
        yield f"column 'Cell Direction' is against the mean current in {against} steps"
    name = "Step Cumulative Capacity / Ah"
    if name in data.columns and data[name].dtype == pl.Float64 and (data[name] < 0).any():
        yield f"column {name!r} holds values below zero"


def _not_finite(series: pl.Series) -> Iterator[str]:
    if series.dtype == pl.Float64 and (bad := int((~series.drop_nulls().is_finite()).sum())):
        yield f"column {series.name!r} holds {bad} values that are not finite; a missing value is null"


def _free_column_faults(series: pl.Series) -> Iterator[str]:
    prefix = TRUTH if series.name.startswith(TRUTH) else ""
    match = re.fullmatch(r"\S.* / (?P<unit>\S.*)", series.name.removeprefix(prefix))
    if not match:
        yield f"column {series.name!r} is not named '{prefix}Quantity / unit'"
        return
    try:
        check_unit(match["unit"])
    except UnitError:
        yield f"column {series.name!r} has the unit {match['unit']!r}, which is none"
    if series.dtype != pl.Float64:
        yield f"column {series.name!r} holds {series.dtype}, not Float64"
    else:
        yield from _not_finite(series)


def _curve_faults(data: pl.DataFrame, metadata: Metadata) -> Iterator[str]:
    if metadata.curve not in CURVES:
        yield f"a curve needs its type in the metadata ({did_you_mean(metadata.curve or '', CURVES)})"
        return
    curve = CURVES[metadata.curve]
    for what, names in (("abscissa", curve.abscissa), ("ordinate", curve.ordinates)):
        there = [name for name in names if name in data.columns]
        if not there:
            yield f"a curve of type {metadata.curve!r} needs an {what}: {' or '.join(map(repr, names))}"
        for name in there:
            if missing := data[name].null_count():
                yield f"column {name!r} misses {missing} of {data.height} values"


def _scalar_faults(data: pl.DataFrame) -> Iterator[str]:
    reasons = data["Reason"] if "Reason" in data.columns else pl.Series([None] * data.height, dtype=pl.String)
    without = int((data["Value"].is_null() & reasons.is_null()).sum())
    if without:
        yield f"{without} values are missing without a reason"
    for unit in data["Unit"].drop_nulls().unique():
        try:
            check_unit(unit)
        except UnitError:
            yield f"the unit {unit!r} is none"


def _one_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
