"""A fault planted on purpose: what it is called, where it sits, and what truthfully explains it.

Whoever judges kernels measures himself by them: the entry-point group ``momentum_oracle.faults`` names
callables without arguments, each returning a sequence of planted faults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oracle.records.candidate import Candidate, CandidateTask

__all__ = ["PlantedFault"]


@dataclass(frozen=True)
class PlantedFault:
    """A kernel with one fault in it.

    Parameters
    ----------
    name : str
        Of the fault; the same in every kernel.
    kernel : str
        What it is planted in.
    candidate : Candidate
        The spoiled kernel: it declares, and says that it runs, what the right one does.
    explained_by : frozenset of str
        Names of misimplementations (`oracle.diagnosis`), each of which is what was done, true equivalents
        included: to name any of them is a right diagnosis.
    sentence : str
        What was done, in one line.
    changes : callable
        Behind `applies`.
    """

    name: str
    kernel: str
    candidate: Candidate
    explained_by: frozenset[str]
    sentence: str
    changes: Callable[[CandidateTask], bool]

    def applies(self, task: CandidateTask) -> bool:
        """Return whether the fault changes anything that the task computes.

        A momentum that is forgotten changes nothing where μ = 0, an order of batches nothing without
        batches, a rounding of the data nothing where they are numbers of the narrower format.  A fault that
        applies may still move the trajectory by less than rounding.
        """
        return self.changes(task)
