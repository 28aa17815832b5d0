"""`oracle golden`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from oracle.records.npz import read_npz

CONTRACT = {"schema", "digest", "spec", "values", "radius", "grade", "digits", "provenance"}


def test_json_is_the_golden_and_nothing_else(oracle: Any, spec: Any) -> None:
    """Standard output is one JSON object with the contract's keys."""
    printed = json.loads(oracle("golden", spec(), "--json").stdout)
    assert set(printed) >= CONTRACT
    assert printed["values"]["u"][0] == ["0.25", "0.25", "0.25"]


def test_digest_can_be_recomputed_from_the_output(oracle: Any, spec: Any) -> None:
    """SHA-256 over spec, values and radii, keys sorted, no blanks."""
    printed = json.loads(oracle("golden", spec(), "--json").stdout)
    part = {key: printed[key] for key in ("spec", "values", "radius")}
    text = json.dumps(part, sort_keys=True, separators=(",", ":"))
    assert printed["digest"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_first_step_is_the_hand_computed_one(oracle: Any, spec: Any) -> None:
    """u1 = u0 − η·2u0·g with g = −Xᵀy/2 = (−1/2, 0, 5/16), so u1 = (0.2625, 0.25, 0.2421875)."""
    printed = json.loads(oracle("golden", spec(inputs_as="exact"), "--json").stdout)
    assert printed["values"]["u"][1] == ["0.2625", "0.25", "0.2421875"]


def test_spec_is_read_from_standard_input(oracle: Any, spec: Any) -> None:
    """`-` stands for standard input; the answer is the file's."""
    path = spec()
    assert json.loads(oracle("golden", "-", "--json", input=path.read_text()).stdout) == json.loads(
        oracle("golden", path, "--json").stdout
    )


def test_second_call_fetches(oracle: Any, spec: Any) -> None:
    """What was computed is stored, and said to be so."""
    assert "stored in" in oracle("golden", spec()).stdout
    assert "fetched from" in oracle("golden", spec()).stdout


def test_npz_is_the_same_golden(oracle: Any, spec: Any, tmp_path: Path) -> None:
    """The sealed file holds what `--json` prints."""
    printed = json.loads(oracle("golden", spec(), "--json", "--npz", tmp_path / "golden.npz").stdout)
    assert read_npz(tmp_path / "golden.npz").digest == printed["digest"]


def test_people_are_told_grade_digits_and_values(oracle: Any, spec: Any) -> None:
    """Grade, digest, digits and the last step stand in the summary."""
    text = oracle("golden", spec()).stdout
    for part in ("certified golden sha256:", "20 asked", "bits lost per step", "at step 20:", "theta[0] = "):
        assert part in text


def test_zero_that_is_only_an_enclosure_is_shown_with_its_radius(oracle: Any, spec: Any) -> None:
    """β_k = 10^(−25 k), of which the balls keep that it is small; an exact zero stands alone."""
    linear = {
        "problem": {"kind": "regression", "X": [["1"]], "y": ["0"], "loss": "half_sum_square"},
        "model": "linear",
        "inputs_as": "exact",
        "want": {"kind": "iterates", "steps": [0, 100]},
    }
    shown = {}
    for beta, eta in (("1", "0." + 25 * "9"), ("0", "1/2")):
        method = {"name": "gradient_descent", "step_size": eta}
        text = oracle("golden", spec(**linear, init={"beta": [beta]}, method=method)).stdout
        shown[beta] = next(line.split(" = ")[1] for line in text.splitlines() if "beta[0]" in line)
    assert shown["0"] == "0"
    value, _, radius = shown["1"].partition(" ± ")
    assert (value, 0 < float(radius) < 1e-40) == ("0", True)


@pytest.mark.parametrize("directory", ["elsewhere", "deep/er"])
def test_store_option_outweighs_the_variable(oracle: Any, spec: Any, tmp_path: Path, directory: str) -> None:
    """`--store` names where the record goes, and the variable's place stays empty."""
    assert oracle("golden", spec(), "--store", tmp_path / directory).exit_code == 0
    assert list((tmp_path / directory).glob("objects/*/*.npz"))
    assert not (tmp_path / "store").exists()
