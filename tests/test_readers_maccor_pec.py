"""Maccor text and PEC .csv: real files against their own counters, and files that are broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import integrated_steps, one_line

from byssus.errors import ReadError
from byssus.measured import read as door
from byssus.measured.door import InstrumentFile
from byssus.measured.readers import maccor, pec
from byssus.measured.tables import VENDOR, Table

Real = Callable[[str], Path]
TEXT = "cycler_maccor/maccor_001.txt"
RAW = "cycler_maccor/PreDiag_000229_000229_truncated.034"
PEC = "cycler_pec/pec.csv"
BOTH = (maccor.READER, pec.READER)


@pytest.fixture(autouse=True)
def _readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "READERS", BOTH)


def steps(table: Table) -> pl.DataFrame:
    return integrated_steps(table, pl.col("Cycle Count / 1").first())


@pytest.mark.parametrize(
    ("name", "rows", "end", "count", "cycles"),
    [
        # 2 d 02:52:51.57.
        (TEXT, 6704, 183171.57, 24, [0]),
        (RAW, 4061, 82621.28, 7, [0, 1]),
        (PEC, 16255, 323010.183, 8, [0, 1, 2]),
    ],
)
def test_rows_end_steps_and_cycles(real: Real, name: str, rows: int, end: float, count: int, cycles: list[int]) -> None:
    table = door.read(real(name))
    assert table.rows == rows
    assert table.data["Test Time / s"][-1] == pytest.approx(end, abs=1e-4)
    assert table.data["Step Count / 1"].max() == count
    assert table.data["Cycle Count / 1"].unique(maintain_order=True).to_list() == cycles
    assert [finding.code for finding in table.findings if finding.severity != "note"] == []
    (reader,) = [reader for reader in BOTH if reader.recognises(InstrumentFile(real(name)))]
    assert reader.read(InstrumentFile(real(name))).data.height == rows


@pytest.mark.parametrize("name", [TEXT, RAW, PEC])
def test_charge_and_energy_of_each_step_against_the_integrals(real: Real, name: str) -> None:
    summary = steps(door.read(real(name)))
    # The last step of the raw file is its one record.
    moving = summary.filter((pl.col("Cell Direction") != "rest") & (pl.col("records") > 1))
    capacity = moving["Step Cumulative Capacity / Ah"].to_numpy()
    assert capacity == pytest.approx(np.abs(moving["charge"].to_numpy()), rel=0.01)
    assert moving["Step Cumulative Energy / Wh"].to_numpy() == pytest.approx(
        np.abs(moving["work"].to_numpy()), rel=0.01
    )
    assert (np.sign(moving["charge"]) == np.where(moving["Cell Direction"] == "charge", 1, -1)).all()
    resting = summary.filter(pl.col("Cell Direction") == "rest")
    assert resting.height > 1
    assert resting["Step Cumulative Capacity / Ah"].max() == 0


def test_maccor_takes_the_sign_from_state_and_the_time_from_days_and_hours(real: Real) -> None:
    table = door.read(real(TEXT))
    summary = steps(table)
    words = {"R": "rest", "C": "charge", "D": "discharge", "O": "rest"}
    first = table.data.group_by("Step Count / 1", maintain_order=True).agg(pl.col("Step Type").unique())
    assert [words[one] for (one,) in first["Step Type"]] == summary["Cell Direction"].to_list()
    assert table.data["Current / A"].min() == -10.01831
    assert table.data["Test Time / s"][3] == pytest.approx(9.31)
    # Amp-hr at the ends of the first discharge and of the charge in two steps after it.
    assert summary["Step Cumulative Capacity / Ah"].to_list()[1:5] == [0.63781, 0.0, 3.36871, 1.15388]
    assert summary["charge"][6] == pytest.approx(-4.54403, rel=1e-4)
    assert table.data[f"{VENDOR}Aux #16 Units"][0] == "C"
    assert table.metadata.started == "2020-12-11T12:22:12"
    assert table.metadata.instrument.channel == "1"
    assert table.metadata.vendor["Filename"] == "M50_Validation_0deg_01"
    assert table.metadata.vendor["Description"] is None
    assert table.metadata.instrument.resolution["Current / A"] == pytest.approx(1e-5)
    assert "Test Time / s" not in table.metadata.instrument.resolution
    assert "no time zone" in table.metadata.missing["Unix Time / s"]


def test_maccor_raw_text(real: Real) -> None:
    table = door.read(real(RAW))
    assert table.data["Current / A"].min() == pytest.approx(-0.6985580224)
    assert steps(table).select("Step ID", "Cycle Count / 1").rows() == [
        *(("1", 0), ("2", 0), ("3", 0), ("5", 0), ("6", 0), ("5", 1), ("6", 1))
    ]
    # N/A is no number and no word.
    assert table.data[f"{VENDOR}WF Chg Cap"].null_count() == table.rows
    assert table.metadata.vendor["Procedure"] == "PreDiag_000229.000"
    assert table.metadata.vendor["Filename"] == r"E:\Backup\STANFORD LOANER #1\PreDiag_000229_000229.034"
    assert table.metadata.vendor["Comment/Barcode"] == "000229"
    assert table.metadata.instrument.resolution["Voltage / V"] == pytest.approx(1e-8)


def test_pec_counts_in_cycles_and_the_table_in_steps(real: Real) -> None:
    table = door.read(real(PEC))
    summary = steps(table)
    assert summary["Step ID"].to_list() == ["0", "1", "2", "8", "9", "10", "11", "8"]
    capacity = summary["Step Cumulative Capacity / Ah"].to_list()
    assert capacity == pytest.approx([0, 11.634168, 0, 44.424915, 0, 44.351991, 0, 44.25893])
    # In the discharge the charge counter of its cycle still stands at the end of the charge.
    assert table.data.filter(pl.col("Step Count / 1") == 6)[f"{VENDOR}Charge Capacity (mAh)"].min() == 44424.915
    energy = summary["Step Cumulative Energy / Wh"]
    assert energy.to_list()[3:6:2] == pytest.approx([148.356771, 144.897131], rel=1e-6)
    assert table.data["Voltage / V"][0] == pytest.approx(3.272632)
    assert table.data["Ambient Temperature / degC"][0] == 25.83
    assert table.data["Ambient Temperature / degC"].null_count() > 10_000
    assert table.data[f"{VENDOR}Shelf"][0] == "001"
    assert table.metadata.started == "2019-02-22T16:23:26"
    assert table.metadata.vendor["TestRegime Name"] == "SAFT VL43EFe dQdV C/25"
    assert table.metadata.vendor["RESULTS CHECK"] == "ReqYear,Test,CellNr,Type,Value,Reason; 2019,187,1,1,3272,3"
    assert table.metadata.instrument.channel == "SBT0550-001-1"
    assert table.metadata.instrument.resolution["Voltage / V"] == pytest.approx(1e-7)


def test_only_these_files_are_claimed(real: Real) -> None:
    folder = real(PEC).parent.parent
    expected = {TEXT: ["maccor-text"], RAW: ["maccor-text"], PEC: ["pec-csv"]}
    for path in folder.rglob("*"):
        if path.is_file():
            file = InstrumentFile(path)
            claimed = [reader.name for reader in BOTH if reader.recognises(file)]
            assert claimed == expected.get(path.relative_to(folder).as_posix(), []), path


MACCOR_HEADING = "Rec#\tCyc#\tStep\tTest (Sec)\tStep (Sec)\tAmp-hr\tAmps\tVolts\tState\tDPt Time\tVAR1\n"


def write_maccor(
    path: Path, records: int = 30, *, heading: str = MACCOR_HEADING, tail: str = "", states: str = "CD"
) -> Path:
    """Write records of 2 A, half of them in each state, 60 s apart."""
    lines = []
    for n in range(records):
        step, since = divmod(n, records // 2)
        charge = f"{since * 2 / 60:.5f}"
        fields = (
            n + 1,
            0,
            step + 1,
            f"{60.0 * n:.4f}",
            f"{60.0 * since:.4f}",
            charge,
            "2.00000",
            f"{3.2 + n * 0.01:.5f}",
        )
        lines.append("\t".join(map(str, (*fields, states[step], f"01/02/2020 10:{n:02}:00", "0.00000"))))
    head = "Today's Date 09/01/2020  Date of Test:\t02/01/2020\t Filename:\tC:\\a.001 Procedure: p.000\n"
    path.write_text(head + heading + "\n".join(lines) + "\n" + tail)
    return path


PEC_HEADING = (
    "Test,Cell,Rack,Shelf,Position,Step,Cycle,Total Time (Seconds),Step Time (Seconds),Position Start Time,Voltage (mV),"
    "Current (mA),Charge Capacity (mAh),Discharge Capacity (mAh),Charge Capacity (mWh),Discharge Capacity (mWh),\n"
)


def write_pec(
    path: Path, records: int = 30, *, heading: str = PEC_HEADING, tail: str = "", cells: tuple[int, ...] = (1,)
) -> Path:
    lines = []
    for cell in cells:
        for n in range(records):
            step, since = divmod(n, records // 2)
            up = f"{(records // 2 if step else since) * 10.0}"
            down = f"{since * 10.0 if step else 0}"
            fields = (
                7,
                cell,
                "R",
                "001",
                cell,
                step,
                0,
                n * 36,
                since * 36,
                "03/04/2020 01:02:03",
                3000 + n,
                1000 - 2000 * step,
            )
            lines.append(",".join(map(str, (*fields, up, down, up, down))) + ",")
    path.write_text("Test:,7,\n#RESULTS CHECK\nx,y,\n#END RESULTS CHECK\n" + heading + "\n".join(lines) + "\n" + tail)
    return path


def test_units_are_those_of_the_heading(tmp_path: Path) -> None:
    base = door.read(write_maccor(tmp_path / "a.txt"))
    heading = MACCOR_HEADING.replace("Amp-hr", "mAmp-hr").replace("Amps", "mAmps").replace("Volts", "mVolts")
    small = door.read(write_maccor(tmp_path / "b.txt", heading=heading.replace("(Sec)", "(Min)")))
    for name, ratio in {
        "Current / A": 1e-3,
        "Voltage / V": 1e-3,
        "Step Cumulative Capacity / Ah": 1e-3,
        "Test Time / s": 60,
        "Step Time / s": 60,
    }.items():
        assert small.data[name].to_list() == pytest.approx((base.data[name] * ratio).to_list()), name
    pec_base = door.read(write_pec(tmp_path / "a.csv"))
    other = (
        PEC_HEADING.replace("(mA)", "(A)")
        .replace("(mV)", "(V)")
        .replace("(mAh)", "(Ah)")
        .replace("(Seconds)", "(Hours)")
    )
    pec_other = door.read(write_pec(tmp_path / "b.csv", heading=other))
    assert pec_other.data["Current / A"][0] == pytest.approx(1000 * pec_base.data["Current / A"][0])
    assert pec_other.data["Voltage / V"][0] == pytest.approx(1000 * pec_base.data["Voltage / V"][0])
    assert pec_other.data["Test Time / s"][-1] == pytest.approx(3600 * pec_base.data["Test Time / s"][-1])
    name = "Step Cumulative Capacity / Ah"
    assert pec_other.data[name][-1] == pytest.approx(1000 * pec_base.data[name][-1])


def test_a_maccor_time_without_unit_must_name_its_hours(tmp_path: Path) -> None:
    path = write_maccor(tmp_path / "a.txt", heading=MACCOR_HEADING.replace("Test (Sec)", "TestTime"))
    with pytest.raises(ReadError, match=r"line 3: TestTime: '0\.0000' is not a time h:mm:ss") as caught:
        door.read(path)
    one_line(caught.value, path)


def test_a_current_in_a_state_without_direction_is_a_finding(tmp_path: Path) -> None:
    table = door.read(write_maccor(tmp_path / "a.txt", states="DW"))
    assert table.data["Current / A"].to_list() == [-2.0] * 15 + [2.0] * 15
    (message,) = [finding.message for finding in table.findings if finding.code == "direction-unknown"]
    assert message == "15 records in the state W have a current without direction, taken as charge"


def test_a_step_that_runs_again_is_another_step(tmp_path: Path) -> None:
    path = write_maccor(tmp_path / "a.txt", states="CC")
    lines = path.read_text().split("\n")
    lines = [line.replace("\t0\t2\t", "\t0\t1\t", 1) for line in lines]
    path.write_text("\n".join(lines))
    assert door.read(path).data["Step Count / 1"].to_list() == [1] * 15 + [2] * 15


def test_a_start_that_can_be_read_in_two_ways_is_missing(tmp_path: Path) -> None:
    for path in (write_maccor(tmp_path / "a.txt"), write_pec(tmp_path / "a.csv")):
        metadata = door.read(path).metadata
        assert metadata.started is None
        assert "day or month first" in metadata.missing["started"]
        path.write_text(path.read_text().replace("01/02/2020", "21/02/2020").replace("03/04/2020", "23/04/2020"))
        started = door.read(path).metadata.started
        assert started is not None
        assert started.startswith(("2020-02-21", "2020-04-23"))


def test_a_file_of_several_cells_names_them(tmp_path: Path) -> None:
    path = write_pec(tmp_path / "a.csv", cells=(1, 2, 5))
    with pytest.raises(
        ReadError, match=r"holds 3 cells .*Test 7, Cell 1, Rack R, Shelf 001, Position 1; .*Cell 5"
    ) as caught:
        door.read(path)
    assert "export each cell by itself" in one_line(caught.value, path)


@pytest.mark.parametrize("column", ["Cyc#", "Amps", "Step (Sec)"])
def test_a_missing_column_of_maccor_is_named(tmp_path: Path, column: str) -> None:
    path = write_maccor(tmp_path / "a.txt", heading=MACCOR_HEADING.replace(column, "other"))
    named = {"Step (Sec)": "StepTime"}.get(column, column)
    with pytest.raises(ReadError, match=rf"line 2: lacks the column '{named}'") as caught:
        door.read(path)
    one_line(caught.value, path)


@pytest.mark.parametrize("column", ["Voltage (mV)", "Current (mA)", "Step Time (Seconds)", "Discharge Capacity (mAh)"])
def test_a_missing_column_of_pec_is_named(tmp_path: Path, column: str) -> None:
    path = write_pec(tmp_path / "a.csv", heading=PEC_HEADING.replace(column, "other"))
    with pytest.raises(ReadError, match=r"line 5: lacks the column '" + column.split(" (", maxsplit=1)[0]) as caught:
        door.read(path)
    one_line(caught.value, path)


def test_a_number_that_is_none_is_named_with_line_and_field(tmp_path: Path) -> None:
    path = write_maccor(tmp_path / "a.txt")
    path.write_text(path.read_text().replace("3.25000", "3.2x"))
    with pytest.raises(ReadError, match=r"line 8: Volts: '3\.2x' is not a number") as caught:
        door.read(path)
    one_line(caught.value, path)
    path = write_pec(tmp_path / "a.csv")
    path.write_text(path.read_text().replace(",3005,", ",,"))
    with pytest.raises(ReadError, match=r"line 11: Voltage \(mV\): '' is not a number") as caught:
        door.read(path)
    one_line(caught.value, path)


@pytest.mark.parametrize(
    ("write", "tail"),
    [
        (write_maccor, "31\t0\t2\t1800.0000"),
        (write_maccor, "31\t0\t2\t1800.0000\t900.0000\t0.5\t2.00000\t3.5\tD\t01/02/2020 10:30:00\t0.0"),
        (write_pec, "7,1,R,001,1,1,0,1080,"),
        (write_pec, "7"),
    ],
)
def test_a_file_cut_off_yields_its_whole_records(tmp_path: Path, write: Callable[..., Path], tail: str) -> None:
    table = door.read(write(tmp_path / "a", tail=tail))
    assert table.rows == 30
    assert "truncated" in [finding.code for finding in table.findings]
    table = door.read(write(tmp_path / "b"))
    assert table.rows == 30
    assert "truncated" not in [finding.code for finding in table.findings]


@pytest.mark.parametrize("write", [write_maccor, write_pec])
def test_a_file_without_records_is_an_error(tmp_path: Path, write: Callable[..., Path]) -> None:
    path = tmp_path / "a"
    path.write_text((MACCOR_HEADING if write is write_maccor else PEC_HEADING).rstrip("\n"))
    with pytest.raises(ReadError, match="holds no whole record"):
        door.read(path)
    for tail in ("", "7,1", "1\t0"):
        path = write(tmp_path / "a", records=0, tail=tail) if write is write_pec else write(tmp_path / "a", records=2)
        if write is write_maccor:
            path.write_text("\n".join(path.read_text().split("\n")[:2]) + "\n" + tail)
        with pytest.raises(ReadError, match=r"holds no whole record") as caught:
            door.read(path)
        one_line(caught.value, path)


def test_a_heading_of_endless_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(MACCOR_HEADING.rstrip("\n") + "\tx" * 100_000 + "\n1\n")
    with pytest.raises(ReadError, match=r"has a heading of 100011 columns|of no format"):
        door.read(path)
