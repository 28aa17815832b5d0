"""What can go wrong along a flow."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["BlowUpError", "LostFlowError", "UnsettledFlowError"]


class BlowUpError(ArithmeticError):
    """The solution leaves every bound in finite time.

    Parameters
    ----------
    time : Fraction
        When a coordinate was last enclosed, already beyond `largest`.
    largest : float
        The bound that it left.
    """

    def __init__(self, time: Fraction, largest: float) -> None:
        super().__init__(
            f"the flow blows up: a coordinate exceeds {largest:g} at time {float(time):.12g}. Ask for times before "
            "that, or start nearer to a minimum"
        )
        self.time = time


class LostFlowError(ArithmeticError):
    """The bound on the error grew beyond use: more bits are needed.

    Parameters
    ----------
    time : Fraction
        Where it did.
    """

    def __init__(self, time: Fraction) -> None:
        super().__init__(f"the error bound was lost at time {float(time):g}; more precision is needed")
        self.time = time


class UnsettledFlowError(ArithmeticError):
    """The flow has not come to rest, or not provably, by the last time that is tried.

    Parameters
    ----------
    time : Fraction
        That time.
    movement : float
        What it can still move, or moved last.
    """

    def __init__(self, time: Fraction, movement: float) -> None:
        super().__init__(
            f"no limit was found by time {float(time):g}: the position can still move by {movement:g}. Ask for the "
            "flow at a finite time, or for fewer digits, or check that the data can be interpolated"
        )
        self.time = time
