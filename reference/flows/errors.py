"""What can go wrong along a flow."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["BlowUpError", "LostFlowError", "TooManyDigitsError", "UnsettledFlowError"]


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


class TooManyDigitsError(ValueError):
    """More digits of a limit were asked than the bound on its tail can be held to.

    Parameters
    ----------
    digits, most : int
    """

    def __init__(self, digits: int, most: int) -> None:
        super().__init__(
            f"{digits} digits of the limit of a flow were asked; what the flow still moves is bounded in floats, which "
            f"end at 10^-308, so at most {most} can be proved. Ask for fewer, or for the flow at a finite time"
        )
