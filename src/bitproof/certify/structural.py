"""Equality of two ReLU networks by their structure: no input is evaluated, no box is searched.

Both networks are reduced to one normal form. A neuron is an exact affine form over *hinges*, a
hinge being the ReLU of an affine form over the inputs and earlier hinges, up to a positive factor.
Two rules are used, both identities on every real input:

1. relu(g) = g and relu(−g) = 0 if g is a combination of non-negative quantities with non-negative
   coefficients and a non-negative constant (partial sums of a Horner chain are such).
2. relu(−g) = relu(g) − g, and relu(c·g) = c·relu(g) for c > 0.

Networks with equal normal forms are equal as functions. Networks that are equal for other reasons
may have different normal forms: then the answer is `Undecided`, never `Refuted`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.network import Activation, Layer, Network

Form = dict[int, Fraction]
CONSTANT = -1


@dataclass(frozen=True, slots=True)
class StructuralVerdict:
    """Whether two networks were proved equal.

    Attributes:
        equal: proved equal on every input (every non-negative input if that was assumed).
        hinges: distinct hinges of both networks together.
        reason: where the normal forms differ, if they do.
    """

    equal: bool
    hinges: int
    reason: str = ""

    @property
    def status(self) -> str:
        return "proved" if self.equal else "undecided"


def prove_equal(
    first: Network, second: Network, *, nonnegative_inputs: bool = False
) -> StructuralVerdict:
    """Proves two piecewise-linear networks equal as functions, by normal forms.

    Raises:
        InputError: different numbers of inputs or outputs, or rounded activations.

    >>> from bitproof.network import SparseMatrix
    >>> def one(weight, bias, denominator):
    ...     matrix = SparseMatrix.from_dense([[weight]], columns=1)
    ...     hidden = Layer((0,), matrix, (bias,), denominator)
    ...     total = SparseMatrix.from_dense([[2]], columns=1)
    ...     return Network(1, (hidden, Layer((1,), total, (0,), 1, Activation.IDENTITY)))
    >>> prove_equal(one(1, -1, 2), one(2, -2, 4)).status
    'proved'
    >>> prove_equal(one(1, -1, 2), one(1, -1, 4)).status
    'undecided'
    """
    if (first.inputs, first.outputs) != (second.inputs, second.outputs):
        raise InputError(
            f"networks of {first.inputs} → {first.outputs} and {second.inputs} → "
            f"{second.outputs} values",
            remedy="compare networks of the same shape",
        )
    for network in (first, second):
        if not network.is_piecewise_linear:
            raise InputError(
                "a network that rounds its activations", remedy="compare networks of reals"
            )
    hinges = _Hinges(first.inputs, nonnegative_inputs=nonnegative_inputs)
    one, two = hinges.outputs(first), hinges.outputs(second)
    for index, (a, b) in enumerate(zip(one, two, strict=True)):
        if hinges.canonical(a) != hinges.canonical(b):
            return StructuralVerdict(
                equal=False, hinges=len(hinges.keys), reason=f"output {index} differs in form"
            )
    return StructuralVerdict(equal=True, hinges=len(hinges.keys))


@dataclass(slots=True)
class _Hinges:
    """The hinges met so far. Symbols 0 .. inputs-1 are the inputs; each hinge g has two further
    symbols, p = relu(g) (even offset) and n = relu(−g) (odd), both non-negative, n = p − g."""

    inputs: int
    nonnegative_inputs: bool
    keys: dict[tuple[tuple[int, Fraction], ...], int] = field(default_factory=dict)
    arguments: list[Form] = field(default_factory=list)
    signs: list[bool] = field(default_factory=list)

    def outputs(self, network: Network) -> list[Form]:
        values: list[list[Form]] = [[{i: Fraction(1)} for i in range(self.inputs)]]
        for layer in network.layers:
            values.append([self._neuron(layer, row, values) for row in range(layer.width)])
        return values[-1]

    def canonical(self, form: Mapping[int, Fraction]) -> Form:
        """The form with every n replaced by p − g, recursively, zeros dropped."""
        result: Form = {}
        for symbol, factor in form.items():
            hinge = self._negative_hinge(symbol)
            if hinge is None:
                _accumulate(result, {symbol: factor}, Fraction(1))
            else:
                _accumulate(result, {symbol - 1: factor}, Fraction(1))
                _accumulate(result, self.arguments[hinge], -factor)
        return result

    def _negative_hinge(self, symbol: int) -> int | None:
        offset = symbol - self.inputs
        return offset // 2 if offset >= 0 and offset % 2 == 1 else None

    def _neuron(self, layer: Layer, row: int, values: list[list[Form]]) -> Form:
        gathered = [form for source in layer.sources for form in values[source]]
        form: Form = {}
        for column, numerator in layer.matrix.row(row):
            _accumulate(form, gathered[column], layer.weight(numerator))
        if layer.bias[row]:
            _accumulate(form, {CONSTANT: layer.weight(layer.bias[row])}, Fraction(1))
        if layer.activation is Activation.IDENTITY or self._nonnegative(form):
            return form
        return self._hinge(form)

    def _nonnegative(self, form: Form) -> bool:
        """Whether the form is visibly ≥ 0: every term is."""
        return all(
            factor > 0 and (symbol == CONSTANT or symbol >= self.inputs or self.nonnegative_inputs)
            for symbol, factor in form.items()
        )

    def _hinge(self, form: Form) -> Form:
        """relu(form) as a multiple of a hinge's symbol."""
        canonical = self.canonical(form)
        if self._nonnegative(canonical):
            return canonical
        for shape in (form, canonical):
            if self._nonnegative({symbol: -factor for symbol, factor in shape.items()}):
                return {}
        leading = canonical[max(canonical)]
        key = tuple(sorted((s, f / leading) for s, f in canonical.items()))
        index = self.keys.get(key)
        if index is None:
            # g has the sign it is met with first, so that n, which has to be expanded, is rare.
            index = self.keys[key] = len(self.arguments)
            self.arguments.append({s: f / abs(leading) for s, f in canonical.items()})
            self.signs.append(leading > 0)
        symbol = self.inputs + 2 * index + (0 if (leading > 0) == self.signs[index] else 1)
        return {symbol: abs(leading)}


def _accumulate(form: Form, other: Mapping[int, Fraction], factor: Fraction) -> None:
    """Adds factor·other to a form, dropping what cancels."""
    for symbol, value in other.items():
        total = form.get(symbol, Fraction(0)) + factor * value
        if total:
            form[symbol] = total
        else:
            form.pop(symbol, None)
