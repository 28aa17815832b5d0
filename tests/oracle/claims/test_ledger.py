"""Running claims: workers, what is kept, what breaks off."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.claims import ledger, stored
from oracle.claims.catalogue import catalogue
from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.ledger import adjudicate, adjudicate_one
from oracle.claims.stored import StoredFindings
from oracle.claims.verdict import Verdict

P1 = catalogue()["P1"]
calls: list[Setting] = []


def counted(setting: Setting) -> Findings:
    """Hold on two instances, and be counted."""
    calls.append(setting)
    checks = [Check(Role.AS_PRINTED, True, "a", "f", name, Grade.CERTIFIED, ("m",)) for name in "ab"]
    return Findings(tuple(checks))


def breaks(setting: Setting) -> Findings:
    """Break off."""
    raise ArithmeticError("no digits left")


COUNTED = Claim("X1", "own", "here", "s", "c", "r", counted)


@pytest.fixture(autouse=True)
def fresh_calls() -> None:
    """Forget the calls of other tests, and the digests of other folders."""
    calls.clear()
    stored._ground.cache_clear()


def test_a_finished_claim_is_not_computed_again(tmp_path: Path) -> None:
    """The second run finds what the first one kept."""
    kept = StoredFindings(tmp_path)
    first = adjudicate([COUNTED], Setting(), kept, workers=1)
    second = adjudicate([COUNTED], Setting(), StoredFindings(tmp_path), workers=1)
    assert len(calls) == 1
    assert second[0].findings == first[0].findings
    assert second[0].ruling == first[0].ruling


def test_another_precision_is_another_computation(tmp_path: Path) -> None:
    """Doubled precision is computed, and hands the setting over."""
    for precision in (1, 2, 1):
        adjudicate([COUNTED], Setting(precision), StoredFindings(tmp_path), workers=1)
    assert [setting.precision for setting in calls] == [1, 2]


def test_an_altered_computation_is_another_computation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the claim's file or what it rests on differs, nothing old is taken."""
    adjudicate([COUNTED], Setting(), StoredFindings(tmp_path), workers=1)
    true_digest = stored._file_digest
    monkeypatch.setattr(stored, "_file_digest", lambda path: f"{true_digest(path)} altered")
    stored._ground.cache_clear()
    adjudicate([COUNTED], Setting(), StoredFindings(tmp_path), workers=1)
    assert len(calls) == 2


def test_other_figures_are_another_computation_where_they_are_read(tmp_path: Path) -> None:
    """The figures' data are part of what F1 rests on, and no part of what P1 does."""
    kept, setting = StoredFindings(tmp_path / "kept"), Setting(figures=tmp_path)
    figures = catalogue()["F1"]
    for claim in (P1, figures):
        kept.keep(claim, setting, counted(setting))
    (tmp_path / "a.json").write_text("{}")
    assert kept.fetch(P1, setting) is not None
    assert kept.fetch(figures, setting) is None


def test_fresh_computes_anew(tmp_path: Path) -> None:
    """`fresh` passes over what is kept, and keeps the new."""
    for fresh in (False, True, False):
        adjudicate([COUNTED], Setting(), StoredFindings(tmp_path, fresh=fresh), workers=1)
    assert len(calls) == 2


def test_a_damaged_file_is_computed_again(tmp_path: Path) -> None:
    """A file cut short is no result."""
    adjudicate([COUNTED], Setting(), StoredFindings(tmp_path), workers=1)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:50])
    entries = adjudicate([COUNTED], Setting(), StoredFindings(tmp_path), workers=1)
    assert len(calls) == 2
    assert entries[0].ruling.verdict is Verdict.HOLDS


def test_a_claim_that_breaks_off_costs_itself_alone(tmp_path: Path) -> None:
    """The others are finished, the broken one says what happened and is not kept."""
    broken = replace(COUNTED, identifier="X2", compute=breaks)
    entries = adjudicate([broken, COUNTED], Setting(), StoredFindings(tmp_path), workers=1)
    assert [entry.ruling.verdict for entry in entries] == [Verdict.NOT_DECIDABLE, Verdict.HOLDS]
    assert "ArithmeticError: no digits left" in entries[0].failure
    assert "no digits left" in entries[0].ruling.reason
    assert [path.name[:3] for path in tmp_path.iterdir()] == ["X1-"]


def test_progress_counts_claims(tmp_path: Path) -> None:
    """What was found finished counts as done from the start."""
    adjudicate([COUNTED], Setting(), StoredFindings(tmp_path), workers=1)
    told: list[tuple[int, int]] = []
    other = replace(COUNTED, identifier="X3")
    adjudicate(
        [COUNTED, other], Setting(), StoredFindings(tmp_path), workers=1,
        advance=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(1, 2), (2, 2)]


def test_workers_return_what_this_process_does(tmp_path: Path) -> None:
    """Two processes, the order of the claims kept."""
    claims = list(catalogue().values())[:2]
    entries = adjudicate(claims, Setting(), StoredFindings(tmp_path), workers=2)
    assert [entry.claim.identifier for entry in entries] == [claim.identifier for claim in claims]
    assert entries[0].ruling == adjudicate_one(claims[0]).ruling
    assert not any(entry.failure for entry in entries)


def test_a_worker_that_dies_costs_its_claim_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is gone leaves entries that say so instead of an exception."""
    claims = [P1, replace(P1, identifier="X4")]
    monkeypatch.setattr(ledger, "_submitted", lambda pool, claim, setting: pool.submit(os._exit, 3))
    entries = adjudicate(claims, Setting(), workers=2)
    assert all("worker process died" in entry.ruling.reason for entry in entries)


def test_a_claim_rests_on_what_it_imports_and_on_nothing_else() -> None:
    """Its own file, what it shares with others of its paper, the problems; not the rule, nor other claims."""
    rests = stored._rests_on("oracle.claims.own.o2_second_order_start")
    assert {
        "oracle.claims.paper_000.shared_orders",
        "oracle.claims.instances",
        "oracle.sparse_regression",
    } <= rests
    assert not {"oracle.claims.verdict", "oracle.claims.own.o1_exact_bias"} & rests
