"""Exact numbers as text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_runs.sweeps.exact_text import exact_number, exact_text
from oracle.spec import spec_from


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.03", Fraction(3, 100)),
        ("-2.5e-7", Fraction(-1, 4_000_000)),
        ("2/6", Fraction(1, 3)),
        ("0x1.8p-3", Fraction(3, 16)),
        ("-0X4P-4", Fraction(-1, 4)),
        (".5", Fraction(1, 2)),
        ("+7.", Fraction(7)),
    ],
)
def test_exact_number_is_what_the_text_says(text: str, value: Fraction) -> None:
    """Each notation of a spec names the rational it writes."""
    assert exact_number(text) == value


@pytest.mark.parametrize("text", ["", "nan", "1/0", "0.1 ", "1_0", "0x", "1e99999", "1,5", "9" * 1001])
def test_exact_number_is_none_when_text_is_no_number(text: str) -> None:
    """What a spec refuses is refused here, and huge exponents do not fill the memory."""
    assert exact_number(text) is None


@given(st.fractions())
def test_exact_text_names_the_number_again(value: Fraction) -> None:
    """`exact_number` inverts `exact_text`."""
    assert exact_number(exact_text(value)) == value


@pytest.mark.parametrize(
    "value", [Fraction(0), Fraction(-3, 8), Fraction(1, 3), Fraction(1, 2**64), Fraction(1, 2**65)]
)
def test_exact_text_is_the_canonical_text_of_specs(value: Fraction) -> None:
    """The same digits as in the canonical form that `oracle.spec` writes, at both sides of 64 places."""
    spec = spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "regression", "X": [["1"]], "y": ["1"]},
            "model": "linear",
            "init": {"beta": exact_text(value)},
            "method": {"name": "gradient_descent", "step_size": "1"},
            "want": {"kind": "iterates", "steps": [0]},
            "digits": 15,
        }
    )
    assert spec.canonical["init"]["beta"] == [exact_text(value)]
