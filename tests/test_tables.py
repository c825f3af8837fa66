"""Measured tables: the specification holds, and a table survives the disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from shared import square_wave

from byssus.conventions import Configuration
from byssus.errors import ReadError, TableError
from byssus.files import sha256_of
from byssus.findings import Finding
from byssus.measured.metadata import Instrument, Metadata, Provenance, Sample
from byssus.measured.read import read
from byssus.measured.tables import CURVES, KINDS, PARQUET_KEY, PULSE_PART, Table
from byssus.quantity import Quantity

MINIMAL = {
    "cycling": {
        "Test Time / s": [0.0, 1.0],
        "Voltage / V": [3.0, 3.1],
        "Current / A": [0.0, 0.1],
        "Step Count / 1": [1, 2],
        "Cell Direction": ["rest", "charge"],
    },
    "voltammetry": {"Voltage / V": [0.0, 0.1], "Current / A": [0.0, 1e-3], "Sweep Count / 1": [1, 1]},
    "impedance": {
        "Spectrum Count / 1": [1, 1],
        "Frequency / Hz": [1e5, 1e4],
        "Real Impedance / ohm": [1.0, 2.0],
        "Imaginary Impedance / ohm": [-0.1, -0.2],
    },
    "pulses": {
        "Test Time / s": [0.0, 1.0],
        "Voltage / V": [3.0, 3.1],
        "Current / A": [0.0, 0.1],
        "Pulse Count / 1": [0, 1],
        "Pulse Part": ["rest", "pulse"],
        "Cell Direction": ["rest", "charge"],
    },
    "curve": {"Wavenumber / cm^-1": [400.0, 401.0], "Absorbance / 1": [0.1, 0.2]},
    "scalars": {"Quantity": ["thickness"], "Value": [14.6], "Uncertainty": [0.5], "Unit": ["um"]},
}


def minimal(kind: str, **changes: object) -> Table:
    columns = MINIMAL[kind] | changes
    frame = pl.DataFrame(columns, strict=False)
    casts = {column.name: column.dtype for column in KINDS[kind] if column.name in columns}
    frame = frame.with_columns(pl.col(name).cast(dtype) for name, dtype in casts.items())
    return Table(frame, Metadata(kind=kind, curve="infrared" if kind == "curve" else None))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_kind_has_a_minimal_table_that_survives_the_disk(kind: str, tmp_path: Path) -> None:
    table = minimal(kind)
    table.write_parquet(tmp_path / "t.parquet")
    again = Table.read_parquet(tmp_path / "t.parquet")
    assert again.data.equals(table.data)
    assert again.data.schema == table.data.schema
    assert again.metadata == table.metadata
    assert again.content_hash() == table.content_hash()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "curve"])
def test_each_required_column_is_required(kind: str) -> None:
    whole = minimal(kind)
    for column in KINDS[kind]:
        if column.need == "required":
            with pytest.raises(TableError, match=f"needs the column '{column.name}'"):
                Table(whole.data.drop(column.name), whole.metadata)


@pytest.mark.parametrize("curve", list(CURVES))
def test_a_curve_needs_its_abscissa_and_an_ordinate(curve: str) -> None:
    spec = CURVES[curve]
    frame = pl.DataFrame({spec.abscissa[0]: [1.0, 2.0], spec.ordinates[-1]: [0.0, 1.0]})
    metadata = Metadata(kind="curve", curve=curve)
    assert Table(frame, metadata).rows == 2
    with pytest.raises(TableError, match="needs an abscissa"):
        Table(frame.drop(spec.abscissa[0]), metadata)
    with pytest.raises(TableError, match="needs an ordinate"):
        Table(frame.drop(spec.ordinates[-1]), metadata)


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("cycling", {"Voltage / V": [3.0, float("nan")]}, "'Voltage / V' holds 1 values that are not finite"),
        ("cycling", {"Voltage / V": [3.0, None]}, "'Voltage / V' misses 1 of 2 values"),
        ("cycling", {"Step Count / 1": [2, 1]}, "'Step Count / 1' does not start at 1 and go up by one"),
        ("cycling", {"Step Count / 1": [1, 3]}, "'Step Count / 1' does not start at 1 and go up by one"),
        ("cycling", {"Step Count / 1": [1, 1]}, "'Cell Direction' changes within 1 steps"),
        ("cycling", {"Current / A": [0.0, -0.1]}, "'Cell Direction' is against the mean current in 1 steps"),
        ("cycling", {"Step Cumulative Capacity / Ah": [0.0, -1.0]}, "holds values below zero"),
        ("cycling", {"vendor: x": [0.0, float("nan")]}, "'vendor: x' holds 1 values that are not finite"),
        ("cycling", {"Voltage": [1.0, 2.0]}, r"no column 'Voltage' \(did you mean 'Voltage / V'\?\)"),
        ("cycling", {"Step Time / s": [0.0, float("inf")]}, "'Step Time / s' holds 1 values that are not finite"),
        ("impedance", {"Frequency / Hz": [1e5, 0.0]}, "not above zero"),
        ("scalars", {"Value": [None]}, "1 values are missing without a reason"),
        ("scalars", {"Unit": ["flurb"]}, "the unit 'flurb' is none"),
        ("curve", {"absorbance": [1.0, 2.0]}, "not named 'Quantity / unit'"),
        ("curve", {"Shift / flurb": [1.0, 2.0]}, "has the unit 'flurb', which is none"),
    ],
)
def test_validation_says_what_is_wrong(kind: str, changes: dict[str, object], message: str) -> None:
    with pytest.raises(TableError, match=message) as caught:
        minimal(kind, **changes)
    assert "\n" not in str(caught.value)


def test_a_wrong_type_is_named() -> None:
    table = minimal("cycling")
    with pytest.raises(TableError, match="'Step Count / 1' holds String, not Int64"):
        Table(table.data.with_columns(pl.col("Step Count / 1").cast(pl.String)), table.metadata)


def test_a_missing_scalar_may_stand_with_its_reason() -> None:
    assert minimal("scalars", Value=[None], Reason=["no strip width was reported"]).rows == 1


def test_vendor_columns_are_kept() -> None:
    table = minimal("cycling", **{"vendor: Pressure_Psi": [0.0, 14.5]})
    assert "vendor: Pressure_Psi" in table.data.columns


def test_pulse_parts_are_a_closed_set() -> None:
    assert PULSE_PART.categories.to_list() == ["pulse", "rest"]


def test_only_a_simulated_table_carries_a_truth(tmp_path: Path) -> None:
    truth = {"film resistance": Quantity(2.0, "ohm", 0.0)}
    with pytest.raises(ValidationError, match="only a simulated table knows its truth"):
        Metadata(kind="cycling", truth=truth)
    table = minimal("cycling")
    simulated = Table(table.data, Metadata(kind="cycling", origin="simulated", truth=truth))
    simulated.write_parquet(tmp_path / "s.parquet")
    assert Table.read_parquet(tmp_path / "s.parquet").metadata.truth == truth


STATE = "truth: Mean Lithiation / 1"


def simulated(kind: str, name: str = STATE, state: Sequence[object] = (0.25, None)) -> Table:
    whole = minimal(kind)
    column = pl.Series(name, state[: whole.rows], strict=False)
    return Table(whole.data.with_columns(column), whole.metadata.model_copy(update={"origin": "simulated"}))


@pytest.mark.parametrize("kind", list(KINDS))
def test_hidden_states_stand_in_simulated_tables_only(kind: str, tmp_path: Path) -> None:
    table = simulated(kind)
    with pytest.raises(TableError, match=f"column '{STATE}' holds a truth, which only a simulated table knows"):
        Table(table.data, minimal(kind).metadata)
    # They are no part of what was measured: the same readings with another truth are the same test.
    other = Table(table.data.with_columns(pl.col(STATE) + 0.5), table.metadata)
    assert other.measurement_hash() == table.measurement_hash() == minimal(kind).measurement_hash()
    assert other.content_hash() != table.content_hash()
    table.write_parquet(tmp_path / "t.parquet")
    again = read(tmp_path / "t.parquet")
    assert again.metadata.origin == "simulated"
    assert again.data[STATE].equals(table.data[STATE], check_dtypes=True, null_equal=True)
    assert again.data.select(table.data.columns).equals(table.data)


@pytest.mark.parametrize(
    ("name", "state", "message"),
    [
        ("truth: Mean Lithiation", [0.1, 0.2], "is not named 'truth: Quantity / unit'"),
        ("truth: / V", [0.1, 0.2], "is not named 'truth: Quantity / unit'"),
        ("truth: Overpotential / flurb", [0.1, 0.2], "has the unit 'flurb', which is none"),
        ("truth: Population / 1", [1, 2], "'truth: Population / 1' holds Int64, not Float64"),
        (STATE, [0.1, float("nan")], f"'{STATE}' holds 1 values that are not finite"),
        ("Truth: Mean Lithiation / 1", [0.1, 0.2], "table has no column 'Truth: Mean Lithiation / 1'"),
    ],
)
def test_hidden_states_have_names_units_and_numbers(name: str, state: list[object], message: str) -> None:
    with pytest.raises(TableError, match=message) as caught:
        simulated("cycling", name, state)
    assert "\n" not in str(caught.value)


def test_a_table_of_byssus_is_read_back_with_all_it_says(tmp_path: Path) -> None:
    path = tmp_path / "cell.parquet"
    half = Sample(name="A", configuration=Configuration.HALF, active_mass=Quantity(1.0, "mg", 0.1))
    source = Provenance(file="raw.xlsx", sha256="0" * 64, size=3, reader="landt-csv")
    about = Metadata(
        kind="cycling",
        origin="simulated",
        sample=half,
        truth={"film resistance": Quantity(2.0, "ohm", 0.0)},
        conditions={"temperature": Quantity(298.15, "K")},
        instrument=Instrument(vendor="x", resolution={"Voltage / V": 1e-3}),
        provenance=(source,),
        vendor={"note": "1"},
        missing={"Unix Time / s": "not simulated"},
    )
    whole = square_wave([-1.0, 1.0], [1.0, 1.0], sample=half).data.with_columns(pl.lit(0.5).alias(STATE))
    table = Table(whole, about, (Finding("coarse-voltage", "as the simulation found", file="raw.xlsx"),))
    table.write_parquet(path)
    again = read(path)
    assert again.data.equals(table.data)
    this = Provenance(file="cell.parquet", sha256=sha256_of(path), size=path.stat().st_size, reader="byssus")
    assert again.metadata == about.model_copy(update={"provenance": (source, this)})
    found = [(finding.code, finding.file) for finding in again.findings]
    assert found == [("coarse-voltage", "raw.xlsx"), ("coarse-voltage", "cell.parquet")]
    # What the check finds is said once, however often the table is written and read.
    again.write_parquet(path)
    assert read(path).findings == again.findings
    # A person's word of the sample takes the place of the file's, and the electrode follows it.
    full = read(path, sample=Sample(name="B", configuration=Configuration.FULL))
    assert full.metadata.sample == Sample(name="B", configuration=Configuration.FULL)
    assert full.data["Electrode Direction"].null_count() == full.rows
    assert full.data.drop("Electrode Direction").equals(table.data.drop("Electrode Direction"))


def test_a_damaged_table_of_byssus_is_a_read_error(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    minimal("cycling").data.write_parquet(path, metadata={PARQUET_KEY: "{}"})
    with pytest.raises(ReadError, match=r"t\.parquet: holds a header that this Byssus does not understand"):
        read(path)
    simulated("cycling").write_parquet(path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ReadError, match=r"t\.parquet"):
        read(path)


@pytest.mark.parametrize("field", ["active_mass", "coating_mass", "electrode_area", "nominal_capacity"])
@pytest.mark.parametrize("value", ["0 mg", "-1 cm^2", "1 V", "1"])
def test_a_sample_refuses_masses_and_areas_that_are_none(field: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({field: value})


def test_unknown_metadata_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Sample.model_validate({"mass": "1 mg"})


def test_the_content_hash_names_the_content() -> None:
    table = square_wave([-1.0, 1.0], [1.0, 0.9])
    moved = table.data.with_columns(
        pl.when(pl.int_range(pl.len()) == 7)
        .then(pl.col("Voltage / V") + 1e-12)
        .otherwise("Voltage / V")
        .alias("Voltage / V")
    )
    other_sample = table.metadata.model_copy(update={"sample": Sample(name="other")})
    hashes = {
        table.content_hash(),
        Table(moved, table.metadata).content_hash(),
        Table(table.data, other_sample).content_hash(),
    }
    assert len(hashes) == 3
    assert Table(table.data.clone(), table.metadata).content_hash() == table.content_hash()


def test_null_and_zero_have_different_hashes() -> None:
    zero, null = (
        minimal("cycling", **{"Step Time / s": [0.0, 0.0]}),
        minimal("cycling", **{"Step Time / s": [0.0, None]}),
    )
    assert zero.content_hash() != null.content_hash()


@settings(max_examples=30, deadline=None)
@given(
    volts=st.lists(st.floats(-5, 5), min_size=1, max_size=40),
    mass=st.floats(1e-6, 1e3),
    uncertainty=st.none() | st.floats(0, 1e3),
    note=st.text(max_size=20),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, volts: list[float], mass: float, uncertainty: float | None, note: str
) -> None:
    data = pl.DataFrame(
        {"Voltage / V": volts, "Current / A": [0.0] * len(volts), "Sweep Count / 1": [1] * len(volts)},
        schema={"Voltage / V": pl.Float64, "Current / A": pl.Float64, "Sweep Count / 1": pl.Int64},
    )
    metadata = Metadata(
        kind="voltammetry",
        sample=Sample(name=note, active_mass=Quantity(mass, "mg", uncertainty)),
        provenance=(Provenance(file=note, sha256="0" * 64, size=3, reader="x"),),
        vendor={"note": note, "count": 3, "flag": True, "none": None},
    )
    table = Table(data, metadata, (Finding("truncated", note),))
    path = tmp_path_factory.mktemp("round") / "t.parquet"
    table.write_parquet(path)
    again = Table.read_parquet(path)
    assert again.data.equals(data)
    assert again.metadata == metadata
    assert again.findings == table.findings
    assert again.content_hash() == table.content_hash()


@pytest.mark.parametrize(
    "header", ["not json", "[]", "{}", '{"metadata": {}, "findings": [{"code": "of-the-future", "message": ""}]}']
)
def test_a_header_of_another_version_is_one_line(tmp_path: Path, header: str) -> None:
    path = tmp_path / "t.parquet"
    minimal("cycling").data.write_parquet(path, metadata={PARQUET_KEY: header})
    with pytest.raises(TableError, match=r"t\.parquet") as caught:
        Table.read_parquet(path)
    assert "\n" not in str(caught.value)


def test_a_start_is_a_date() -> None:
    assert Metadata(kind="cycling", started="2026-11-22T06:19:00+01:00").started is not None
    with pytest.raises(ValidationError):
        Metadata(kind="cycling", started="banana")


def test_foreign_and_later_files_are_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(foreign)
    with pytest.raises(TableError, match=r"foreign\.parquet: is not a table written by Byssus"):
        Table.read_parquet(foreign)
    text = tmp_path / "text.parquet"
    text.write_text("no parquet")
    with pytest.raises(TableError, match="is not a readable Parquet file"):
        Table.read_parquet(text)
    with pytest.raises(TableError, match="is not a readable Parquet file"):
        Table.read_parquet(tmp_path / "none.parquet")
    later = tmp_path / "later.parquet"
    table = minimal("cycling")
    header = {"metadata": table.metadata.model_dump(mode="json") | {"schema_version": 99}, "findings": []}
    table.data.write_parquet(later, metadata={PARQUET_KEY: json.dumps(header)})
    with pytest.raises(TableError, match=r"schema_version: 99 is not the schema version"):
        Table.read_parquet(later)
