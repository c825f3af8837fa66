"""The Arbin readers: against the file's own tables, other programs, the cells of the sheet, and damage."""

from __future__ import annotations

import functools
import io
import random
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from shared import LAND, LANDT, NEWARE, workbook

from byssus.conventions import Configuration
from byssus.errors import ReadError
from byssus.measured.door import InstrumentFile, Reading
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.measured.readers import arbin_res, arbin_text
from byssus.measured.readers.jet import Jet
from byssus.measured.tables import Table

Real = Callable[[str], Path]
READERS = (arbin_res.READER, arbin_text.CSV_READER, arbin_text.XLSX_READER)
FOLDER = "cycler_arbin/"
RES = FOLDER + "20160805_test001_45_cc_01.res"
EXAMPLE = FOLDER + "arbin_example.res"
CSV = FOLDER + "2017-05-09_test-TC-contact_CH33.csv"
XLSX = FOLDER + "bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx"
TWINS = [FOLDER + f"20160805_test001_{name}.res" for name in ("45_cc_02", "46_cc_01", "47_cc_01")]
RECORDS = "Channel_Normal_Table"
CAPACITY, ENERGY = "Step Cumulative Capacity / Ah", "Step Cumulative Energy / Wh"
TIME, CURRENT, STEP = "Test Time / s", "Current / A", "Step Count / 1"


@pytest.fixture(autouse=True)
def _readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byssus.measured.read.READERS", READERS)


def reading(path: Path) -> Reading:
    file = InstrumentFile(path)
    (reader,) = (reader for reader in READERS if reader.recognises(file))
    return reader.read(file)


def step_ends(table: Table | Reading) -> pl.DataFrame:
    return table.data.group_by(STEP, maintain_order=True).agg(
        pl.last("Cycle Count / 1")
        if "Cycle Count / 1" in table.data.columns
        else pl.lit(None).alias("Cycle Count / 1"),
        pl.col(CURRENT).mean().alias("mean"),
        pl.last(CAPACITY),
        pl.len().alias("records"),
    )


@functools.cache
def witness(path: Path, table: str) -> pl.DataFrame:
    """A table of the database as access-parser reads it."""
    from access_parser import AccessParser

    return pl.DataFrame(dict(AccessParser(str(path)).parse_table(table)), infer_schema_length=None, strict=False)


# What the files hold


@pytest.mark.parametrize(
    ("name", "rows", "end", "steps", "cycles"),
    [
        (RES, 10261, 859077.2406335169, 103, 18),
        *((twin, 10261, 859077.2406335169, 103, 18) for twin in TWINS),
        (EXAMPLE, 2150, 345733.3894574374, 17, 5),
        (XLSX, 4526, 1204815.81068, 5, 1),
        (CSV, 287, 1022.8913, 3, None),
    ],
)
def test_rows_end_steps_and_cycles(
    real: Real, name: str, rows: int, end: float, steps: int, cycles: int | None
) -> None:
    table = read(real(name), sample=Sample(configuration=Configuration.HALF))
    assert table.rows == rows
    assert table.data[TIME][-1] == pytest.approx(end, abs=1e-6)
    assert table.data[STEP].max() == steps
    if cycles is None:
        assert "numbers no cycles" in table.metadata.missing["Cycle Count / 1"]
    else:
        assert table.data["Cycle Count / 1"].max() == cycles
    assert not {"truncated", "malformed-records", "several-tests", "time-backwards", "sign-against-voltage"} & {
        finding.code for finding in table.findings
    }


@pytest.mark.parametrize("name", [RES, EXAMPLE, XLSX, CSV])
def test_the_counter_is_the_integral_of_the_current(real: Real, name: str) -> None:
    data = reading(real(name)).data
    checked = 0
    for step in data.partition_by(STEP):
        current, time = step[CURRENT].to_numpy(), step[TIME].to_numpy()
        if len(step) < 20 or abs(current.mean()) < 1e-6:
            continue
        gained = step[CAPACITY][-1] - step[CAPACITY][0]
        assert abs(np.trapezoid(current, time)) / 3600 == pytest.approx(gained, rel=0.01)
        energy = np.trapezoid(current * step["Voltage / V"].to_numpy(), time) / 3600
        assert abs(energy) == pytest.approx(step[ENERGY][-1] - step[ENERGY][0], rel=0.01)
        checked += 1
    assert checked >= {RES: 34, EXAMPLE: 8, XLSX: 3, CSV: 2}[name]


@pytest.mark.parametrize("name", [RES, EXAMPLE])
def test_steps_add_up_to_the_files_own_totals(real: Real, name: str) -> None:
    resume = witness(real(name), "Resume_Table").row(0, named=True)
    table = reading(real(name))
    ends = step_ends(table)
    moving = ends.filter(pl.col("mean").abs() > 1e-5)
    charge, discharge = (moving.filter(sign * pl.col("mean") > 0)[CAPACITY].sum() for sign in (1, -1))
    # The totals were taken 12 s (45_01) or 1 s (example) after the last record.
    assert charge == pytest.approx(resume["TC_CCapacity1"], rel=1e-3)
    assert discharge == pytest.approx(resume["TC_DCapacity1"], rel=1e-3)


@pytest.mark.parametrize("name", [RES, EXAMPLE])
def test_times_and_voltages_of_cycles_are_those_of_the_statistics(real: Real, name: str) -> None:
    statistic = witness(real(name), "Channel_Statistic_Table")
    data = reading(real(name)).data
    by_step = data.group_by(STEP, "Cycle Count / 1", maintain_order=True).agg(
        pl.col(CURRENT).mean(), pl.last("Step Time / s"), pl.max("Voltage / V")
    )
    for number, row in enumerate(statistic.iter_rows(named=True), start=1):
        cycle = by_step.filter(pl.col("Cycle Count / 1") == number)
        for sign, column in ((1, "Charge_Time"), (-1, "Discharge_Time")):
            hours = cycle.filter(sign * pl.col(CURRENT) > 1e-5)["Step Time / s"].sum()
            assert hours == pytest.approx(row[column], rel=1e-3)
        assert cycle["Voltage / V"].max() == pytest.approx(row["Vmax_On_Cycle"], rel=1e-3)
        assert data["Cycle Count / 1"][row["Data_Point"] - 1] == number


def test_capacities_of_cycle_one(real: Real) -> None:
    # MANIFEST.csv: cycle 1 lithiation 1.7551, delithiation 1.6254 mAh, found with other programs.
    ends = step_ends(reading(real(RES))).filter(pl.col("Cycle Count / 1") == 1, pl.col("mean").abs() > 1e-5)
    assert [round(value * 1000, 4) for value in ends[CAPACITY]] == [1.7551, 1.6254]


def test_a_step_counts_from_zero_and_never_falls(real: Real) -> None:
    for name in (RES, EXAMPLE, XLSX, CSV):
        data = reading(real(name)).data
        assert data[CAPACITY].min() == 0
        falls = data.select((pl.col(CAPACITY).diff().over(STEP) < 0).sum()).item()
        assert falls == 0
        assert data[CAPACITY].null_count() == 0


def test_header_clock_and_resolution(real: Real) -> None:
    table = read(real(RES))
    about = table.metadata
    assert about.started == "2016-08-05T16:16:23.000"
    assert "no time zone" in about.missing["Unix Time / s"]
    assert (about.instrument.vendor, about.instrument.channel) == ("Arbin", "3")
    assert about.instrument.software == "4.32 Build: 130904"
    assert about.vendor["MASS"] == pytest.approx(0.00085283798)
    assert about.vendor["Serial_Number"] == "176075"
    assert str(about.vendor["Schedule_File_Name"]).endswith("24h_rest_3cyc_C20_100cyc_c10_MR.sdu")
    largest = table.data[CURRENT].abs().max()
    assert about.instrument.resolution[CURRENT] == pytest.approx(2.0**-24 * largest)  # type: ignore[operator]
    assert CAPACITY not in about.instrument.resolution
    assert table.data["Internal Resistance / ohm"][288] == pytest.approx(56.486603)


def test_header_and_clock_of_the_exports(real: Real) -> None:
    sheet = read(real(XLSX)).metadata
    assert sheet.started == "2020-10-19T11:31:45.581"
    assert (sheet.instrument.channel, sheet.instrument.software) == ("11", "PV7.0 Build: 180508USB")
    assert sheet.vendor["Serial Number"] == "206951"
    assert sheet.vendor["Start DateTime"] == "2020-10-19 11:33:31"
    assert sheet.instrument.resolution[TIME] == pytest.approx(1e-6)
    text = read(real(CSV))
    assert text.metadata.started == "2017-05-10T00:47:33.170+00:00"
    assert text.data["Unix Time / s"][0] == 1494377253.17
    # The current is a 32-bit float printed in full: its last printed digit says nothing.
    assert text.metadata.instrument.resolution[CURRENT] == pytest.approx(2.0**-24 * 6.600647, rel=1e-3)
    assert {finding.code for finding in text.findings} == {"steps-rebuilt"}


# Other programs, and the cells themselves


@pytest.mark.parametrize("name", [RES, EXAMPLE])
def test_every_value_is_that_of_access_parser(real: Real, name: str) -> None:
    theirs = witness(real(name), RECORDS).sort("Data_Point")
    ours = Jet(InstrumentFile(real(name))).table(RECORDS).frame().sort("Data_Point")
    assert ours.columns == theirs.columns
    for column in ours.columns:
        assert ours[column].cast(pl.Float64).equals(theirs[column].cast(pl.Float64)), column


@pytest.mark.parametrize("name", [RES, EXAMPLE])
@pytest.mark.parametrize("table", [RECORDS, "Global_Table", "Channel_Statistic_Table", "Event_Table"])
def test_every_value_is_that_of_mdbtools(real: Real, name: str, table: str) -> None:
    program = shutil.which("mdb-export")
    if program is None:
        pytest.skip("mdb-export of mdbtools is not installed")
    printed = subprocess.run([program, str(real(name)), table], capture_output=True, check=True).stdout
    theirs = pl.read_csv(io.BytesIO(printed), infer_schema=False)
    ours = Jet(InstrumentFile(real(name))).table(table).frame()
    assert (ours.columns, ours.height) == (theirs.columns, theirs.height)
    for column in ours.columns:
        if ours.schema[column] == pl.String:
            # As .csv it does not tell an empty text from none.
            assert [text or None for text in ours[column]] == theirs[column].to_list()
            continue
        # mdb-export prints eight digits of a single and sixteen of a double.
        digits = {pl.Float32: 1e-7, pl.Float64: 1e-15}.get(type(ours.schema[column]), 0.0)
        mine, other = (frame[column].cast(pl.Float64).to_numpy() for frame in (ours, theirs))
        np.testing.assert_allclose(mine, other, rtol=digits, atol=0)


def test_the_sheet_is_read_as_its_cells_stand(real: Real) -> None:
    with zipfile.ZipFile(real(XLSX)) as archive:
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet2.xml"))
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    cells: dict[str, list[float]] = {letter: [] for letter in "BCFGHI"}
    for row in root.findall(".//m:row", space)[1:]:
        for cell in row.findall("m:c", space):
            letter = cell.attrib["r"][0]
            if letter in cells:
                cells[letter].append(float(cell.findtext("m:v", namespaces=space) or "nan"))
    data = reading(real(XLSX)).data
    for letter, column in {
        "B": TIME,
        "C": "Step Time / s",
        "F": "Voltage / V",
        "G": CURRENT,
        "H": "vendor: Charge_Capacity(Ah)",
        "I": "vendor: Discharge_Capacity(Ah)",
    }.items():
        assert data[column].to_list() == cells[letter], column


def test_nobody_elses_file_is_taken_for_an_arbins(real: Real) -> None:
    for name in (LAND, LANDT, NEWARE):
        file = InstrumentFile(real(name))
        assert not any(reader.recognises(file) for reader in READERS)


# Databases with more in them, made from the real one


def pages(path: Path) -> list[bytearray]:
    content = path.read_bytes()
    return [bytearray(content[at : at + 4096]) for at in range(0, len(content), 4096)]


def row_starts(page: bytearray) -> list[int]:
    (count,) = struct.unpack_from("<H", page, 12)
    return list(struct.unpack_from(f"<{count}H", page, 14))


def owned(all_pages: list[bytearray], definition: int) -> list[bytearray]:
    return [page for page in all_pages if page[0] == 1 and struct.unpack_from("<I", page, 4)[0] == definition]


def definition_of(path: Path, table: str) -> int:
    return Jet(InstrumentFile(path)).catalogue[table]


def patched(path: Path, tmp_path: Path, change: Callable[[list[bytearray]], Any]) -> Path:
    all_pages = pages(path)
    change(all_pages)
    copy = tmp_path / "patched.res"
    copy.write_bytes(b"".join(all_pages))
    return copy


def test_the_first_of_several_tests_is_read(real: Real, tmp_path: Path) -> None:
    path = real(EXAMPLE)
    definition, moved = definition_of(path, RECORDS), 0

    def to_another_test(all_pages: list[bytearray]) -> None:
        nonlocal moved
        for page in owned(all_pages, definition)[-5:]:
            for start in row_starts(page):
                # Test_ID is the first fixed field.
                struct.pack_into("<i", page, start + 2, 2)
                moved += 1

    table = read(patched(path, tmp_path, to_another_test))
    assert moved > 50
    assert table.rows == 2150 - moved
    (finding,) = (finding for finding in table.findings if finding.code == "several-tests")
    assert f"2 ({moved} records)" in finding.message


def test_auxiliary_channels_become_columns(real: Real, tmp_path: Path) -> None:
    path = real(EXAMPLE)
    definition = definition_of(path, "Auxiliary_Table")

    def with_temperatures(all_pages: list[bytearray]) -> None:
        page = bytearray(4096)
        records = [(1, 1, 0, 1, 21.5), (1, 2, 0, 1, 22.5), (2, 3, 0, 1, 99.0)]
        page[0:2] = b"\1\1"
        struct.pack_into("<I", page, 4, definition)
        struct.pack_into("<H", page, 12, len(records))
        end = 4096
        for number, (test, point, index, kind, value) in enumerate(records):
            row = struct.pack("<HiihhfB", 5, test, point, index, kind, value, 0b11111)
            end -= len(row)
            page[end : end + len(row)] = row
            struct.pack_into("<H", page, 14 + 2 * number, end)
        all_pages.append(page)

    data = read(patched(path, tmp_path, with_temperatures)).data
    assert data["vendor: Auxiliary 1/0"].to_list()[:3] == [21.5, 22.5, None]


def test_deleted_and_moved_rows(real: Real, tmp_path: Path) -> None:
    path = real(EXAMPLE)
    definition = definition_of(path, RECORDS)
    whole = reading(path).data

    def change(all_pages: list[bytearray]) -> None:
        first, second = owned(all_pages, definition)[:2]
        # Delete the first row of the first page; move the second's first to a page of its own.
        struct.pack_into("<H", first, 14, row_starts(first)[0] | 0x8000)
        start = row_starts(second)[0]
        far = bytearray(4096)
        far[0:2] = b"\1\1"
        far[4:8] = b"LVAL"
        struct.pack_into("<H", far, 12, 1)
        struct.pack_into("<H", far, 14, start)
        far[start:] = second[start:]
        second[start:] = b"\0" * (4096 - start)
        struct.pack_into("<I", second, start, len(all_pages) << 8)
        struct.pack_into("<H", second, 14, start | 0x4000)
        all_pages.append(far)

    table = reading(patched(path, tmp_path, change))
    assert table.data["Record Index / 1"].to_list() == list(range(2, 2151))
    assert table.data["Voltage / V"].equals(whole["Voltage / V"][1:])
    assert [finding.code for finding in table.findings] == ["truncated"]


def test_a_definition_that_bites_its_tail_ends(real: Real, tmp_path: Path) -> None:
    definition = definition_of(real(EXAMPLE), RECORDS)

    def bite(all_pages: list[bytearray]) -> None:
        struct.pack_into("<I", all_pages[definition], 4, definition)

    with pytest.raises(ReadError, match=f"definition of the table {RECORDS}"):
        reading(patched(real(EXAMPLE), tmp_path, bite))


def test_more_rows_than_the_file_can_hold_are_refused(real: Real, tmp_path: Path) -> None:
    definition = definition_of(real(EXAMPLE), RECORDS)

    def fill(all_pages: list[bytearray]) -> None:
        page = bytearray(4096)
        page[0:2] = b"\1\1"
        struct.pack_into("<I", page, 4, definition)
        struct.pack_into("<H", page, 12, 680)
        for number in range(680):
            struct.pack_into("<H", page, 14 + 2 * number, 4092 - 4 * number)
            struct.pack_into("<H", page, 4092 - 4 * number, 1)
        all_pages.extend([page] * 200)

    with pytest.raises(ReadError, match=f"{RECORDS} claims 138150 rows"):
        reading(patched(real(EXAMPLE), tmp_path, fill))


def test_a_value_that_is_no_number_is_named(real: Real, tmp_path: Path) -> None:
    path = real(EXAMPLE)
    definition = definition_of(path, RECORDS)
    field = next(field for field in Jet(InstrumentFile(path)).table(RECORDS).fields if field.name == "Voltage")

    def infinite(all_pages: list[bytearray]) -> None:
        page = owned(all_pages, definition)[0]
        struct.pack_into("<f", page, row_starts(page)[4] + 2 + field.offset, float("inf"))

    with pytest.raises(ReadError, match=r"Data_Point 5: Voltage: inf is not a number"):
        reading(patched(path, tmp_path, infinite))


def test_other_access_databases(real: Real, tmp_path: Path) -> None:
    def older(all_pages: list[bytearray]) -> None:
        all_pages[0][20] = 0

    with pytest.raises(ReadError, match="Access 97"):
        reading(patched(real(EXAMPLE), tmp_path, older))
    content = (
        real(EXAMPLE).read_bytes().replace(RECORDS.encode("utf-16-le"), "Channel_Curious_Cats".encode("utf-16-le"))
    )
    (tmp_path / "other.mdb").write_bytes(content)
    assert not arbin_res.READER.recognises(InstrumentFile(tmp_path / "other.mdb"))


# Text in the shapes that Arbin's programs give it

HEADINGS = {
    "first": "Data_Point,Date_Time,Test_Time(s),Step_Time(s),Step_Index,Cycle_Index,Current(A),Voltage(V),"
    "Charge_Capacity(Ah),Discharge_Capacity(Ah),Charge_Energy(Wh),Discharge_Energy(Wh)",
    "second": "Data Point,Date Time,Test Time (s),Step Time (s),Step Index,Cycle Index,Current (A),Voltage (V),"
    "Charge Capacity (Ah),Discharge Capacity (Ah),Charge Energy (Wh),Discharge Energy (Wh)",
}


def lines(heading: str = HEADINGS["first"], date: str = "2020-10-19 11:31:{second:02d}.500") -> list[str]:
    """Two steps of 1 A for 10 s each, the counters reset between them."""
    made = [heading]
    for n in range(20):
        since = n % 10 + 1
        charge, discharge = (since / 3600, 0) if n < 10 else (0, since / 3600)
        made.append(
            f"{n + 1},{date.format(second=n + 1, day=n + 1)},{n + 1}.000,{since}.000,{1 + n // 10},1,{1 if n < 10 else -1}.0000,"
            f"3.{n:02d}00,{charge:.9f},{discharge:.9f},{3.3 * charge:.9f},{3.3 * discharge:.9f}"
        )
    return made


def written(path: Path, made: list[str], end: str = "\n") -> Path:
    path.write_text("\n".join(made) + end, encoding="utf-8")
    return path


@pytest.mark.parametrize("generation", HEADINGS)
@pytest.mark.parametrize("shape", ["plain", "preamble", "quoted", "semicolons", "trailing comma"])
def test_generations_and_shapes_of_text(tmp_path: Path, generation: str, shape: str) -> None:
    made = lines(HEADINGS[generation])
    if shape == "preamble":
        made = ["Arbin test,,,", "", *made]
    elif shape == "quoted":
        made = ['"' + line.replace(",", '","') + '"' for line in made]
    elif shape == "semicolons":
        made = [made[0].replace(",", ";"), *(line.replace(",", ";").replace(".", ",") for line in made[1:])]
    elif shape == "trailing comma":
        made = [line + "," for line in made]
    table = read(written(tmp_path / "a.csv", made))
    assert table.rows == 20
    assert step_ends(table)[CAPACITY].to_list() == pytest.approx([10 / 3600, 10 / 3600], abs=1e-9)
    assert table.data["Step ID"].to_list() == ["1"] * 10 + ["2"] * 10
    assert table.data[CURRENT].to_list() == [1.0] * 10 + [-1.0] * 10
    if shape != "semicolons":
        assert table.metadata.started == "2020-10-19T11:31:00.500"
    assert table.metadata.instrument.resolution["Voltage / V"] == pytest.approx(1e-4)


def test_units_are_converted_and_the_vendors_own_kept(tmp_path: Path) -> None:
    made = lines(HEADINGS["second"].replace("(A)", "(mA)").replace("(Ah)", "(mAh)").replace("Time (s)", "Time (h)"))
    data = read(written(tmp_path / "a.csv", made)).data
    assert data[CURRENT][0] == pytest.approx(1e-3)
    assert data[TIME][0] == pytest.approx(3600)
    assert data[CAPACITY][9] == pytest.approx(1e-2 / 3600, abs=1e-12)
    assert data["vendor: Charge Capacity (mAh)"][9] == pytest.approx(10 / 3600, abs=1e-9)


def test_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", lines(HEADINGS["second"].replace("Current (A)", "Current (mAh)")))
    with pytest.raises(ReadError, match=r"Current \(mAh\): 'mAh' is not a unit of Current"):
        read(path)


@pytest.mark.parametrize("column", ["Test_Time(s)", "Current(A)", "Voltage(V)", "Charge_Capacity(Ah)"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    name = column.split("(")[0]
    path = written(tmp_path / "a.csv", lines(HEADINGS["first"].replace(column, "Something", 1)))
    with pytest.raises(ReadError, match=f"a.csv: line 1: lacks the column '{name}'"):
        read(path)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("3.0400", "3.O4", r"line 6: Voltage\(V\): '3.O4' is not a number"),
        ("3.0400", "inf", r"line 6: Voltage: inf is not a number"),
        ("3.0400", "", r"line 6: Voltage: is missing"),
        (",1,1,1.0000,3.0400", ",1.5,1,1.0000,3.0400", r"line 6: Step_Index: 1.5 is not a whole number"),
        (",1,1,1.0000,3.0400", ",1,1e300,1.0000,3.0400", r"line 6: Cycle_Index: 1e\+300 is not a whole number"),
    ],
)
def test_a_field_that_is_no_number_is_named(tmp_path: Path, was: str, now: str, said: str) -> None:
    made = lines()
    assert was in made[5]
    made[5] = made[5].replace(was, now)
    with pytest.raises(ReadError, match=said):
        read(written(tmp_path / "a.csv", made))


def test_cut_off_text_gives_its_whole_records(tmp_path: Path) -> None:
    made = lines()
    made[-1] = made[-1][:30]
    table = read(written(tmp_path / "a.csv", made, end=""))
    assert table.rows == 19
    assert {"truncated"} == {finding.code for finding in table.findings}
    with pytest.raises(ReadError, match="no whole record"):
        read(written(tmp_path / "b.csv", [made[0], made[1][:20]], end=""))
    broken = lines()
    broken[5] = broken[5] + ",7"
    with pytest.raises(ReadError, match=r"line 6: .*1 of 20 records do not have 12 fields"):
        read(written(tmp_path / "c.csv", broken))


@pytest.mark.parametrize(
    ("date", "started"),
    [
        ("10/19/2020 11:31:{second:02d}", "2020-10-19T11:31:00.000"),
        ("{day}/3/2020 1:31:00 PM", "2020-03-01T13:30:59.000"),
        ("4/3/2020 11:31:{second:02d}", None),
        ("43983.5", "2020-06-01T11:59:59.000"),
        ("yesterday", None),
    ],
)
def test_a_date_is_never_guessed(tmp_path: Path, date: str, started: str | None) -> None:
    about = read(written(tmp_path / "a.csv", lines(date=date))).metadata
    assert about.started == started
    assert ("started" in about.missing) == (started is None)


def test_counters_that_are_reset_within_a_step_or_begin_above_zero(tmp_path: Path) -> None:
    made = [line.split(",") for line in lines()]
    # The test began before the table: the counter shows 5 Ah at its first record and is reset at the seventh.
    for row in made[1:]:
        row[2] = str(1000 + float(row[2]))
        row[10:] = ["", ""]
    for at, row in enumerate(made[1:11]):
        row[8] = str(5 + at) if at < 6 else str(at - 5)
    data = read(written(tmp_path / "a.csv", [",".join(row) for row in made])).data
    assert data[CAPACITY].to_list()[:10] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert ENERGY not in data.columns


# Workbooks


def sheet_rows() -> list[list[object]]:
    made: list[list[str]] = [line.split(",") for line in lines()]
    return [list(made[0]), *([int(r[0]), r[1], *(float(value) for value in r[2:])] for r in made[1:])]


def test_the_parts_of_a_channel_follow_each_other(tmp_path: Path) -> None:
    rows = sheet_rows()
    path = workbook(
        tmp_path / "a.xlsx",
        {
            "Channel_7_2": [rows[0], *rows[11:]],
            "Channel_7_1": rows[:11],
            "Channel_8_1": rows[:3],
            "Channel_Chart": [["nothing"]],
        },
    )
    table = read(path)
    assert table.data["Record Index / 1"].to_list() == list(range(1, 21))
    assert step_ends(table)[CAPACITY].to_list() == pytest.approx([10 / 3600] * 2, abs=1e-9)
    (finding,) = (finding for finding in table.findings if finding.code == "several-tests")
    assert "7 is read, not 8" in finding.message
    assert table.metadata.instrument.channel == "7"


def test_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    rows = sheet_rows()
    rows[4][7] = "3.3x"
    path = workbook(tmp_path / "a.xlsx", {"Channel_7_1": rows})
    with pytest.raises(ReadError, match=r"sheet Channel_7_1, row 5: Voltage\(V\): '3.3x' is not a number"):
        read(path)
    # Text that is a number does not round its neighbours.
    rows[4][7], rows[5][7] = "3.04", 3.0123456789012345
    data = read(workbook(tmp_path / "b.xlsx", {"Channel_7_1": rows})).data
    assert data["Voltage / V"].to_list()[3:5] == [3.04, 3.0123456789012345]


def test_a_sheet_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Channel_7_1": sheet_rows()})
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    sheet = content["xl/worksheets/sheet1.xml"]
    content["xl/worksheets/sheet1.xml"] = re.sub(rb'r="A21"', b'r="XFD1048576"', sheet)
    with zipfile.ZipFile(path, "w") as archive:
        for name, member in content.items():
            archive.writestr(name, member)
    with pytest.raises(ReadError, match="spans 1048576 rows to column XFD"):
        read(path)


# Damage


def one_line_or_table(path: Path) -> Table | None:
    try:
        return read(path)
    except ReadError as error:
        said = str(error)
    assert str(path) in said
    assert "\n" not in said
    return None


@pytest.mark.parametrize("name", [RES, EXAMPLE])
def test_a_cut_off_database_gives_its_whole_records(real: Real, tmp_path: Path, name: str) -> None:
    whole = read(real(name)).data
    content = real(name).read_bytes()
    rows = []
    for share in (0.01, 0.15, 0.3, 0.5, 0.7, 0.76, 0.9):
        cut = tmp_path / "cut.res"
        cut.write_bytes(content[: int(share * len(content))])
        table = one_line_or_table(cut)
        if table is None:
            continue
        rows.append(table.rows)
        if table.rows < whole.height:
            assert "truncated" in {finding.code for finding in table.findings}
        same = whole.filter(pl.col("Record Index / 1").is_in(table.data["Record Index / 1"].implode()))
        assert table.data["Voltage / V"].equals(same["Voltage / V"])
        # Without Global_Table, the start comes from the first record's date, which is good to a second.
        true = datetime.fromisoformat({RES: "2016-08-05T16:16:23", EXAMPLE: "2023-07-24T18:50:00"}[name])
        assert abs(datetime.fromisoformat(str(table.metadata.started)) - true) < timedelta(seconds=1)
    assert rows == sorted(rows)
    assert rows[0] < rows[1] < rows[2]
    assert len(rows) >= 3


def mutated(content: bytes, chance: random.Random, *, cut: bool) -> bytes:
    copy = bytearray(content)
    for _ in range(chance.choice((1, 8, 64, 1024))):
        copy[chance.randrange(32, len(copy))] = chance.randrange(256)
    return bytes(copy[: chance.randrange(1, len(copy))] if cut else copy)


@pytest.mark.parametrize("name", [RES, EXAMPLE, CSV, XLSX, "sheet"])
def test_mutated_copies_give_one_line_or_a_table(real: Real, tmp_path: Path, name: str) -> None:
    content = real(XLSX if name == "sheet" else name).read_bytes()
    chance = random.Random(name)
    tables, copies = 0, 12 if name == "sheet" else 40
    for number in range(copies):
        path = tmp_path / str(number)
        if name == "sheet":
            # A checksum guards the members of a workbook: damage one before it is packed.
            with zipfile.ZipFile(real(XLSX)) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as copy:
                for member in archive.namelist():
                    inner = archive.read(member)
                    copy.writestr(member, mutated(inner, chance, cut=False) if "sheet2.xml" in member else inner)
        else:
            path.write_bytes(mutated(content, chance, cut=number % 6 == 0))
        table = one_line_or_table(path)
        if table is not None:
            assert table.rows > 0
            tables += 1
    assert tables < copies
    if name != XLSX:
        assert tables > 0
