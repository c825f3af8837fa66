"""What instruments and their programs say of a test beyond its records, and what another program made of it.

Like a witness, this knows only the files of the test data, and shares no code with `byssus.measured`.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.validation.witness import CURRENT, Witness

Array = NDArray[np.float64]

PEC = "cycler_pec/pec.csv"
M50 = "cycler_maccor/maccor_001.txt"
UIO = "cycler_neware/neware_uio.csv"
HOLD = "cycler_neware/nw4-120-6-1-36.ndax"
AGED = "cycler_neware/nw4-120-1-6-53.ndax"
RATE = "cycler_neware/BTS85-36-6-5-110-20240424.ndax"
ARBIN = "cycler_arbin/20160805_test001_45_cc_01.res"
GRAPHITE = "cycler_arbin/bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx"
LAND = "cycler_land/NJK_CC_156_C30_C_x30.xlsx"
SODIUM = "cycler_biologic/gcpl.pr_182.1"
LAYERED = "cycler_biologic/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"
HELD_228 = "cycler_biologic/gcpl.issue_228.mpr"
FK155 = "cycler_biologic/bio_logic_FK155_JLGU_GE_50-2_15_m1p233mg_Li_LP30_RT_rate_stability_20230906.tar.xz"

#: `cycle_summary` of navani 0.1.22 (PyPI) on four files, whole cycles only: charge and discharge in mAh, mean voltages of
#: both in V.  navani reads BioLogic's files with galvani, as Byssus does, and workbooks with pandas; it counts
#: from the first record of a half on, which leaves out what passed before it.
NAVANI: dict[str, tuple[list[float], list[float], list[float], list[float]]] = {
    GRAPHITE: ([5.698108], [5.798033], [0.1601009], [0.1449372]),
    LAYERED: (
        [0.9867814, 0.9370904, 0.9419402, 0.9479332, 0.9516888, 0.9558864],
        [0.852855, 0.8763298, 0.8746781, 0.876656, 0.8786127, 0.8794916],
        [3.005396, 2.964998, 2.969311, 2.96955, 2.967581, 2.966517],
        [2.864963, 2.873233, 2.869954, 2.869408, 2.868333, 2.867968],
    ),
    f"{SODIUM}.mpr": (
        [2.616072, 2.092633, 1.988163, 1.978895],
        [3.25196, 2.252434, 2.119512, 2.088278],
        [0.1609714, 0.1963925, 0.2069937, 0.2092171],
        [0.1356001, 0.1422578, 0.1510897, 0.1522831],
    ),
    HELD_228: (
        [1.942212, 1.695909, 1.673016, 2.053311, 1.95848, 1.947236, 1.938537, 1.9303, 1.922941, 1.916131, 1.910019],
        [1.666378, 1.654451, 1.634593, 1.946343, 1.937745, 1.930297, 1.922962, 1.915741, 1.909101, 1.902971, 1.897137],
        [
            *(3.713533, 3.735712, 3.732326, 3.935745, 3.934048, 3.930474),
            *(3.929422, 3.929578, 3.930409, 3.93154, 3.932854),
        ],
        [
            *(3.680461, 3.684819, 3.688293, 3.750154, 3.749081, 3.746976),
            *(3.744681, 3.741989, 3.739487, 3.737189, 3.734946),
        ],
    ),
}


#: What Neware's numbers of steps mean.  Source: NewareNDA (BSD-3-Clause).
DISCHARGE, LOOP = "2", "5"

#: What ended a step, by Maccor's code (ES) in its last record.  Read off the file: steps with 133 end at 2.500 V or
#: 4.200 V, those with 132 at 0.0500 A, those with 129 after 5 s or 2 h.
MACCOR_ENDS = {129: "time", 132: "current", 133: "voltage"}


def text(path: Path, heading: str, separator: str = ",") -> pl.DataFrame:
    """Return a text file from the line that begins with a heading on."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        skip = next(number for number, line in enumerate(stream) if line.startswith(heading))
    return pl.read_csv(
        path,
        skip_rows=skip,
        separator=separator,
        infer_schema_length=None,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )


@dataclass(frozen=True)
class Steps:
    """The steps of a file as a witness has them."""

    #: +1 where the step charges, −1 where it discharges, 0 at rest.
    sign: NDArray[np.int64]
    capacity: Array
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, said: Witness) -> Steps:
        """Return the steps of a file, those that moved next to nothing as rests."""
        if said.at is None:
            raise ValueError(f"the steps of a file read as {said.means} are not known")
        begin = np.append(0, said.at[:-1] + 1)
        mean = np.add.reduceat(said.columns[CURRENT], begin) / (said.at - begin + 1)
        # A step that moved a ten-thousandth of the largest is the instrument's switching.
        moved = said.capacities > 1e-4 * said.capacities.max()
        return cls(np.where(moved, np.sign(mean), 0).astype(np.int64), said.capacities, begin, said.at)

    def halves(self, values: Array) -> list[tuple[int, float]]:
        """Add what each step has over the steps of one direction that follow one another, rests passed over."""
        found: list[tuple[int, float]] = []
        for sign, value in zip(self.sign.tolist(), values.tolist(), strict=True):
            if sign and found and found[-1][0] == sign:
                found[-1] = (sign, found[-1][1] + value)
            elif sign:
                found.append((sign, value))
        return found

    def pairs(self, values: Array, first: int) -> tuple[Array, Array]:
        """Return the first and second halves of the whole cycles; `first` is the sign of the first half."""
        halves = self.halves(values)
        halves = halves[next(at for at, half in enumerate(halves) if half[0] == first) :]
        halves = halves[: len(halves) // 2 * 2]
        return np.array([value for _, value in halves[::2]]), np.array([value for _, value in halves[1::2]])


def program(path: Path) -> list[dict[str, str]]:
    """Return what each step of the program in a Neware .ndax sets, in its own units."""
    with zipfile.ZipFile(path) as archive:
        content = archive.read("Step.xml").decode("gb18030")
    root = ElementTree.fromstring(re.sub(r"<\?xml.*?\?>", "", content))  # noqa: S314 - a file of the test data
    steps = root.find(".//Step_Info")
    return [
        {"type": step.attrib["Step_Type"]}
        | {
            limit.tag: limit.attrib.get("Value", "")
            for kind in ("Main", "Other")
            for limit in step.findall(f"Limit/{kind}/*")
        }
        for step in (steps if steps is not None else [])
    ]


def ec_lab(folder: Path) -> dict[str, Array]:
    """EC-Lab's text of the sodium half cell, by column."""
    lines = (folder / f"{SODIUM}.mpt").read_text(encoding="cp1252").splitlines()
    start = int(lines[1].split(":")[1])
    head = [name for name in lines[start - 1].split("\t") if name]
    rows = np.array([line.split("\t")[: len(head)] for line in lines[start:] if line], dtype=float)
    return dict(zip(head, rows.T, strict=True))
