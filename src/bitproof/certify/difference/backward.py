"""Upper bounds of linear forms, by substitution backwards through both networks in lockstep.

A form over the values of some layers, Σ_c e_c·h_c + r for the copies c, is replaced by one over
earlier layers that is nowhere smaller on the box: first h = relu(z) by its relaxation, then
z = W·h' + b by substitution, until only the input is left, whose largest value on a box is read
off (CROWN: Zhang et al. 2018; DeepPoly: Singh et al. 2019; for two networks: Paulsen et al. 2020).

**Rounding.** The computed coefficients are taken as they are; what the floats lose against the
exact inequality is bounded once for the whole pass. Let u = 2^-53, n the longest sum of any affine
map or relaxation and L the number of layers, and let V_j bound |z_j| and Σ|W_jk|·|h_k| + |b_j| in
both copies, for every input of the box (`Relaxation.reach`). For one layer, with
S = Σ_j (|e_1j| + |e_2j|)·V_j:

- relaxing a coefficient takes at most 5 roundings of numbers below |e_j|: 5.1u·S over |z_j| ≤ V_j;
- the offsets are products of at most |e_j|·2V_j, summed in any order: (n + 3)·2.1u·S;
- W and b as floats are within u of the exact ones, relatively, and the sums of the products with
  them, in any order and with fused operations or without, within γ_n = nu/(1 - nu): the
  coefficients after relaxation are at most |e_j|, so that is (n + 1)·1.1u·S;
- a layer read by several layers collects at most L coefficients, and the constants are at most 4L
  partial sums of numbers that total 4·ΣS: 20L·1.1u·S.

At the input the same holds with V = max|x|. So everything lost is below
(4n + 32L + 64)·u·ΣS, ΣS being summed along the way (`sizes`); the factor is generous enough for
the rounding of ΣS itself. Underflow adds less than 2^-800: all weights and V are at most 2^200.
Where a bound is not finite, it is replaced by infinity: nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.certify.difference.affine import Array
from bitproof.certify.difference.relaxation import Relaxation
from bitproof.certify.difference.stack import Stack, StackLayer

UNIT = 2.0**-53


@dataclass(frozen=True, slots=True)
class Boxes:
    """A batch of boxes of inputs: arrays (batch, inputs), the ends included."""

    lower: Array
    upper: Array

    def __len__(self) -> int:
        return len(self.lower)

    def take(self, indices: Array) -> Boxes:
        return Boxes(self.lower[indices], self.upper[indices])


@dataclass(frozen=True, slots=True)
class Bounds:
    """Upper bounds of forms on their boxes.

    Attributes:
        upper: shape (rows,), proved.
        inputs: shape (rows, inputs): the coefficients of the inputs in the bounding form; they
            propose where the form is large and which input matters.
        offsets: shape (rows,): on its box each form is at most inputs·x + offset, exactly.
    """

    upper: Array
    inputs: Array
    offsets: Array


@dataclass(frozen=True, slots=True)
class Forms:
    """Linear forms of the input above others on a box, for each of a batch.

    Attributes:
        slopes: shape (..., rows, inputs). offsets: shape (..., rows).
    """

    slopes: Array
    offsets: Array

    @classmethod
    def stack(cls, parts: list[Forms]) -> Forms:
        return cls(np.stack([p.slopes for p in parts]), np.stack([p.offsets for p in parts]))

    def take(self, places: Array) -> Forms:
        return Forms(self.slopes[places], self.offsets[places])

    def on(self, lower: Array, upper: Array) -> Array:
        """Their largest values on parts of the boxes, rounded up: shape (batch, rows).

        A sum of n + 1 terms is off by less than (n + 3)·2^-53 times the sum of their sizes.
        """
        low, high = self.slopes * lower[:, None], self.slopes * upper[:, None]
        total = self.offsets + np.maximum(low, high).sum(axis=-1)
        sizes = np.abs(self.offsets) + np.maximum(np.abs(low), np.abs(high)).sum(axis=-1)
        total += sizes * ((2 * lower.shape[1] + 16) * UNIT) + 2.0**-800
        return np.where(np.isfinite(total), total, np.inf)


class Backward:
    """Forms over the pre-activations of one layer, on their way to the input.

    `copies` lists the copies the forms are over: one, or both in lockstep.
    """

    def __init__(
        self,
        stack: Stack,
        boxes: Boxes,
        relaxations: dict[int, Relaxation],
        copies: tuple[int, ...],
        owners: Array,
    ) -> None:
        self._stack = stack
        self._boxes = boxes
        self._relaxations = relaxations
        self._copies = copies
        self._owners = owners
        self._pending: dict[int, list[Array]] = {}
        self._constants = np.zeros(len(owners))
        self._sizes = np.zeros(len(owners))

    def from_outputs(self, forms: list[Array], constants: Array) -> Bounds:
        """Upper bounds of forms over the outputs, arrays (rows, outputs) for each copy."""
        self._pending[len(self._stack.layers)] = forms
        self._constants += constants
        self._sizes += np.abs(constants)
        return self._down(len(self._stack.layers))

    def rows_of(self, position: int, rows: Array, signs: list[Array]) -> Bounds:
        """Upper bounds of sign·z_row for single neurons of layer `position`, z1 and z2 added."""
        layer = self._stack.layers[position - 1]
        forms = []
        for copy, sign in zip(self._copies, signs, strict=True):
            forms.append(layer.maps[copy].rows(rows) * sign[:, None])
            self._constants += layer.maps[copy].bias[rows] * sign
        reach = self._relaxations[position].reach
        self._sizes += len(forms) * reach[self._owners, rows]
        self._scatter(layer, forms)
        return self._down(position - 1)

    def _down(self, position: int) -> Bounds:
        for current in range(position, 0, -1):
            forms = self._pending.pop(current, None)
            if forms is None:
                continue
            layer = self._stack.layers[current - 1]
            self._relax(current, layer, forms)
            self._through(layer, forms)
        return self._on_boxes(self._pending.pop(0, []))

    def _relax(self, position: int, layer: StackLayer, forms: list[Array]) -> None:
        relaxation = self._relaxations[position]
        if not layer.relu:
            magnitudes = np.abs(forms[0]) + sum(np.abs(form) for form in forms[1:])
            self._sizes += np.einsum("tj,tj->t", magnitudes, relaxation.reach[self._owners])
        elif len(forms) == 2:
            first, second = forms
            relaxation.apply_two(first, second, self._owners, self._constants, self._sizes)
        else:
            copy = self._copies[0]
            relaxation.apply_one(copy, forms[0], self._owners, self._constants, self._sizes)

    def _through(self, layer: StackLayer, forms: list[Array]) -> None:
        """Substitutes z = W·h + b."""
        behind = []
        for copy, form in zip(self._copies, forms, strict=True):
            self._constants += layer.maps[copy].offsets(form)
            behind.append(layer.maps[copy].back(form))
        self._scatter(layer, behind)

    def _scatter(self, layer: StackLayer, behind: list[Array]) -> None:
        start = 0
        for source in layer.sources:
            stop = start + self._stack.widths[source]
            parts = [form[:, start:stop] for form in behind]
            start = stop
            known = self._pending.get(source)
            if known is None:
                self._pending[source] = [np.ascontiguousarray(part) for part in parts]
            else:
                self._pending[source] = [a + b for a, b in zip(known, parts, strict=True)]

    def _on_boxes(self, forms: list[Array]) -> Bounds:
        """The largest value of a form over the input on each row's box."""
        from bitproof.certify.difference.relaxed_code import add_input_sizes, largest_on_boxes

        lower, upper, owners = self._boxes.lower, self._boxes.upper, self._owners
        if not forms:
            forms = [np.zeros((len(owners), self._stack.inputs))]
        for form in forms:
            add_input_sizes(form, owners, lower, upper, self._sizes)
        total = forms[0] if len(forms) == 1 else forms[0] + forms[1]
        factor = (4 * self._stack.longest + 32 * len(self._stack.layers) + 64) * UNIT
        found = np.empty(len(owners))
        largest_on_boxes(total, owners, lower, upper, self._constants, self._sizes, factor, found)
        return Bounds(found, total, self._constants + (factor * self._sizes + 2.0**-800))
