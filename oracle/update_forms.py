"""What a declared update form may round beyond the reference's own velocity recurrence.

The replay runs the recurrence of `reference` under the rounding model, from recorded positions.  Two
things are missing there: the momentum the candidate carries is not recorded, and other forms of the same
update round at other places.  Both are counted here, in units of u and of the sizes at hand:

* entry, an error of the momentum p_k that the recurrence starts from,
* exit, an error of the position β_{k+1} (or y_{k+1}) that it ends in,
* note, an error of the momentum p_{k+1} that a candidate recorded itself.

Write Δ = β_k − β_{k−1}; a rounded z errs by at most u|ẑ|.

velocity, β_k = fl(β_{k−1} + p_k)
    Hence |Δ − p_k| ≤ u|β_k|: entry 1·|β_k|.  The recurrence itself is the candidate's.
buffer, b₊ = μb + g, β₊ = β − ηb₊, p = −ηb
    |Δ − p_k| ≤ u|β_k| + u|ηb_k|; at Nesterov's gradient argument β − (ημ)b two more roundings of that
    size: entry 1·|β_k| + 3·|p_k|.  The product ηb₊ is rounded once more than in the velocity form:
    exit 1·|p_{k+1}|.  The start b_0 = −p_0/η rounds twice: entry 5·|p_0|.
position, β₊ = β + μ(β − β₋) − ηg
    The state is what is recorded; fl(β − β₋) rounds Δ: entry 1·|p_k|.  Three terms are added in any
    order; a partial sum is at most |β_k| + |μΔ| + |ηg|.  Written (1 + μ)β − μβ₋ − ηg, as Polyak's method
    often is, 1 + μ and both products round and a partial sum is at most 2|β_k| + |ηg| or
    |β_k| + |p_k|: in all 2·2|β_k| + |β_{k−1}| + 2|β_k| + |ηg|.  With |β_{k−1}| ≤ |β_k| + |p_k| and
    |ηg| ≤ |p_k| + |p_{k+1}|: exit 7·|β_k| + 2·(|p_k| + |p_{k+1}|).  The start β_{−1} = β_0 − p_0 is rounded
    where p_0 is not zero: entry 1·|β_0| + 3·|p_0| there.
look-ahead, y = β + μp, whatever the form
    From y_k = y_{k−1} + μp_k − ηg_{k−1} the replay takes μp_k = y_k − y_{k−1} + ηg_{k−1}.  A candidate may
    (a) update y itself, with at most two roundings of size |y|; (b) hold β and p, and form y from
    them, y_k = β_k + μp_k + e_k with |e_k| ≤ u(|y_k| + |μp_k|), β_k = β_{k−1} + p_k + h_k with
    |h_k| ≤ u|β_k| ≤ u(|y_k| + |p_k|), p_k = μp_{k−1} − ηg_{k−1} + f_k with
    |f_k| ≤ u(|μp_{k−1}| + |ηg_{k−1}| + |p_k|) and |μp_{k−1}| ≤ |p_k| + |ηg_{k−1}|; or (c) hold β and β₋.
    In case (b) y_k − y_{k−1} + ηg_{k−1} − μp_k = f_k + h_k + e_k − e_{k−1}; this and
    |y_{k−1}| ≤ |y_k| + |p_k| + |ηg_{k−1}| make entry 3·|y_k| + 6·|p_k| + 4·|ηg_{k−1}| on μp_k.  After the step
    y_{k+1} − (y_k + μp_{k+1} − ηg_k) = f + h − e_k + e_{k+1}: exit 1·|y_k| + 1·|y_{k+1}| + 3·(|p_k| + |p_{k+1}|)
    beyond the two roundings of size |y| that the recurrence makes itself.  Cases (a), (c) and torch's
    buffer round less.  In cases (a) and (b), velocity form, a recorded p is the one carried on, and neither its
    entry nor its note has any error; a buffer's is −ηb, 3·|p| each; in case (c) it is fl(β − β₋).

gradient descent
    No momentum is carried, so every form is β₊ = β − ηg: no counts.  Its recorded p is the step made.

A recorded p_k is p_k itself in the velocity form, fl(−ηb_k) in the buffer form and fl(β_k − β_{k−1}) in
the position form: entry 3·|p_k| in the latter two.  A recorded p_{k+1} errs likewise (note).

narrow state
    Where parameters and momentum are kept in a format narrower than the arithmetic, with unit u_s, every
    kept number is rounded once more: β_k = (1 + δ)·fl(β_{k−1} + p_k) makes entry 1·|β_k|, the kept momentum
    1·|p_k| more, whether β takes the rounded or the unrounded one: exit 1·|β_{k+1}| + 1·|p_{k+1}|, note
    1·|p_{k+1}|, and a start p_0 ≠ 0 1·|p_0|.  A recorded p that is read off positions (position form, gradient
    descent) is rounded when it is recorded, and takes the position's own rounding over: entry 1·|p_k|, note
    1·|β_{k+1}| + 1·|p_{k+1}|.  A recorded −ηb is rounded twice, as b and as p: entry 1·|p_k|, note 2·|p_{k+1}|.
    The look-ahead counts hold for whatever unit y, β and p are kept in, but for the two roundings of size
    |y_{k+1}| that the recurrence makes in u: exit 2·|y_{k+1}| more.  Each kept number may also underflow there:
    ω_s for each count of a position or momentum.

Second-order terms: sizes include the error found so far, and all counts are taken times 1 + 16u.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from oracle.error_free import Floats
from oracle.records.candidate import Declaration
from oracle.rounding import NONE, underflow_of
from reference.exact import BINARY_FORMATS

__all__ = ["FORMS", "Counts", "ExtraRoundings", "Sizes", "UpdateForm", "form_of"]

FORMS = ("velocity", "position", "buffer")


class Sizes(NamedTuple):
    """Sizes that errors are counted in: |β_k|, |β_{k+1}|, |p_k| or |p_k| + |p_{k+1}|, |ηg_{k−1}|."""

    now: Floats | float = 0.0
    after: Floats | float = 0.0
    momentum: Floats | float = 0.0
    descent: Floats | float = 0.0


@dataclass(frozen=True)
class Counts:
    """How many units u of each of the `Sizes`."""

    now: int = 0
    after: int = 0
    momentum: int = 0
    descent: int = 0

    def error(self, sizes: Sizes, unit: float) -> Floats:
        """Return u(1 + 16u) · Σ count · size, and `NONE` where nothing is counted."""
        pairs = [(self.now, sizes.now), (self.after, sizes.after), (self.momentum, sizes.momentum)]
        pairs.append((self.descent, sizes.descent))
        counted = [size if count == 1 else count * size for count, size in pairs if count]
        if not counted:
            return NONE
        return np.asarray(unit * (1 + 16 * unit) * sum(counted[1:], counted[0]), dtype=np.float64)


@dataclass(frozen=True)
class UpdateForm:
    """The counts of the module docstring for one declared form.

    Parameters
    ----------
    inferred, recorded, start : Counts
        Entry, for a momentum inferred from positions, recorded, or given by the spec.
    exit : Counts
    note : Counts
    feedback : Counts
        Rounding of the position that the next momentum takes over, because it is read off
        positions; where there is any, it includes `exit`.
    """

    inferred: Counts
    recorded: Counts
    start: Counts
    exit: Counts
    note: Counts
    feedback: Counts = Counts()


VELOCITY = UpdateForm(Counts(now=1), Counts(), Counts(), Counts(), Counts())
BUFFER = UpdateForm(
    inferred=Counts(now=1, momentum=3),
    recorded=Counts(momentum=3),
    start=Counts(momentum=5),
    exit=Counts(momentum=1),
    note=Counts(momentum=3),
)
POSITION = UpdateForm(
    inferred=Counts(momentum=1),
    recorded=Counts(momentum=3),
    start=Counts(now=1, momentum=3),
    exit=Counts(now=7, momentum=2),
    note=Counts(now=7, after=1, momentum=3),
    feedback=Counts(now=7, after=1, momentum=2),
)
LOOKAHEAD_FORM = UpdateForm(
    inferred=Counts(now=3, momentum=6, descent=4),
    recorded=Counts(momentum=3),
    start=Counts(now=1, momentum=5),
    exit=Counts(now=1, after=1, momentum=3),
    note=Counts(now=1, after=1, momentum=3),
    feedback=Counts(now=2, after=2, momentum=3),
)
LOOKAHEAD_BY_FORM = {
    "velocity": replace(LOOKAHEAD_FORM, recorded=Counts(), note=Counts()),
    "buffer": replace(LOOKAHEAD_FORM, note=Counts(momentum=3)),
    "position": LOOKAHEAD_FORM,
}
DESCENT = UpdateForm(Counts(), Counts(), Counts(), Counts(), note=Counts(after=1, momentum=3))
KEPT = UpdateForm(
    inferred=Counts(now=1, momentum=1),
    recorded=Counts(),
    start=Counts(momentum=1),
    exit=Counts(after=1, momentum=1),
    note=Counts(momentum=1),
)
KEPT_READ_OFF = replace(KEPT, recorded=Counts(momentum=1), note=Counts(after=1, momentum=1))
KEPT_BUFFER = replace(KEPT, recorded=Counts(momentum=1), note=Counts(momentum=2))
KEPT_AHEAD = replace(
    LOOKAHEAD_FORM,
    recorded=Counts(momentum=1),
    exit=Counts(now=1, after=3, momentum=3),
    note=Counts(momentum=2),
)
KEPT_BY_METHOD = {"nesterov_lookahead": KEPT_AHEAD, "gradient_descent": KEPT_READ_OFF}
KEPT_BY_FORM = {"velocity": KEPT, "buffer": KEPT_BUFFER, "position": KEPT_READ_OFF}


class ExtraRoundings:
    """What a declaration adds to the reference's recurrence at each place of an `UpdateForm`.

    Parameters
    ----------
    declaration : Declaration
    method : str
        A name in `reference.methods.METHODS`.
    """

    def __init__(self, declaration: Declaration, method: str) -> None:
        form = form_of(declaration.form, method)
        dtype, kept_in = (BINARY_FORMATS[name] for name in (declaration.dtype, declaration.kept_in))
        self.parts = [(form, 2.0**-dtype.precision)]
        self.underflow = 0.0  # ω_s
        if kept_in is not dtype:
            kept = KEPT_BY_METHOD.get(method, KEPT_BY_FORM[declaration.form])
            self.parts.append((kept, 2.0**-kept_in.precision))
            self.underflow = underflow_of(kept_in.name)

    def inferred(self, sizes: Sizes) -> Floats:
        """Return the entry error of a momentum read off positions."""
        return self._sum([form.inferred.error(sizes, unit) for form, unit in self.parts], 2)

    def recorded(self, sizes: Sizes) -> Floats:
        """Return the entry error of a recorded momentum."""
        return self._sum([form.recorded.error(sizes, unit) for form, unit in self.parts], 1)

    def start(self, sizes: Sizes) -> Floats:
        """Return the entry error of a momentum that the spec gives."""
        return self._sum([form.start.error(sizes, unit) for form, unit in self.parts], 1)

    def exit(self, sizes: Sizes) -> Floats:
        """Return the error of the position that the step ends in."""
        return self._sum([form.exit.error(sizes, unit) for form, unit in self.parts], 4)

    def note(self, sizes: Sizes) -> Floats:
        """Return the error of the momentum that the candidate records after the step."""
        return self._sum([form.note.error(sizes, unit) for form, unit in self.parts], 3)

    def kept_apart(self, sizes: Sizes) -> Floats:
        """Return by how much β_{k+1} may miss β_k plus the momentum recorded after the step."""
        form, unit = self.parts[0]
        errors = [Counts(momentum=form.note.momentum).error(sizes, unit)]
        if len(self.parts) > 1:
            errors.append(Counts(after=1, momentum=2).error(sizes, self.parts[1][1]))
        total: Floats = self._sum(errors, 3) + np.zeros_like(sizes.momentum)
        return total

    @property
    def at_end(self) -> bool:
        """Whether anything is rounded in the position that a step ends in, or in a momentum noted there."""
        return any(Counts() != count for form, _ in self.parts for count in (form.exit, form.note))

    def _sum(self, errors: list[Floats], kept: int) -> Floats:
        """Return all errors together, with the underflow of `kept` numbers."""
        if len(errors) == 1:
            return errors[0]
        return errors[0] + errors[1] + kept * self.underflow


def form_of(form: str, method: str) -> UpdateForm:
    """Return the counts of a declared form, for a method of `reference.methods.METHODS`.

    Raises
    ------
    KeyError
        If `form` is none of `FORMS`.
    """
    by_name = {"velocity": VELOCITY, "buffer": BUFFER, "position": POSITION}
    by_method = {"gradient_descent": DESCENT, "nesterov_lookahead": LOOKAHEAD_BY_FORM[form]}
    return by_method.get(method, by_name[form])
