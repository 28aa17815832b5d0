"""S2-19: the large-k limits on the way to Eq. 70, Eq. 64 to 69.

With P = μ^j and A = μ^(k−j) everything is a polynomial in μ, A, P and j over a power of 1 − μ, and "≈" drops what
has a factor P: the sum over j of A P (…) is of the size k² μ^k.  Two places are wrong.

Eq. 64, fourth line.  From the third, (μ^(k−j) − μ^(k+1)) + μ^(k+1)(1 − μ^(j+1)) = μ^(k−j) − μ^(k+j+2): the exponent
is k + j + 2, not k + j + 1.

Eq. 68.  G_j·∇G_j − G_{j−1}·∇G_{j−1} = ((1 − μ^(j+1))² − (1 − μ^j)²)/(1 − μ)² ∇L·∇²L, of which nothing is left for
large j: the limit is 0, not 2/(1 − μ)³.  Eq. 69 takes it as 0 without saying so, and is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_large_k import gamma_0

__all__ = ["CLAIM"]

MU, A, P, J = fmpq_mpoly_ctx.get(("mu", "A", "P", "j"), Ordering.lex).gens()
ONE = 0 * MU + 1
BY = "polynomials in μ, its powers and j over the rationals (FLINT)"


@dataclass(frozen=True)
class Over:
    """A polynomial over (1 − μ)^power."""

    top: Any
    power: int

    def __add__(self, other: Over) -> Over:
        most = max(self.power, other.power)
        return Over(self.raised(most) + other.raised(most), most)

    def __mul__(self, other: Over) -> Over:
        return Over(self.top * other.top, self.power + other.power)

    def raised(self, power: int) -> Any:
        """Return the numerator over a higher power."""
        return self.top * (1 - MU) ** (power - self.power)

    def same(self, other: Over) -> bool:
        """Return whether both are one rational function."""
        most = max(self.power, other.power)
        return bool(self.raised(most) == other.raised(most))

    def limit(self) -> Over:
        """Return what is left without the terms that have a factor P = μ^j, which take every j with them."""
        left = self.top.compose(MU, A, 0 * MU, J)
        if left != left.compose(MU, A, P, 0 * MU):
            raise ArithmeticError("j is left without a power of μ beside it: there is no limit")
        return Over(left, self.power)


SUM = Over(ONE, 1)  # Σ_j μ^(k−j) for large k
NOW, BEFORE = Over(1 - MU * P, 1), Over(1 - P, 1)  # G_j and G_(j−1)
GAMMA, GAMMA_BEFORE = Over(gamma_0(MU, MU * P, J + 1) / 2, 3), Over(gamma_0(MU, P, J) / 2, 3)
HALF, SIXTH = Over(ONE / 2, 0), Over(ONE / 6, 0)


def compute(setting: Setting) -> Findings:
    """Hold every line to the recursion's closed forms; exact, whatever the precision."""
    wrong = (
        _exact(
            Role.CORRECTED, "Eq. 64, line 4 with the exponent k + j + 2", equation_64(4, 2), equation_64(3)
        ),
        _tends(Role.CORRECTED, "Eq. 68 with 0 in the place of 2/(1 − μ)³", bracket_68(), Over(0 * ONE, 0)),
        _tends(
            Role.BESIDE,
            "Eq. 69 with Eq. 68 as printed, ω₂",
            theta()[1] * SUM,
            equation_69() + _minus(SIXTH * printed_68() * SUM),
        ),
    )
    return Findings((*_lines_64(), *_limits(), *wrong))


def equation_64(line: int, shift: int = 1) -> Over:
    """Return a line of Eq. 64; `shift` is by how much the exponent of its line 4 exceeds k + j."""
    ahead = A * MU * P  # μ^(k+1)
    late = 4 * (J + 1) * ahead * (1 - MU)
    brackets = {
        2: A * ((1 + MU) * (1 - MU * P) + MU * P * (1 + MU) * (1 - MU * P) - 4 * (J + 1) * MU * P * (1 - MU)),
        3: (1 + MU) * (A - ahead) + ahead * (1 + MU) * (1 - MU * P) - late,
        4: (1 + MU) * A - A * P**2 * MU**shift * (1 + MU) - late,
        5: (1 + MU) * A,
    }
    return Over(brackets[line] / 2, 3)


def printed_68() -> Over:
    """Return the limit that Eq. 68 prints."""
    return Over(2 * ONE, 3)


def bracket_68() -> Over:
    """Return the factor of ω₂ in G_(j−1)·∇(G_j·∇G_j − G_(j−1)·∇G_(j−1))."""
    return BEFORE * (NOW * NOW + _minus(BEFORE * BEFORE))


def psi() -> tuple[Over, Over]:
    """Return the factors of ω₁ and ω₂ in Ψ_j^(1), Eq. 62."""
    return HALF * GAMMA, HALF * GAMMA + _minus(SIXTH * NOW * NOW)


def theta() -> tuple[Over, Over]:
    """Return those of Θ_j^(1)."""
    first = HALF * (GAMMA + GAMMA_BEFORE) * BEFORE
    return first, first + _minus(SIXTH * bracket_68())


def equation_69() -> Over:
    """Return the factor that Eq. 69 prints for both."""
    return Over((1 + MU) / 2, 5)


def _lines_64() -> Iterator[Check]:
    start = Over(A, 0) * GAMMA
    for line, before in ((2, start), (3, equation_64(2)), (4, equation_64(3))):
        yield _exact(Role.AS_PRINTED, f"Eq. 64, line {line} from the one before", equation_64(line), before)
    yield _tends(Role.AS_PRINTED, "Eq. 64, last line", start, equation_64(5))


def _limits() -> Iterator[Check]:
    middle = Over(A * (1 - 2 * MU * P + MU**2 * P**2), 2)
    yield _exact(Role.AS_PRINTED, "Eq. 65, its equality", Over(A, 0) * NOW * NOW, middle)
    last = Over((1 + 5 * MU) / 12, 4)
    quarter = Over((1 + MU) / 4, 4)
    rows = (
        ("Eq. 65", Over(A, 0) * NOW * NOW, Over(A, 2)),
        ("Ψ before Eq. 66, ω₁", psi()[0], Over((1 + MU) / 4, 3)),
        ("Ψ before Eq. 66, ω₂", psi()[1], Over((1 + MU) / 4, 3) + _minus(Over(ONE / 6, 2))),
        ("Eq. 66, ω₁ in both lines", psi()[0] * SUM, quarter),
        ("Eq. 66, ω₂ in its first line", psi()[1] * SUM, quarter + _minus(Over(ONE / 6, 3))),
        ("Eq. 66, ω₂ in its second line", psi()[1] * SUM, last),
        ("Eq. 67, with γ_j", GAMMA * BEFORE, Over((1 + MU) / 2, 4)),
        ("Eq. 67, with γ_(j−1)", GAMMA_BEFORE * BEFORE, Over((1 + MU) / 2, 4)),
        ("Eq. 68", bracket_68(), printed_68()),
        ("Eq. 69, ω₁", theta()[0] * SUM, equation_69()),
        ("Eq. 69, ω₂", theta()[1] * SUM, equation_69()),
    )
    for name, exact, printed in rows:
        yield _tends(Role.AS_PRINTED, name, exact, printed)


def _exact(role: Role, name: str, left: Over, right: Over) -> Check:
    gap = left + _minus(right)
    found = "equal" if left.same(right) else f"they differ by {_readable(gap)}, with A = μ^(k−j) and P = μ^j"
    return identity_check(role, left.same(right), f"{name}: an equality", found, "all μ, j and k", BY)


def _tends(role: Role, name: str, exact: Over, claimed: Over) -> Check:
    limit = exact.limit()
    found = f"the limit is {_readable(limit)}"
    if not limit.same(claimed):
        found += f", claimed is {_readable(claimed)}"
    return identity_check(role, limit.same(claimed), f"{name}: the large-k limit", found, "all μ", BY)


def _readable(value: Over) -> str:
    """Return a quotient as a reader writes it."""
    if value.top == 0:
        return "0"
    text = str(value.top).replace("mu", "μ").replace("*", " ").replace(" - ", " − ")
    top = f"({text})" if " " in text else text
    return f"{top}/(1 − μ)^{value.power}" if value.power else text


def _minus(value: Over) -> Over:
    return Over(-value.top, value.power)


CLAIM = Claim(
    identifier="S2-19",
    paper="002",
    place="Eq. 64–69",
    statement=(
        "The limits for large k on the way to Eq. 70, among them μ^(k−j)γ_j^(0) with the power μ^(k+j+1) in Eq. 64 "
        "and 2μ^(k−j)/(1 − μ)³ in Eq. 68."
    ),
    printed_tex=(
        r"\mu^{k-j} G_{j-1} \cdot \nabla \left(G_j \cdot \nabla G_j - G_{j-1} \cdot \nabla G_{j-1}\right) \approx "
        r"\frac{2\mu^{k-j}}{(1-\mu)^3} \nabla L \cdot \nabla \left(\nabla L \cdot \nabla^2 L\right)"
    ),
    confirms=(
        "Every equality holds as polynomials in μ, its powers and j; every ≈ drops terms with a factor μ^j alone, "
        "which vanish in the sum over j."
    ),
    refutes="An equality that fails, or a limit that differs.",
    compute=compute,
    correction=Correction(
        text=(
            "In Eq. 64, fourth line, the power is μ^(k+j+2); in Eq. 68 the limit is 0, and Eq. 69 takes it so. The "
            "other lines and Eq. 70 stand."
        ),
        effect=Effect.AMENDS,
        tex=(
            r"\mu^{k-j} G_{j-1} \cdot \nabla \left(G_j \cdot \nabla G_j - G_{j-1} \cdot \nabla G_{j-1}\right) \approx 0"
        ),
    ),
    seconds=0.2,
)
