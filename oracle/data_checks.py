"""Before any arithmetic: is this a record of the right run at all, and of a run rather than of nothing?

Misuse (a missing array, another shape, another dtype than declared) is a `CandidateError`: there is
nothing to judge.  A record that cannot come from the method (numbers that are not finite, or not of the format
that the state is kept in, the golden's own digits) is a finding.  That a trajectory never moves is none: where every
update is below half a unit of a narrow format, a correct one does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oracle.candidate_file import CandidateError, one_dtype
from oracle.compare import Distance
from oracle.error_free import DoubleDouble, Floats
from oracle.findings import Finding, Outcome, candidate_text
from oracle.records.candidate import Array, Declaration
from oracle.rounding import representable
from oracle.update_forms import FORMS
from reference.case import Case
from reference.exact import BINARY_FORMATS
from reference.models import MODELS

__all__ = ["CONTAINERS", "check_record", "data_findings", "finite_rows", "kept_finding", "recorded_steps"]

# numpy has no bfloat16: its values travel exactly in float32
CONTAINERS = {"float64": "float64", "float32": "float32", "bfloat16": "float32", "float16": "float16"}
HANDED_BACK = 64  # correctly rounded numbers in a row: below 2⁻³⁰ by chance, at two chances in three each
FIRST_STEPS = 3  # the errors of so few steps may be too small to show


def recorded_steps(arrays: Mapping[str, Array], steps: Sequence[int] | None) -> list[int]:
    """Return the step of every row, from the argument or from the array ``steps``.

    Raises
    ------
    CandidateError
        If neither says, both do and differ, or they are no strictly ascending integers from 0 on.
    """
    inside = arrays.get("steps")
    if inside is None and steps is None:
        raise CandidateError("no `steps` came with the arrays: store the step number of every row as `steps`")
    if inside is not None and (inside.ndim != 1 or inside.dtype.kind not in "iu"):
        raise CandidateError(
            f"`steps` has dtype {inside.dtype} and shape {inside.shape}: expected a list of integers, one for each row"
        )
    stored = None if inside is None else [int(step) for step in inside]
    given = stored if steps is None else [int(step) for step in steps]
    assert given is not None
    if stored is not None and stored != given:
        raise CandidateError(
            f"the array `steps` holds {_brief(stored)}, but steps {_brief(given)} were asked for: "
            "record the steps that the spec wants, in their order"
        )
    if not given or given[0] < 0 or any(b <= a for a, b in pairwise(given)):
        raise CandidateError(f"`steps` is {_brief(given)}: expected strictly ascending integers from 0 on")
    return given


def check_record(
    case: Case, declaration: Declaration, arrays: Mapping[str, Array], steps: Sequence[int]
) -> None:
    """Refuse a record that cannot be compared.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    arrays : mapping of name to ndarray
        Parameters with shape (K, d), optionally ``p_<parameter>``, ``theta`` and ``loss`` (K,).
    steps : sequence of int, shape (K,)

    Raises
    ------
    CandidateError
        Naming the array, what arrived and what was expected.
    """
    _check_declaration(declaration)
    shapes = _expected_shapes(case, len(steps))
    container = CONTAINERS[declaration.kept_in]
    for name in MODELS[case.model].names:
        if name not in arrays:
            raise CandidateError(
                f"the candidate has no array `{name}`: expected each parameter of the model `{case.model}`, "
                f"{_names(MODELS[case.model].names)}"
            )
    for name, array in arrays.items():
        if name == "steps":
            continue
        if name not in shapes:
            raise CandidateError(f"the candidate holds an array `{name}`: expected some of {_names(shapes)}")
        if array.dtype.name != container:
            # among several the declaration is not what is wrong
            one_dtype({known: arrays[known] for known in arrays if known != "steps"})
            raise CandidateError(
                f"`{name}` has dtype {array.dtype}, but a candidate in {declaration.kept_in} is recorded in {container}: "
                "store what was computed, or declare the dtype it was computed in"
            )
        if array.shape != shapes[name]:
            raise CandidateError(
                f"`{name}` has shape {array.shape}: expected {shapes[name]}, one row for each of {len(steps)} steps"
            )
    _check_momentum(case, arrays)


def finite_rows(arrays: Mapping[str, Array], names: Sequence[str]) -> int:
    """Return how many rows come before the first that holds a number that is not finite."""
    finite = [np.isfinite(arrays[name]).reshape(len(arrays[name]), -1).all(axis=1) for name in names]
    bad = np.flatnonzero(~np.logical_and.reduce(finite))
    return int(bad[0]) if len(bad) else finite[0].size


def data_findings(
    declaration: Declaration,
    arrays: Mapping[str, Array],
    steps: Sequence[int],
    found: Mapping[str, Distance],
    parameters: Sequence[str],
) -> list[Finding]:
    """Return what the numbers themselves give away; empty where nothing is wrong.

    Parameters
    ----------
    declaration : Declaration
    arrays : mapping of name to ndarray, as `check_record` accepts
    steps : sequence of int, shape (K,)
    found : mapping of observable to Distance
    parameters : sequence of str
    """
    findings = [_not_finite(declaration, arrays, steps, found)]
    findings.append(kept_finding(declaration, arrays, steps, parameters))
    findings.append(_handed_back(declaration, steps, [found[name] for name in parameters if name in found]))
    return [finding for finding in findings if finding is not None]


def kept_finding(
    declaration: Declaration, arrays: Mapping[str, Array], steps: Sequence[int], parameters: Sequence[str]
) -> Finding | None:
    """Report the first recorded number that the declared format of the state does not have; None for none.

    Parameters
    ----------
    declaration : Declaration
    arrays : mapping of name to ndarray, as `check_record` accepts
    steps : sequence of int, shape (K,)
    parameters : sequence of str
    """
    kept_in = declaration.kept_in
    if CONTAINERS[kept_in] == kept_in:
        return None
    for name in parameters:
        with np.errstate(all="ignore"):
            held = representable(DoubleDouble.exactly(arrays[name]), kept_in) | ~np.isfinite(arrays[name])
        if not held.all():
            row, column = (int(i) for i in np.argwhere(~held)[0])
            return Finding(
                "data",
                Outcome.DISAGREES,
                f"`{name}` holds numbers that {kept_in} does not have, in which the state is declared to be kept: "
                "record the state as it is kept, or declare the format it is kept in",
                steps[row],
                name,
                column,
                candidate_text(float(arrays[name][row, column]), "float32"),
            )
    return None


def _check_declaration(declaration: Declaration) -> None:
    for what, name, choices in (
        ("form", declaration.form, FORMS),
        ("dtype", declaration.dtype, tuple(CONTAINERS)),
        ("accumulate", declaration.accumulate or declaration.dtype, tuple(CONTAINERS)),
        ("operands", declaration.operands or declaration.dtype, tuple(BINARY_FORMATS)),
        ("state", declaration.kept_in, tuple(CONTAINERS)),
    ):
        if name not in choices:
            raise CandidateError(f"the declared `{what}` is `{name}`: expected one of {_names(choices)}")


def _check_momentum(case: Case, arrays: Mapping[str, Array]) -> None:
    """Refuse a momentum recorded for some parameters only."""
    wanted = [f"p_{name}" for name in MODELS[case.model].names]
    held = [name for name in wanted if name in arrays]
    if held and case.method.scales == "update":
        raise CandidateError(
            f"the candidate records the momentum {_names(held)}, and its step sizes scale the update: what is kept there "
            "is a buffer, no move; record the parameters alone"
        )
    if held and held != wanted:
        raise CandidateError(
            f"the candidate records the momentum {_names(held)} alone: expected all of {_names(wanted)}"
        )


def _expected_shapes(case: Case, rows: int) -> dict[str, tuple[int, ...]]:
    model = MODELS[case.model]
    shapes: dict[str, tuple[int, ...]] = {name: (rows, len(case.init[name])) for name in model.names}
    size = len(case.init[model.names[0]])
    shapes |= {f"p_{name}": shapes[name] for name in model.names}
    if model.shows_theta:
        shapes["theta"] = (rows, size)
    return shapes | {"loss": (rows,)}


def _not_finite(
    declaration: Declaration, arrays: Mapping[str, Array], steps: Sequence[int], found: Mapping[str, Distance]
) -> Finding | None:
    """Report the first number that is not finite."""
    names = [name for name in arrays if name != "steps"]
    row = finite_rows(arrays, names)
    if row == len(steps):
        return None
    name = next(name for name in names if not np.isfinite(arrays[name][row]).all())
    values = np.atleast_1d(arrays[name][row])
    coordinate = int(np.flatnonzero(~np.isfinite(values))[0])
    overflow = _golden_leaves_range(declaration, row, found)
    return Finding(
        "data",
        Outcome.UNDECIDED if overflow else Outcome.DISAGREES,
        f"`{name}` is not finite from step {steps[row]} on"
        + (f", and the true trajectory leaves what {declaration.dtype} can square by then" if overflow else ""),
        steps[row], name, None if arrays[name].ndim == 1 else coordinate,
        candidate_value=str(values[coordinate]),
    )  # fmt: skip


def _golden_leaves_range(declaration: Declaration, row: int, found: Mapping[str, Distance]) -> bool:
    """Tell whether the golden reaches sizes whose products of four overflow a declared format."""
    names = (declaration.dtype, declaration.kept_in, declaration.operands, declaration.accumulate)
    limit = 2.0 ** (min(BINARY_FORMATS[name].max_exponent for name in names if name) / 4)
    return any(
        bool((~(np.abs(distance.golden[distance.rows <= row]) < limit)).any()) for distance in found.values()
    )


def _handed_back(declaration: Declaration, steps: Sequence[int], found: Sequence[Distance]) -> Finding | None:
    """Report a record that is the golden, correctly rounded, at every number that shows it.

    Rounding errors accumulate: no run in a dtype keeps all its numbers correctly rounded.  Counted are
    numbers past the first steps that have moved, where the golden is not itself a number of the dtype, each value
    once: a run may stand still for as long as its updates are below half a unit.
    """
    seen: list[Floats] = []
    for distance in found:
        later = np.array([steps[int(row)] for row in distance.rows]) > FIRST_STEPS
        candidate, gap = distance.candidate[later], np.abs(distance.difference[later])
        telling = gap > distance.error[later]
        nearest = gap <= _half_unit(candidate, declaration.kept_in) + distance.error[later]
        if not nearest[telling].all():
            return None
        moved = np.zeros_like(telling)
        moved[1:] = candidate[1:] != candidate[:-1]
        seen.append(candidate[telling & moved].astype(np.float64))
    count = len(np.unique(np.concatenate(seen))) if seen else 0
    if count < HANDED_BACK:
        return None
    return Finding(
        "data",
        Outcome.DISAGREES,
        f"all parameters past step {FIRST_STEPS} are the golden's digits rounded once to {declaration.kept_in} "
        f"({count} different values): no run in {declaration.kept_in} is free of accumulated rounding, so this "
        "is the golden handed back, or a run in a wider format than declared",
        step=next(step for step in steps if step > FIRST_STEPS),
    )


def _half_unit(values: Array, dtype: str) -> Floats:
    """Return half the distance of neighbours in the dtype at the given values."""
    form = BINARY_FORMATS[dtype]
    _, exponent = np.frexp(values.astype(np.float64))
    half: NDArray[np.float64] = np.ldexp(0.5, np.maximum(exponent, form.min_exponent + 1) - form.precision)
    return half


def _names(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _brief(steps: Sequence[int]) -> str:
    shown = ", ".join(str(step) for step in steps[:4])
    return f"[{shown}, …] ({len(steps)} of them)" if len(steps) > 4 else f"[{shown}]"
