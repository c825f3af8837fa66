"""Voltammograms, spectra and plain tables: real files against other readings of them, and files that are broken."""

from __future__ import annotations

import gzip
import json
import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import one_line
from typer.testing import CliRunner

from byssus.app.cli import app
from byssus.errors import ReadError
from byssus.measured.read import read
from byssus.measured.readers.generic import ColumnMap
from byssus.measured.readers.workstation import oxidising_sign, spectra, sweeps
from byssus.measured.tables import VENDOR, Table
from byssus.quantity import Quantity

Real = Callable[[str], Path]
CHI, CHI_EIS = "cv/CV-1T.txt", "eis/EIS_-0,48_V.txt"
GAMRY, GAMRY_EIS = "cv/CV__#3.DTA", "eis/exampleDataGamry.DTA"
GITT, ICI = "gitt/gitt_charge.csv.gz", "gitt/ici_discharge.csv"
PARTS = ["Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm"]


def codes(table: Table) -> set[str]:
    return {finding.code for finding in table.findings}


def conditions(table: Table) -> dict[str, str]:
    return {name: str(value) for name, value in table.metadata.conditions.items()}


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


# Sweeps, signs and spectra


def test_noise_makes_no_sweep() -> None:
    ramp = np.concatenate([np.linspace(3, 4, 400), np.linspace(4, 3, 400), np.linspace(3, 3.5, 200)])
    noise = np.random.default_rng(1).normal(0, 1e-3, ramp.size)
    number = sweeps(pl.Series(ramp + noise))
    assert number.max() == 3
    # The turn is found where it is, within the records over which the noise outweighs the ramp.
    assert abs(int((number == 1).sum()) - 400) <= 3


def test_a_held_vertex_belongs_to_the_sweep_that_reached_it() -> None:
    assert sweeps(pl.Series([0.0, 1.0, 1.0, 1.0, 0.0])).to_list() == [1, 1, 1, 1, 2]
    assert sweeps(pl.Series([1.0, 1.0])).to_list() == [1, 1]


@pytest.mark.parametrize(
    ("resistance", "capacity", "told"),
    [(1e3, 0.0, 1), (1e12, 1e-3, 1), (1e3, 1e-3, 1), (-1e3, 1e-2, 0), (1e300, 0.0, 0)],
)
def test_the_sign_of_a_resistor_and_a_capacitor(resistance: float, capacity: float, told: int) -> None:
    potential = np.concatenate([np.linspace(-0.5, 0.5, 500), np.linspace(0.5, -0.5, 500)[1:]])
    rate = 0.1 * np.where(np.arange(potential.size) < 500, 1, -1)
    # A negative resistance and a capacitance contradict each other.
    current = potential / resistance + capacity * rate
    if resistance == 1e300:
        current = np.zeros_like(potential)
    volts = pl.Series(potential)
    assert oxidising_sign(volts, pl.Series(current), sweeps(volts))[0] == told
    assert oxidising_sign(volts, pl.Series(-current), sweeps(volts))[0] == -told


def test_spectra_upwards_and_by_another_column() -> None:
    assert spectra(pl.Series([1.0, 10.0, 100.0, 1.0, 10.0])).to_list() == [1, 1, 1, 2, 2]
    assert spectra(pl.Series([1e3, 1e2, 1e1, 1e0]), pl.Series([0.0, 0.0, 1.0, 1.0])).to_list() == [1, 1, 2, 2]


# CH Instruments


def chi(real: Real, tmp_path: Path, change: Callable[[str], str], name: str = CHI) -> Path:
    return written(tmp_path / "chi.txt", change(real(name).read_text(encoding="utf-8")))


def negated(text: str) -> str:
    """Turn the sign of the last field of every record."""

    def turn(match: re.Match[str]) -> str:
        value = match[2]
        return match[1] + (value[1:] if value.startswith("-") else f"-{value}")

    return re.sub(r"(?m)^(-?\d\.\d+, )(-?\d\.\d+e-?\d+)", turn, text)


def test_chi_voltammogram(real: Real) -> None:
    table = read(real(CHI))
    truth = np.loadtxt(real(CHI), delimiter=",", skiprows=27)
    assert truth.shape == (1400, 2)
    assert np.array_equal(table.data.select("Voltage / V", "Current / A").to_numpy(), truth)
    assert table.data.row(0, named=True) == {"Voltage / V": -0.5, "Current / A": -4.214e-4, "Sweep Count / 1": 1}
    assert table.data.group_by("Sweep Count / 1", maintain_order=True).len().rows() == [(1, 701), (2, 699)]
    assert conditions(table) == {
        "initial voltage": "-0.5 V",
        "high voltage": "0.2 V",
        "low voltage": "-0.5 V",
        "scan rate": "40 mV/s",
        "sweeps asked": "6",
        "sample interval": "1 mV",
        "quiet time": "2 s",
    }
    assert table.metadata.started == "2024-06-13T13:13:28"
    assert table.metadata.instrument.model == "CHI760E"
    assert table.metadata.instrument.resolution == {"Voltage / V": 1e-3, "Current / A": pytest.approx(1e-7)}
    assert {"Test Time / s", "area"} <= set(table.metadata.missing)
    assert codes(table) == {"sign-from-data", "sweeps-not-saved"}
    assert "the file holds 2 of 6 sweeps: CHI's segments 5, 6" in [finding.message for finding in table.findings]


def test_chi_with_the_other_polarity_is_the_same_table(real: Real, tmp_path: Path) -> None:
    turned = read(chi(real, tmp_path, negated))
    assert turned.data.equals(read(real(CHI)).data)
    assert any("reduces: all signs are turned" in finding.message for finding in turned.findings)


def test_the_sign_is_overruled_by_a_map(real: Real) -> None:
    columns = {"voltage": "Potential/V", "current": "Current/A"}
    mapping = ColumnMap(kind="voltammetry", columns=columns, skip=25, current_positive="discharges")
    table, told = read(real(CHI), columns=mapping), read(real(CHI))
    assert table.data["Current / A"].equals(-told.data["Current / A"])
    assert table.data["Sweep Count / 1"].equals(told.data["Sweep Count / 1"])


def test_a_chi_linear_sweep(real: Real, tmp_path: Path) -> None:
    def first_sweep(text: str) -> str:
        head, _, records = text.partition("Potential/V, Current/A\n\n")
        head = head.replace("Cyclic", "Linear Sweep").replace("Segment 6:\n\n", "").replace("Segment = 6\n", "")
        return f"{head}Potential/V, Current/A\n\n" + "\n".join(records.split("\n")[:700]) + "\n"

    table = read(chi(real, tmp_path, first_sweep))
    assert (table.rows, table.data["Sweep Count / 1"].max()) == (700, 1)
    # A single sweep has no loop: the slope alone tells.
    assert codes(table) == {"sign-from-data"}


def test_a_chi_voltammogram_with_tabs_and_times(real: Real, tmp_path: Path) -> None:
    def timed(text: str) -> str:
        head, _, records = text.partition("Potential/V, Current/A\n\n")
        lines = [f"{line}, {0.025 * n:.3f}".replace(", ", "\t") for n, line in enumerate(records.strip().split("\n"))]
        return head + "\n".join(["Potential/V\tCurrent/A\tTime/s", "", *lines, ""])

    table = read(chi(real, tmp_path, timed))
    assert table.data["Test Time / s"][-1] == 34.975
    assert "Test Time / s" not in table.metadata.missing
    assert table.data.drop("Test Time / s").equals(read(real(CHI)).data)


def test_segments_between_the_records_of_chi(real: Real, tmp_path: Path) -> None:
    def moved(text: str) -> str:
        head, heading, records = text.partition("Potential/V, Current/A\n\n")
        lines = records.strip().split("\n")
        head = head.replace("Segment 5:\n\nSegment 6:\n", "")
        return head + heading + "\n".join(["Segment 5:", *lines[:700], "", "Segment 6:", *lines[700:], ""])

    table, usual = read(chi(real, tmp_path, moved)), read(real(CHI))
    assert table.data.equals(usual.data)
    assert {finding.message for finding in table.findings} == {finding.message for finding in usual.findings}


def test_chi_impedance(real: Real) -> None:
    table = read(real(CHI_EIS))
    truth = np.loadtxt(real(CHI_EIS), delimiter=",", skiprows=17)
    assert np.array_equal(table.data.select(PARTS).to_numpy(), truth[:, :3])
    assert table.rows == 73
    # The phase in the file has the sign of the imaginary part, so Z" is not -Im Z.
    phase = np.degrees(np.arctan2(table.data[PARTS[2]], table.data[PARTS[1]]))
    assert np.abs(phase - truth[:, 4]).max() < 0.1
    assert conditions(table)["excitation amplitude, peak or rms"] == "5 mV"
    assert conditions(table)["held voltage"] == "-0.48 V"
    assert codes(table) == set()


def test_an_impedance_with_the_other_sign_is_noticed(real: Real, tmp_path: Path) -> None:
    def turn(text: str) -> str:
        head, heading, records = text.partition("Phase/deg\n\n")
        lines = [line.split(", ") for line in records.strip().split("\n")]
        turned = [", ".join((f, re_, str(-float(im)), *rest)) for f, re_, im, *rest in lines]
        return head + heading + "\n".join(turned) + "\n"

    table = read(chi(real, tmp_path, turn, CHI_EIS))
    assert codes(table) == {"impedance-inconsistent", "imaginary-sign"}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda text: text.partition("Potential/V")[0], "lacks the heading 'Potential/V'"),
        (lambda text: text.partition("-0.500, ")[0], "holds no whole record"),
        (
            lambda text: text.replace("Cyclic Voltammetry", "Bulk Electrolysis"),
            "'Bulk Electrolysis', which Byssus does not",
        ),
        (lambda text: text.replace("Current/A", "Charge/C"), "lacks the column 'Current/A'"),
    ],
)
def test_chi_that_is_broken(real: Real, tmp_path: Path, change: Callable[[str], str], what: str) -> None:
    path = chi(real, tmp_path, change)
    with pytest.raises(ReadError, match=re.escape(what)) as caught:
        read(path)
    one_line(caught.value, path)


def test_chi_that_is_cut_off(real: Real, tmp_path: Path) -> None:
    table = read(chi(real, tmp_path, lambda text: text[: text.index("-0.455, ") + 12]))
    assert table.rows == 45
    assert "truncated" in codes(table)


def test_chi_without_a_sign_says_so(real: Real, tmp_path: Path) -> None:
    table = read(chi(real, tmp_path, lambda text: re.sub(r"(?m)^(-?\d\.\d+), .*$", r"\1, 1.0e-6", text)))
    assert "sign-unknown" in codes(table)
    assert table.data["Current / A"].to_list() == [1e-6] * 1400


# BioLogic


def test_the_text_of_a_voltammogram_is_its_binary(real: Real) -> None:
    text, binary = read(real("cv/cv.mpt")), read(real("cv/cv.mpr"))
    assert text.metadata.kind == binary.metadata.kind == "voltammetry"
    assert text.rows == binary.rows == 5103
    for name in ("Voltage / V", "Current / A", "Test Time / s"):
        # Seven decimals of a 32-bit float in the text.
        assert np.allclose(text.data[name], binary.data[name], rtol=2e-7, atol=1e-15)
    for name in ("Sweep Count / 1", "Cycle Count / 1"):
        assert text.data[name].equals(binary.data[name])
    common = {name: value for name, value in text.metadata.conditions.items() if name != "final voltage vs Eoc"}
    assert binary.metadata.conditions == common
    assert text.metadata.started == "2018-01-10T17:01:24"
    assert binary.metadata.started == "2018-01-10T17:01:24.000"


def test_sweeps_conditions_and_charge_of_an_ec_lab_voltammogram(real: Real) -> None:
    table = read(real("cv/cv.mpt"))
    first = table.data.row(0, named=True)
    assert first["Voltage / V"] == 2.4807117
    assert first["Current / A"] == pytest.approx(-1.235983972946997e-9, rel=1e-12)
    assert table.data.group_by("Sweep Count / 1", maintain_order=True).len().rows() == [
        (1, 493),
        (2, 1966),
        (3, 1811),
        (4, 833),
    ]
    assert table.data["Cycle Count / 1"].unique().sort().to_list() == [1, 2]
    assert conditions(table) == {
        "initial voltage vs Eoc": "0 V",
        "first vertex voltage": "1.5 V",
        "second vertex voltage": "5.5 V",
        "final voltage vs Eoc": "0 V",
        "scan rate": "0.1 mV/s",
        "cycles asked": "5",
    }
    assert table.metadata.missing["area"] == "EC-Lab prints 0.001 cm² where nobody gave one"
    # EC-Lab's own counter of charge against the integral of the current, which it averages over half of each step only.
    passed = table.data["Current / A"] * table.data["Test Time / s"].diff()
    counted = table.data[f"{VENDOR}(Q-Qo)/C"].diff()
    assert passed.sum() == pytest.approx(counted.sum(), rel=0.05)


def test_an_ec_lab_voltammogram_with_decimal_commas(real: Real) -> None:
    table = read(real("cv/Pt_poly_cv.mpt"))
    assert table.rows == 4473
    assert table.data["Voltage / V"][0] == 0.94958913
    assert table.data["Sweep Count / 1"].max() == 10
    assert table.data["Cycle Count / 1"].max() == 5
    assert conditions(table)["scan rate"] == "100 mV/s"
    assert conditions(table)["first vertex voltage"] == "-0.03 V"
    swept = (table.data["Voltage / V"].diff() / table.data["Test Time / s"].diff()).abs().median()
    assert swept == pytest.approx(0.1, rel=0.01)


def test_an_area_that_was_given_is_kept(real: Real, tmp_path: Path) -> None:
    text = real("cv/cv.mpt").read_text(encoding="cp1252").replace("area : 0.001 cm", "area : 1.131 cm")
    path = tmp_path / "cv.mpt"
    path.write_text(text, encoding="cp1252")
    table = read(path)
    assert table.metadata.conditions["area"] == Quantity(1.131, "cm^2")
    assert "area" not in table.metadata.missing


def test_settings_of_the_binary_that_the_records_contradict_are_left_out(real: Real, tmp_path: Path) -> None:
    content = real("cv/cv.mpr").read_bytes()
    at = content.index(b"VMP Set") + 51 + 0x57B
    assert struct.unpack_from("<f", content, at)[0] == pytest.approx(0.1)
    path = tmp_path / "cv.mpr"
    path.write_bytes(content[:at] + struct.pack("<f", 0.2) + content[at + 4 :])
    table = read(path)
    assert "scan rate" not in table.metadata.conditions
    assert table.metadata.missing["scan rate"] == "the settings are not what the records show"


def test_ec_lab_impedance(real: Real) -> None:
    table = read(real("eis/exampleDataBioLogic.mpt"))
    assert (table.metadata.kind, table.rows) == ("impedance", 43)
    first = table.data.row(0, named=True)
    assert [first[name] for name in PARTS] == [1000.3201, 65.470886, -0.38998979]
    assert first["Voltage / V"] == -2.8677555e-4
    assert first["Current / A"] == pytest.approx(-4.8041187e-5, rel=1e-12)
    assert conditions(table)["initial frequency"] == "1000 Hz"
    assert conditions(table)["final frequency"] == "0.01 Hz"
    assert conditions(table)["excitation amplitude"] == "20 mV"
    assert codes(table) == set()


@pytest.mark.parametrize(
    ("name", "rows", "count", "width"), [("eis/PEIS_SSB.mpr", 89, 1, 72), ("eis/PEIS_nesd.mpr", 228, 12, 124)]
)
def test_binary_impedance_byte_by_byte(real: Real, name: str, rows: int, count: int, width: int) -> None:
    content = real(name).read_bytes()
    # EC-Lab from 11.50 on: 57 bytes of header after the name, and records from byte 1007 of the module's data.
    at = content.index(b"MODULEVMP data") + 6 + 59 + 1007
    layout = np.dtype({"names": ["f", "re", "im"], "formats": ["<f4"] * 3, "offsets": [0, 4, 8], "itemsize": width})
    truth = np.frombuffer(content, layout, rows, at)
    table = read(real(name))
    assert table.rows == rows
    for column, field, sign in zip(PARTS, ("f", "re", "im"), (1, 1, -1), strict=True):
        assert np.array_equal(table.data[column], sign * truth[field].astype(float))
    assert table.data["Spectrum Count / 1"].max() == count
    assert table.data["Test Time / s"].is_sorted()
    # The columns galvani does not know, 215 and 352, are named and nothing behind them is shifted.
    assert codes(table) == ({"reader-remark"} if "nesd" in name else set())
    if "nesd" in name:
        parts = (table.data[f"{VENDOR}{part}(Zwe-ce)/Ohm"].to_numpy() for part in ("Re", "-Im"))
        assert np.allclose(np.hypot(*parts), table.data[f"{VENDOR}|Zwe-ce|/Ohm"], rtol=1e-6)


# Gamry


def gamry(real: Real, tmp_path: Path, change: Callable[[str], str], name: str = GAMRY) -> Path:
    path = tmp_path / "test.DTA"
    path.write_bytes(change(real(name).read_bytes().decode("cp1252")).encode("cp1252"))
    return path


def rows_of(text: str, table: str) -> np.ndarray:
    """Return points, times and the two columns after them of a table, by its lines."""
    lines = text.partition(f"\n{table}\tTABLE")[2].split("\n")[3:]
    ends = next((at for at, line in enumerate(lines) if not line.startswith("\t")), len(lines))
    return np.array([[float(field) for field in line.split("\t")[1:6]] for line in lines[:ends]])


def test_gamry_voltammogram(real: Real) -> None:
    table = read(real(GAMRY))
    text = real(GAMRY).read_text(encoding="cp1252")
    truth = np.concatenate([rows_of(text, "CURVE1"), rows_of(text, "CURVE2")])
    assert truth.shape[0] == table.rows == 1001
    names = ["Test Time / s", "Voltage / V", "Current / A"]
    assert np.array_equal(table.data.select(names).to_numpy(), truth[:, 1:4])
    assert table.data.group_by("Sweep Count / 1", maintain_order=True).len().rows() == [(1, 251), (2, 500), (3, 250)]
    assert table.data.group_by("Cycle Count / 1", maintain_order=True).len().rows() == [(1, 751), (2, 250)]
    told = conditions(table)
    assert told["scan rate"] == "99.9998 mV/s"
    assert (told["first vertex voltage"], told["second vertex voltage"]) == ("0.5 V", "-0.5 V")
    assert told["rotation rate"] == "1000 rpm"
    assert table.metadata.started == "2023-10-23T12:15:32"
    assert {"area", "Ambient Temperature / degC"} <= set(table.metadata.missing)
    assert codes(table) == {"sign-from-data", "records-left-out"}
    assert "1000 records of WE2CURVE are left out" in [finding.message for finding in table.findings]


def test_gamry_impedance(real: Real) -> None:
    table = read(real(GAMRY_EIS))
    truth = rows_of(real(GAMRY_EIS).read_text(encoding="cp1252"), "ZCURVE")
    assert np.array_equal(table.data.select("Test Time / s", *PARTS).to_numpy(), truth[:, 1:])
    assert table.rows == 72
    assert table.data["Voltage / V"][0] == -0.3413299
    assert conditions(table) == {
        "initial frequency": "200000 Hz",
        "final frequency": "0.02 Hz",
        "excitation amplitude, rms": "10 mV",
        "held voltage vs Eoc": "-0.05 V",
    }
    assert codes(table) == {"records-left-out"}


def test_gamry_with_decimal_commas(real: Real, tmp_path: Path) -> None:
    commas = gamry(real, tmp_path, lambda text: re.sub(r"(?<=\d)\.(?=\d+(E|\t))", ",", text))
    assert "\t0,02\t" in commas.read_text(encoding="cp1252")
    table, whole = read(commas), read(real(GAMRY))
    assert table.data.equals(whole.data)
    assert table.metadata.conditions == whole.metadata.conditions


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda text: text.replace("TAG\tCV", "TAG\tPWR800_CHARGE"), "'PWR800_CHARGE', which Byssus does not read"),
        (lambda text: text.partition("\r\nCURVE1\tTABLE")[0], "holds no curve with a record"),
        (lambda text: text.partition("\t0\t0.02\t-8.168")[0], "holds no curve with a record"),
        (lambda text: text.replace("\tIm\t", "\tIx\t"), "lacks the column 'Im'"),
    ],
)
def test_gamry_that_is_broken(real: Real, tmp_path: Path, change: Callable[[str], str], what: str) -> None:
    path = gamry(real, tmp_path, change)
    with pytest.raises(ReadError, match=re.escape(what)) as caught:
        read(path)
    one_line(caught.value, path)


def test_a_gamry_test_that_was_stopped_says_so(real: Real, tmp_path: Path) -> None:
    stopped = "EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted\r\n"
    table = read(gamry(real, tmp_path, lambda text: text + stopped, GAMRY_EIS))
    assert (table.rows, codes(table)) == (72, {"records-left-out", "truncated"})


def test_gamry_that_is_cut_off(real: Real, tmp_path: Path) -> None:
    whole = read(real(GAMRY))
    table = read(gamry(real, tmp_path, lambda text: text[: text.rindex("\t748\t14.98") + 20]))
    assert table.rows == 748
    assert table.data["Voltage / V"].equals(whole.data["Voltage / V"].head(748))
    assert "truncated" in codes(table)
    # The second curve has begun and has no record.
    table = read(gamry(real, tmp_path, lambda text: text.rpartition("\t751\t15.04")[0]))
    assert table.rows == 751
    assert "truncated" in codes(table)


# ZPlot


def test_zplot(real: Real, tmp_path: Path) -> None:
    path = real("eis/exampleDataZPlot.z")
    table, truth = read(path), np.loadtxt(path, skiprows=123)
    assert np.array_equal(table.data.select(*PARTS, "Test Time / s").to_numpy(), truth[:, [0, 4, 5, 3]])
    assert conditions(table) == {
        "initial frequency": "300000 Hz",
        "final frequency": "1 Hz",
        "open-circuit voltage": "0.0033 V",
    }
    # The header announces 56 points.
    assert (table.rows, codes(table)) == (21, {"truncated"})
    text = path.read_text()
    for broken, what in (
        (text.replace("End Comments\n", ""), "lacks the line 'End Comments'"),
        (text.partition("End Comments\n")[0] + "End Comments\n", "holds no whole record"),
        (text.replace("Z''(b)", "Z(b)"), "lacks the column \"Z''(b)\""),
    ):
        with pytest.raises(ReadError, match=re.escape(what)):
            read(written(tmp_path / "z.z", broken))


# Plain tables


def test_a_spectrum_without_a_heading(real: Real) -> None:
    table = read(real("eis/exampleData.csv"))
    truth = np.loadtxt(real("eis/exampleData.csv"), delimiter=",")
    assert np.array_equal(table.data.select(PARTS).to_numpy(), truth)
    assert (table.rows, codes(table)) == (66, {"columns-assumed"})


SPECTRUM = np.column_stack([np.logspace(5, -1, 13), np.linspace(10, 100, 13), -np.linspace(1, 50, 13)])


def plain(path: Path, heading: str, values: np.ndarray = SPECTRUM, separator: str = ",") -> Path:
    lines = [separator.join(f"{value:.9g}" for value in row) for row in values]
    return written(path, "\n".join([heading, *lines, ""] if heading else [*lines, ""]))


@pytest.mark.parametrize(
    ("heading", "scale", "found"),
    [
        ("frequency,Re,Im", (1, 1, 1), {"columns-assumed"}),
        ("freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", (1, 1, 1), set()),
        ("f (Hz),Z' (Ω),-Z'' (Ω)", (1, 1, -1), set()),
        ("freq / kHz,Zreal / kOhm,Zimag / Ohm", (1e3, 1e3, 1), {"units-mixed"}),
        ("freq/Hz,Z'/ohm,Z''/ohm", (1, 1, -1), {"imaginary-sign"}),
    ],
)
def test_spectra_with_a_heading(tmp_path: Path, heading: str, scale: tuple[int, ...], found: set[str]) -> None:
    table = read(plain(tmp_path / "eis.csv", heading, SPECTRUM / scale))
    expected = SPECTRUM * (1, 1, -1) if found == {"imaginary-sign"} else SPECTRUM
    assert np.allclose(table.data.select(PARTS).to_numpy(), expected, rtol=1e-8)
    assert codes(table) == found


def test_the_noise_of_a_resistor_has_no_sign(tmp_path: Path) -> None:
    resistor = SPECTRUM.copy()
    resistor[:, 1], resistor[:, 2] = 100.0, np.where(np.arange(len(SPECTRUM)) % 3, 0.3, -0.3)
    heading = "freq/Hz,Z'/ohm,Z''/ohm"
    assert codes(read(plain(tmp_path / "resistor.csv", heading, resistor))) == set()
    resistor[:, 2] *= 10
    assert codes(read(plain(tmp_path / "inductor.csv", heading, resistor))) == {"imaginary-sign"}


def test_a_spectrum_with_a_rest_before_it_and_other_columns(tmp_path: Path) -> None:
    rest = np.zeros((3, 3))
    beside = np.column_stack([np.linspace(3.4, 3.5, 16), np.full(16, -0.15), np.arange(16.0)])
    values = np.column_stack([beside, np.concatenate([rest, SPECTRUM])])
    heading = "Potential (V)\tCurrent (mA)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\tZim (ohms)"
    table = read(plain(tmp_path / "eis.txt", heading, values, "\t"))
    assert (table.rows, codes(table)) == (13, {"records-left-out"})
    assert np.allclose(table.data.select(PARTS).to_numpy(), SPECTRUM, rtol=1e-8)
    assert table.data["Test Time / s"].to_list() == list(range(3, 16))
    assert table.data["Current / A"][0] == pytest.approx(-1.5e-4)


def test_a_mapped_spectrum_whose_sign_is_turned(tmp_path: Path) -> None:
    path = plain(tmp_path / "eis.csv", "a,b,c", SPECTRUM * (1, 1, -1))
    columns = {
        "frequency": {"column": "a", "unit": "Hz"},
        "real_impedance": {"column": "b", "unit": "ohm"},
        "imaginary_impedance": {"column": "c", "unit": "ohm"},
    }
    given = {"kind": "impedance", "columns": columns}
    assert codes(read(path, columns=ColumnMap.model_validate(given))) == {"imaginary-sign"}
    table = read(path, columns=ColumnMap.model_validate({**given, "minus_imaginary": True}))
    assert codes(table) == set()
    assert np.allclose(table.data.select(PARTS).to_numpy(), SPECTRUM, rtol=1e-8)
    assert table.data["Spectrum Count / 1"].unique().to_list() == [1]


def test_spectra_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds no record with a frequency above zero"):
        read(plain(tmp_path / "a.csv", "freq/Hz,Re/ohm,Im/ohm", SPECTRUM * (0, 1, 1)))
    with pytest.raises(ReadError, match=r"ohm\*cm\^2|another kind"):
        read(plain(tmp_path / "b.csv", "freq/Hz,Re/(ohm*cm^2),Im/ohm", SPECTRUM))
    # Three columns of anything are no spectrum.
    for values in (np.column_stack([np.arange(1.0, 21)] * 3), SPECTRUM[:5], SPECTRUM * (-1, 1, 1)):
        with pytest.raises(ReadError, match="is of no format that Byssus knows"):
            read(plain(tmp_path / "c.csv", "", values))


def test_a_long_table_of_pulses(real: Real) -> None:
    table = read(real(GITT))
    assert (table.metadata.kind, table.rows) == ("cycling", 985_973)
    with gzip.open(real(GITT), "rt") as stream:
        truth = np.loadtxt(stream, delimiter=",", skiprows=1)
    names = ["Test Time / s", "Voltage / V", "Current / A"]
    assert np.array_equal(table.data.select(names).to_numpy(), truth)
    assert table.metadata.instrument.resolution == {
        "Test Time / s": 1e-3,
        "Voltage / V": 1e-9,
        "Current / A": pytest.approx(1e-9),
    }
    # A positive current charges: the voltage rises, and no finding says otherwise.
    assert codes(table) == {"steps-rebuilt"}


def test_the_sign_of_a_plain_table_is_checked_by_the_voltage(real: Real, tmp_path: Path) -> None:
    assert codes(read(real(ICI))) == {"steps-rebuilt"}
    truth = np.loadtxt(real(ICI), delimiter=",", skiprows=1)
    turned = read(plain(tmp_path / "ici.csv", "Seconds,Volts,Amps", truth * (1, 1, -1)))
    assert "sign-against-voltage" in codes(turned)
    assert turned.data["Current / A"].max() == pytest.approx(-truth[:, 2].min())


RECORDS = np.column_stack([np.arange(0, 200, 10.0), np.linspace(3, 3.2, 20), np.full(20, 1.5)])


def test_units_words_and_commas_of_a_plain_table(tmp_path: Path) -> None:
    expected = RECORDS * (60, 1, 1e-3)
    names = ["Test Time / s", "Voltage / V", "Current / A"]
    for path in (
        plain(tmp_path / "a.csv", "t/min,U/V,I/mA", RECORDS),
        plain(tmp_path / "b.csv", "Time (min),Voltage (V),Current (mA)", RECORDS),
        plain(tmp_path / "c.csv", "Time [min]\tPotential [V]\tCurrent [mA]", RECORDS, "\t"),
    ):
        assert np.allclose(read(path).data.select(names).to_numpy(), expected, rtol=1e-12)
    text = (tmp_path / "a.csv").read_text().replace(",", ";").replace(".", ",")
    assert np.allclose(read(written(tmp_path / "d.csv", text)).data.select(names).to_numpy(), expected, rtol=1e-12)
    with pytest.raises(ReadError, match="is of no format that Byssus knows"):
        read(plain(tmp_path / "e.csv", "time,voltage,current", RECORDS))


def test_a_plain_table_that_is_broken(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.csv", "t/s,U/V,I/mA", RECORDS)
    text = path.read_text()
    table = read(written(path, text[:-8]))
    assert (table.rows, "truncated" in codes(table)) == (19, True)
    with pytest.raises(ReadError, match=r"line 3, I/mA: 'x'.*is not a number|line 3.*I/mA.*'x'"):
        read(written(path, text.replace("1.5", "x", 2).replace("x", "1.5", 1)))
    with pytest.raises(ReadError, match="holds no whole record"):
        read(written(path, "t/s,U/V,I/mA\n"))


# The door


def test_conditions_are_shown_and_survive_the_disk(real: Real, tmp_path: Path) -> None:
    out = tmp_path / "table.parquet"
    shown = CliRunner().invoke(app, ["read", str(real(CHI)), "--out", str(out)])
    assert shown.exit_code == 0, shown.output
    assert re.search(r"scan rate +40 mV/s", shown.output)
    answer = json.loads(CliRunner().invoke(app, ["read", str(real(CHI)), "--json"]).output)
    assert answer["table"]["conditions"]["scan rate"] == {"value": 40.0, "unit": "mV/s", "uncertainty": None}
    assert Table.read_parquet(out).metadata.conditions == read(real(CHI)).metadata.conditions
