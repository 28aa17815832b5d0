"""The modified equations of heavy ball as papers 001 and 002 print them, as B-series to hold against ours.

With ω₁ = ∇²L ∇²L ∇L and ω₂ = ∇L·∇(∇L·∇²L) = ∇³L(∇L, ∇L) + ω₁, a printed right hand side up to η² is

    β' = −x ∇L − η y ∇²L∇L − η² (z₁ ω₁ + z₂ ω₂),

in trees a(.) = x, a([.]) = −y, a([[.]]) = z₁ + z₂, a([..]) = 2 z₂.  What the tests find:

- right: paper 001, Eq. 4 with its γ, the field of Eq. 5, Eq. 10 (its factor 2 and its sum from r = 0 included);
  paper 002, Theorem 2.1 with its signs, Eq. 21, 57, 66, 69, 70 and Table 1's two rows α = 3;
- wrong: paper 002, Eq. 19 (the coefficient of ω₂), Eq. 20 (the factor ∇L·∇²L is missing), Eq. 64, fourth line
  (the exponent k + j + 1 for k + j + 2), Eq. 68 (tends to zero, and Eq. 69 takes it so), Table 1's last row (the
  step size is missing for gradient descent, by reading alone);
- incomplete: paper 002, Eq. 17, 20 and paper 001, Eq. 5 with 6 are O(η) from heavy ball when started at β0; the
  orders they claim need `reference.start_shift`, and hold after the transient alone.

Source: paper 001, Eq. 4, 5, 10; paper 002, Theorem 2.1, Eq. 17, 19, 20, 57, 64, 68, 70, Table 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reference.rooted_trees import LEAF, Tree, branches, grow

__all__ = [
    "ThirdOrder",
    "equation_17",
    "equation_19",
    "equation_19_as_printed",
    "equation_20",
    "equation_20_as_printed",
    "equation_57",
    "equation_64",
    "equation_64_as_printed",
    "equation_68",
    "equation_68_as_printed",
    "ghosh_equation_4",
    "ghosh_equation_5",
    "ghosh_equation_10",
    "theorem_2_1",
]

Coefficients = dict[Tree, Fraction]
TWO = grow([LEAF])


@dataclass(frozen=True)
class ThirdOrder:
    """The numbers x, y, z₁, z₂ of the module's docstring; those that a formula does not have are zero."""

    gradient: Fraction
    curvature: Fraction = Fraction(0)
    omega1: Fraction = Fraction(0)
    omega2: Fraction = Fraction(0)

    def series(self) -> Coefficients:
        """Return the same field by trees of at most three nodes."""
        return {
            LEAF: self.gradient,
            TWO: -self.curvature,
            grow([TWO]): self.omega1 + self.omega2,
            grow([LEAF, LEAF]): 2 * self.omega2,
        }


def ghosh_equation_4(momentum: Fraction, k: int) -> ThirdOrder:
    """Return paper 001, Eq. 4 on [kη, (k + 1)η), with γ = (1 − μ^(2k+2)) − 4(k+1) μ^(k+1) (1 − μ)/(1 + μ)."""
    power = momentum ** (k + 1)
    gamma = (1 - power**2) - 4 * (k + 1) * power * (1 - momentum) / (1 + momentum)
    return ThirdOrder((1 - power) / (1 - momentum), gamma * (1 + momentum) / (2 * (1 - momentum) ** 3))


def ghosh_equation_5(momentum: Fraction) -> ThirdOrder:
    """Return paper 001, Eq. 5: −∇Ê/(1 − μ) with Ê = E + (1 + μ) η/(4(1 − μ)²) |∇E|², ∇|∇E|² = 2 ∇²E∇E."""
    weight = (1 + momentum) / (4 * (1 - momentum) ** 2)
    return ThirdOrder(1 / (1 - momentum), 2 * weight / (1 - momentum))


def ghosh_equation_10(momentum: Fraction, k: int, batches: int) -> Coefficients:
    """Return paper 001, Eq. 10, the stochastic flow, in trees whose colour is the batch, r mod `batches` for step r.

    Ê_k = G_k + (η/4)(|∇G_k|² + 2 Σ_{r<k} μ^(k−r) |∇G_r|²) with G_k = Σ_{r≤k} μ^(k−r) E_r: with the weight w_r(c)
    of batch c in G_r, a(c.) = w_k(c) and a(c[d]) = −½ (w_k(c) w_k(d) + 2 Σ_{r<k} μ^(k−r) w_r(c) w_r(d)).
    """
    weights = [[Fraction(0)] * batches]
    for r in range(k + 1):
        weights.append([momentum * weight + (r % batches == c) for c, weight in enumerate(weights[-1])])
    steps = weights[1:]
    field = {Tree(c, ()): steps[k][c] for c in range(batches)}
    for c in range(batches):
        for d in range(batches):
            earlier = sum(
                (momentum ** (k - r) * steps[r][c] * steps[r][d] for r in range(k)), start=Fraction(0)
            )
            field[Tree(c, (Tree(d, ()),))] = -(steps[k][c] * steps[k][d] + 2 * earlier) / 2
    return field


def equation_17(momentum: Fraction) -> ThirdOrder:
    """Return paper 002, Eq. 17: order 2 for large k."""
    return ThirdOrder(1 / (1 - momentum), (1 + momentum) / (2 * (1 - momentum) ** 3))


def equation_57(momentum: Fraction, k: int) -> Fraction:
    """Return the factor of ∇L·∇²L in γ_k^(0), paper 002, Eq. 57, last line."""
    sums = (
        (1 + momentum) * momentum ** (k - j) + momentum ** (k + 1) * (momentum**j * (1 + momentum) - 4)
        for j in range(k + 1)
    )
    return sum(sums, start=Fraction(0)) / (2 * (1 - momentum) ** 2)


def equation_19_as_printed(momentum: Fraction) -> tuple[Fraction, Fraction]:
    """Return the factors of ω₁ and ω₂ in γ_k^(1) for large k, paper 002, Eq. 19.

    The second one, (1 + μ)(1 + 5μ)/12, is wrong for every μ > 0; see `equation_19`.
    """
    front = (1 + momentum) / (1 - momentum) ** 5
    return front * (1 + momentum) / 4, front * (1 + 5 * momentum) / 12


def equation_19(momentum: Fraction) -> tuple[Fraction, Fraction]:
    """Return them corrected, with (1 + 10μ + μ²)/12, as paper 002 has them in Eq. 70 and in Table 1."""
    front = 1 / (1 - momentum) ** 5
    return front * (1 + momentum) ** 2 / 4, front * (1 + 10 * momentum + momentum**2) / 12


def equation_20_as_printed(momentum: Fraction) -> ThirdOrder:
    """Return paper 002, Eq. 20: its term in η has no ∇L·∇²L, so that no vector of that size is left."""
    return ThirdOrder(1 / (1 - momentum), Fraction(0), *equation_19(momentum))


def equation_20(momentum: Fraction) -> ThirdOrder:
    """Return paper 002, Eq. 20 with the factor ∇L·∇²L, as Table 1 has it: order 3 for large k."""
    return ThirdOrder(1 / (1 - momentum), equation_17(momentum).curvature, *equation_19(momentum))


def equation_64_as_printed(momentum: Fraction, k: int, j: int) -> Fraction:
    """Return the factor of ∇L·∇²L in μ^(k−j) γ_j^(0), paper 002, Eq. 64, fourth line, before its ≈."""
    return _equation_64(momentum, k, j, k + j + 1)


def equation_64(momentum: Fraction, k: int, j: int) -> Fraction:
    """Return it corrected: the second power of μ is k + j + 2, as follows from the third line."""
    return _equation_64(momentum, k, j, k + j + 2)


def equation_68_as_printed(momentum: Fraction) -> Fraction:
    """Return the factor of μ^(k−j) ω₂ in paper 002, Eq. 68 for large k: 2/(1 − μ)³."""
    return 2 / (1 - momentum) ** 3


def equation_68(momentum: Fraction, j: int) -> Fraction:
    """Return the factor of ω₂ in G_{j−1}·∇(G_j·∇G_j − G_{j−1}·∇G_{j−1}), which tends to 0, for step j."""
    now, before = ((1 - momentum ** (j + i)) / (1 - momentum) for i in (1, 0))
    return before * (now**2 - before**2)


def theorem_2_1(momentum: Fraction, trees: Sequence[Tree]) -> Iterator[Coefficients]:
    """Yield the fields of the steps 0, 1, … by paper 002, Theorem 2.1, in the signs of `reference.b_series`.

    γ_k = μ γ_{k−1} + ∇L + Σ_{m≥2} ((−1)^m L_k^(m−1) γ_k + μ L_{k−1}^(m−1) γ_{k−1})/m!, where γ_k is G_k and all
    γ_k^(σ) together, L_k differentiates along γ_k, and γ_{−1} = 0.  Trees are of ∇L; those of f = −∇L have
    a(τ) = (−1)^(|τ| + 1) γ(τ).
    """
    height = max(tree.nodes for tree in trees)
    before: list[Coefficients] = [dict.fromkeys(trees, Fraction(0)) for _ in range(height)]
    while True:
        now: list[Coefficients] = [{} for _ in range(height)]
        for tree in trees:
            total = momentum * before[0][tree] + (tree == LEAF)
            divisor = 1
            for m in range(2, tree.nodes + 1):
                divisor *= m
                now[m - 1][tree] = _lie(now[m - 2], now[0], tree)
                total += ((-1) ** m * now[m - 1][tree] + momentum * before[m - 1].get(tree, 0)) / divisor
            now[0][tree] = total
        yield {tree: (-1) ** (tree.nodes + 1) * value for tree, value in now[0].items()}
        before = now


def _equation_64(momentum: Fraction, k: int, j: int, exponent: int) -> Fraction:
    ratio = (1 + momentum) / (1 - momentum)
    bracket = ratio * (momentum ** (k - j) - momentum**exponent) - 4 * (j + 1) * momentum ** (k + 1)
    return bracket / (2 * (1 - momentum) ** 2)


def _lie(of: Coefficients, along: Coefficients, tree: Tree) -> Fraction:
    """Return one coefficient of L X: Σ over single cuts of of(kept) along(removed)."""
    cuts = (cut for cut in branches(tree) if cut.kept in of)
    return sum((cut.ways * of[cut.kept] * along[cut.removed[0]] for cut in cuts), start=Fraction(0))
