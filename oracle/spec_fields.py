"""Every field of a spec: its name, what it takes, its default.

What one field says about another (shapes, names, which method a want needs) is in `spec_rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from oracle import spec_values as values
from oracle.spec_values import Coordinates
from reference.losses import LOSSES
from reference.models import MODELS
from reference.schedule import SCALES

__all__ = [
    "FORMATS",
    "SCHEMA",
    "Discrete",
    "Fields",
    "Flow",
    "GradientDescent",
    "GradientDescentFlow",
    "GradientFlow",
    "HeavyBallFlow",
    "Integrals",
    "Iterates",
    "Kkt",
    "Methods",
    "MomentumFlow",
    "MomentumGradientFlow",
    "MomentumMethod",
    "Polynomial",
    "Problems",
    "Regression",
    "RescaledGradientFlow",
    "ScalarProduct",
    "SparseRegression",
    "Strict",
    "Term",
    "ToLimit",
    "Wants",
]

SCHEMA = "momentum-oracle/spec/1"
FORMATS = ("exact", "float64", "float32", "bfloat16")
LARGEST_SIZE = 100_000
LARGEST_SEED = 2**64 - 1
MOST_TERMS = 10_000  # of a polynomial; each that is wrong would be told of, twice
LARGEST_ORDER = 30  # of a modified equation: its rooted trees already number 10^11

Number = Annotated[Fraction, PlainValidator(values.read_number)]
Positive = Annotated[Fraction, PlainValidator(values.number(lambda x: x > 0, "a number greater than 0"))]
Momentum = Annotated[
    Fraction, PlainValidator(values.number(lambda x: 0 <= x < 1, "a number at least 0 and less than 1"))
]
Numbers = Annotated[tuple[Fraction, ...], PlainValidator(values.read_numbers)]
Matrix = Annotated[tuple[tuple[Fraction, ...], ...], PlainValidator(values.read_matrix)]
ByParameter = Annotated[Mapping[str, Coordinates], PlainValidator(values.read_by_parameter)]
AnyCoordinates = Annotated[Coordinates, PlainValidator(values.read_coordinates)]
PositiveCoordinates = Annotated[Coordinates, PlainValidator(values.read_positive_coordinates)]
Velocity = Annotated[str | Mapping[str, Coordinates], PlainValidator(values.read_velocity)]
Steps = Annotated[tuple[int, ...], PlainValidator(values.read_steps)]
Times = Annotated[tuple[Fraction, ...], PlainValidator(values.read_times)]
Batches = Annotated[tuple[tuple[int, ...], ...], PlainValidator(values.read_batches)]
Factors = Annotated[tuple[Fraction, ...], PlainValidator(values.read_factors)]
Scales = Annotated[str, PlainValidator(values.choice(SCALES))]
Powers = Annotated[tuple[int, ...], PlainValidator(values.read_powers)]
Size = Annotated[int, PlainValidator(values.integer(1, LARGEST_SIZE))]
Seed = Annotated[int, PlainValidator(values.integer(0, LARGEST_SEED))]
Order = Annotated[int, PlainValidator(values.integer(1, LARGEST_ORDER))]
Digits = Annotated[int, PlainValidator(values.integer(15, 1000))]
Loss = Annotated[str, PlainValidator(values.choice(LOSSES))]
ModelName = Annotated[str, PlainValidator(values.choice(tuple(MODELS)))]
Format = Annotated[str, PlainValidator(values.choice(FORMATS))]
Schema = Annotated[str, PlainValidator(values.choice((SCHEMA,)))]
Variant = Annotated[str, PlainValidator(values.choice(("piecewise", "stationary")))]
FlowStart = Annotated[str, PlainValidator(values.choice(("plain", "shifted")))]
FlowOf = Annotated[str, PlainValidator(values.choice(("heavy_ball", "nesterov")))]
Potential = Annotated[str, PlainValidator(values.choice(("hyperbolic_entropy",)))]
Limit = Annotated[str, PlainValidator(values.choice(("limit",)))]


class Strict(BaseModel):
    """An object of named fields and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Regression(Strict):
    """Rows X, shape (n, d), targets y, shape (n,), and the scaling of the squared residuals."""

    kind: Literal["regression"]
    X: Matrix
    y: Numbers
    loss: Loss = "half_mean_square"


class SparseRegression(Strict):
    """A generated regression; see `oracle.sparse_regression`."""

    kind: Literal["sparse_regression"]
    n: Size
    d: Size
    nonzeros: Size
    seed: Seed
    scale: Positive = Fraction(1)
    loss: Loss = "half_mean_square"


class ScalarProduct(Strict):
    """The loss ½(y − a1·a2·x)²."""

    kind: Literal["scalar_product"]
    x: Number
    y: Number


class Term(Strict):
    """One monomial of a polynomial loss."""

    coefficient: Number
    powers: Powers


class Polynomial(Strict):
    """A loss that is a polynomial of b."""

    kind: Literal["polynomial"]
    terms: list[Term] = Field(min_length=1, max_length=MOST_TERMS)


class Discrete(Strict):
    """A recurrence: step size η, momentum μ, initial momentum p0, batches used cyclically.

    Step k takes η times `schedule`[k mod length], of the gradient or of the whole update (`reference.schedule`).
    """

    name: str
    step_size: Positive
    momentum: Momentum
    p0: ByParameter = {}
    batches: Batches = ()
    schedule: Factors = ()
    schedule_scales: Scales = "gradient"


class GradientDescent(Discrete):
    """Gradient descent: a recurrence whose momentum is zero."""

    name: Literal["gradient_descent"]
    momentum: Momentum = Fraction(0)


class MomentumMethod(Discrete):
    """Heavy ball and Nesterov's method, the latter in two sequences."""

    name: Literal["heavy_ball", "nesterov", "nesterov_lookahead"]


class GradientFlow(Strict):
    """β' = −∇L(β)."""

    name: Literal["gradient_flow"]


class RescaledGradientFlow(Strict):
    """β' = −∇L(β)/(1 − μ)."""

    name: Literal["rescaled_gradient_flow"]
    momentum: Momentum


class MomentumFlow(Strict):
    """α β'' + β' + ∇L(β)/(1 − μ) = 0, α that of the method `of`."""

    name: Literal["momentum_flow"]
    of: FlowOf
    step_size: Positive
    momentum: Momentum
    initial_velocity: Velocity = "zero"


class MomentumGradientFlow(Strict):
    """λ β'' + β' + ∇L(β) = 0."""

    name: Literal["mgf"]
    lambda_: Positive = Field(alias="lambda")
    initial_velocity: Velocity = "zero"


class HeavyBallFlow(Strict):
    """The modified equation of heavy ball, truncated after `order` powers of η; batches as of the method."""

    name: Literal["hb_flow"]
    step_size: Positive
    momentum: Momentum
    order: Order
    variant: Variant
    start: FlowStart = "plain"
    batches: Batches = ()


class GradientDescentFlow(Strict):
    """The modified equation of gradient descent, truncated after `order` powers of η."""

    name: Literal["gd_flow"]
    step_size: Positive
    order: Order


class Iterates(Strict):
    """The states of a discrete method."""

    kind: Literal["iterates"]
    steps: Steps


class Flow(Strict):
    """The states of a flow."""

    kind: Literal["flow"]
    times: Times


class ToLimit(Strict):
    """Where the method ends."""

    kind: Literal["limit"]


class Integrals(Strict):
    """Sums or integrals along the way: exactly one of the three fields is given."""

    kind: Literal["integrals"]
    steps: Steps | None = None
    times: Times | None = None
    to: Limit | None = None


class Kkt(Strict):
    """The minimiser of a potential with scale ξ and a linear term, subject to Xθ = y."""

    kind: Literal["kkt"]
    potential: Potential = "hyperbolic_entropy"
    xi: PositiveCoordinates
    linear: AnyCoordinates = Fraction(0)


Problems = Regression | SparseRegression | ScalarProduct | Polynomial
Methods = (
    GradientDescent
    | MomentumMethod
    | GradientFlow
    | RescaledGradientFlow
    | MomentumFlow
    | MomentumGradientFlow
    | HeavyBallFlow
    | GradientDescentFlow
)
Wants = Iterates | Flow | ToLimit | Integrals | Kkt


class Fields(Strict):
    """The whole spec."""

    schema_: Schema = Field(alias="schema")
    problem: Problems = Field(discriminator="kind")
    model: ModelName | None = None
    init: ByParameter | None = None
    method: Methods | None = Field(default=None, discriminator="name")
    inputs_as: Format = "exact"
    want: Wants = Field(discriminator="kind")
    digits: Digits
