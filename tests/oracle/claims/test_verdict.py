"""The one rule from checks to verdicts, tried on made-up checks."""

from dataclasses import replace

import pytest

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.verdict import Verdict, rule


def nothing(setting: Setting) -> Findings:
    """Compute nothing."""
    return Findings(())


CLAIM = Claim("X1", "own", "nowhere", "s", "c", "r", nothing)
AMENDED = replace(CLAIM, correction=Correction("better", Effect.AMENDS))
REPLACED = replace(CLAIM, correction=Correction("other", Effect.REPLACES))
ASSUMED = replace(CLAIM, assumption="signs stay")


def check(role: Role, holds: bool | None, instance: str = "a", grade: Grade = Grade.CERTIFIED) -> Check:
    """Return a check with one answer."""
    return Check(role, holds, "asked", "found", instance, grade, ("one", "two"))


def both(role: Role, holds: bool | None, grade: Grade = Grade.CERTIFIED) -> list[Check]:
    """Return the same answer on two instances."""
    return [check(role, holds, "a", grade), check(role, holds, "b", grade)]


def verdict(claim: Claim, *checks: Check) -> Verdict:
    """Return the verdict on a claim."""
    return rule(claim, Findings(checks)).verdict


def test_what_holds_on_two_instances_holds() -> None:
    """Two unlike instances confirm."""
    ruling = rule(CLAIM, Findings(tuple(both(Role.AS_PRINTED, True))))
    assert ruling.verdict is Verdict.HOLDS
    assert "all 2 instances tried, which confirms and does not prove" in ruling.reason


def test_one_instance_confirms_nothing() -> None:
    """One instance, even told twice, is one."""
    assert verdict(CLAIM, check(Role.AS_PRINTED, True)) is Verdict.NOT_DECIDABLE
    assert verdict(CLAIM, *[check(Role.AS_PRINTED, True)] * 2) is Verdict.NOT_DECIDABLE


def test_an_identity_needs_no_instances() -> None:
    """What is proved for all symbols holds."""
    proved = replace(check(Role.AS_PRINTED, True), universal=True)
    ruling = rule(CLAIM, Findings((proved,)))
    assert ruling.verdict is Verdict.HOLDS
    assert "proved for all values" in ruling.reason


def test_a_sweep_counts_its_seeds() -> None:
    """Ten seeds behind one check are ten instances, and are told as a count."""
    ruling = rule(
        CLAIM, Findings((replace(check(Role.AS_PRINTED, True), instances=10), *both(Role.AS_PRINTED, True)))
    )
    assert ruling.verdict is Verdict.HOLDS
    assert "all 2 instances and the one count over seeds" in ruling.reason
    assert verdict(CLAIM, replace(check(Role.AS_PRINTED, True), instances=10)) is Verdict.HOLDS


def test_one_instance_refutes() -> None:
    """A single certified failure refutes, however much else holds."""
    checks = [*both(Role.AS_PRINTED, True), check(Role.AS_PRINTED, False, "c")]
    ruling = rule(CLAIM, Findings(tuple(checks)))
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.grade is Grade.CERTIFIED
    assert "(c)" in ruling.reason


def test_what_was_merely_observed_refutes_nothing() -> None:
    """One floating computation leaves it open."""
    checks = [*both(Role.AS_PRINTED, True), check(Role.AS_PRINTED, False, "c", Grade.OBSERVED)]
    assert verdict(CLAIM, *checks) is Verdict.NOT_DECIDABLE


def test_doubt_leaves_it_open() -> None:
    """A check that cannot tell keeps the statement from holding, and the reason shows it."""
    ruling = rule(CLAIM, Findings((*both(Role.AS_PRINTED, True), check(Role.AS_PRINTED, None, "c"))))
    assert ruling.verdict is Verdict.NOT_DECIDABLE
    assert ruling.grade is None
    assert "cannot tell" in ruling.reason


def test_a_verified_amendment_saves_the_statement() -> None:
    """It holds with a correction, with the lowest grade that it rests on."""
    checks = [check(Role.AS_PRINTED, False), *both(Role.CORRECTED, True, Grade.CONFIRMED)]
    ruling = rule(AMENDED, Findings(tuple(checks)))
    assert ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    assert ruling.grade is Grade.CONFIRMED
    assert ruling.correction is AMENDED.correction


@pytest.mark.parametrize("spoiled", [False, None])
def test_an_unverified_amendment_saves_nothing(spoiled: bool | None) -> None:
    """A correction that fails, or of which numbers cannot tell, leaves the statement refuted and is not shown."""
    checks = [check(Role.AS_PRINTED, False), check(Role.CORRECTED, True), check(Role.CORRECTED, spoiled, "b")]
    ruling = rule(AMENDED, Findings(tuple(checks)))
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is None


def test_a_correction_on_one_instance_is_not_verified() -> None:
    """Corrections need two unlike problems too."""
    assert verdict(AMENDED, check(Role.AS_PRINTED, False), check(Role.CORRECTED, True)) is Verdict.REFUTED


def test_a_replacement_leaves_the_statement_refuted() -> None:
    """What replaces the statement is shown, and the statement stays refuted."""
    ruling = rule(REPLACED, Findings((check(Role.AS_PRINTED, False), *both(Role.CORRECTED, True))))
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is REPLACED.correction


def test_an_assumption_that_mends_it_is_named() -> None:
    """It needs the assumption where it fails without and holds with it."""
    checks = [check(Role.AS_PRINTED, False), *both(Role.UNDER_ASSUMPTION, True)]
    ruling = rule(ASSUMED, Findings(tuple(checks)))
    assert ruling.verdict is Verdict.NEEDS_ASSUMPTION
    assert "signs stay" in ruling.reason


def test_an_assumption_that_does_not_mend_it_is_none() -> None:
    """Where it fails under the assumption too, it is refuted."""
    checks = [check(Role.AS_PRINTED, False), *both(Role.UNDER_ASSUMPTION, False)]
    assert verdict(ASSUMED, *checks) is Verdict.REFUTED


def test_nothing_computed_is_not_decidable() -> None:
    """Without a check as printed the claim's own reason stands."""
    ruling = rule(replace(CLAIM, open_because="it needs the CIFAR-10 images"), Findings(()))
    assert ruling.verdict is Verdict.NOT_DECIDABLE
    assert ruling.reason == "it needs the CIFAR-10 images"


def test_confirmed_needs_two_methods() -> None:
    """A grade is never rounded up."""
    with pytest.raises(ValueError, match="needs two methods"):
        Check(Role.AS_PRINTED, True, "a", "f", "i", Grade.CONFIRMED, ("one", "one"))


def test_an_identity_is_certified() -> None:
    """What was not proved is no identity."""
    with pytest.raises(ValueError, match="certified or it is none"):
        Check(Role.AS_PRINTED, True, "a", "f", "i", Grade.OBSERVED, ("one",), universal=True)
