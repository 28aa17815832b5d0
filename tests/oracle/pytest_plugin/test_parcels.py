"""Comparisons arrive as they were sent, and their goldens once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracle.goldens import compute_golden
from oracle.pytest_plugin.parcels import Packer, Unpacker
from oracle.pytest_plugin.short_specs import short_spec
from oracle.records.candidate import Declaration
from oracle.report.comparison import Comparison
from oracle.spec import spec_from
from oracle.verdict import judge


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Return the golden's own start, at rest, against a run that never moves."""
    spec = spec_from(short_spec([[1]], [0], step_size="1/4", momentum="1/2", u=1, v=0, steps=2))
    golden = compute_golden(spec, cross_check=False)
    arrays = {"u": np.ones((3, 1)), "v": np.zeros((3, 1))}
    return Comparison(
        "still", golden, arrays, (0, 1, 2), judge(golden, arrays, Declaration(), (0, 1, 2)), 0.5
    )


def test_comparison_arrives_whole(comparison: Comparison) -> None:
    """Name, arrays, verdict with findings, and golden are those that were sent."""
    found = Unpacker().unpack(Packer().pack(comparison))
    assert (found.candidate, found.steps, found.run_seconds) == ("still", (0, 1, 2), 0.5)
    assert found.golden.digest == comparison.golden.digest
    assert (found.verdict.outcome, found.verdict.findings) == ("DISAGREES", comparison.verdict.findings)
    assert np.array_equal(found.arrays["u"], comparison.arrays["u"])


def test_golden_is_sent_once(comparison: Comparison) -> None:
    """A second comparison with the same golden names it, and both get one object."""
    packer, unpacker = Packer(), Unpacker()
    parcels = [packer.pack(comparison), packer.pack(replace(comparison, candidate="again"))]
    assert [comparison.golden.digest in parcel for parcel in parcels] == [True, False]
    first, second = (unpacker.unpack(parcel) for parcel in parcels)
    assert (first.golden is second.golden, second.candidate) == (True, "again")


def test_parcels_of_two_processes_meet(comparison: Comparison) -> None:
    """Each worker sends the golden; the second copy is not needed and does no harm."""
    unpacker = Unpacker()
    found = [unpacker.unpack(Packer().pack(comparison)) for _ in range(2)]
    assert found[0].golden is found[1].golden
