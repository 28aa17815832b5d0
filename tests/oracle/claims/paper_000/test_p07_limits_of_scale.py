"""P7: the small limit needs its logarithm, and the verdict follows the normalisation."""

from __future__ import annotations

from fractions import Fraction
from math import asinh, sqrt

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p07_limits_of_scale as module
from oracle.claims.verdict import Verdict


def test_limits_of_the_scale_hold_with_the_logarithm() -> None:
    """4Q_ξ/ln(1/ξ), and not Q_ξ, tends to ‖θ‖₁."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_limits_of_the_scale_hold_if_the_logarithm_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the corrected normalisation in the place of the printed one nothing fails."""
    monkeypatch.setattr(module, "printed_small_limit", module.right_small_limit)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_limits_of_the_scale_are_refuted_with_a_spoilt_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the factor 4 the quotient tends to a quarter of the norm."""
    right = module.right_small_limit
    monkeypatch.setattr(module, "right_small_limit", lambda value, scale: right(value, scale) / 4)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_ratios_are_those_of_the_formula_written_out() -> None:
    """Q_ξ as the paper has it, in floats at ξ = 10^(−10), over |θ| with θ = 2."""
    xi, theta = 1e-10, 2.0
    written = (theta * asinh(theta / (2 * xi)) - sqrt(4 * xi**2 + theta**2) + 2 * xi) / 4 / theta
    found = module._ratios((Fraction(2),), module.printed_small_limit, (1, -1), 128)[0]
    assert abs(float(found.mid()) - written) < 1e-12
