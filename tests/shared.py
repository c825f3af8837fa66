"""Names of real files, and tables whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from byssus.measured.metadata import Instrument, Metadata, Sample
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "src" / "byssus" / "examples" / "demo"
LAND = "cycler_land/NJK_CC_156_C30_C_x30.xlsx"
LANDT = "cycler_land/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv"
NEWARE = "cycler_neware/test_2.ndax"


def square_wave(
    currents_mA: list[float],
    hours: list[float],
    *,
    sample: Sample | None = None,
    records: int = 61,
    counted: bool = True,
    digit_Ah: float | None = None,
) -> Table:
    """A test of constant currents whose capacities are exactly current times time."""
    frames, start = [], 0.0
    for number, (current, duration) in enumerate(zip(currents_mA, hours, strict=True), start=1):
        since = np.linspace(0.0, duration * 3600, records)
        level = 0.1 + 0.5 * since / since[-1]
        frame: dict[str, Any] = {
            "Test Time / s": start + since,
            "Voltage / V": level if current > 0 else (0.7 - level if current < 0 else np.full(records, 0.4)),
            "Current / A": np.full(records, current / 1000),
            "Step Count / 1": np.full(records, number, dtype=np.int64),
        }
        if counted:
            frame["Step Cumulative Capacity / Ah"] = abs(current) / 1000 * since / 3600
        frames.append(pl.DataFrame(frame))
        start += duration * 3600
    sample = sample or Sample(name="synthetic")
    resolution = {} if digit_Ah is None else {"Step Cumulative Capacity / Ah": digit_Ah}
    data = add_directions(pl.concat(frames), sample.configuration)
    return Table(data, Metadata(kind="cycling", sample=sample, instrument=Instrument(resolution=resolution)))
