"""Numbers of a virtual cell fitted to what a study prints, kept for the next run."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any, Final

from byssus.conventions import CapacityBasis, Made
from byssus.errors import StudyError
from byssus.files import write_whole
from byssus.findings import Finding
from byssus.project.inputs import PROGRAM
from byssus.project.plain import from_plain, to_plain
from byssus.protocol.steps import Basis
from byssus.report.simulated import Fitted, FittedNumber, FittedPoint
from byssus.simulate.calibration import Calibration, Plateau, calibrate
from byssus.simulate.inputs import VirtualCell
from byssus.study.study import Study
from byssus.virtual.prepare import Asked, Prepared, model_for, per_mass
from byssus.workflow import Progress

#: C/kg in 1 mAh/g.
_PER_GRAM: Final = 3600.0


def calibrated(prepared: Prepared, name: str, asked: Asked, store: Path, progress: Progress) -> Calibration | None:
    """Fit what the study asks to be fitted; what an earlier run fitted is reused."""
    wanted = prepared.study.virtual[name].calibrate
    if wanted is None:
        return None
    cell = prepared.cells[name]
    if wanted.quantity != "lithiation capacity" or cell.opposite is not None or cell.electrode.made is not Made.EMPTY:
        raise StudyError("can be fitted to lithiation capacities of a half cell made empty only", file=prepared.study.file,
                         field=f"virtual.{name}.calibrate", value=wanted.quantity, fix="leave it out")  # fmt: skip
    plateaus = _plateaus(prepared.study, name, wanted.quantity, cell)
    basis = Basis(cell.active_mass, cell.electrode.inputs["area"].value)
    seen = [per_mass(current, basis, name) for current in wanted.currents]
    kind, _ = model_for(prepared, name, max(each.current for each in plateaus) * cell.active_mass, asked)
    said = {
        "cell": {each: (value.value, value.low, value.high) for each, value in cell.numbers.items()}, "window": cell.window, "kind": kind,
        "materials": [(each.material, each.shape, str(each.base)) for side in cell.electrodes for each in side.phases],
        "plateaus": [to_plain(each) for each in plateaus], "seen": seen, "free": wanted.free, "byssus": PROGRAM,
    }  # fmt: skip
    key = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
    place = store / f"{key}.json"
    if not asked.fresh and place.is_file():
        try:
            found: Calibration = from_plain(Calibration, json.loads(place.read_bytes()))
        except (ValueError, KeyError, TypeError):
            pass  # it is not as it was written, and done again
        else:
            # Those that were used last are kept.
            place.touch()
            return found
    fitted = calibrate(cell, kind, plateaus, seen, wanted.free,
                       lambda count: progress(f"fitting {name}: {count} capacities simulated", 0, 0))  # fmt: skip
    write_whole(place, json.dumps(to_plain(fitted)))
    return fitted


def _plateaus(study: Study, name: str, quantity: str, cell: VirtualCell) -> list[Plateau]:
    """Return the printed capacities by current, the first of several at one."""
    found: dict[float, Plateau] = {}
    basis = Basis(cell.active_mass, cell.electrode.inputs["area"].value)
    loading = cell.electrode.inputs["loading"]
    # The only doubt that a paper states of its capacities is that of the mass they are divided by.
    relative = (loading.uncertainty or 0.01 * loading.value) / loading.value
    for each in study.reported(name, quantity):
        if each.basis is not CapacityBasis.ACTIVE_MATERIAL or each.current is None:
            continue
        current, charge = per_mass(each.current, basis, name), each.value.to("C/kg").value
        if not any(abs(one / current - 1) < 1e-6 for one in found):
            found[current] = Plateau(current, charge, relative * charge)
    if not found:
        raise StudyError("has no printed values to be fitted to", file=study.file, field=f"virtual.{name}.calibrate",
                         value=quantity, fix="give references of its binder with a current")  # fmt: skip
    return sorted(found.values(), key=lambda each: each.current)


def told(sample: str, calibration: Calibration) -> Fitted:
    """Return a calibration as a report shows it."""
    model, null = (each / _PER_GRAM for each in calibration.left_out())
    numbers = tuple(
        FittedNumber(name, shown.value, shown.uncertainty, shown.unit,
                     each.source.partition("; ")[2] or "within its standard uncertainty")
        for name, each in calibration.fitted.items() for shown in (each.quantity,)
    )  # fmt: skip
    points = tuple(
        FittedPoint(f"{each.current / 1e3:g} A/g", each.measured / _PER_GRAM, _shown(each.model), each.null / _PER_GRAM,
                    each.fitted)
        for each in calibration.predictions
    )  # fmt: skip
    return Fitted(sample, numbers, calibration.statements, points, model, null)


def lost(sample: str, calibration: Calibration) -> list[Finding]:
    """Return a finding if the null model misses less of what the fit did not see."""
    fitted = told(sample, calibration)
    return [Finding("null-model-wins", fitted.sentence, sample=sample)] if fitted.loses else []


def unsolved(sample: str, calibration: Calibration) -> list[Finding]:
    """Return a finding for each capacity that could not be simulated with the numbers that were fitted."""
    return [
        Finding("prediction-missing", f"at {each.current / 1e3:g} A/g the equations have no solution with the fitted numbers",
                sample=sample)
        for each in calibration.predictions if each.model is None
    ]  # fmt: skip


def _shown(capacity: float | None) -> float | None:
    return None if capacity is None else capacity / _PER_GRAM


def calibration_as_dict(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as it stands in JSON."""
    model, null = calibration.left_out()
    return {
        "fitted": {
            name: {"value": each.value, "unit": each.units.si, "uncertainty": each.uncertainty, "source": each.source}
            for name, each in calibration.fitted.items()
        },
        "fitted_numbers": len(calibration.fitted),
        "null_model": "polynomial in ln I with as many coefficients",
        "statements": list(calibration.statements),
        "left_out_rms_mAh_per_g": None if math.isnan(model) else {"model": model / _PER_GRAM, "null": null / _PER_GRAM},
        "plateaus": [
            {
                "current_A_per_g": each.current / 1e3, "printed_mAh_per_g": each.measured / _PER_GRAM,
                "model_mAh_per_g": _shown(each.model), "null_mAh_per_g": each.null / _PER_GRAM, "fitted": each.fitted,
            }
            for each in calibration.predictions
        ],
    }  # fmt: skip
