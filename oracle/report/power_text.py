"""A self-test as lines of text for a terminal, and the cells that its page shares."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.report.figures import bounds, duration, short
from oracle.report.power import NAMED, FaultCase, PowerReport, Share, Tally, share
from oracle.report.power_rows import FaultRow, fault_rows, refused, total_row

__all__ = [
    "CORRECT_HEADER",
    "FAULT_HEADER",
    "PLACE_HEADER",
    "correct_cells",
    "fault_cells",
    "place_rows",
    "power_headline",
    "power_lines",
    "targets",
    "tolerance_rows",
]

FAULT_HEADER = (
    "fault", "caught", "kernels", "at step", "bounds", "alone", "several", "equal", "wrong", "none",
    "torch final", "torch all", "numpy final", "numpy all", "below",
)  # fmt: skip
PLACE_HEADER = ("kernel", "dtype", "caught", "named rightly", "below rounding", "of them caught")
CORRECT_HEADER = (
    "implementation", "dtype", "runs", "AGREES", "UNDECIDED", "DISAGREES", "bounds", "across gaps",
    "torch final", "torch all", "numpy final", "numpy all",
)  # fmt: skip
TOLERANCES = {
    "torch_final": "torch.testing.assert_close, final iterate",
    "torch_all": "torch.testing.assert_close, all states",
    "numpy_final": "numpy.testing.assert_allclose, final iterate",
    "numpy_all": "numpy.testing.assert_allclose, all states",
}
EXPLAINED = (
    "caught: of the planted runs that lie above rounding, decided without the judge, those that DISAGREE; below: those",
    "left out of that count.  bounds: smallest error at the first divergent step.  Of the diagnoses of the caught, how many",
    "name the fault alone, among several, by the name of a true equivalent, wrongly, not at all.  torch and numpy: how many",
    "of the same runs `assert_close` and `assert_allclose` would have refused, with their defaults, against the truth.",
)
SHOWN = 12  # of a list of what went wrong


def power_lines(report: PowerReport) -> list[str]:
    """Return the tables, what went wrong, and the verdict."""
    rows = fault_rows(report.cases)
    lines = [
        f"self-test of the oracle: {len(report.cases)} planted runs of {len(rows)} faults, {report.correct_runs} correct "
        f"runs of {len(report.implementations)} implementations, {duration(report.seconds)}",
        "",
    ]
    if rows:
        faults = [FAULT_HEADER, *(fault_cells(row) for row in rows), fault_cells(total_row(report))]
        lines += [
            *_aligned(faults, 1),
            "",
            *EXPLAINED,
            "",
            *_aligned([PLACE_HEADER, *place_rows(report)], 2),
            "",
        ]
    if report.tallies:
        lines += [*_aligned([CORRECT_HEADER, *map(correct_cells, report.tallies)], 2), ""]
    return [*lines, *_wrong(report), *_verdict(report)]


def power_headline(report: PowerReport) -> str:
    """Return the one sentence."""
    if report.passed:
        return (
            f"All {report.caught.of} planted faults above rounding are caught{_in_coarse(report)}, "
            f"{_percent(report.named.value)} of them named rightly; no false alarm in {report.correct_runs} correct runs"
        )
    return f"The self-test is not passed: {'; '.join(report.shortfalls)}"


def targets(report: PowerReport) -> list[tuple[str, str, str, bool]]:
    """Return what is asked of the oracle, what was found, what was to be found, and whether it was."""
    return [
        (
            "planted runs above rounding that are caught, arithmetic of float32 or wider",
            str(report.caught),
            "all",
            report.caught.whole,
        ),
        *_coarse_target(report),
        (
            "of those caught, named rightly",
            f"{report.named} ({_percent(report.named.value)})",
            _percent(NAMED),
            report.named.value >= NAMED,
        ),
        (
            "false alarms",
            f"{report.false_alarms} in {report.correct_runs} runs",
            "none",
            bool(report.correct_runs) and not report.false_alarms,
        ),
        (
            "farthest of a correct run, in units in which a fault must move more than "
            f"{short(report.factor)} to count",
            short(report.strayed, 3),
            f"at most {short(report.factor)}",
            report.strayed <= report.factor,
        ),
    ]


def _coarse_target(report: PowerReport) -> list[tuple[str, str, str, bool]]:
    """Return the line on arithmetic of sixteen bits, of which nothing is asked; none where none was tried."""
    found = report.caught_in_coarse
    return [("the same, every operation in bfloat16", str(found), "to be told", True)] if found.of else []


def _in_coarse(report: PowerReport) -> str:
    found = report.caught_in_coarse
    return f" (and {found} where every operation is in bfloat16)" if found.of else ""


def fault_cells(row: FaultRow) -> tuple[str, ...]:
    """Return the cells of one fault, as in `FAULT_HEADER`."""
    below = f"{row.below} ({row.below_caught} caught)" if row.below_caught else str(row.below)
    return (
        row.fault,
        _some(row.caught),
        _some(row.kernels),
        _steps(row.first_step),
        short(row.smallest),
        *(str(count or "") for count in (row.alone, row.several, row.equivalent, row.wrongly, row.unnamed)),
        *(_some(row.refused[name]) for name in TOLERANCES),
        below if row.below else "",
    )


def place_rows(report: PowerReport) -> list[tuple[str, ...]]:
    """Return one row for each kernel and dtype, as in `PLACE_HEADER`."""
    places = sorted({(case.kernel, case.dtype) for case in report.cases})
    return [_place(kernel, dtype, report.cases) for kernel, dtype in places]


def correct_cells(tally: Tally) -> tuple[str, ...]:
    """Return the cells of one implementation in one dtype, as in `CORRECT_HEADER`."""
    asked = tally.tolerances_asked
    return (
        tally.implementation,
        tally.dtype,
        str(tally.runs),
        str(tally.agrees),
        str(tally.undecided)
        + (f" ({tally.undecided_across_gaps} gaps)" if tally.undecided_across_gaps else ""),
        str(tally.disagrees),
        bounds(tally.largest),
        bounds(tally.largest_across_gaps) if tally.across_gaps else "–",
        _some(Share(tally.torch_final, asked)),
        _some(Share(tally.torch_all, asked)),
        _some(Share(tally.numpy_final, tally.runs)),
        _some(Share(tally.numpy_all, tally.runs)),
    )


def tolerance_rows(report: PowerReport) -> list[tuple[str, Share, Share]]:
    """Return, for the oracle and each literal tolerance, the faults it refuses and the correct runs it refuses."""
    runs = report.correct_runs
    asked = sum(tally.tolerances_asked for tally in report.tallies)
    rows = [("the oracle", report.caught, Share(report.false_alarms, runs))]
    for name, label in TOLERANCES.items():
        count = sum(getattr(tally, name) for tally in report.tallies)
        of = asked if name.startswith("torch") else runs
        rows.append((label, refused(report.moving, name), Share(count, of)))
    return rows


def _place(kernel: str, dtype: str, cases: Sequence[FaultCase]) -> tuple[str, ...]:
    here = [case for case in cases if (case.kernel, case.dtype) == (kernel, dtype)]
    moving, below = [case for case in here if case.counts], [case for case in here if not case.counts]
    caught = [case for case in moving if case.caught]
    return (
        kernel,
        dtype,
        _some(Share(len(caught), len(moving))),
        _some(share(case.named_rightly for case in caught)),
        str(len(below)),
        str(sum(case.caught for case in below)),
    )


def _wrong(report: PowerReport) -> list[str]:
    """Return what went wrong, with what is needed to see it again."""
    missed = [
        f"not caught: {_where(case)}, {case.outcome}, {short(case.moved)} times what rounding moves it{_check(case)}"
        for case in report.missed
    ]
    named = [
        f"named {case.naming if case.names else 'not at all'}: {_where(case)}: "
        f"{', '.join(case.names) or 'none known'} for {' or '.join(case.explained_by)}"
        for case in report.moving
        if case.caught and not case.named_rightly
    ]
    alarms = [
        f"{'broke' if alarm.broke else 'false alarm'}: {alarm.implementation}, {alarm.dtype}, "
        f"random_problem({alarm.seed}, {alarm.index}, {alarm.dtype!r}, {alarm.stride}): {alarm.reason}"
        for alarm in report.alarms
    ]
    absent = [f"took no part: {entry.name}: {entry.reason}" for entry in report.absent]
    return [*_first(missed), *_first(named), *_first(alarms), *absent]


def _verdict(report: PowerReport) -> list[str]:
    lines = ["", "refused, with its defaults:                      planted faults      correct runs"]
    lines += [
        f"  {label:<46} {_some(faults):>14}  {_some(runs):>14}"
        for label, faults, runs in tolerance_rows(report)
    ]
    lines += [""]
    for what, found, target, reached in targets(report):
        lines.append(f"  {'reached' if reached else 'SHORT':<8} {found:>24}  of {target:<10} {what}")
    refuted = sum(bool(case.refuted) for case in report.moving)
    lines.append(
        f"  {len(report.below)} planted runs stayed below rounding and are left out: "
        f"{sum(case.identical for case in report.below)} are the correct run bit for bit, "
        f"{sum(case.caught for case in report.below)} are caught all the same"
    )
    if refuted:
        lines.append(
            f"  {refuted} diagnoses give, beside a right name, one whose planted fault runs apart from the record"
        )
    return [*lines, "", power_headline(report)]


def _where(case: FaultCase) -> str:
    return f"{case.fault} in {case.kernel}, {case.dtype}, {case.problem}"


def _check(case: FaultCase) -> str:
    return f"; {case.check}" if case.check.startswith("broke") else ""


def _first(lines: Sequence[str]) -> list[str]:
    """Return the first few, and how many more there are."""
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"… and {more} more like the last, all in the JSON"] if more > 0 else [])]


def _some(found: Share) -> str:
    return str(found) if found.of else "–"


def _percent(found: float) -> str:
    """Return a share in per cent, never rounded up to all or to what is asked."""
    return f"{int(found * 1000) / 10:.4g} %"


def _steps(ends: tuple[int, int] | None) -> str:
    if ends is None:
        return "–"
    return str(ends[0]) if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"


def _aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Return the rows in columns, the first `left` of them to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
