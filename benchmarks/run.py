"""Byssus against a peer, in fresh processes of the same run: medians of five, and their ratio.

Each peer lives in an environment of its own (in .venv-peers, made here on the first run), because
what one needs may not suit another or Byssus.  With words as arguments, only the benchmarks that
have one of them in their name or peer are run, and results.json keeps the others as they are.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers"
#: Pinned, so that a ratio means the same thing next month.  Of cellpy this is the newest for Python 3.11; it reads
#: Neware files with fastnda, as Byssus does.  Any other peer is in Byssus' own environment.
PEER_PACKAGES = {
    "navani": ("navani==0.1.22",),
    "cellpy": ("cellpy==1.0.3", "fastnda==1.3.1"),
    "ampworks": ("ampworks==0.1.0",),
    "pyimpspec": ("pyimpspec==5.1.3",),
}
RUNS = 5
RESULTS = ROOT / "benchmarks" / "results.json"
LAND_FILE = ROOT / "src/byssus/examples/demo/NJK_CC_156_C30_C_x30.xlsx"
#: The largest of the real .ndax files that the tests use: 699,677 records, 22 cycles.
NDAX_FILE = (
    Path(os.environ.get("BYSSUS_TEST_DATA", ROOT.parent / "shared" / "data"))
    / "cycler_neware/BTS85-36-6-5-110-20240424.ndax"
)
#: A titration of 985,973 records, 121 pulses.
GITT_FILE = Path(os.environ.get("BYSSUS_TEST_DATA", ROOT.parent / "shared" / "data")) / "gitt/gitt_charge.csv.gz"
#: Where the generated table lies while the benchmarks run.
GENERATED = Path(tempfile.gettempdir()) / f"byssus-bench-{os.getpid()}.parquet"
CYCLES, RECORDS = 1000, 2500
#: And where generated facts do.
GENERATED_FACTS = Path(tempfile.gettempdir()) / f"byssus-bench-{os.getpid()}.csv"
FACTS = 1_000_000


@dataclass(frozen=True)
class Benchmark:
    """A task done by Byssus and by a peer.

    Each program prints the seconds that it took, imports excluded; with `whole_process` the
    process itself is timed instead.
    """

    name: str
    peer: str
    ours_code: str
    peer_code: str
    target: float
    whole_process: bool = False
    #: What the programs print and the results hold: seconds, or megabytes of memory.
    unit: Literal["s", "MB"] = "s"
    #: Without this file there is nothing to measure.
    needs: Path | None = None


TIMED = """
import time
{imports}
{call}
start = time.perf_counter()
{call}
print(time.perf_counter() - start)
"""

FIT_TIMED = """
import time
import numpy as np
{imports}
def model(x, a, k, c):
    return a * np.exp(-k * x) + c
x = np.linspace(0.0, 5.0, 10_000)
y = model(x, 3.0, 0.8, 0.5) + 0.05 * np.random.default_rng(0).standard_normal(x.size)
{call}
times = []
for _ in range(15):
    start = time.perf_counter()
    {call}
    times.append(time.perf_counter() - start)
print(sorted(times)[7])
"""

#: A table is at hand, as after reading; only what follows is timed.
TABLE_TIMED = """
import time
from pathlib import Path
import polars as pl
from byssus.analysis.cycling.cycles import analyse
from byssus.analysis.cycling.differential import differential_capacity
from byssus.measured.tables import Table
table = Table.read_parquet(Path({path!r}))
def call():
    differential_capacity(table, analyse(table))
call()
start = time.perf_counter()
call()
print(time.perf_counter() - start)
"""

SCAN_TIMED = """
import time
import polars as pl
def call():
    columns = ["Test Time / s", "Voltage / V", "Current / A", "Step Count / 1"]
    return pl.scan_parquet({path!r}).select(columns).collect()
call()
start = time.perf_counter()
call()
print(time.perf_counter() - start)
"""

#: The highest that memory has stood over what it was before the table was there, in MB.
MEMORY = """
import resource, sys
from pathlib import Path
import polars as pl
from byssus.analysis.cycling.cycles import analyse
from byssus.analysis.cycling.differential import differential_capacity
from byssus.measured.tables import Table
unit = 1 if sys.platform == "darwin" else 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = Table.read_parquet(Path({path!r}))
{call}
print({what})
"""

#: The records are loaded, which is not timed; then a question is put to them by names and with a unit, or the same
#: rows are filtered out by what stands in the columns.
FACTS_TIMED = """
import time
from pathlib import Path
import polars as pl
from byssus import knowledge
known = knowledge.load(Path({path!r}))
facts = known.facts
def ours():
    return known.where(binder="carboxymethyl cellulose", quantity="specific capacity", at_least="1 Ah/g")
def bare():
    binder, value = pl.col("binder").is_in(["CMC", "CMC/SBR"]), pl.coalesce("standard_max", "standard_value")
    return facts.filter(binder & (pl.col("quantity") == "specific capacity") & (value >= 1000))
# The shipped blends of CMC fall under its name as well, and none of them reaches the bound.
assert ours().equals(bare()) and ours().height > 10_000
start = time.perf_counter()
{call}()
print(time.perf_counter() - start)
"""

#: The reading is of the same file as the analysis; whichever is called is timed.
TITRATION = f"""
import time
from pathlib import Path
from byssus.analysis.pulses import examine_gitt
from byssus.measured.read import read
path = Path({str(GITT_FILE)!r})
table = read(path)
{{call}}
start = time.perf_counter()
{{call}}
print(time.perf_counter() - start)
"""

#: One virtual cell, the same equations, mesh, solver and tolerances; built and solved, imports excluded.  What PyBaMM
#: does not have is off: crystal, and what oxide and carbon take up.
CYCLED = """
import time, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from byssus import knowledge
from byssus.conventions import CellDirection, Made
from byssus.protocol.steps import Resolved, Step
from byssus.quantity import Quantity
from byssus.recipe.design import design_file
from byssus.simulate.inputs import virtual_cell
from byssus.simulate.model import Model, mesh, pybamm
from byssus.simulate.parameters import CRYSTALLINE, TEMPERATURE, parameters
from byssus.simulate.run import carry_out
pybamm = pybamm()
known = knowledge.load()
made = design_file(Path({recipe!r}), known)
off = {{name: Quantity(0, unit) for name, unit in (
    ("crystalline share", "1"), ("oxide charge", "C/kg"), ("carbon film charge", "C/kg"), ("carbon charge", "C/kg"))}}
cell = virtual_cell("CCL", made, known, made=Made.EMPTY, window=(0.005, 1.5), given=off)
amperes = cell.active_mass * 1e3
model = Model(cell, "SPM")
def ours():
    steps = []
    for cycle in range(1, 51):
        steps += [Step("current", CellDirection.DISCHARGE, -amperes, until_voltage=0.005, interval=30.0, cycle=cycle),
                  Step("current", CellDirection.CHARGE, amperes, until_voltage=1.5, interval=30.0, cycle=cycle)]
    return list(carry_out(Model(cell, "SPM"), Resolved("cycling", "cycling", tuple(steps), 298.15)))
def stock():
    cycle = (f"Discharge at {{amperes}} A until 0.005 V (30 second period)",
             f"Charge at {{amperes}} A until 1.5 V (30 second period)")
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.SPM(model.options()), parameter_values=parameters(cell).values,
        experiment=pybamm.Experiment([cycle] * 50), **mesh(pybamm.lithium_ion.SPM(model.options()), 1),
        solver=pybamm.IDAKLUSolver(rtol=model.solver.rtol, atol=model.solver.atol),
    )
    solution = simulation.solve(inputs={{CRYSTALLINE: 0.0, TEMPERATURE: 298.15}})
    # The records that a table is made of, as those of the other are read.
    return [solution[name].entries for name, _, _ in model.columns.values()]
start = time.perf_counter()
{call}()
print(time.perf_counter() - start)
"""

#: Of impedance.py's documented example, which lies among the real files.
SPECTRUM = NDAX_FILE.parent.parent / "eis/exampleData.csv"
#: One spectrum tested, fitted with one circuit and taken apart, from starts of each program's own.  The three χ², as both
#: count them (Σ|ΔZ|²/|Z|²), of pyimpspec 5.1.3 are 2.56e-4, 0.185 and 1.67e-2; ours must not be larger.
SPECTRUM_OURS = """
import time
import numpy as np
from byssus.analysis.impedance import fit_circuit
from byssus.analysis.impedance.relaxation import relaxation
from byssus.analysis.impedance.validity import validity
data = np.loadtxt({path!r}, delimiter=",")
f, z = data[::-1, 0].copy(), data[::-1, 1] + 1j * data[::-1, 2]
def ours():
    return validity(f, z), fit_circuit(f, z, "L0-R0-p(R1,Q1)-p(R2,Q2)-Q3"), relaxation(f, z)
tested, fitted, apart = ours()
assert tested.chi_square <= 2.56e-4 and fitted.fit.chi_square <= 0.185
assert np.sum(np.abs(apart.residual) ** 2) <= 1.67e-2
start = time.perf_counter()
ours()
print(time.perf_counter() - start)
"""
SPECTRUM_THEIRS = """
import time, warnings
import numpy as np
warnings.simplefilter("ignore")
import pyimpspec
data = np.loadtxt({path!r}, delimiter=",")
spectrum = pyimpspec.DataSet(data[::-1, 0].copy(), data[::-1, 1] + 1j * data[::-1, 2])
def theirs():
    pyimpspec.perform_kramers_kronig_test(spectrum)
    pyimpspec.fit_circuit(pyimpspec.parse_cdc("LR(RQ)(RQ)Q"), spectrum)
    pyimpspec.calculate_drt(spectrum)
theirs()
start = time.perf_counter()
theirs()
print(time.perf_counter() - start)
"""

RECIPE = ROOT / "src/byssus/examples/recipes/ccl-5.yaml"

BENCHMARKS = (
    Benchmark(
        name="read LAND .xlsx, 62,305 records (second call)",
        peer="navani",
        ours_code=TIMED.format(
            imports="from pathlib import Path; from byssus.measured.read import read",
            call=f"read(Path({str(LAND_FILE)!r}))",
        ),
        peer_code=TIMED.format(
            imports="import warnings; warnings.simplefilter('ignore'); from navani import echem",
            call=f"echem.echem_file_loader({str(LAND_FILE)!r})",
        ),
        target=3.0,
    ),
    Benchmark(
        name="fit of 3 parameters to 10,000 points with covariance, against bare SciPy",
        peer="scipy",
        ours_code=FIT_TIMED.format(
            imports="from byssus.fitting import Data, Parameter, fit",
            call="fit(Data(model, x, y), [Parameter('a', 1.0), Parameter('k', 0.3), Parameter('c', 0.1)])",
        ),
        peer_code=FIT_TIMED.format(
            imports="from scipy.optimize import least_squares",
            call=(
                "least_squares(lambda u: model(x, *u) - y, [1.0, 0.3, 0.1], jac='3-point', x_scale=[1.0, 0.3, 0.1], "
                "ftol=1e-15, xtol=1e-15, gtol=1e-15)"
            ),
        ),
        target=0.833,
    ),
    Benchmark(
        name="largest real .ndax, 699,677 records: read, cycle summary and dQ/dV (second call)",
        peer="cellpy",
        ours_code=TIMED.format(
            imports=(
                "from pathlib import Path; from byssus.measured.read import read\n"
                "from byssus.measured.metadata import Sample; from byssus.analysis.cycling.cycles import analyse\n"
                "from byssus.analysis.cycling.differential import differential_capacity\n"
                "sample = Sample(name='cell', configuration='half', made='empty')"
            ),
            call=f"table = read(Path({str(NDAX_FILE)!r}), sample=sample); differential_capacity(table, analyse(table))",
        ),
        peer_code=TIMED.format(
            imports=("import warnings; warnings.simplefilter('ignore')\nimport cellpy; from cellpy.utils import ica"),
            call=(
                f"ica.dqdv(cellpy.get({str(NDAX_FILE)!r}, instrument='neware_nda', mass=1.0, cycle_mode='anode', "
                "logging_mode='ERROR'))"
            ),
        ),
        target=5.0,
        needs=NDAX_FILE,
    ),
    Benchmark(
        name="table of 5,000,000 records at hand, 1000 cycles: cycle summary and dQ/dV, against a bare scan of four columns of its Parquet file (second call)",
        peer="polars",
        ours_code=TABLE_TIMED.format(path=str(GENERATED)),
        peer_code=SCAN_TIMED.format(path=str(GENERATED)),
        target=0.125,
        needs=GENERATED,
    ),
    Benchmark(
        name="the same from its Parquet file: highest memory, against the table itself",
        peer="polars",
        ours_code=MEMORY.format(
            path=str(GENERATED),
            call="differential_capacity(table, analyse(table))",
            what="(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit / 1e6",
        ),
        peer_code=MEMORY.format(path=str(GENERATED), call="", what="table.data.estimated_size() / 1e6"),
        target=0.333,
        unit="MB",
        needs=GENERATED,
    ),
    Benchmark(
        # A bare filter of so many rows takes some 0.04 s, so the target is an answer well under a second.
        name="1,000,000 generated facts of a user's own loaded: those of a binder, a quantity and at least a value, against a bare filter (second call)",
        peer="polars",
        ours_code=FACTS_TIMED.format(path=str(GENERATED_FACTS), call="ours"),
        peer_code=FACTS_TIMED.format(path=str(GENERATED_FACTS), call="bare"),
        target=0.1,
        needs=GENERATED_FACTS,
    ),
    Benchmark(
        name="virtual silicon half cell, SPM, 50 cycles at 1 A/g: built, solved and read, against PyBaMM's Experiment",
        peer="pybamm",
        ours_code=CYCLED.format(recipe=str(RECIPE), call="ours"),
        peer_code=CYCLED.format(recipe=str(RECIPE), call="stock"),
        target=1.0,
    ),
    Benchmark(
        name="one spectrum of 66 points: Kramers and Kronig, a circuit of ten parameters, relaxation times (second call)",
        peer="pyimpspec",
        ours_code=SPECTRUM_OURS.format(path=str(SPECTRUM)),
        peer_code=SPECTRUM_THEIRS.format(path=str(SPECTRUM)),
        target=10.0,
        needs=SPECTRUM,
    ),
    Benchmark(
        name="titration of 121 pulses, 985,973 records: textbook, wording and full model of each, against reading the file (second call)",
        peer="polars",
        ours_code=TITRATION.format(call="examine_gitt([table], {})"),
        peer_code=TITRATION.format(call="read(path)"),
        target=0.5,
        needs=GITT_FILE,
    ),
    Benchmark(
        name="the same against the textbook's line alone (second call)",
        peer="ampworks",
        ours_code=TITRATION.format(call="examine_gitt([table], {})"),
        peer_code=TIMED.format(
            imports=f"import ampworks, pandas; table = ampworks.Dataset(pandas.read_csv({str(GITT_FILE)!r}))",
            call="ampworks.gitt.extract_params(table, 1.8e-6)",
        ),
        target=0.5,
        needs=GITT_FILE,
    ),
    Benchmark(
        name="byssus --help, whole process, against an empty Python",
        peer="python",
        ours_code="import sys; sys.argv = ['byssus', '--help']; from byssus.app.cli import main; main()",
        peer_code="pass",
        target=0.05,
        whole_process=True,
    ),
)


def main(words: list[str]) -> None:
    """Run the benchmarks, print a line each and write benchmarks/results.json."""
    old = {result["name"]: result for result in json.loads(RESULTS.read_text(encoding="utf-8"))}
    results = []
    try:
        for benchmark in BENCHMARKS:
            wanted = not words or any(word in benchmark.name or word == benchmark.peer for word in words)
            needs = benchmark.needs
            maker = {GENERATED: "generate", GENERATED_FACTS: "generate_facts"}.get(needs) if needs else None
            if wanted and needs and maker and not needs.exists():
                # In a process of its own: what one has held counts as the memory of those that it starts.
                code = f"from pathlib import Path; import run; run.{maker}(Path({str(needs)!r}))"
                subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "benchmarks")
            if wanted and (needs is None or needs.exists()):
                results.append(measure(benchmark))
                continue
            if wanted:
                print(f"not measured, since there is no {needs}: {benchmark.name}", file=sys.stderr)
            if benchmark.name in old:
                results.append(old[benchmark.name])
    finally:
        GENERATED.unlink(missing_ok=True)
        GENERATED_FACTS.unlink(missing_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def measure(benchmark: Benchmark) -> dict[str, object]:
    """Run both programs of a benchmark and compare their medians."""
    python = python_of(benchmark.peer)
    own, other = [], []
    # In turn, so that a drift of the machine's speed falls on both.
    for _ in range(RUNS):
        own.append(printed(Path(sys.executable), benchmark.ours_code, whole=benchmark.whole_process))
        other.append(printed(python, benchmark.peer_code, whole=benchmark.whole_process))
    ours, peer = statistics.median(own), statistics.median(other)
    unit, target = benchmark.unit, benchmark.target
    version = version_of(python, benchmark.peer)
    print(
        f"{peer / ours:8.2f} × (target {target})  {benchmark.name}: {ours:.3f} {unit} against {peer:.3f} {unit}"
        f" ({benchmark.peer} {version})"
    )
    return {
        "name": benchmark.name,
        "peer": benchmark.peer,
        "peer_version": version,
        f"ours_{unit}": round(ours, 4),
        f"peer_{unit}": round(peer, 4),
        "ratio": round(peer / ours, 3),
        "target": target,
    }


def generate(path: Path) -> None:
    """Write a cycling table as a test of a year gives it: 5,000,000 records of two curved halves, with noise."""
    import numpy as np
    import polars as pl

    from byssus.measured.metadata import Instrument, Metadata, Sample
    from byssus.measured.steps import add_directions
    from byssus.measured.tables import Table

    passed = np.linspace(0.0, 1.0, RECORDS)
    level = 0.05 + 0.5 * passed + 0.1 / (1 + np.exp(-(passed - 0.3) / 0.05)) + 0.3 * passed**8
    noise = 2e-4 * np.random.default_rng(0).standard_normal(2 * CYCLES * RECORDS)
    half = np.repeat(np.arange(2 * CYCLES), RECORDS)
    # The capacity fades by 30 % from the first half to the last.
    seconds = np.tile(3600 * passed, 2 * CYCLES) * (1 - 0.3 * half / (2 * CYCLES))
    start = np.concatenate([[0.0], np.cumsum(seconds[RECORDS - 1 :: RECORDS] + 10.0)[:-1]])
    data = pl.DataFrame(
        {
            "Test Time / s": seconds + np.repeat(start, RECORDS),
            "Voltage / V": np.round(np.tile(np.concatenate([level[::-1], level]), CYCLES) + noise, 4),
            "Current / A": np.where(half % 2 == 0, -1e-3, 1e-3),
            "Step Count / 1": half + 1,
            "Step Cumulative Capacity / Ah": 1e-3 * seconds / 3600,
        }
    )
    sample = Sample.model_validate({"name": "cell", "configuration": "half", "made": "empty"})
    about = Metadata(kind="cycling", sample=sample, instrument=Instrument(resolution={"Voltage / V": 1e-4}))
    Table(add_directions(data, sample.configuration), about).write_parquet(path)


def generate_facts(path: Path) -> None:
    """Write facts that nobody measured, as a laboratory's own would be laid out: numbers from a seeded generator."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(0)
    binders = ("CCL", "CMC", "CMC/SBR", "LS", "PAA", "PVDF", "SA", "SBR")
    capacity = random.integers(0, 2, FACTS) == 0
    numbers = np.where(capacity, random.uniform(100.0, 3500.0, FACTS), random.uniform(10.0, 100.0, FACTS))
    pl.DataFrame(
        {
            "binder": random.choice(binders, FACTS),
            "quantity": np.where(capacity, "specific capacity", "capacity retention"),
            "value": np.round(numbers, 2),
            "unit": np.where(capacity, "mAh/g", "%"),
            "rate": np.round(random.uniform(0.05, 5.0, FACTS), 2),
            "cycle": random.integers(1, 1001, FACTS),
            "loading": np.round(random.uniform(0.5, 6.0, FACTS), 3),
            "electrode": random.choice(("Si", "graphite", "NCM811"), FACTS),
            "source": "user",
            "method": np.arange(FACTS),
        }
    ).with_columns(
        pl.format("{} C", "rate").alias("rate"),
        pl.format("{} mg/cm^2", "loading").alias("loading"),
        pl.format("generated, number {}", "method").alias("method"),
    ).write_csv(path)


def printed(python: Path, code: str, *, whole: bool) -> float:
    """Run a program in a fresh process; return what it printed, or how long the process took."""
    start = time.perf_counter()
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    took = time.perf_counter() - start
    return took if whole else float(done.stdout.split()[-1])


def python_of(peer: str) -> Path:
    """Return the interpreter that has a peer, installing it on the first run or when its pin has changed."""
    if peer not in PEER_PACKAGES:
        return Path(sys.executable)
    folder, packages = PEERS / peer, PEER_PACKAGES[peer]
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != "\n".join(packages):
        print(f"Installing {', '.join(packages)} into {folder.relative_to(ROOT)} (once)", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
        installed.write_text("\n".join(packages), encoding="utf-8")
    return python


def version_of(python: Path, package: str) -> str:
    """Return a package's version in an interpreter's environment, or the interpreter's own."""
    code = (
        "import platform; print(platform.python_version())"
        if package == "python"
        else f"from importlib.metadata import version; print(version({package!r}))"
    )
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1:])
