"""What was read once is not read again, within its bounds."""

from __future__ import annotations

from oracle.service.recent_specs import RecentSpecs
from oracle.spec import Spec


def spec(length: int) -> Spec:
    """Return a stand-in for a spec with so long a canonical text."""
    return Spec("x" * length)


def test_the_text_decides_which_spec_comes_back() -> None:
    """One byte more is another text, though it may state the same."""
    kept = RecentSpecs()
    kept.keep(b"one", spec(1))
    kept.keep(b"two", spec(2))
    assert (kept.get(b"one"), kept.get(b"two"), kept.get(b"one ")) == (spec(1), spec(2), None)


def test_the_least_used_goes_first_when_room_runs_out() -> None:
    """Of 100 bytes: a third spec of 40 displaces the one that was asked for longest ago, and no other."""
    kept = RecentSpecs(most_bytes=100)
    kept.keep(b"one", spec(40))
    kept.keep(b"two", spec(41))
    kept.get(b"one")
    kept.keep(b"three", spec(42))
    assert [kept.get(text) is not None for text in (b"one", b"two", b"three")] == [True, False, True]


def test_bytes_are_counted_once_for_a_text_kept_twice() -> None:
    """Kept again and again, one spec leaves as much room as before."""
    kept = RecentSpecs(most_bytes=100)
    for _ in range(10):
        kept.keep(b"one", spec(40))
    kept.keep(b"two", spec(41))
    assert kept.get(b"one") == spec(40)
