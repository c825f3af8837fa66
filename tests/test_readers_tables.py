"""Readers of tables as they are printed: LANDdt workbooks, Neware .csv, BDF, and any table by a map."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from shared import LANDT, sheet_xml, square_wave, workbook

from byssus.analysis.cycling.cycles import analyse
from byssus.analysis.cycling.steps import steps
from byssus.conventions import Configuration, Made
from byssus.errors import ReadError, TableError
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.readers import bdf, generic, land_tabs, landt, neware_csv
from byssus.measured.readers.generic import ColumnMap, read_mapped
from byssus.measured.readers.printed import LARGEST_TEXT
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table

Real = Callable[[str], Path]
FORMATION = "cycler_land/6-6-L_Formation_and_Cap_Check_004_2.xlsx"
POWER = "cycler_land/3-1-6_PowerCheck_Cycling_004_1.xlsx"
UIO = "cycler_neware/neware_uio.csv"
BDF = "cycler_land/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.bdf.csv"
OURS = (land_tabs.READER, neware_csv.READER, bdf.READER)
ANODE = Sample(name="anode", configuration=Configuration.HALF, made=Made.EMPTY)
TIME, VOLTAGE, CURRENT, STEP = "Test Time / s", "Voltage / V", "Current / A", "Step Count / 1"
CAPACITY = "Step Cumulative Capacity / Ah"


@pytest.fixture(autouse=True)
def _wired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byssus.measured.read.READERS", OURS)


def reading(reader: Reader, path: Path) -> Reading:
    return reader.read(InstrumentFile(path))


def codes(found: Reading | Table) -> set[str]:
    return {finding.code for finding in found.findings}


def one_line_or(path: Path) -> Table | None:
    """Read a broken file: a table, or nothing after one line that names the file."""
    try:
        return read(path)
    except ReadError as error:
        text = str(error)
    assert str(path) in text
    assert "\n" not in text
    return None


def worst_integral(table: Table, digit: float, clock: float) -> float:
    """The largest gap between ∫I dt and the counter of a step, over what clock and digits allow."""
    worst = 0.0
    for (_,), step in table.data.group_by(STEP, maintain_order=True):
        if step["Cell Direction"][0] == "rest" or step.height < 3:
            continue
        current, when = step[CURRENT].abs().to_numpy(), step[TIME].to_numpy()
        integral = float(np.sum((current[1:] + current[:-1]) / 2 * np.diff(when))) / 3600
        resolution = table.metadata.instrument.resolution[CURRENT]
        allowed = (2 * clock * current.max() + resolution * (when[-1] - when[0])) / 3600 + 2 * digit
        # The trapezoid misses what a current that jumps at the step's first record does until the second.
        allowed += abs(current[1] - current[0]) * (when[1] - when[0]) / 3600
        counted = step[CAPACITY][-1] - step[CAPACITY][0]
        worst = max(worst, abs(integral - counted) / allowed)
    return worst


# LANDdt workbooks


def test_a_landdt_half_cell_is_lithiated_first(real: Real) -> None:
    table = read(real(FORMATION), sample=ANODE)
    assert table.metadata.provenance[0].reader == "land-tabs"
    assert (table.rows, table.data[STEP].max(), table.data[TIME][-1]) == (1496, 3, 3 * 3600 + 57 * 60 + 4)
    cycles = analyse(table).cycles
    first = cycles.row(0, named=True)
    assert first["Lithiation Capacity / mAh"] == pytest.approx(0.860, abs=1e-9)
    assert first["Delithiation Capacity / mAh"] == pytest.approx(0.349, abs=1e-9)
    assert first["Coulombic Efficiency / %"] == pytest.approx(100 * 0.349 / 0.860, abs=1e-6)
    # The instrument pairs the charge with the discharge after it: 0 and 96.12 %, in its own table alone.
    vendor = json.loads(str(table.metadata.vendor["Cycle-Tab"]))
    assert [row["Efficiency/%"] for row in vendor] == [0, 96.12]
    assert [(row["CapC/mAh"], row["CapD/mAh"]) for row in vendor] == [(0, 0.86), (0.349, 0.335)]
    assert "step-table-disagrees" not in codes(table)
    assert "steps-rebuilt" in codes(table)


def test_a_landdt_counter_that_runs_on_is_counted_from_zero_in_each_step(real: Real) -> None:
    table = read(real(POWER))
    assert (table.rows, table.data[STEP].max()) == (388, 3)
    ends = table.data.group_by(STEP, maintain_order=True).agg(
        pl.col(CAPACITY).max() * 1000, pl.col("Step Type").first()
    )
    assert ends["Step Type"].to_list() == ["CC-Rate", "DC-Rate", "DC-Rate"]
    assert ends[CAPACITY].to_list() == pytest.approx([0.162, 0.357, 0.633 - 0.357])
    assert "step-table-disagrees" not in codes(table)
    assert table.metadata.instrument.resolution == {TIME: 1.0, VOLTAGE: 1e-4, CURRENT: 1e-6, CAPACITY: 1e-6}


@pytest.mark.parametrize("name", [FORMATION, POWER])
def test_landdt_times_and_charges_agree_with_the_file_itself(real: Real, name: str) -> None:
    table = read(real(name))
    vendor = table.metadata.vendor
    began, ended = (datetime.fromisoformat(str(vendor[key])) for key in ("StartTime", "EndTime"))
    assert table.metadata.started == began.isoformat()
    assert (ended - began).total_seconds() == table.data[TIME][-1]
    assert json.loads(str(vendor["program"]))[-1].endswith("End")
    assert table.metadata.instrument.channel == vendor["Channel"]
    assert "time zone" in table.metadata.missing["Unix Time / s"]
    assert worst_integral(table, digit=1e-6, clock=1.0) <= 1


RECORD_HEAD = ["Record", "TestTime", "Current/mA", "Capacity/mAh", "SpeCap/mAh/g", "Voltage/V", "Energy/mWh", "CycleNo"]


def landdt(path: Path, change: Callable[[dict[str, list[list[Any]]]], None] | None = None) -> Path:
    """A day of discharge at 1 mA and a day of charge, a record an hour."""
    records: list[list[Any]] = [list(RECORD_HEAD)]
    for hour in range(49):
        half, since = (0, hour) if hour <= 24 else (1, hour - 24)
        clock = timedelta(hours=hour) if hour < 24 else f"{hour // 24}-{hour % 24:02}:00:00"
        records.append([hour + 1, clock, 1.0 if half else -1.0, float(since), 0, 0.5 + half, 0.5 * since, 1 + half])
    sheets: dict[str, list[list[Any]]] = {
        "Cycle-Tab": [["Cycle", "CapC/mAh", "CapD/mAh", "Efficiency/%"], [1, 0, 24, 0], [2, 24, 0, 0]],
        "Step-Tab": [["Step", "Mode"], [1, "DC-Rate"], [2, "CC-Rate"]],
        "Record-Tab": records,
        "Process-Tab": [
            ["TestName", "made"],
            ["Channel", "001_1"],
            ["StartTime", "2023-02-16 15:57:47"],
            ["StepNo"],
            ["1", "DC-Rate: 1 C", "Until: Time~24:00:00"],
        ],
    }
    if change:
        change(sheets)
    return workbook(path, sheets)


def test_landdt_time_is_an_excel_time_for_a_day_and_text_from_there_on(tmp_path: Path) -> None:
    table = read(landdt(tmp_path / "a.xlsx"))
    assert table.data[TIME].to_list() == [3600.0 * hour for hour in range(49)]
    assert table.data[STEP].to_list() == [1] * 25 + [2] * 24
    assert codes(table) == {"steps-rebuilt", "coarse-current", "coarse-capacity"}


def test_landdt_says_where_its_tables_disagree(tmp_path: Path) -> None:
    def other_steps(sheets: dict[str, list[list[Any]]]) -> None:
        sheets["Step-Tab"].append([3, "Rest"])

    def other_modes(sheets: dict[str, list[list[Any]]]) -> None:
        sheets["Step-Tab"][2][1] = "DC-Rate"

    def other_cycles(sheets: dict[str, list[list[Any]]]) -> None:
        sheets["Cycle-Tab"][2][1] = 26

    for change, message in (
        (other_steps, "2 steps, Step-Tab lists 3"),
        (other_modes, "go against their mode"),
        (other_cycles, "the records make 24 mAh, Cycle-Tab says 26.0"),
    ):
        found = reading(land_tabs.READER, landdt(tmp_path / "a.xlsx", change)).findings
        assert message in next(finding.message for finding in found if finding.code == "step-table-disagrees")


def test_landdt_records_that_are_none(tmp_path: Path) -> None:
    def cut(sheets: dict[str, list[list[Any]]]) -> None:
        sheets["Record-Tab"][-1][3:] = [None] * 5

    found = reading(land_tabs.READER, landdt(tmp_path / "a.xlsx", cut))
    assert found.data.height == 48
    assert "truncated" in codes(found)

    def put(row: int, column: int, value: Any) -> Callable[[dict[str, list[list[Any]]]], None]:
        return lambda sheets: sheets["Record-Tab"][row].__setitem__(column, value)

    def nothing(sheets: dict[str, list[list[Any]]]) -> None:
        del sheets["Record-Tab"][1:]

    for change, words in (
        (put(5, 2, "abc"), "tab Record-Tab, row 6: Current/mA: 'abc' is not a number"),
        (put(5, 5, None), "tab Record-Tab, row 6: Voltage/V: '' is not a number"),
        (put(30, 1, "yesterday"), "tab Record-Tab, row 31: TestTime: 'yesterday' is not a time"),
        (put(0, 5, "Volt"), "lacks the column 'Voltage/V'"),
        (put(7, 7, 1.5), "row 8: CycleNo: '1.5' is not a whole number"),
        (nothing, "holds no record"),
    ):
        with pytest.raises(ReadError, match=re.escape(words)) as caught:
            read(landdt(tmp_path / "b.xlsx", change))
        assert str(tmp_path / "b.xlsx") in str(caught.value)


def test_workbooks_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    sheets = {name: [["Record"], [1]] for name in ("Cycle-Tab", "Step-Tab", "Record-Tab", "Process-Tab")}
    far = sheet_xml([["Record"], [1]]).replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    bomb = sheet_xml([["Record"]]).replace("</sheetData>", " " * 160_000_000 + "</sheetData>")
    for name, content, words in (("far.xlsx", far, "spans more than"), ("bomb.xlsx", bomb, "unpacks to more")):
        path = workbook(tmp_path / name, sheets, {"Record-Tab": content})
        with pytest.raises(ReadError, match=words):
            read(path)


# Neware


def test_neware_csv(real: Real) -> None:
    table = read(real(UIO), sample=ANODE)
    assert table.metadata.provenance[0].reader == "neware-csv"
    # The file ends without a line break; its last record is whole all the same.
    assert (table.rows, table.data[STEP].max(), table.data["Record Index / 1"][-1]) == (9065, 32, 9065)
    assert table.data[TIME][-1] == 144 * 3600 + 2 * 60 + 18
    assert table.metadata.started == "2022-05-18T16:27:52"
    assert table.metadata.instrument.resolution[CURRENT] == pytest.approx(1e-8)
    assert codes(table) & {"truncated", "malformed-records", "sign-against-voltage", "sign-from-step-type"} == set()
    assert worst_integral(table, digit=1e-8, clock=1.0) <= 1
    # Each direction has a counter of its own beside the one that the table takes.
    for vendor, direction in (("vendor: Chg. Cap.(Ah)", "charge"), ("vendor: DChg. Cap.(Ah)", "discharge")):
        counted = table.data.filter(pl.col("Cell Direction") == direction)
        assert counted[CAPACITY].equals(counted[vendor].rename(CAPACITY))
    calendar = table.data["vendor: Date"].str.to_datetime().diff().dt.total_seconds().sum()
    assert abs(calendar - table.data[TIME][-1]) < 60


def test_neware_steps_are_those_of_the_file(real: Real) -> None:
    table = read(real(UIO), sample=ANODE)
    summary = steps(table)
    assert summary["Cell Direction"].cast(pl.String).to_list()[:9] == [
        "rest", "discharge", "rest", "discharge", "rest", "discharge", "rest", "charge", "rest",
    ]  # fmt: skip
    raw = pl.read_csv(real(UIO), infer_schema_length=None)
    of_program = raw.group_by("Cycle Index", "Step Index", maintain_order=True).agg(pl.col("Capacity(Ah)").max())
    assert summary["Capacity / Ah"].to_list() == of_program["Capacity(Ah)"].to_list()


CHINESE = (
    "数据序号,循环号,工步号,工步类型,时间,总时间,电流(mA),电压(mV),容量(mAh),能量(mWh),绝对时间,温度(℃),\n"
    "1,1,1,搁置,00:00:00.0,00:00:00.0,0,3000,0,0,2024-01-01 08:00:00,25.1,\n"
    "2,1,1,搁置,00:30:00.5,00:30:00.5,0,3000.5,0,0,2024-01-01 08:30:00,,\n"
    "3,1,2,恒流放电,00:00:00.0,00:30:00.5,-2.5,2900,0,0,2024-01-01 08:30:00,nan,\n"
    "4,1,2,恒流放电,01:00:00.0,01:30:00.5,-2.5,2800,2.5,7.1,2024-01-01 09:30:00,25.2,\n"
)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig", "utf-16"])
def test_neware_in_chinese(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CHINESE.encode(encoding))
    table = read(path)
    assert table.data[TIME].to_list() == [0, 1800.5, 1800.5, 5400.5]
    assert table.data[VOLTAGE].to_list() == [3.0, 3.0005, 2.9, 2.8]
    assert table.data[CURRENT].to_list() == [0, 0, -0.0025, -0.0025]
    assert table.data[CAPACITY].to_list() == [0, 0, 0, 0.0025]
    assert table.data[STEP].to_list() == [1, 1, 2, 2]
    assert table.data["vendor: 温度(℃)"].to_list() == [25.1, None, None, 25.2]
    assert table.metadata.started == "2024-01-01T08:00:00"
    assert table.metadata.instrument.resolution[TIME] == pytest.approx(0.1)


def test_neware_magnitudes_get_the_sign_of_their_step_and_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CHINESE.replace("-2.5", "2.5"), encoding="utf-8")
    table = read(path)
    assert table.data[CURRENT].to_list() == [0, 0, -0.0025, -0.0025]
    assert "sign-from-step-type" in codes(table)


def test_neware_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text, words in (
        (CHINESE.replace("电压(mV)", "压(mV)"), "lacks the column 'Voltage or 电压'"),
        (CHINESE.replace("电压(mV)", "电压(mA)"), "电压(mA): 'mA' cannot become V"),
        (CHINESE.replace("电压(mV)", "电压"), "电压: names no unit"),
        (CHINESE.replace(",2900,", ",29OO,"), "line 4: 电压(mV): '29OO' is not a number"),
        (CHINESE.replace("01:30:00.5", "01:75:00"), "line 5: 总时间: '01:75:00' is not a time"),
        (CHINESE.split("\n")[0] + "\n", "holds no whole record"),
        ("Cycle ID,Cap_Chg(mAh)\n,Step ID,Step Name\n,,Record ID,Time(h:min:s.ms)\n1,2\n", "layered export"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ReadError, match=re.escape(words)) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


# BDF


def test_bdf_is_the_landt_file_beside_it(real: Real) -> None:
    table, truth = read(real(BDF)), reading(landt.READER, real(LANDT)).data
    assert table.metadata.provenance[0].reader == "bdf"
    assert table.rows == 25162
    for name in (TIME, VOLTAGE, CURRENT, STEP, CAPACITY):
        assert table.data[name].equals(truth[name]), name
    assert table.metadata.instrument.resolution[CAPACITY] == pytest.approx(1e-4)
    # The unused probe reads 0: that is no temperature.
    assert "Ambient Temperature / degC" in table.metadata.missing
    assert "steps-rebuilt" not in codes(table)


def bdf_frame() -> pl.DataFrame:
    """Two cycles of discharge, rest and charge at 1 A; records on the start and the end of each step."""
    current = np.repeat([-1.0, 0.0, 1.0, -1.0, 0.0, 1.0], 5)
    when = np.concatenate([3600 * (step + np.linspace(0, 1, 5)) for step in range(6)])
    passed = np.concatenate([np.linspace(0, abs(sign), 5) for sign in (-1.0, 0.0, 1.0, -1.0, 0.0, 1.0)])
    charging = np.where(current > 0, passed, 0.0)
    discharging = np.where(current < 0, passed, 0.0)
    level = np.repeat([0, 1, 1, 1, 2, 2], 5)
    return pl.DataFrame(
        {
            TIME: when,
            VOLTAGE: 3.0 + current * passed,
            CURRENT: current,
            "Cycle Count / 1": np.repeat([1, 1, 1, 2, 2, 2], 5),
            "step": charging + discharging,
            "Step Charging Capacity / Ah": charging,
            "Step Discharging Capacity / Ah": discharging,
            "Step Net Capacity / Ah": charging - discharging,
            "Charging Capacity / Ah": charging + np.repeat([0, 0, 0, 1, 1, 1], 5),
            "Discharging Capacity / Ah": discharging + level,
            "Cycle Charging Capacity / Ah": charging,
            "Cycle Discharging Capacity / Ah": discharging + np.repeat([0, 1, 1, 0, 1, 1], 5),
        }
    )


@pytest.mark.parametrize(
    "counters",
    [
        ("Step Charging Capacity / Ah", "Step Discharging Capacity / Ah"),
        ("Step Net Capacity / Ah",),
        ("Charging Capacity / Ah", "Discharging Capacity / Ah"),
        ("Cycle Charging Capacity / Ah", "Cycle Discharging Capacity / Ah"),
    ],
)
def test_every_counter_makes_the_charge_of_the_step(tmp_path: Path, counters: tuple[str, ...]) -> None:
    frame = bdf_frame()
    frame.select(TIME, VOLTAGE, CURRENT, "Cycle Count / 1", *counters).write_parquet(tmp_path / "a.parquet")
    table = read(tmp_path / "a.parquet")
    assert table.data[STEP].to_list() == np.repeat(range(1, 7), 5).tolist()
    assert "steps-rebuilt" in codes(table)
    assert table.data[CAPACITY].to_list() == pytest.approx(frame["step"].to_list(), abs=1e-12)


def test_half_a_pair_of_counters_makes_no_capacity(tmp_path: Path) -> None:
    bdf_frame().select(TIME, VOLTAGE, CURRENT, "Charging Capacity / Ah").write_csv(tmp_path / "a.csv")
    table = read(tmp_path / "a.csv")
    assert CAPACITY not in table.data.columns
    assert "vendor: Charging Capacity / Ah" in table.data.columns


def test_a_counter_that_falls_a_little_was_not_reset(tmp_path: Path) -> None:
    step, noisy = pl.Series([1] * 5), pl.Series([5.0, 5.5, 5.4, 5.5, 6.0])
    since, falls = bdf.within_steps([noisy], step)
    assert falls == 1
    assert since.to_list() == pytest.approx([0, 0.5, 0.5, 0.6, 1.1])
    since, falls = bdf.within_steps([pl.Series([0.0, 5.0, 0.0, 0.5, 1.0])], step)
    assert (falls, since.to_list()) == (0, [0, 5, 5, 5.5, 6])
    # A column that falls all the time is no counter, and no capacity is made of it.
    falling = pl.DataFrame({TIME: [0.0, 1, 2, 3], VOLTAGE: [1.0] * 4, CURRENT: [-1.0] * 4})
    falling = falling.with_columns(
        pl.Series("Charging Capacity / Ah", [9.0, 8.5, 8, 7.5]), pl.lit(0.0).alias("Discharging Capacity / Ah")
    )
    falling.write_csv(tmp_path / "a.csv")
    table = read(tmp_path / "a.csv")
    assert CAPACITY not in table.data.columns
    assert "counter-backwards" in codes(table)


def test_bdf_steps_by_id_index_and_record_index(tmp_path: Path) -> None:
    base = bdf_frame().select(TIME, VOLTAGE, CURRENT)
    program = pl.Series(np.repeat([1, 2, 3, 1, 2, 3], 5))
    within = pl.Series(np.tile(range(1, 6), 6))
    for extra, rebuilt in (
        ({"Step ID": program.cast(pl.String)}, False),
        ({"step_index": program}, False),
        ({"step_index": within}, True),
        ({"Step Record Index / 1": within}, True),
        ({"step_count": pl.Series(np.repeat([0, 3, 4, 5, 7, 9], 5))}, False),
    ):
        base.with_columns(value.alias(name) for name, value in extra.items()).write_csv(tmp_path / "a.csv")
        table = read(tmp_path / "a.csv")
        assert table.data[STEP].to_list() == np.repeat(range(1, 7), 5).tolist(), extra
        assert ("steps-rebuilt" in codes(table)) is rebuilt, extra


def test_bdf_cycle_count_that_is_no_count_is_the_vendors(tmp_path: Path) -> None:
    frame = pl.DataFrame({"test_time_second": [0.0, 1], "voltage_volt": [1.0, 2], "current_ampere": [1.0, 1]})
    frame.with_columns(cycle_count=pl.lit(6.283185307179586)).write_csv(tmp_path / "a.csv")
    table = read(tmp_path / "a.csv")
    assert table.data["vendor: cycle_count"].to_list() == [6.283185307179586] * 2
    assert "not whole" in table.metadata.missing["Cycle Count / 1"]


def test_bdf_in_other_units_is_converted(tmp_path: Path) -> None:
    """People write BDF's quantities in the units that they think in."""
    path = tmp_path / "a.csv"
    path.write_text(
        "Test Time / min,Voltage / mV,Current / mA,Step Cumulative Capacity / mAh,Ambient Temperature / K\n"
        "0,3000,1.50,0.00,298.15\n30,3100,1.50,0.75,298.15\n60,3050,-1.50,0.00,298.15\n",
        encoding="utf-8",
    )
    table = read(path)
    assert table.metadata.provenance[-1].reader == "bdf"
    assert table.data[TIME].to_list() == [0, 1800, 3600]
    assert table.data[VOLTAGE].to_list() == [3.0, 3.1, 3.05]
    assert table.data[CURRENT].to_list() == [0.0015, 0.0015, -0.0015]
    assert table.data[CAPACITY].to_list() == [0, 0.00075, 0]
    assert table.metadata.instrument.resolution[CURRENT] == pytest.approx(1e-5)
    # No factor takes one scale of temperature to the other.
    assert table.data["vendor: Ambient Temperature / K"].to_list() == [298.15] * 3


def test_bdf_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text, words in (
        ("test_time_second,voltage_volt,current_amp\n0,1,2\n", "lacks the column 'Current / A'"),
        ("test_time_second,Test Time / s,voltage_volt,current_ampere\n0,0,1,2\n", "names 'Test Time / s' twice"),
        ("test_time_second,voltage_volt,voltage_volt,current_ampere\n0,0,1,2\n", "names two columns"),
        (
            "test_time_second,voltage_volt,current_ampere\n0,1,2\n1,one,2\n",
            "line 3: voltage_volt: 'one' is not a number",
        ),
        (
            "test_time_second,voltage_volt,current_ampere\n0,1,2\n1,NaN,2\n",
            "line 3: voltage_volt: 'NaN' is not a number",
        ),
        ("test_time_second,voltage_volt,current_ampere\n", "holds no whole record"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ReadError, match=re.escape(words)) as caught:
            read(path)
        assert str(path) in str(caught.value)


def test_a_table_of_byssus_is_not_taken_for_bdf(tmp_path: Path) -> None:
    table = square_wave([-1.0, 1.0], [1.0, 1.0])
    table.write_parquet(tmp_path / "ours.parquet")
    assert not bdf.READER.recognises(InstrumentFile(tmp_path / "ours.parquet"))
    bdf.to_bdf(table).write_parquet(tmp_path / "theirs.parquet")
    assert bdf.READER.recognises(InstrumentFile(tmp_path / "theirs.parquet"))


def test_only_cycling_is_written_as_bdf() -> None:
    frame = pl.DataFrame({"Quantity": ["m"], "Value": [1.0], "Uncertainty": [0.1], "Unit": ["g"]})
    with pytest.raises(TableError, match="scalars"):
        bdf.to_bdf(Table(frame, Metadata(kind="scalars")))


numbers = st.floats(allow_nan=False, allow_infinity=False, width=64, min_value=-1e12, max_value=1e12)
words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    rows = sum(lengths)

    def column(of: st.SearchStrategy[Any], *, gaps: bool = False) -> list[Any]:
        return draw(st.lists(st.none() | of if gaps else of, min_size=rows, max_size=rows))

    data: dict[str, Any] = {
        TIME: sorted(column(st.floats(0, 1e9))),
        VOLTAGE: column(numbers),
        CURRENT: column(numbers),
        STEP: [number for number, length in enumerate(lengths, 1) for _ in range(length)],
    }
    schema: dict[str, Any] = {TIME: pl.Float64, VOLTAGE: pl.Float64, CURRENT: pl.Float64, STEP: pl.Int64}
    for name, of, dtype in (
        (CAPACITY, st.floats(0, 1e6), pl.Float64),
        ("Step Cumulative Energy / Wh", numbers, pl.Float64),
        ("Unix Time / s", numbers, pl.Float64),
        ("Ambient Temperature / degC", st.floats(1, 90), pl.Float64),
        ("Cycle Count / 1", st.integers(0, 10**6), pl.Int64),
        ("Record Index / 1", st.integers(0, 2**50), pl.Int64),
        ("Step ID", words, pl.String),
        ("Step Type", words, pl.String),
        ("vendor: thing", numbers, pl.Float64),
    ):
        if draw(st.booleans()):
            data[name], schema[name] = column(of, gaps=True), dtype
    frame = add_directions(pl.DataFrame(data, schema=schema), None)
    return Table(frame, Metadata(kind="cycling"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_bdf_goes_out_and_comes_back_the_same(tmp_path: Path, table: Table) -> None:
    out = bdf.to_bdf(table)
    assert not [name for name in out.columns if name.startswith("vendor") or "Direction" in name]
    out.write_parquet(tmp_path / "a.parquet")
    out.write_csv(tmp_path / "a.bdf.csv")
    for name in ("a.parquet", "a.bdf.csv"):
        back = read(tmp_path / name).data
        # "nan" as a word is a word; only its cell of numbers is none.
        assert back.select(out.columns).equals(out), name


# Any table, by a map


SIMPLE: dict[str, Any] = {"time": {"column": "t(h)", "unit": "h"}, "voltage": "U/V", "current": "I [mA]"}


def mapped(path: Path, **fields: Any) -> Reading:
    return read_mapped(InstrumentFile(path), ColumnMap(**({"columns": SIMPLE} | fields)))


def test_a_map_converts_units_with_one_factor_a_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t(h),U/V,I [mA],T\n0.000,3.0,-100,a\n0.125,2.9,-100.5,b\n0.250,2.8,0,c\n0.500,2.9,7,\n")
    found = mapped(path)
    assert found.data[TIME].to_list() == [0, 450, 900, 1800]
    assert found.data[CURRENT].to_list() == [-0.1, -0.1005, 0, 0.007]
    assert found.data[STEP].to_list() == [1, 1, 2, 3]
    assert found.data["vendor: T"].to_list() == ["a", "b", "c", None]
    assert found.instrument.resolution == {TIME: pytest.approx(3.6), VOLTAGE: 0.1, CURRENT: pytest.approx(1e-4)}
    assert codes(found) == {"steps-rebuilt"}
    flipped = mapped(path, current_positive="discharges")
    assert flipped.data[CURRENT].to_list() == [0.1, 0.1005, 0, -0.007]
    kelvin = {"temperature": {"column": "I [mA]", "unit": "K"}}
    (overruled,) = (f for f in mapped(path, columns=SIMPLE | kelvin).findings if f.code == "unit-overruled")
    assert "the map says K" in overruled.message


def test_a_map_takes_a_temperature_to_its_scale(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t/s,U/V,I/A,T/K\n0,1,1,298.15\n1,1,1,273.15\n")
    columns = {"time": "t/s", "voltage": "U/V", "current": "I/A", "temperature": "T/K"}
    assert mapped(path, columns=columns).data["Ambient Temperature / degC"].to_list() == pytest.approx([25, 0])


GERMAN = "Prüfung;Zelle 3\n\nZeit;Spannung/V;Strom/mA;Bemerkung\n0:00:00,5;3,70;-1,5;\n24:00:01,5;3,65;-1,5;größer, 2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_map_reads_decimal_commas(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GERMAN.replace("0:00:00,5", "0,5").replace("24:00:01,5", "86401,5").encode(encoding))
    columns = {"time": {"column": "Zeit", "unit": "s"}, "voltage": "Spannung/V", "current": "Strom/mA"}
    found = mapped(path, columns=columns, decimal=",", skip=2)
    assert found.data[TIME].to_list() == [0.5, 86401.5]
    assert found.data[VOLTAGE].to_list() == [3.7, 3.65]
    assert found.data["vendor: Bemerkung"].to_list() == [None, "größer, 2"]
    assert found.instrument.resolution[VOLTAGE] == pytest.approx(0.01)
    path.write_bytes(GERMAN.replace("0:00:00,5", "0,5").replace("24:00:01,5", "86.401,5").encode(encoding))
    with pytest.raises(ReadError, match=r"line 5: Zeit: '86\.401,5' is not a number"):
        mapped(path, columns=columns, decimal=",", skip=2)


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-16-le", "utf-16"])
def test_a_map_reads_chinese(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("时间(min)\t电压(V)\t电流(mA)\n0\t3.5\t1\n1.5\t3.6\t1\n".encode(encoding))
    columns = {"time": "时间(min)", "voltage": "电压(V)", "current": "电流(mA)"}
    named = {"encoding": encoding} if encoding == "utf-16-le" else {}
    assert mapped(path, columns=columns, **named).data[TIME].to_list() == [0, 90]


def test_a_map_knows_time_zones(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    columns = {"unix_time": {"column": "Date", "format": "%d.%m.%Y %H:%M:%S"}, "voltage": "U/V", "current": "I/A"}
    # The night in which Oslo's clocks repeat the hour from two to three.
    hours = ["01:30:00", "02:10:00", "02:50:00", "02:10:00", "02:50:00", "03:10:00"]
    path.write_text("Date,U/V,I/A\n" + "".join(f"27.10.2024 {hour},1,1\n" for hour in hours))
    found = mapped(path, columns=columns, zone="Europe/Oslo")
    assert found.data["Unix Time / s"][0] == 1729985400
    assert found.data[TIME].to_list() == [0, 2400, 4800, 6000, 8400, 9600]
    assert "4 records are of an hour" in next(f.message for f in found.findings if f.code == "clock-repeats")
    with pytest.raises(ReadError, match="map time, or give the zone"):
        mapped(path, columns=columns)
    without = mapped(
        path,
        columns=columns | {"time": {"column": "U/V", "unit": "s"}, "voltage": "I/A"} | {"voltage": {"column": "U/V"}},
    )
    assert "gives no zone" in without.missing["Unix Time / s"]
    assert without.started == "2024-10-27T01:29:59"
    path.write_text("Date,U/V,I/A\n31.03.2024 02:30:00,1,1\n")
    with pytest.raises(
        ReadError, match=r"line 2: Date: '31.03.2024 02:30:00' is a time that the clocks of Europe/Oslo leave out"
    ):
        mapped(path, columns=columns, zone="Europe/Oslo")
    path.write_text("Date,U/V,I/A\n2024-03-31T02:30:00.250+02:00,1,1\n2024-03-31T02:30:01Z,1,1\n")
    iso = columns | {"unix_time": "Date"}
    assert mapped(path, columns=iso).data["Unix Time / s"].to_list() == [1711845000.25, 1711852201.0]
    path.write_text("Date,U/V,I/A\n31/03/2024,1,1\n")
    with pytest.raises(ReadError, match="is not a date and time"):
        mapped(path, columns=iso, zone="UTC")


def test_a_map_reads_clocks_and_counters(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["0:00:00,1,-1,7", "1:00:00,1,-1,8", "1:00:00,2,1,8", "1-01:00:00.5,2,1,9"]
    path.write_text("clock,step,I/A,Q/Ah\n" + "\n".join(lines) + "\n")
    columns = {
        "time": {"column": "clock", "unit": "h:mm:ss"},
        "voltage": {"column": "I/A", "unit": "V"},
        "current": "I/A",
        "step": "step",
        "capacity": "Q/Ah",
    }
    found = mapped(path, columns=columns)
    assert found.data[TIME].to_list() == [0, 3600, 3600, 90000.5]
    assert found.data[CAPACITY].to_list() == [0, 1, 0, 1]
    assert found.data[STEP].to_list() == [1, 1, 2, 2]
    counts = [*range(150), 148, *range(150, 199)]
    path.write_text("clock,step,I/A,Q/Ah\n" + "\n".join(f"{n}:00:00,1,-1,{q}" for n, q in enumerate(counts)) + "\n")
    (fell,) = (f for f in mapped(path, columns=columns).findings if f.code == "counter-backwards")
    assert fell.message == "the counter falls 1 times without a reset"
    path.write_text("clock,step,I/A,Q/Ah\n" + "\n".join(f"{n}:00:00,1,-1,{9 - n}" for n in range(5)) + "\n")
    with pytest.raises(ReadError, match="counts not one direction"):
        mapped(path, columns=columns)


def test_a_map_reads_workbooks_and_other_kinds(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["made by hand"], ["t(h)", "U/V", "I [mA]"], [0, 3.0, 1], [0.5, 3.125, 1]]
    path = workbook(tmp_path / "a.xlsx", {"notes": [["x"]], "data": rows})
    assert mapped(path, sheet="data", skip=1).data[TIME].to_list() == [0, 1800]
    with pytest.raises(ReadError, match="several sheets: notes, data"):
        mapped(path)
    with pytest.raises(ReadError, match="did you mean 'data'"):
        mapped(path, sheet="date")
    # A cell of text has a decimal comma; one that stores a number needs none, in the same column too.
    rows = [["t(h)", "U/V", "I [mA]"], [0, "3,25", 1], [0.5, 3.125, "1"], ["0,75", "3", 1.5]]
    path = workbook(tmp_path / "b.xlsx", {"data": rows})
    found = mapped(path, decimal=",")
    assert found.data[TIME].to_list() == [0, 1800, 2700]
    assert found.data[VOLTAGE].to_list() == [3.25, 3.125, 3]
    assert found.data[CURRENT].to_list() == [0.001, 0.001, 0.0015]
    rows[1][1] = "1.234"
    with pytest.raises(ReadError, match=r"tab data, row 2: U/V: '1\.234' is not a number"):
        mapped(workbook(path, {"data": rows}), decimal=",")
    rows[1][1], rows[3][0] = "3,25", 0.75
    with pytest.raises(ReadError, match=r"tab data, row 2: U/V: '3,25' is not a number"):
        mapped(workbook(path, {"data": rows}))
    spectrum = tmp_path / "s.csv"
    spectrum.write_text("k,A\n4000,0.1\n3999,0.2\n")
    columns = {
        "Wavenumber / cm^-1": {"column": "k", "unit": "1/cm"},
        "Absorbance / 1": "A",
    }
    found = mapped(spectrum, kind="curve", curve="infrared", columns=columns)
    assert found.data["Wavenumber / cm^-1"].to_list() == [4000, 3999]
    assert Table(found.data, Metadata(kind="curve", curve="infrared")).rows == 2


def test_a_map_refuses_what_it_would_have_to_guess(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t(h),U/V,I [mA],x,T(degC)\n0,1,2,3,25\n1,1,2,3,25\n")
    for columns, words in (
        (SIMPLE | {"voltage": "U / V"}, "voltage: lacks the column 'U / V'; did you mean 'U/V'?"),
        (SIMPLE | {"voltage": "x"}, "x: names no unit"),
        (SIMPLE | {"voltage": {"column": "x", "unit": "mA"}}, "x: 'mA' cannot become V: it measures another kind"),
        (SIMPLE | {"voltage": "T(degC)"}, "T(degC): 'degC' cannot become V"),
    ):
        with pytest.raises(ReadError, match=re.escape(words)) as caught:
            mapped(path, columns=columns)
        assert str(path) in str(caught.value)
    with pytest.raises(ReadError, match="has no 10 lines"):
        mapped(path, skip=9)
    with pytest.raises(ReadError, match="is not an encoding"):
        mapped(path, encoding="klingon")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"columns": SIMPLE | {"curent": "I"}}, "did you mean 'current'"),
        ({"columns": {"time": "t", "voltage": "U"}}, "current is required"),
        ({"columns": SIMPLE | {"Current / A": "I"}}, "mapped twice"),
        ({"decimal": ",", "separator": ","}, "cannot both"),
        ({"zone": "Europe/Olso"}, "did you mean 'Europe/Oslo'"),
        ({"sep": ";"}, "Extra inputs"),
        ({"columns": SIMPLE | {"current": {"column": "I", "unit": "wobble"}}}, "is not a unit"),
        ({"columns": SIMPLE | {"current": {"column": "I", "units": "A"}}}, "Extra inputs"),
        ({"kind": "curve", "curve": "infared", "columns": {"Wavenumber / cm^-1": "k"}}, "did you mean 'infrared'"),
    ],
)
def test_a_map_that_says_something_wrong_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        ColumnMap(**({"columns": SIMPLE} | fields))


# All of them


def test_no_reader_claims_the_file_of_another(real: Real) -> None:
    folder = real(UIO).parent.parent
    claims = {
        (reader.name, path.relative_to(folder).as_posix())
        for path in folder.rglob("*")
        if path.is_file()
        for reader in OURS
        if reader.recognises(InstrumentFile(path))
    }
    assert claims == {("land-tabs", FORMATION), ("land-tabs", POWER), ("neware-csv", UIO), ("bdf", BDF)}


@pytest.mark.parametrize("name", [UIO, BDF])
def test_a_text_cut_anywhere_gives_its_whole_records_or_one_error(real: Real, tmp_path: Path, name: str) -> None:
    content, path = real(name).read_bytes()[:40_000], tmp_path / "cut.csv"
    path.write_bytes(content[: content.rindex(b"\n") + 1])
    whole = read(path).data
    chance = random.Random(1)
    for size in [*range(0, 400, 13), *(chance.randrange(400, len(content)) for _ in range(40))]:
        path.write_bytes(content[:size] or b" ")
        if (part := one_line_or(path)) is None:
            continue
        assert part.data.select(TIME, VOLTAGE, CURRENT, STEP).equals(
            whole.head(part.rows).select(TIME, VOLTAGE, CURRENT, STEP)
        )
        lost = content[:size].count(b"\n") - part.rows
        # Unless the cut falls on the end of a record, the record it fell in is named.
        assert lost <= 1
        if lost == 1 and not content[:size].endswith(b"\n"):
            assert "truncated" in codes(part)


def test_a_workbook_cut_off_is_one_error(real: Real, tmp_path: Path) -> None:
    content, path = real(FORMATION).read_bytes(), tmp_path / "cut.xlsx"
    for share in (0.1, 0.5, 0.9, 0.999):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(ReadError, match="cut off or damaged"):
            read(path)


def test_formats_are_known_by_content(real: Real, tmp_path: Path) -> None:
    for name in (FORMATION, UIO, BDF):
        shutil.copy(real(name), tmp_path / "picture.png")
        assert read(tmp_path / "picture.png").rows == read(real(name)).rows
        (tmp_path / "picture.png").unlink()


def test_malformed_records_are_left_out_and_named(tmp_path: Path) -> None:
    lines = ["test_time_second,voltage_volt,current_ampere", *(f"{n},3.5,1.0" for n in range(300))]
    lines[100] = "99,3.5"
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    table = read(path)
    assert table.rows == 299
    assert "line 101" in next(f.message for f in table.findings if f.code == "malformed-records")
    lines[100:110] = ["1,2"] * 10
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ReadError, match="10 of 300 records do not have 3 fields"):
        read(path)


def test_hostile_text_is_refused_quickly(tmp_path: Path) -> None:
    heading = "test_time_second,voltage_volt,current_ampere"
    for name, content in (
        ("wide.csv", heading + "," + ",".join(f"c{n}" for n in range(4000)) + "\n1,2,3\n"),
        ("commas.csv", heading + "\n1,2,3\n" + "," * 5_000_000),
        ("quotes.csv", heading + ',"' + "\n" + '"' * 400_000 + "\n"),
        ("line.csv", heading + "\n" + "9" * 5_000_000),
    ):
        path = tmp_path / name
        path.write_text(content)
        table = one_line_or(path)
        assert table is None or table.rows == 1


def test_text_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.write(b"test_time_second,voltage_volt,current_ampere\n0,1,2\n")
        stream.truncate(LARGEST_TEXT + 1)
    with pytest.raises(ReadError, match="larger than Byssus reads as text"):
        read(path)


def test_generic_has_no_reader_of_its_own() -> None:
    assert not hasattr(generic, "READER")
