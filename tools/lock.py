"""Write the two locks from pyproject.toml, or check that they still follow from it.

``requirements.lock`` holds what a user needs, ``requirements-all.lock`` every extra as well. Both are
universal (one file for every platform and every supported Python) and hashed, and they agree on every package
that they share.
"""

import argparse
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = "requirements.lock"
ALL = "requirements-all.lock"


class LockError(Exception):
    """The locks could not be made, or are out of date; the message is all a person needs."""


def uv_command() -> list[str]:
    """Find uv, preferring the version that the lock itself pins."""
    if importlib.util.find_spec("uv") is not None:
        return [sys.executable, "-m", "uv"]
    found = shutil.which("uv")
    if found is None:
        raise LockError("uv is missing: run `make lock`, or put uv on PATH")
    return [found]


def oldest_python(folder: Path) -> str:
    """Read the oldest supported Python, which the locks must suit, from ``requires-python``."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = project["requires-python"]
    found = re.search(r">=\s*(\d+\.\d+)", required)
    if found is None:
        raise LockError(f"pyproject.toml, requires-python: {required!r} should be '>=X.Y'")
    return found[1]


def compile_locks(folder: Path, *, upgrade: bool = False) -> None:
    """Compile both locks inside `folder`; pins already there are kept as long as they fit."""
    common = [
        *uv_command(),
        *("pip", "compile", "--quiet", "--universal", "--generate-hashes"),
        *("--python-version", oldest_python(folder)),
        # One version of a package for every Python: the same numbers everywhere, and one licence to state.
        *("--fork-strategy", "fewest"),
        *("--custom-compile-command", "make lock"),
        *(("--upgrade",) if upgrade else ()),
    ]
    # The larger set constrains the core: the other way round, an extra could be left without a solution.
    for arguments in (["--all-extras", "-o", ALL], ["--constraint", ALL, "-o", CORE]):
        # Relative names and a working folder keep this machine's paths out of the annotations.
        done = subprocess.run(
            [*common, "pyproject.toml", *arguments],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            sys.stderr.write(done.stderr)
            raise LockError(f"uv could not resolve {arguments[-1]} from pyproject.toml (its words are above)")
        if "://" in (folder / arguments[-1]).read_text(encoding="utf-8"):
            raise LockError(f"{arguments[-1]} holds an address: look in pyproject.toml and uv's configuration")


def pins(lock: str) -> set[str]:
    """Collect the requirements of a lock, markers included, without their hashes."""
    return {line.rstrip(" \\") for line in lock.splitlines() if re.match(r"\w", line)}


def check_locks() -> None:
    """Compile copies that start from the present locks: a lock that fits comes back unchanged."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary)
        for name in ("pyproject.toml", CORE, ALL):
            if not (ROOT / name).exists():
                raise LockError(f"{name} is missing: run `make lock`")
            shutil.copy(ROOT / name, copy)
        compile_locks(copy)
        for name in (CORE, ALL):
            present = (ROOT / name).read_text(encoding="utf-8")
            expected = (copy / name).read_text(encoding="utf-8")
            if present != expected:
                changes = [f"-{pin}" for pin in sorted(pins(present) - pins(expected))]
                changes += [f"+{pin}" for pin in sorted(pins(expected) - pins(present))]
                what = ", ".join(changes) or "hashes or annotations only"
                raise LockError(f"{name} does not follow from pyproject.toml ({what}): run `make lock`")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Write the two locks from pyproject.toml.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="write nothing; fail if a lock is out of date")
    choice.add_argument("--upgrade", action="store_true", help="move every pin to the newest version allowed")
    wanted = parser.parse_args()
    try:
        if wanted.check:
            check_locks()
        else:
            compile_locks(ROOT, upgrade=wanted.upgrade)
    except LockError as error:
        sys.exit(f"tools/lock.py: {error}")


if __name__ == "__main__":
    main()
