"""Diffusion coefficients by titration and by interruption, against truths of which the analysis knows nothing.

The truths stand in `byssus.validation.pulse_truths`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from byssus.analysis.pulses import examine_gitt, examine_ici
from byssus.analysis.pulses.model import WIDE
from byssus.analysis.pulses.told import floats
from byssus.measured.tables import Table
from byssus.physics.diffusion import plane_lead, sphere_lead
from byssus.quantity import Quantity
from byssus.simulate.instrument import INSTRUMENTS
from byssus.validation.page import Comparison, Listing, Page
from byssus.validation.pulse_truths import (
    DFN,
    HYSTERESIS,
    NO_HYSTERESIS,
    PAUSES,
    TITRATION,
    Bodies,
    Cell,
    Series,
    Shape,
    Truth,
    cells,
    lead,
    noisy,
    resolvable,
    spread,
    table,
)

Array = NDArray[np.float64]

TEXTBOOK, WORDED, MODEL = "textbook", "as worded", "full model"
PAUSE_TEXTBOOK, PAUSE_MODEL = "interruption, textbook", "interruption, model"
METHODS: Final = (TEXTBOOK, WORDED, MODEL, PAUSE_TEXTBOOK, PAUSE_MODEL)

#: L²/D in s, by which D goes through six decades: in a pulse of 600 s τ D/L² is from 1e-4 to 100.
CONSTANTS: Final = (6e6, 6e5, 2e5, 6e4, 2e4, 6e3, 2e3, 600.0, 200.0, 60.0, 20.0, 6.0)
#: And through three, for truths that are no body of the analysis.
THREE_DECADES: Final = (6e4, 6e3, 600.0, 60.0)
#: Noise in V: of a good potentiostat, a choice, and of two cyclers as their files have it.
NOISES: Final = (
    1e-5, *(INSTRUMENTS[name].voltage.noise or 0.0 for name in ("neware-ct4008-5v6a", "land-ct2001a")),
)  # fmt: skip
USUAL_NOISE: Final = NOISES[1]
#: What is told of length: its square is L²/D times D.
_LENGTH: Final = 1e-6
#: A value off by more than this factor is false; one withheld that is not off by the other was withheld needlessly.
FALSE, CLOSE = 2.0, 1.25


@dataclass(frozen=True)
class Found:
    """What a method said of pulses: D over its truth, whether it stands by it, and whether its interval holds the truth."""

    ratio: Array
    stated: NDArray[np.bool_]
    inside: NDArray[np.bool_]

    @property
    def values(self) -> Array:
        """What it stands by."""
        return self.ratio[self.stated]

    @property
    def bias(self) -> float:
        """Middle of what it stands by; not-a-number where it stands by nothing."""
        return float(np.median(self.values)) if self.stated.any() else np.nan

    @property
    def false(self) -> int:
        """How many that it stands by are off by more than a factor of two."""
        return int(np.count_nonzero(np.abs(np.log(np.maximum(self.values, 1e-300))) > np.log(FALSE)))

    @property
    def said(self) -> str:
        """The middle, bold where it is false; in brackets what it does not stand by; a dash for nothing."""
        if not self.stated.any():
            known = self.ratio[np.isfinite(self.ratio)]
            return f"({_short(float(np.median(known)))})" if known.size else "–"
        word = f"**{_short(self.bias)}**" if abs(np.log(self.bias)) > np.log(FALSE) else _short(self.bias)
        return word if self.stated.all() else f"{word} ({np.count_nonzero(self.stated)}/{self.stated.size})"


def _short(value: float) -> str:
    return f"{value:.2f}" if 0.095 <= value < 100 else f"{value:.1g}" if value < 0.095 else f"{value:.0f}"


def together(found: Sequence[Found]) -> Found:
    """Return several as one."""
    return Found(*(np.concatenate([getattr(each, name) for each in found]) for name in ("ratio", "stated", "inside")))


def ask(measured: Table, constant: float, shape: Shape, *, interrupted: bool) -> dict[str, Found]:
    """Analyse a titration or a current with pauses; return what each method says of its pulses.

    Parameters
    ----------
    constant
        L²/D in s of the length that the analysis is told.
    """
    told = {"shape": shape, "diffusion length": Quantity(_LENGTH * 1e6, "um"), "length from": "geometry"}
    frame = (examine_ici if interrupted else examine_gitt)([measured], told).frames["pulses"]
    frame = frame.filter(frame["Reason"].is_null())
    true = 1e4 * _LENGTH**2 / constant
    value, sure = (floats(frame, f"Textbook D {what}/ cm^2/s") / true for what in ("", "Standard Uncertainty "))
    holds = frame["Textbook Reason"].is_null().to_numpy() & np.isfinite(value)
    by_model = floats(frame, "Model D / cm^2/s") / true
    low, high = (floats(frame, f"Model D {end} / cm^2/s") / true for end in ("Lower", "Upper"))
    given = np.isfinite(by_model)
    found = {
        PAUSE_TEXTBOOK if interrupted else TEXTBOOK: Found(value, holds, np.abs(value - 1) <= 1.96 * sure),
        PAUSE_MODEL if interrupted else MODEL: Found(by_model, given, (low <= 1) & (high >= 1)),
    }
    if not interrupted:
        worded = floats(frame, "As Worded D / cm^2/s") / true
        # It has no interval and no condition: whoever works it out stands by it.
        found[WORDED] = Found(worded, np.isfinite(worded), np.zeros(worded.size, dtype=bool))
    return found


class Asked(NamedTuple):
    """What was asked of a truth of our own."""

    truth: Truth
    constant: float
    series: Series
    noise: float = USUAL_NOISE
    #: What the analysis assumes, and L²/D of the length that it is told over that of the truth.
    shape: Shape = "sphere"
    told: float = 1.0


def answered(asked: Asked, seeds: Sequence[int] = (1, 2)) -> dict[str, Found]:
    """Ask all methods of one truth, once for each draw of the noise."""
    truth, constant, series, noise, shape, told = asked
    clean = table(truth, constant, series)
    drawn = [ask(noisy(clean, noise, seed), told * constant, shape, interrupted=series.paused) for seed in seeds]
    return {name: together([each[name] for each in drawn]) for name in drawn[0]}


# --- Maps ------------------------------------------------------------------------------------------------------------

SPHERE: Final = Truth("spheres of one size", Bodies("sphere"))
PLANE: Final = Truth("plane bodies", Bodies("plane"))
Answers = dict[Asked, dict[str, Found]]


def _questions() -> Iterator[Asked]:
    """Yield what maps and shares are made of: shapes, sampling and noise over six decades of D."""
    for constant in CONSTANTS:
        for series in (TITRATION, PAUSES):
            for truth in (SPHERE, PLANE):
                yield Asked(truth, constant, series, shape=truth.bodies.shape)
            for every in _sampled(series):
                yield Asked(SPHERE, constant, every)
            for noise in NOISES:
                yield Asked(SPHERE, constant, series, noise)


def _sampled(series: Series) -> list[Series]:
    """Return a series recorded more and less often."""
    if series.paused:
        return [replace(series, rest_every=every) for every in (0.1, 0.5, 2.0)]
    return [replace(series, every=every, rest_every=6 * every) for every in (1.0, 5.0, 30.0)]


def bound(asked: Asked) -> float:
    """Return by which factor the interval of L²/D spans at the very best."""
    return resolvable(asked.truth.bodies, asked.constant, asked.series, asked.noise)


def _factor(value: float) -> str:
    return f"{value:.2f}" if value < WIDE else "none"


def _map(answers: Answers, constant: float, rows: Sequence[Asked], methods: Sequence[str]) -> list[str]:
    """Return a row of a map: what is asked at one time constant, under several conditions."""
    asked = [each._replace(constant=constant) for each in rows]
    cells = [answers[each][method].said for method in methods for each in asked]
    return [f"{constant:g}", f"{600 / constant:.2g}", *cells, *(_factor(bound(each)) for each in asked)]


def maps(answers: Answers) -> list[Listing]:
    """Lay the maps out: rows are the time that diffusion takes, columns sampling, noise and shape."""
    text = (
        "D found over D given, the middle of all pulses. Plain: the method stands by it; (3/20): by so many of all; **bold**: "
        "it stands by it, and is off by more than a factor of two; in brackets: what it gives with the reason why it does "
        "not hold; –: nothing. The last columns are the bound of Cramér and Rao: by which factor the 95 % interval of L²/D "
        f"spans at the very best; none: by more than {WIDE:g}, so that to withhold is right."
    )
    said = [f"{1e3 * noise:.2g} mV" for noise in NOISES]
    titrated = [Asked(SPHERE, 1.0, series) for series in _sampled(TITRATION)]
    paused = [Asked(SPHERE, 1.0, series) for series in _sampled(PAUSES)]
    every = [f"{each.series.every:g} s" for each in titrated]
    often = [f"{each.series.rest_every:g} s" for each in paused]
    shaped = [Asked(SPHERE, 1.0, TITRATION), Asked(PLANE, 1.0, TITRATION, shape="plane")]
    planes = Asked(PLANE, 1.0, PAUSES, shape="plane")
    pause = (PAUSE_TEXTBOOK, PAUSE_MODEL)
    kinds = (
        ("Titration: shape", ["sphere", "plane"], shaped, (TEXTBOOK, WORDED, MODEL)),
        ("Titration: time between records", every, titrated, (TEXTBOOK, MODEL)),
        ("Titration: noise", said, [Asked(SPHERE, 1.0, TITRATION, noise) for noise in NOISES], (TEXTBOOK, MODEL)),
        ("Interruptions: shape", ["sphere", "plane"], [Asked(SPHERE, 1.0, PAUSES), planes], pause),
        ("Interruptions: time between records", often, paused, pause),
        ("Interruptions: noise", said, [Asked(SPHERE, 1.0, PAUSES, noise) for noise in NOISES], pause),
    )  # fmt: skip
    return [
        Listing(
            title, text,
            ["L²/D in s", "600 s D/L²", *(f"{method}, {word}" for method in methods for word in words),
             *(f"bound, {word}" for word in words)],
            [_map(answers, constant, rows, methods) for constant in CONSTANTS],
        )
        for title, words, rows, methods in kinds
    ]  # fmt: skip


# --- Truths that are no body of the analysis -------------------------------------------------------------------------


def others() -> Iterator[tuple[str, Shape, float, Truth]]:
    """Yield truths: what they are, what the analysis assumes, L²/D of its length over the truth's own, and the truth."""
    yield "spheres of one size", "sphere", 1.0, SPHERE
    for width in (0.3, 0.6):
        for told, words in (("surface", "volume over surface"), ("volume", "the middle radius by volume")):
            bodies = spread(width, told="surface" if told == "surface" else "volume")
            yield (
                f"radii spread by {width:g} in ln R; told {words}",
                "sphere",
                1.0,
                Truth(f"spread {width:g}, {told}", bodies),
            )
    yield "plane bodies, told a sphere of their surface (R = 3 L)", "sphere", 9.0, PLANE
    yield "spheres, told a plane of their surface (L = R/3)", "plane", 1 / 9, SPHERE
    yield "open circuit bent: its slope changes by its half", "sphere", 1.0, replace(SPHERE, name="bent", bend=0.5)
    slow = replace(SPHERE, name="slow", exchange=5.0)
    yield "slow reaction: i = 5 i0, i0 ∝ √(c (1 - c))", "sphere", 1.0, slow
    yield "film of 0.1 V", "sphere", 1.0, replace(SPHERE, name="film", step=0.1)


def others_asked() -> Iterator[tuple[str, Asked]]:
    """Yield what is asked of these truths, over three decades of D."""
    for (name, shape, told, truth), constant in (
        (other, constant) for other in others() for constant in THREE_DECADES
    ):  # fmt: skip
        for series in (TITRATION, PAUSES):
            yield name, Asked(truth, constant, series, shape=shape, told=told)


def _row(found: Mapping[str, Found]) -> list[str]:
    return [found[name].said if name in found else "" for name in METHODS]


# --- Virtual cells ---------------------------------------------------------------------------------------------------


def virtual_answers(chosen: Sequence[Cell]) -> dict[Cell, dict[str, Found]]:
    """Titrate and interrupt virtual cells, as a cycler with noise sees them; return what each method says."""
    found: dict[Cell, dict[str, Found]] = {}
    for cell in chosen:
        found[cell] = {}
        for interrupted in (False, True):
            measured = noisy(cell.table(interrupted=interrupted), USUAL_NOISE, 1)
            found[cell] |= ask(measured, cell.constant, "sphere", interrupted=interrupted)
    return found


# --- Shares and targets ----------------------------------------------------------------------------------------------


def shares(name: str, found: Mapping[str, Sequence[Found]]) -> list[list[str]]:
    """Return a row for each method: how much it stands by, how far that is off, and how often its interval holds."""
    rows = []
    for method in METHODS:
        if not found.get(method):
            continue
        each = together(found[method])
        count = int(np.count_nonzero(each.stated))
        withheld = each.ratio[~each.stated]
        known = withheld[np.isfinite(withheld)]
        close = int(np.count_nonzero(np.abs(np.log(known)) <= np.log(CLOSE))) if known.size else 0
        rows.append(
            [name, method, f"{count:,} of {each.stated.size:,}", _short(each.bias) if count else "–",
             f"{np.median(np.log10(each.values)):+.2f}" if count else "–", f"{each.false / count:.0%}" if count else "–",
             f"{np.mean(each.inside[each.stated]):.0%}" if count and method != WORDED else "–",
             f"{close / known.size:.0%}" if known.size else "–"]
        )  # fmt: skip
    return rows


def needless(answers: Answers, method: str) -> tuple[int, int, int]:
    """Return of how many pulses a model withholds, of how many of these rightly, and of how many it states though it cannot.

    Rightly, if the best interval that these records allow spans more than the factor beyond which none is given.
    """
    withheld = right = blind = 0
    for asked, found in answers.items():
        if method in found:
            out = int(np.count_nonzero(~found[method].stated))
            closed = bound(asked) > WIDE
            withheld += out
            right += out * closed
            blind += (found[method].stated.size - out) * closed
    return withheld, right, blind


def _log_bias(found: Found) -> float:
    return float(abs(np.median(np.log10(found.values)))) if found.stated.any() else np.inf


SPHERES, PLANES, OTHERS = "spheres of one size", "plane bodies", "other truths"
STILL, WAYS, REAL = "virtual cells, no hysteresis", "virtual cells, hysteresis", "virtual cells, SEI or crystal"
GROUPS: Final = (SPHERES, PLANES, OTHERS, STILL, WAYS, REAL)
_BODY: Final = "a shape that is not the body's, or radii that spread, are in no interval"
_AT_BEST: Final = (
    "it is 1.14 of D where it holds best, and 0.5 to 16 of it under noise of 0.3 mV; neither is in its interval"
)
_BRANCH: Final = (
    "the open circuit depends on the way and bends: the interval of a straight or evenly bent one is too narrow"
)
_FRONT: Final = "the current of the SEI and the front between crystal and lithiated silicon are no diffusion"


def _missed() -> dict[tuple[str, str, str], str]:
    """Return why a target is missed, by group, method and what of it."""
    every = ("bias", "false", "coverage")
    named: list[tuple[str, str, tuple[str, ...], str]] = [
        *((group, WORDED, every[:2], "the formula means the times and voltages of the pulse, not of the rest") for group in GROUPS),
        (SPHERES, PAUSE_TEXTBOOK, every, _AT_BEST),
        (PLANES, TEXTBOOK, every[2:], "up to 1.35 of D where rests have hardly settled, more than its interval holds"),
        (PLANES, PAUSE_TEXTBOOK, (every[0], every[2]), _AT_BEST),
        (OTHERS, TEXTBOOK, (every[0], every[2]), _BODY),
        (OTHERS, MODEL, every, _BODY),
        (OTHERS, PAUSE_TEXTBOOK, every, _BODY),
        (OTHERS, PAUSE_MODEL, every[1:], _BODY),
        (STILL, PAUSE_TEXTBOOK, (every[0], every[2]), _AT_BEST),
        (STILL, PAUSE_MODEL, every[1:], "in particles of 1 µm the open circuit bends before the current has settled"),
        (WAYS, TEXTBOOK, (every[0], every[2]), "0.84 of D: the line over √t takes the sphere's surface for flat"),
        (WAYS, MODEL, every[1:], _BRANCH),
        (WAYS, PAUSE_MODEL, every[1:], _BRANCH),
        *((REAL, method, every, _FRONT) for method in (MODEL, PAUSE_TEXTBOOK, PAUSE_MODEL)),
    ]  # fmt: skip
    return {(group, method, kind): why for group, method, kinds, why in named for kind in kinds}


MISSED: Final[Mapping[tuple[str, str, str], str]] = _missed()


def targets(group: str, method: str, found: Sequence[Found]) -> Iterator[tuple[Comparison, str | None]]:
    """Yield what a method is held to in one group of truths: bias, what is false though stated, coverage; and why it fails."""
    each = together(found)
    count = int(np.count_nonzero(each.stated))
    if not count:
        return
    bias = float(abs(np.median(np.log10(each.values))))
    held = float(np.mean(each.inside[each.stated]))
    kinds: list[tuple[str, str, float, float]] = [
        ("bias", "log10 of D over its truth, the middle", bias, 0.05),
        ("false", f"share off by more than {FALSE:g} times", each.false / count, 0.05),
        ("coverage", f"coverage of 95 % intervals: {held:.0%}; what it lacks", max(0.0, 0.95 - held), 0.05),
    ]
    for kind, quantity, difference, allowed in kinds[: 2 if method == WORDED else 3]:
        compared = Comparison(f"{group}: {method}", quantity, "D as given", count, difference, allowed, "")
        # One that holds is no miss, though the same of other truths is.
        yield compared, None if compared.holds else MISSED.get((group, method, kind))


def solver() -> list[Comparison]:
    """Hold our own bodies against the closed solutions, which are not in them."""
    ratios = (1e-4, 1e-3, 1e-2, 0.1, 1.0)
    shapes: tuple[tuple[Shape, Callable[[float], Any]], ...] = (("sphere", sphere_lead), ("plane", plane_lead))
    return [
        Comparison(f"own bodies, {shape}", "lead of the surface, relative", "Crank 1975", len(ratios),
                   max(abs(lead(shape, ratio) / float(closed(ratio)) - 1) for ratio in ratios), 2e-3, "")
        for shape, closed in shapes
    ]  # fmt: skip


# --- The page --------------------------------------------------------------------------------------------------------

_USE: Final = (
    "**Textbook titration** (iR removed, the slope over √t): in plane bodies, pulses of 0.03 to 1 of L²/D, where it is 0.99 to "
    "1.13 of D. Not in spheres: their curved surface leaves it a line over √t for so short a time that it stands by next to "
    "none of their pulses, rightly: what it withholds falls from 0.9 of D at 0.01 of R²/D to 0.07 at 10. Not where the rests "
    "are short against L²/D and the test began lately: there it is too high without a bound, and withheld.",
    "**The paper's wording** (τ the rest, ΔE_s the relaxation): nowhere. It is near D at one ratio of times only, above D for "
    "slower diffusion and below it for faster, in nano-silicon by a factor of 100 to 10,000.",
    "**Full model of pulse and rest**: for spheres of one size with pulses of 0.03 to 3 of R²/D, and plane bodies with 0.1 to "
    "10 of L²/D, records every 5 s and noise of 0.04 mV: bias within 2 %, and intervals that hold. With noise of 0.3 mV only "
    "from 0.1 to 0.3. Beyond, it withholds its number. Films, contacts and slow reactions of virtual cells do not move it.",
    "**The full model's intervals hold the body for granted**: a spread of radii by 0.3 in ln R moves D by up to a third, one of "
    "0.6 by up to four times, a wrong shape by two to three times, and none of it is in the interval.",
    "**Interruptions, textbook**: for spheres where R²/D is 2,000 pauses or more and the current has flowed for 0.15 of it: "
    "1.15 of D. **Interruptions, model**: with pauses of 10 s where R²/D is 2,000 s to fifty times the test, L²/D of plane "
    "bodies 200 to 20,000 s. Both want noise well below 0.3 mV and records every 0.5 s.",
    "**Hysteresis**: titrated over the whole range the full model finds 0.9 to 1.0 of D where R²/D is 200 s or more, as the pulses that cross between branches "
    "are left out; its intervals hold four fifths of the truths. While an SEI grows, D is 1.4 times too high; in the "
    "first lithiation of crystalline silicon no method is right.",
    "**Nano-silicon** of 15 nm radius, R²/D of 20 s and less, gives no D by any of these: \"not identifiable\" is the answer.",
)  # fmt: skip


def compare(_folder: Path) -> Page:
    """Ask every method of truths over decades of D, and report where it may be used and where not."""
    answers = {asked: answered(asked) for asked in dict.fromkeys(_questions())}
    beside: dict[tuple[str, float], dict[str, Found]] = {}
    for name, asked in others_asked():
        beside.setdefault((name, asked.constant), {}).update(answered(asked))
    simulated = virtual_answers(list(cells()))
    groups = _grouped(answers, beside, simulated)
    whole = Listing(
        "How good the methods are",
        "All pulses of a group. Stated: what a method stands by, of all. Middle: of D found over D given, and of its log10. "
        f"False: stated, and off by more than a factor of {FALSE:g}. Coverage: how many of the stated have the truth in their "
        f"95 % interval (the paper's wording has none). Needlessly: of the values withheld with a reason, those within {CLOSE:g} "
        "times the truth; the models give no value where they withhold.",
        ["truth", "method", "stated", "middle", "log10", "false", "coverage", "withheld needlessly"],
        [row for name, found in groups.items() for row in shares(name, found)],
        [_said_needless(answers, method) for method in (MODEL, PAUSE_MODEL)],
    )
    decided = [
        each for group, found in groups.items() for method in METHODS if found[method]
        for each in targets(group, method, found[method])
    ]  # fmt: skip
    missed = Listing(
        "What does not hold",
        "Targets that are missed, with the reason. They are not among the comparisons below, which are to hold.",
        ["what", "quantity", "found", "target", "why"],
        [[each.subject, each.quantity, f"{each.difference:.2g}", f"{each.allowed:.2g}", why]
         for each, why in decided if why is not None],
    )  # fmt: skip
    return Page(
        title="Pulses",
        introduction=(
            "Titrations (GITT) and current interruptions (ICI) of which D is known, and what the analysis says of it. "
            "Where each method may be used, and where not:\n\n"
            + "\n".join(f"- {each}" for each in _USE)
            + "\n\nTruths are bodies of finite volumes, exact in time, that share no equation with the analysis; several of "
            "them at one potential; and virtual cells of the paper's silicon. Pulses are of "
            f"{TITRATION.driven:g} s with {TITRATION.rest:g} s of rest, interruptions of {PAUSES.rest:g} s after each "
            f"{PAUSES.driven:g} s of {PAUSES.count * PAUSES.driven / 3600:.1f} h, records every {TITRATION.every:g} and "
            f"{PAUSES.rest_every:g} s, noise of {1e3 * USUAL_NOISE:.2g} mV unless said. A titration's pulse moves the voltage "
            f"by {1e3 * TITRATION.moved:g} mV, an interrupted current in all by {1e3 * PAUSES.moved:g} mV."
        ),
        listings=[missed, whole, *maps(answers), _beside(beside), _simulated(simulated)],
        comparisons=[*solver(), *(each for each, why in decided if why is None)],
        remarks=[
            "Noise is drawn with fixed seeds.",
            "The bound of Cramér and Rao takes the body as known to be what it is, so that the models, which also try a bent "
            "open circuit and a faster process, have wider intervals.",
        ],
    )


def _grouped(
    answers: Answers,
    beside: Mapping[tuple[str, float], Mapping[str, Found]],
    simulated: Mapping[Cell, Mapping[str, Found]],
) -> dict[str, dict[str, list[Found]]]:
    """Return what was found by groups of truths, and by method."""
    groups: dict[str, list[Mapping[str, Found]]] = {
        SPHERES: [found for asked, found in answers.items() if asked.truth is SPHERE],
        PLANES: [found for asked, found in answers.items() if asked.truth is PLANE],
        OTHERS: [found for (name, _), found in beside.items() if name != SPHERE.name],
        STILL: [found for cell, found in simulated.items() if cell.name.startswith(NO_HYSTERESIS)],
        WAYS: [found for cell, found in simulated.items() if cell.name in (HYSTERESIS, DFN)],
        REAL: [found for cell, found in simulated.items() if cell.name.startswith("SPMe, hysteresis, ") and cell.name != HYSTERESIS],
    }  # fmt: skip
    return {
        group: {method: [each[method] for each in found if method in each] for method in METHODS}
        for group, found in groups.items()
    }


def _said_needless(answers: Answers, method: str) -> str:
    withheld, right, blind = needless(answers, method)
    return (
        f"Of the {withheld:,} pulses of own bodies from which the {method} withholds its number, {right:,} hold none at the "
        f"very best (their bound is above {WIDE:g}); of those it states, {blind:,} should hold none."
    )


def _beside(found: Mapping[tuple[str, float], Mapping[str, Found]]) -> Listing:
    return Listing(
        "Truths that are no body of the analysis",
        "As in the maps, over three decades of D. R²/D is that of the length that is told, or of the body where the shapes "
        "differ.",
        ["truth", "L²/D in s", *METHODS],
        [[name, f"{constant:g}", *_row(each)] for (name, constant), each in found.items()],
        ["Of spread radii there is one D and no one R: D goes with the square of the radius that is told.",
         "A shape that the body has not moves D of the full model by two to three times: the shape is to be known, not "
         "chosen."],
    )  # fmt: skip


def _simulated(found: Mapping[Cell, Mapping[str, Found]]) -> Listing:
    return Listing(
        "Virtual cells of silicon",
        "As in the maps: the cell of the paper's recipe with radius 150 nm unless said, amorphous and without SEI unless said, "
        "at 0.1C as the standard tests have it, lithiated and delithiated again from 40 to 60 %, in the whole range from 5 to "
        "95 %.",
        ["cell", "D in m²/s", "R²/D in s", *METHODS],
        [[cell.name, f"{cell.diffusion:g}", f"{cell.constant:.3g}", *_row(each)] for cell, each in found.items()],
    )  # fmt: skip
