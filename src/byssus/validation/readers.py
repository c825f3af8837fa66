"""Readers and the first cycle analysis, against vendors' tables and reference exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from byssus.analysis.columns import EFFICIENCY, capacity_column, u
from byssus.analysis.cycling import analyse
from byssus.conventions import CapacityBasis, Configuration, Made
from byssus.errors import ByssusError
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.validation.pages import Comparison, Page

#: Allows for the last bit of a decimal number stored in binary.
_BINARY_DUST = 1e-9
_HALF = Sample(configuration=Configuration.HALF, made=Made.EMPTY)


def compare(folder: Path) -> Page:
    """Compare every reader with the truth that its files come with."""
    land, efficiency = _land(folder / "cycler_land" / "NJK_CC_156_C30_C_x30.xlsx")
    return Page(
        title="Readers",
        introduction=(
            "What the readers make of real files, against the vendor's own tables in the same file or a reference export "
            "of another program beside it. Allowed is what the truth's own last digit leaves open."
        ),
        comparisons=[
            *land,
            *_landt(folder / "cycler_land" / "SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv"),
            *_neware(folder / "cycler_neware" / "test_2.ndax"),
        ],
        remarks=[
            "LAND: the vendor computes efficiencies from more digits than it prints, Byssus from the capacities in the "
            f"records. The largest difference of the efficiencies is {efficiency:.2f} standard uncertainties of "
            "rounding as Byssus states them; √6, or 2.45, is the most that rounding two like capacities can make.",
            "LANDT: the reference labels the per-step counters `discharging_capacity_ah` and `charging_capacity_ah`, which "
            "in BDF 1.3.0 are counters that never reset; Byssus keeps their values as the vendor's columns and takes "
            "them as the step's capacity. It also labels the first temperature channel, which reads 0 "
            "throughout, the ambient temperature; Byssus keeps it as the vendor's.",
            "Neware: the reference is an earlier output of the reader library, with coarser voltages: a regression, not a "
            "truth.",
            *_every_file(folder),
        ],
    )


def _every_file(folder: Path) -> Iterator[str]:
    """Say what is made of each cycler file, or why nothing is."""
    for path in sorted(folder.glob("cycler_*/*")):
        # A Parquet here is a reference of another library, not an instrument's file.
        if path.suffix == ".parquet":
            continue
        name = f"{path.parent.name}/{path.name}"
        try:
            table = read(path)
        except ByssusError as error:
            reason = str(error).removeprefix(f"{path}: ")
            yield f"`{name}`: not read; {reason}"
            continue
        codes = sorted({finding.code for finding in table.findings})
        steps, end = table.data["Step Count / 1"][-1], table.data["Test Time / s"][-1]
        yield (
            f"`{name}`: {table.metadata.provenance[0].reader}, {table.rows:,} rows, "
            f"{steps} steps, {end:,.1f} s; "
            f"findings: {', '.join(codes) or 'none'}"
        )


def _land(path: Path) -> tuple[list[Comparison], float]:
    import fastexcel

    table = read(path, sample=_HALF)
    cycles = analyse(table).cycles
    workbook = fastexcel.read_excel(str(path))
    vendor = workbook.load_sheet("Cycle").to_polars().filter(pl.col("Index") > 0)
    record = workbook.load_sheet("Record").to_polars()
    mode = workbook.load_sheet("Mode").to_polars()
    truth = "the file's own tab Cycle"
    comparisons = [
        _compare(path, "rows", "the file's own tab Record", [table.rows], [record.height], 0, "rows"),
        _compare(
            path,
            "steps",
            "the file's own tab Mode",
            [table.data["Step Count / 1"].max()],
            [mode.height],
            0,
            "steps",
        ),
        _compare(path, "cycles", truth, [cycles.height], [vendor.height], 0, "cycles"),
    ]
    data, own = table.data, "the file's own tab Record"
    for quantity, ours, column, unit in (
        ("test time", data["Test Time / s"] / 3600, "TestTime/h", "h"),
        ("step time", data["Step Time / s"] / 3600, "StepTime/h", "h"),
        ("voltage", data["Voltage / V"], "Voltage/V", "V"),
        ("current", data["Current / A"] * 1000, "Current/mA", "mA"),
        ("step capacity", data["Step Cumulative Capacity / Ah"] * 1000, "Capacity/mAh", "mAh"),
    ):
        comparisons.append(_compare(path, quantity, own, ours, record[column], 1e-12, unit))
    for word, column in (("lithiation", "Discharge-Cap/mAh"), ("delithiation", "Charge-Cap/mAh")):
        ours = cycles[capacity_column(word, CapacityBasis.CELL)]
        comparisons.append(_compare(path, f"{word} capacity of each cycle", truth, ours, vendor[column], 1e-4, "mAh"))
    apart = (cycles[EFFICIENCY] - vendor["Efficiency/%"]).abs()
    # Both capacities are rounded by at most half a digit: that moves the ratio by at most the sum of their shares.
    digit = table.metadata.instrument.resolution["Step Cumulative Capacity / Ah"] * 1000
    most = (
        cycles[EFFICIENCY]
        * (digit / 2)
        * (
            1 / cycles[capacity_column("lithiation", CapacityBasis.CELL)]
            + 1 / cycles[capacity_column("delithiation", CapacityBasis.CELL)]
        )
        + 0.005
    )
    worst = int((apart / most).arg_max() or 0)
    comparisons.append(
        Comparison(path.name, "coulombic efficiency, worst cycle", truth, apart.len(), apart[worst], most[worst], "%")
    )
    return comparisons, float((apart / cycles[u(EFFICIENCY)]).max() or 0)  # type: ignore[arg-type]


def _landt(path: Path) -> list[Comparison]:
    table = read(path)
    reference = pl.read_csv(path.with_name(path.name.replace(".csv", ".bdf.csv")), infer_schema_length=None)
    truth = "BDF reference export"
    same = {
        "test_time_second": table.data["Test Time / s"],
        "voltage_volt": table.data["Voltage / V"],
        "current_ampere": table.data["Current / A"],
        "step_index": table.data["Step ID"].cast(pl.Float64),
        "discharging_capacity_ah": table.data["vendor: discharge_capacity_Ah"],
        "charging_capacity_ah": table.data["vendor: charge_capacity_Ah"],
        "ambient_temperature_celsius": table.data["vendor: temperature_1_C"],
    }
    units = {
        "test_time_second": "s",
        "voltage_volt": "V",
        "current_ampere": "A",
        "discharging_capacity_ah": "Ah",
        "charging_capacity_ah": "Ah",
        "ambient_temperature_celsius": "°C",
    }
    return [
        _compare(path, "rows", truth, [table.rows], [reference.height], 0, "rows"),
        _compare(
            path,
            "end time",
            truth,
            [table.data["Test Time / s"][-1]],
            [reference["test_time_second"][-1]],
            0,
            "s",
        ),
        *(_compare(path, name, truth, ours, reference[name], 0, units.get(name, "")) for name, ours in same.items()),
    ]


def _neware(path: Path) -> list[Comparison]:
    table = read(path)
    reference = pl.read_parquet(path.with_suffix(".parquet"))
    truth = "reference export of the reader library"
    data = table.data
    return [
        _compare(path, "rows", truth, [table.rows], [reference.height], 0, "rows"),
        _compare(path, "test time", truth, data["Test Time / s"], reference["Total Time"], 0, "s"),
        _compare(path, "voltage", truth, data["Voltage / V"] * 1e3, reference["Voltage(mV)"], 0.0505, "mV"),
        _compare(path, "current", truth, data["Current / A"] * 1e6, reference["Current(uA)"], 0.5, "µA"),
        _compare(
            path,
            "step capacity",
            truth,
            data["Step Cumulative Capacity / Ah"] * 3.6e6,
            reference["Capacity(mAs)"].abs(),
            0.5,
            "mAs",
        ),
        _compare(path, "step count", truth, data["Step Count / 1"], reference["Step Count"], 0, ""),
        _compare(path, "step of the program", truth, data["Step ID"].cast(pl.Int64), reference["Step Index"], 0, ""),
        _compare(path, "cycle count", truth, data["Cycle Count / 1"], reference["Cycle Index"], 0, ""),
    ]


def _compare(
    path: Path, quantity: str, truth: str, ours: object, theirs: object, allowed: float, unit: str
) -> Comparison:
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if a.shape != b.shape:
        return Comparison(path.name, quantity, truth, 0, float("nan"), allowed, unit)
    apart = np.abs(a - b)
    dust = _BINARY_DUST * float(np.max(np.abs(b), initial=0.0)) if allowed else 0.0
    return Comparison(path.name, quantity, truth, a.size, float(apart.max(initial=0.0)), allowed + dust, unit)
