"""Byssus against a peer, in fresh processes of the same run: medians of five, and their ratio.

The peers live in an environment of their own (.venv-peers, made here on the first run), because what
they need may not suit what Byssus needs.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers"
#: Pinned, so that a ratio means the same thing next month.
PEER_PACKAGES = ("navani==0.1.22",)
RUNS = 5
LAND_FILE = ROOT / "src/byssus/examples/demo/NJK_CC_156_C30_C_x30.xlsx"


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
    #: The peer is a library that Byssus itself stands on, so it runs in the same environment.
    same_environment: bool = False


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
        same_environment=True,
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


def main() -> None:
    """Run every benchmark, print a line each and write benchmarks/results.json."""
    peers = peer_python()
    results = []
    for benchmark in BENCHMARKS:
        own, other = [], []
        python = Path(sys.executable) if benchmark.same_environment else peers
        # In turn, so that a drift of the machine's speed falls on both.
        for _ in range(RUNS):
            own.append(seconds(Path(sys.executable), benchmark.ours_code, whole=benchmark.whole_process))
            other.append(seconds(python, benchmark.peer_code, whole=benchmark.whole_process))
        ours_s, peer_s = statistics.median(own), statistics.median(other)
        result = {
            "name": benchmark.name,
            "peer": benchmark.peer,
            "peer_version": version_of(python, benchmark.peer),
            "ours_s": round(ours_s, 4),
            "peer_s": round(peer_s, 4),
            "ratio": round(peer_s / ours_s, 3),
            "target": benchmark.target,
        }
        results.append(result)
        print(
            f"{result['ratio']:8.2f} × (target {benchmark.target})  {benchmark.name}: {ours_s:.3f} s against {peer_s:.3f} s"
        )
    (ROOT / "benchmarks" / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def seconds(python: Path, code: str, *, whole: bool) -> float:
    """Run a program in a fresh process; return what it printed, or how long the process took."""
    start = time.perf_counter()
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    took = time.perf_counter() - start
    return took if whole else float(done.stdout.split()[-1])


def peer_python() -> Path:
    """Return the peers' interpreter, installing the peers on the first run."""
    python = PEERS / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print("Installing the peers into .venv-peers (once)", file=sys.stderr)
        venv.create(PEERS, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEER_PACKAGES], check=True)
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
    main()
