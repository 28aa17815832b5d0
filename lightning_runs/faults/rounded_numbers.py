"""Numbers that round after every operation, so that the kernels' own formulas run in any format.

`lightning_runs.kernels.update` is written over anything with + − *; a fault that changes one place of the
update leaves every other rounding where the format puts it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lightning_runs.implementations.formats import rounded
from oracle.records.candidate import Array

__all__ = ["RoundedNumbers"]


@dataclass(frozen=True, eq=False)
class RoundedNumbers:
    """Numbers of a binary format.

    A sum, difference or product of two bfloat16 numbers rounded to float32 and then to bfloat16 is rounded
    once, since 24 ≥ 2 · 8 + 2.

    Parameters
    ----------
    values : ndarray
        Numbers of the format, in its container.
    format : str
        A name in `implementations.formats.FORMATS`.
    """

    values: Array
    format: str

    def __add__(self, other: RoundedNumbers) -> RoundedNumbers:
        return self._rounded(self.values + other.values)

    def __sub__(self, other: RoundedNumbers) -> RoundedNumbers:
        return self._rounded(self.values - other.values)

    def __mul__(self, other: RoundedNumbers) -> RoundedNumbers:
        return self._rounded(self.values * other.values)

    def __neg__(self) -> RoundedNumbers:
        return RoundedNumbers(-self.values, self.format)

    def _rounded(self, values: Array) -> RoundedNumbers:
        return RoundedNumbers(rounded(values, self.format), self.format)
