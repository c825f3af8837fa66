"""Mutate real files and read them: every one must give a table, or one line that says why not.

    python tests/fuzz/fuzz.py --cases 100000            all readers, in shards that resume
    python tests/fuzz/fuzz.py --reader neware-nda --first 500000 --cases 2000

A case is named by reader and number and is the same on every machine. It fails if reading it
raises anything but a ByssusError of one line, takes more than 5 s, or the process grows beyond
1 GB. The bytes of a failing case are kept in tests/fuzz/crashes/, where they become a regression
test. Progress is kept in .byssus-fuzz/, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CRASHES = HERE / "crashes"
STATE = ROOT / ".byssus-fuzz"
SECONDS, MEMORY_MB = 5.0, 1024
SHARD = 1000


def data_folder() -> Path:
    return Path(os.environ.get("BYSSUS_TEST_DATA", ROOT.parent / "shared" / "data"))


def _landt() -> bytes:
    heading = (
        "channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,step_time_s,current_A,voltage_V,"
        "discharge_capacity_Ah,charge_capacity_Ah,discharge_energy_Wh,charge_energy_Wh,Pressure_Psi,step_name,\n"
    )
    record = "{n},1,{s},04/30/2024 14:33:19,{t:.3f},{t:.3f},{i:.4f},{v:.4f},0.0001,0,0.0001,0,0,discharge CC,\n"
    lines = [record.format(n=n + 1, s=1 + n // 20, t=15.0 * n, i=-1e-4, v=2.9 - 0.01 * n) for n in range(60)]
    return ("cell model:,,\n" + heading + "".join(lines)).encode()


def _land() -> bytes:
    """A small workbook of LAND's layout, with the parts that a workbook needs and no more."""
    cell = '<c r="{column}{row}"{kind}>{value}</c>'

    def sheet(rows: list[list[object]]) -> str:
        xml = []
        for number, row in enumerate(rows, 1):
            cells = []
            for column, value in zip("ABCDEFGHIJ", row, strict=False):
                text = isinstance(value, str)
                kind = ' t="inlineStr"' if text else ""
                inner = f"<is><t>{value}</t></is>" if text else f"<v>{value}</v>"
                cells.append(cell.format(column=column, row=number, kind=kind, value=inner))
            xml.append(f'<row r="{number}">{"".join(cells)}</row>')
        namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        return f'<?xml version="1.0"?><worksheet xmlns="{namespace}"><sheetData>{"".join(xml)}</sheetData></worksheet>'

    record: list[list[object]] = [
        ["Index", "TestTime/h", "StepTime/h", "Voltage/V", "Current/mA", "Capacity/mAh", "State"]
    ]
    for n in range(40):
        down = n < 20
        record.append([n + 1, n * 0.01, (n % 20) * 0.01, 1 - 0.04 * (n % 20), -0.1 if down else 0.1, (n % 20) * 0.001,
                       "D_CC" if down else "C_CC"])  # fmt: skip
    mode: list[list[object]] = [
        ["Index", "Mode", "Period/h", "Capacity/mAh"],
        [1, "Discharge CC", 0.2, 0.019],
        [2, "Charge CC", 0.2, 0.019],
    ]
    cycle: list[list[object]] = [
        ["Index", "Charge-Cap/mAh", "Discharge-Cap/mAh", "Charge-SCap/mAh/g", "Discharge-SCap/mAh/g", "Efficiency/%"],
        [1, 0.019, 0.019, 190.0, 190.0, 100.0],
    ]
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    names = ["Record", "Mode", "Cycle"]
    parts = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>' for n in (1, 2, 3)
        )
        + "</Types>",
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{relations}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in (1, 2, 3)
        )
        + "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet(record),
        "xl/worksheets/sheet2.xml": sheet(mode),
        "xl/worksheets/sheet3.xml": sheet(cycle),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _neware() -> bytes:
    return (data_folder() / "cycler_neware" / "46_1_5_60_bts16.ndax").read_bytes()


def _nda() -> bytes:
    with zipfile.ZipFile(data_folder() / "cycler_neware" / "nda8.nda.zip") as archive:
        return archive.read(archive.namelist()[0])[:60_000]


def _head(name: str, size: int = 16_000) -> Callable[[], bytes]:
    """The beginning of a real text file, cut at a line."""

    def make() -> bytes:
        content = (data_folder() / name).read_bytes()[:size]
        return content[: content.rindex(b"\n") + 1]

    return make


def _gamry() -> bytes:
    """A voltammogram of two curves, each cut after some records, without that of the ring."""
    content = (data_folder() / "cv" / "CV__#3.DTA").read_bytes()
    first, _, second = content.partition(b"\nCURVE1\t")[2].partition(b"\nCURVE2\t")
    curves = (name + curve[:8000].rpartition(b"\n")[0] for name, curve in ((b"CURVE1\t", first), (b"CURVE2\t", second)))
    return content.partition(b"WE2CURVE")[0] + b"\n".join((*curves, b""))


def _whole(name: str) -> Callable[[], bytes]:
    return lambda: (data_folder() / name).read_bytes()


#: Of each seed: the reader it is for, and how its bytes are had.
SEEDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "landt": ("landt-csv", _landt),
    "land": ("land-xlsx", _land),
    "neware-ndax": ("neware", _neware),
    "neware-nda": ("neware", _nda),
    "neware-csv": ("neware-csv", _head("cycler_neware/neware_uio.csv")),
    "bdf": ("bdf", _head("cycler_land/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.bdf.csv")),
    "land-tabs": ("land-tabs", _whole("cycler_land/3-1-6_PowerCheck_Cycling_004_1.xlsx")),
    "arbin-csv": ("arbin-csv", _head("cycler_arbin/2017-05-09_test-TC-contact_CH33.csv")),
    "arbin-res": ("arbin-res", _whole("cycler_arbin/arbin_example.res")),
    "biologic-mpr": ("biologic-mpr", _whole("cycler_biologic/gcpl.pr_182.1.mpr")),
    "biologic-mpt": ("biologic-mpt", _head("cycler_biologic/gcpl.pr_182.1.mpt", 32_000)),
    "biologic-cv-mpr": ("biologic-mpr", lambda: _whole("cv/cv.mpr")()[:40_000]),
    "biologic-cv-mpt": ("biologic-mpt", _head("cv/Pt_poly_cv.mpt")),
    "biologic-eis": ("biologic-mpr", _whole("eis/PEIS_nesd.mpr")),
    "chi": ("chi-text", _whole("cv/CV-1T.txt")),
    "chi-eis": ("chi-text", _whole("eis/EIS_-0,48_V.txt")),
    "gamry": ("gamry-dta", _gamry),
    "gamry-eis": ("gamry-dta", _whole("eis/exampleDataGamry.DTA")),
    "plain-eis": ("plain", _whole("eis/exampleData.csv")),
    "plain-pulses": ("plain", _head("gitt/ici_discharge.csv")),
    "zplot": ("zplot", _whole("eis/exampleDataZPlot.z")),
    "maccor": ("maccor-text", _head("cycler_maccor/maccor_001.txt")),
    "maccor-raw": ("maccor-text", _head("cycler_maccor/PreDiag_000229_000229_truncated.034", 32_000)),
    "pec": ("pec-csv", _head("cycler_pec/pec.csv")),
}

_GIANTS = (b"9" * 400, b"1e999", b"-1e308", b"nan", b"inf", b"", b"0x10", b"1,5", "µ".encode(), b"\xff\xfe", b"\0" * 8)


def mutate(seed: bytes, rng: random.Random) -> bytes:
    """Change a file in one to four of the ways in which files go wrong."""
    content = bytearray(seed)
    for _ in range(rng.randint(1, 4)):
        if not content:
            break
        at = rng.randrange(len(content))
        length = min(len(content) - at, int(2 ** rng.uniform(0, 12)))
        match rng.randrange(8):
            case 0:
                for _ in range(rng.randint(1, 16)):
                    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            case 1:
                del content[at:]
            case 2:
                del content[at : at + length]
            case 3:
                content[at:at] = content[at : at + length]
            case 4:
                other = rng.randrange(len(content))
                content[at : at + length] = content[other : other + length]
            case 5:
                content[at : at + length] = bytes(length)
            case 6:
                content[at : at + length] = rng.randbytes(length)
            case _:
                content[at : at + rng.randrange(9)] = rng.choice(_GIANTS)
    return bytes(content)


def case_bytes(seed_name: str, seed: bytes, number: int) -> bytes:
    """Return the bytes of a case: the same on every machine."""
    rng = random.Random(f"{seed_name}/{number}")
    if seed.startswith(b"PK") and rng.random() < 0.6:
        # Inside the container: a flip in a deflated stream is caught by its checksum and tests nothing else.
        with zipfile.ZipFile(io.BytesIO(seed)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        victim = rng.choice(sorted(members))
        members[victim] = mutate(members[victim], rng)
        if rng.random() < 0.1:
            del members[rng.choice(sorted(members))]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return buffer.getvalue()
    return mutate(seed, rng)


def failure_of(path: Path, reader: str, *, again: bool = True) -> str | None:
    """Read a case; return what is wrong with how that went, or None.

    What took too long is tried once again: that the machine was busy is not the reader's fault.
    """
    from byssus.errors import ByssusError
    from byssus.measured.read import read

    start = time.perf_counter()
    try:
        read(path, reader=reader)
    except ByssusError as error:
        if "\n" in str(error) or path.name not in str(error):
            return f"not one line that names the file: {error!r}"
    except Exception as error:  # noqa: BLE001 - whatever comes here is the finding
        return f"{type(error).__name__}: {error}"
    took = time.perf_counter() - start
    if took > SECONDS and again:
        return failure_of(path, reader, again=False)
    return f"took {took:.1f} s" if took > SECONDS else None


def peak_memory() -> float | None:
    """Return the most memory that this process has held, in MB; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage calls the peak of a child begins with that of its parent, which may have simulated cells before.
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        return None
    import resource

    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def work(seed_name: str, start: int, stop: int) -> int:
    """Run cases in this process; print one JSON line a failure, and one at the end."""
    reader, make = SEEDS[seed_name]
    seed = make()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(start, stop):
            path = Path(folder) / f"case-{number}.bin"
            content = case_bytes(seed_name, seed, number)
            path.write_bytes(content)
            print(json.dumps({"at": number}), flush=True)
            failure = failure_of(path, reader)
            path.unlink()
            if failure:
                failures += 1
                keep(seed_name, number, content)
                print(json.dumps({"failed": number, "why": failure}), flush=True)
    peak = peak_memory()
    if peak is not None and peak > MEMORY_MB:
        failures += 1
        print(json.dumps({"failed": stop - 1, "why": f"the process grew to {peak:.0f} MB"}), flush=True)
    print(json.dumps({"done": stop - start, "failures": failures}), flush=True)
    return failures


def keep(seed_name: str, number: int, content: bytes) -> None:
    CRASHES.mkdir(exist_ok=True)
    (CRASHES / f"{SEEDS[seed_name][0]}--{seed_name}-{number}.bin").write_bytes(content)


def shard(seed_name: str, start: int, stop: int) -> list[str]:
    """Run cases in a process of their own, which may hang or die; return what went wrong."""
    command = [sys.executable, __file__, "--work", seed_name, str(start), str(stop)]
    at = start
    problems = []
    # Small files: threads would only wait for one another, and the shards take the cores.
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        timeout = time.monotonic() + 60 + SECONDS * (stop - start) / 10
        for line in process.stdout:
            said = json.loads(line)
            at = said.get("at", at)
            if "failed" in said:
                problems.append(f"{seed_name} case {said['failed']}: {said['why']}")
            if time.monotonic() > timeout:
                problems.append(f"{seed_name} case {at}: the shard is far too slow")
                break
    finally:
        process.kill()
        process.stdout.close()
        code = process.wait()
    if code not in (0, 1, -9):
        keep(seed_name, at, case_bytes(seed_name, SEEDS[seed_name][1](), at))
        problems.append(f"{seed_name} case {at}: the process died with code {code}")
    return problems


def main() -> int:
    """Run all shards that are not done yet, two at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000, help="cases a seed")
    parser.add_argument("--first", type=int, default=0, help="number of the first case: other cases than before")
    parser.add_argument("--reader", choices=sorted(SEEDS), help="one seed; all if none is named")
    parser.add_argument("--work", nargs=3, metavar=("SEED", "START", "STOP"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        seed_name, start, stop = options.work
        return 1 if work(seed_name, int(start), int(stop)) else 0
    from concurrent.futures import ThreadPoolExecutor

    STATE.mkdir(exist_ok=True)
    names = [options.reader] if options.reader else sorted(SEEDS)
    first, last = options.first, options.first + options.cases
    shards = [(name, at, min(at + SHARD, last)) for name in names for at in range(first, last, SHARD)]
    waiting = [part for part in shards if not (STATE / "-".join(map(str, part))).exists()]
    print(f"{len(shards) - len(waiting)} of {len(shards)} shards are done already", file=sys.stderr)
    failed = 0

    def run(part: tuple[str, int, int]) -> list[str]:
        problems = shard(*part)
        if not problems:
            (STATE / "-".join(map(str, part))).touch()
        return problems

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for number, problems in enumerate(pool.map(run, waiting), 1):
            for problem in problems:
                failed += 1
                print(problem)
            print(f"\r{number} of {len(waiting)} shards, {failed} failures", end="", file=sys.stderr)
    print(file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
