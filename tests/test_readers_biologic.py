"""BioLogic .mpt and .mpr: real files, the binary against its own text export, and files that are broken."""

from __future__ import annotations

import struct
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import integrated_steps, one_line

from byssus.conventions import Configuration
from byssus.errors import ReadError
from byssus.measured import read as door
from byssus.measured.door import InstrumentFile, Reading
from byssus.measured.metadata import Sample
from byssus.measured.readers import biologic_mpr, biologic_mpt
from byssus.measured.tables import VENDOR, Table

Real = Callable[[str], Path]
FOLDER = "cycler_biologic/"
PAIR = FOLDER + "gcpl.pr_182.1"
ARCHIVE = FOLDER + "bio_logic_FK155_JLGU_GE_50-2_15_m1p233mg_Li_LP30_RT_rate_stability_20230906.tar.xz"
BOTH = (biologic_mpt.READER, biologic_mpr.READER)

HEADING = "mode\tox/red\tNs\ttime/s\tdq/mA.h\tcontrol/V/mA\tEwe/V\thalf cycle\t(Q-Qo)/mA.h\t\n"


@pytest.fixture(autouse=True)
def _readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "READERS", BOTH)


def reading(path: Path) -> Reading:
    file = InstrumentFile(path)
    (reader,) = [reader for reader in BOTH if reader.recognises(file)]
    return reader.read(file)


def steps(table: Table) -> pl.DataFrame:
    return integrated_steps(table, pl.col(f"{VENDOR}Q charge/discharge/mA.h").last().alias("counter"))


def mpt(
    path: Path, records: int = 40, *, heading: str = HEADING, head: str = "", tail: str = "", comma: bool = False
) -> Path:
    """Write a short export: 1 mA charges for half the records, then discharges."""
    lines, total = [], 0.0
    for n in range(records):
        sign = 1 if n < records / 2 else -1
        between = sign * 10 / 3600 if n else 0.0
        total += between
        volts = 3.0 + (n if sign > 0 else records - n) * 0.01
        fields = ("1", "1", str(int(sign < 0)), f"{10.0 * n:.7E}", f"{between:.15E}", f"{sign:.7E}", f"{volts:.7E}")
        lines.append("\t".join((*fields, str(int(sign < 0)), f"{total:.15E}")))
    body = "\n".join(lines) + "\n" + tail
    count = head.count("\n") + 3
    text = f"EC-Lab ASCII FILE\nNb header lines : {count}                           \n{head}{heading}"
    path.write_text(text + (body.replace(".", ",") if comma else body), encoding="cp1252")
    return path


@pytest.mark.parametrize(
    ("name", "rows", "end", "count", "half_cycles"),
    [
        ("gcpl.pr_182.1.mpt", 2533, 302518.9476075938, 23, 8),
        ("gcpl.pr_182.1.mpr", 2533, 302518.94760759384, 23, 8),
        ("gcpl.issue_175.mpr", 11399, 269881.2436514888, 21, 9),
        ("gcpl.issue_228.mpr", 10914, 346470.07518828847, 35, 22),
        ("jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr", 46102, 456309.58615131397, 14, 13),
        # 23561 records, 310 of them points of impedance spectra.
        ("biol.mpr", 23251, 76139.10400116211, 22, 0),
    ],
)
def test_rows_end_and_steps(real: Real, name: str, rows: int, end: float, count: int, half_cycles: int) -> None:
    table = door.read(real(FOLDER + name))
    assert table.rows == rows
    assert table.data["Test Time / s"][-1] == pytest.approx(end, abs=1e-6)
    assert table.data["Step Count / 1"].max() == count
    assert table.data[f"{VENDOR}half cycle"].max() == half_cycles
    assert reading(real(FOLDER + name)).data.height == rows


@pytest.mark.parametrize(
    "name",
    [
        "gcpl.pr_182.1.mpt",
        "gcpl.issue_175.mpr",
        "gcpl.issue_228.mpr",
        "jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr",
        "biol.mpr",
    ],
)
def test_charge_of_each_step_against_the_integral_of_the_current(real: Real, name: str) -> None:
    table = door.read(real(FOLDER + name))
    assert "sign-against-voltage" not in [finding.code for finding in table.findings]
    summary = steps(table)
    moving = summary.filter(pl.col("Cell Direction") != "rest")
    assert moving.height >= 4
    capacity = moving["Step Cumulative Capacity / Ah"].to_numpy()
    assert capacity == pytest.approx(np.abs(moving["charge"].to_numpy()), rel=0.01)
    assert (np.sign(moving["charge"]) == np.where(moving["Cell Direction"] == "charge", 1, -1)).all()
    # What a rest still carries is below a millionth of the smallest step that moves.
    resting = summary.filter(pl.col("Cell Direction") == "rest")
    if not resting.is_empty():
        assert resting["Step Cumulative Capacity / Ah"].max() < 1e-6 * capacity.min()  # type: ignore[operator]


def test_steps_of_the_export_in_their_order(real: Real) -> None:
    table = door.read(real(PAIR + ".mpt"), sample=Sample(configuration=Configuration.HALF))
    summary = steps(table)
    assert summary["Step ID"].to_list()[:9] == ["0", "1", "1", "1", "2", "0", "1", "1", "2"]
    assert summary["Cell Direction"].to_list()[:9] == [
        *("rest", "discharge", "discharge", "rest", "charge", "rest", "charge", "rest", "discharge")
    ]
    words = table.data.group_by("Step Count / 1", maintain_order=True).agg(pl.col("Step Type").unique())
    assert words["Step Type"].list.len().to_list() == [1] * 23
    assert words["Step Type"].list.first().to_list()[:4] == ["rest", "galvanostatic", "potentiostatic", "rest"]
    # The first half cycle is its galvanostatic and its potentiostatic step; EC-Lab's counter says the same.
    capacity = summary["Step Cumulative Capacity / Ah"]
    assert capacity[1] + capacity[2] == pytest.approx(3.25196e-3, rel=1e-6)
    assert summary["counter"][2] == pytest.approx(-3.25196, rel=1e-6)
    assert capacity[8] + capacity[9] == pytest.approx(-summary["counter"][9] / 1000, rel=1e-9)
    assert summary["Step Cumulative Energy / Wh"].to_list() == pytest.approx(summary["work"].abs().to_list(), rel=0.01)
    assert table.data["Cycle Count / 1"].max() == 4
    # A hard carbon is lithiated first; a negative current of its half cell does that.
    assert table.data.filter(pl.col("Step Count / 1") == 2)["Electrode Direction"].unique().to_list() == ["lithiation"]
    assert table.metadata.instrument.resolution["Voltage / V"] == pytest.approx(1e-7)


def test_a_current_that_is_not_recorded_is_the_quotient_that_the_export_prints(real: Real) -> None:
    text, binary = door.read(real(PAIR + ".mpt")), door.read(real(PAIR + ".mpr"))
    assert "current-derived" not in [finding.code for finding in text.findings]
    assert [finding.message for finding in binary.findings if finding.field == "Current / A"] == [
        "no current is recorded: it is the charge between records over the time between them"
    ]
    apart = (text.data["Current / A"] - binary.data["Current / A"]).abs().max()
    # Nothing but the last digits of dq and of the time, over a few tenths of a millisecond.
    assert apart is not None
    assert apart < 1e-9 * 0.25  # type: ignore[operator]


def test_the_binary_equals_its_export_in_every_common_column(real: Real) -> None:
    text, binary = door.read(real(PAIR + ".mpt")).data, door.read(real(PAIR + ".mpr")).data
    common = [name for name in binary.columns if name in text.columns]
    assert set(binary.columns) == set(common)
    assert len(common) >= 27
    # A 32-bit float has 7 decimals in the export, a double 15.
    single = {"Voltage / V"} | {f"{VENDOR}{name}" for name in ("control/V/mA", "Ece/V", "P/W")}
    computed = ("Current / A", "Step Cumulative Capacity / Ah", "Step Cumulative Energy / Wh")
    for name in common:
        if text[name].dtype != pl.Float64:
            assert text[name].equals(binary[name]), name
        if text[name].dtype != pl.Float64 or name in computed:
            continue
        apart = (text[name] - binary[name]).abs()
        digit = 10.0 ** (np.floor(np.log10(np.abs(text[name].to_numpy()) + 1e-300)) - (7 if name in single else 15))
        assert (apart.to_numpy() <= 1.01 * digit).all(), name
    # Sums of differences: the last digit is that of the largest term.
    for name, digit in zip(computed[1:], (1e-18, 1e-19), strict=True):
        assert (text[name] - binary[name]).abs().max() < 1000 * digit, name  # type: ignore[operator]


def test_the_archive_s_member_and_what_ec_lab_was_told(real: Real, tmp_path: Path) -> None:
    with tarfile.open(real(ARCHIVE)) as archive:
        member = next(one for one in archive.getmembers() if one.name.endswith("_02_GCPL_C07.mpr"))
        archive.extract(member, tmp_path, filter="data")
    table = door.read(tmp_path / member.name)
    assert table.rows == 16154
    assert table.data["Test Time / s"][0] == pytest.approx(18000.04872818732)
    assert table.metadata.started == "2023-09-06T15:18:20.995"
    header = table.metadata.vendor
    # The values of its .mpl; the file's name says 1.233 mg.
    assert header["Mass of active material / mg"] == 1.26
    assert header["Electrode surface area / cm²"] == 1.13
    assert header["Battery capacity / mA.h"] == 0.458
    assert header["Electrode material"] == "GE (Südchemie)"
    assert header["technique"] == "Galvanostatic Cycling with Potential Limitation"
    # The half cycle is counted a record after Ns: two steps, not three.
    summary = steps(table)
    assert summary.select("Cell Direction", "records").rows() == [("discharge", 8930), ("charge", 7224)]
    assert summary["counter"].to_list() == pytest.approx([-0.563607, 0.459361], rel=1e-5)
    assert summary["Step Cumulative Capacity / Ah"].to_list() == pytest.approx([0.563607e-3, 0.459361e-3], rel=1e-5)
    # The first record has none before it: the current that was set.
    assert table.data["Current / A"][0] == pytest.approx(-0.0229e-3)


def test_points_of_impedance_are_no_cycling(real: Real) -> None:
    table = door.read(real(FOLDER + "biol.mpr"))
    assert table.data[f"{VENDOR}freq/Hz"].max() == 0
    assert "310 records of impedance (freq/Hz above zero) are left out of the cycling" in [
        finding.message for finding in table.findings
    ]
    charges = steps(table).filter(pl.col("Cell Direction") == "charge")
    assert charges["Step Cumulative Capacity / Ah"].sum() == pytest.approx(4.976893e-3, rel=1e-6)


def test_other_techniques_are_refused_by_name(real: Real, tmp_path: Path) -> None:
    path = tmp_path / "other.mpt"
    text = real("cv/cv.mpt").read_text(encoding="cp1252")
    path.write_text(text.replace("Cyclic Voltammetry", "Zero Resistance Ammeter"), encoding="cp1252")
    with pytest.raises(ReadError, match="technique 'Zero Resistance Ammeter', which Byssus does not read") as caught:
        reading(path)
    one_line(caught.value, path)


def bare(source: Path, path: Path) -> Path:
    """Write an export without its header."""
    lines = source.read_text(encoding="cp1252").split("\n")
    count = int(lines[1].split(":")[1])
    path.write_text("\n".join((lines[0], "Nb header lines : 3", *lines[count - 1 :])), encoding="cp1252")
    return path


def test_without_a_name_the_columns_tell(real: Real, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="names no EC-Lab technique, and its columns are neither"):
        reading(bare(real("cv/cv.mpt"), tmp_path / "cv.mpt"))
    spectrum = reading(bare(real("eis/exampleDataBioLogic.mpt"), tmp_path / "eis.mpt"))
    assert (spectrum.kind, spectrum.data.height) == ("impedance", 43)
    assert "excitation amplitude" not in spectrum.conditions


def test_only_these_files_are_claimed(real: Real) -> None:
    folder = real(PAIR + ".mpt").parent.parent
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        file = InstrumentFile(path)
        claimed = [reader.name for reader in BOTH if reader.recognises(file)]
        expected = {".mpt": ["biologic-mpt"], ".mpr": ["biologic-mpr"]}.get(path.suffix, [])
        assert claimed == expected, path


def test_the_header_of_an_export(tmp_path: Path) -> None:
    head = (
        "\nGalvanostatic Cycling with Potential Limitation\n\nRun on channel : 7 (SN 67339)\nUser : \n"
        "Safety Limits :\n\tDo not start on E overload\nAcquisition started on : 09/06/2023 15:18:20.995\n"
        "Device : MPG-2 (SN 0328)\nEC-Lab for windows v11.43 (software)\nElectrode material : GE (Südchemie)\n"
        "Comments : 60°C\nComments : rate\nMass of active material : 1.260 mg\n at x = 0.000\n"
        "Battery capacity : 0.458 mA.h\nElectrode surface area : 1.130 cm²\nNs                  0                   1\n"
    )
    table = door.read(mpt(tmp_path / "a.mpt", head=head))
    assert table.metadata.started == "2023-09-06T15:18:20.995000"
    assert table.metadata.instrument.model == "MPG-2 (SN 0328)"
    assert table.metadata.instrument.channel == "7 (SN 67339)"
    assert table.metadata.instrument.software == "EC-Lab for windows v11.43 (software)"
    header = table.metadata.vendor
    assert header["Mass of active material"] == "1.260 mg"
    assert header["Electrode surface area"] == "1.130 cm²"
    assert header["Comments"] == "60°C; rate"
    assert header["User"] is None
    assert header["technique"] == "Galvanostatic Cycling with Potential Limitation"


def test_a_start_that_is_no_date_is_missing_with_the_reason(tmp_path: Path) -> None:
    for text in ("31/12/2023 10:00:00", "soon"):
        table = door.read(mpt(tmp_path / "a.mpt", head=f"\nModulo Bat\nAcquisition started on : {text}\n"))
        assert table.metadata.started is None
        assert "month/day/year" in table.metadata.missing["started"]
        assert table.metadata.vendor["Acquisition started on"] == text


def test_a_decimal_comma_is_the_same_table(tmp_path: Path) -> None:
    point, comma = door.read(mpt(tmp_path / "a.mpt")), door.read(mpt(tmp_path / "b.mpt", comma=True))
    assert point.data.equals(comma.data)
    assert point.data["Current / A"].to_list() == pytest.approx([1e-3] * 20 + [-1e-3] * 20)
    assert point.data["Step Count / 1"].to_list() == [1] * 20 + [2] * 20
    assert point.data["Step Cumulative Capacity / Ah"][-1] == pytest.approx(20 * 10e-3 / 3600)


def test_without_ns_and_half_cycle_the_sign_of_the_current_makes_steps(tmp_path: Path) -> None:
    path = tmp_path / "a.mpt"
    currents = [0.0, 1e-6, 0.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1e-6, 1e-6]
    body = "".join(f"{n * 10.0}\t{3 + 0.01 * n}\t{current}\t{n}\tXXX\tNaN\n" for n, current in enumerate(currents))
    heading = "time/s\tEcell/V\t<I>/mA\tdQ/mA.h\tP/W\tRdc/Ohm\n"
    path.write_text("BT-Lab ASCII FILE\nNb header lines : 4\nConstant Current\n" + heading + body)
    table = door.read(path)
    assert table.data["Step Count / 1"].to_list() == [1, 1, 1, 2, 2, 2, 3, 3, 4, 4]
    assert table.data["Cell Direction"].cast(pl.String).unique(maintain_order=True).to_list() == [
        "rest",
        "charge",
        "discharge",
    ]
    assert "steps-rebuilt" in [finding.code for finding in table.findings]
    assert table.data[f"{VENDOR}P/W"].null_count() == table.data[f"{VENDOR}Rdc/Ohm"].null_count() == 10
    # From dQ: 0 + 1 + 2 before the second step, 3 + 4 + 5 in it.
    assert table.data["Step Cumulative Capacity / Ah"][5] == pytest.approx(12e-3)


def test_the_charge_of_a_half_cycle_serves_where_no_other_is_exported(tmp_path: Path) -> None:
    path = tmp_path / "a.mpt"
    records = [(0, 0.0, 0, 0.0), (1, 3600.0, 0, 1.0), (1, 7200.0, 0, 2.0), (2, 10800.0, 1, -1.0), (2, 14400.0, 1, -2.0)]
    body = "".join(f"1\t{ns}\t{at}\t3.5\t{half}\t{charge}\n" for ns, at, half, charge in records)
    path.write_text(
        "EC-Lab ASCII FILE\nNb header lines : 3\nmode\tNs\ttime/s\tEwe/V\thalf cycle\tQ charge/discharge/mA.h\n" + body
    )
    table = door.read(path)
    # The first record takes the current of the next: nothing was set.
    assert table.data["Current / A"].to_list() == pytest.approx([1e-3, 1e-3, 1e-3, -1e-3, -1e-3])
    assert table.data["Step Cumulative Capacity / Ah"].to_list() == pytest.approx([0, 1e-3, 2e-3, 1e-3, 2e-3])


@pytest.mark.parametrize("column", ["time/s", "Ewe/V"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    path = mpt(tmp_path / "a.mpt", heading=HEADING.replace(column, "other"))
    with pytest.raises(ReadError, match=f"lacks the column '{column}'") as caught:
        reading(path)
    one_line(caught.value, path)


def test_without_current_and_charge_there_is_no_table(tmp_path: Path) -> None:
    path = mpt(tmp_path / "a.mpt", heading=HEADING.replace("dq/mA.h", "a").replace("(Q-Qo)/mA.h", "b"))
    with pytest.raises(ReadError, match=r"lacks the column '<I>/mA'"):
        reading(path)


def test_a_number_that_is_none_is_named_with_line_and_field(tmp_path: Path) -> None:
    path = mpt(tmp_path / "a.mpt", head="\nModulo Bat\n")
    lines = path.read_text().split("\n")
    lines[9] = lines[9].replace("3.0400000E+000", "3.04x").replace("3.0400000E+00", "3.04x")
    path.write_text("\n".join(lines))
    with pytest.raises(ReadError, match=r"line 10: Ewe/V: '3\.04x' is not a number") as caught:
        reading(path)
    one_line(caught.value, path)


@pytest.mark.parametrize(
    ("tail", "finding"),
    [
        ("1\t1\t1\t4.0000000E+02\t-2.7", True),
        ("1", True),
        # All fields are there, but the last number lacks its exponent.
        ("1\t1\t1\t4.0000000E+02\t-2.7E-03\t-1.0\t3.1\t1\t-5.55", True),
        ("\n\n", False),
        ("\0\0\0", False),
    ],
)
def test_an_export_cut_off_yields_its_whole_records(tmp_path: Path, tail: str, finding: bool) -> None:
    table = door.read(mpt(tmp_path / "a.mpt", tail=tail))
    assert table.rows == 40
    assert ("truncated" in [one.code for one in table.findings]) == finding


@pytest.mark.parametrize("size", [10, 60, 120, 190])
def test_an_export_without_a_whole_record_is_an_error(tmp_path: Path, size: int) -> None:
    path = mpt(tmp_path / "a.mpt")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ReadError) as caught:
        door.read(path)
    one_line(caught.value, path)


def test_many_malformed_records_are_an_error_and_one_is_a_finding(tmp_path: Path) -> None:
    path = mpt(tmp_path / "a.mpt", records=300)
    lines = path.read_text().split("\n")
    lines[53] = lines[53].replace("\t", " ", 2)
    path.write_text("\n".join(lines))
    table = door.read(path)
    assert table.rows == 299
    (message,) = [finding.message for finding in table.findings if finding.code == "malformed-records"]
    assert message == "1 records do not have 9 fields and are left out: line 54"
    path.write_text("\n".join(line.replace("\t", " ", 2) if 20 < at < 60 else line for at, line in enumerate(lines)))
    with pytest.raises(ReadError, match=r"line 22: .*39 of 300 records do not have 9 fields"):
        door.read(path)


def test_the_binary_cut_off_yields_its_whole_records(real: Real, tmp_path: Path) -> None:
    whole = door.read(real(PAIR + ".mpr"))
    content = real(PAIR + ".mpr").read_bytes()
    cut = tmp_path / "cut.mpr"
    cut.write_bytes(content[:100_000])
    table = door.read(cut)
    assert 900 < table.rows < whole.rows
    assert table.data.equals(whole.data.head(table.rows).select(table.data.columns))
    assert [finding.message for finding in table.findings if finding.code == "truncated"] == [
        f"the file ends after {table.rows} of 2533 records"
    ]


@pytest.mark.parametrize("name", ["gcpl.issue_175.mpr", "gcpl.issue_228.mpr"])
def test_a_log_cut_off_leaves_all_records(real: Real, tmp_path: Path, name: str) -> None:
    content = real(FOLDER + name).read_bytes()
    cut = tmp_path / "cut.mpr"
    cut.write_bytes(content[:-500])
    table = door.read(cut)
    assert table.data.equals(door.read(real(FOLDER + name)).data)
    assert table.metadata.started is None
    assert "truncated" in [finding.code for finding in table.findings]


def test_a_log_that_cannot_be_read_costs_only_the_start(real: Real, tmp_path: Path) -> None:
    content = bytearray(real(FOLDER + "gcpl.issue_175.mpr").read_bytes())
    at = content.rindex(b"MODULEVMP LOG")
    content[at + 300 : at + 900] = bytes(600)
    path = tmp_path / "log.mpr"
    path.write_bytes(content)
    table = door.read(path)
    assert table.rows == 11399
    assert table.metadata.started is None
    assert "cannot be read" in table.metadata.missing["started"]


def test_the_missing_extra_is_one_line(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "galvani", None)
    monkeypatch.setitem(sys.modules, "galvani.BioLogic", None)
    path = real(PAIR + ".mpr")
    with pytest.raises(ReadError, match=r"needs the extra 'biologic'.*pip install 'byssus\[biologic\]'") as caught:
        door.read(path)
    one_line(caught.value, path)
    # What it is, is known without the library.
    assert biologic_mpr.READER.recognises(InstrumentFile(path))


def test_columns_that_galvani_does_not_know(real: Real, tmp_path: Path) -> None:
    content = bytearray(real("cv/cv.mpr").read_bytes())
    at = content.index(b"MODULEVMP data")
    # The header of EC-Lab before 11.50: 6 + 51 bytes; then the count of records and of columns.
    columns_at = at + 6 + 51 + 5
    path = tmp_path / "new.mpr"
    # One, the last, is passed over: it takes what the others leave of a record.
    content[columns_at + 20 : columns_at + 22] = struct.pack("<H", 60000)
    path.write_bytes(content)
    table, whole = door.read(path), door.read(real("cv/cv.mpr"))
    assert table.data.equals(whole.data.drop(f"{VENDOR}(Q-Qo)/C"))
    assert any(finding.code == "reader-remark" and "60000" in finding.message for finding in table.findings)
    # Two with others between them could have any width.
    content[columns_at + 12 : columns_at + 14] = struct.pack("<H", 60001)
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"cannot be read by galvani.*Column ID 60001.*export it from EC-Lab as text"):
        door.read(path)
