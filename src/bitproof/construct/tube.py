"""The tube f ± ε on sample points: what every piecewise-linear proposal is measured against.

Floats only: whatever is built from a tube is certified elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from bitproof.errors import DomainError
from bitproof.exact.rationals import to_float
from bitproof.target.target import Target

Floats = npt.NDArray[np.float64]

BASE_POINTS = 192
MAX_POINTS = 400_000
MAX_ROUNDS = 48
SAMPLING_SHARE = 1 / 100
SAFETY_SHARE = 1 / 160


@dataclass(frozen=True)
class Tube:
    """Samples of f, dense enough that f lies within ε/400 of their chords.

    Attributes:
        x: ascending sample points, shape (n,), the kinks of f among them.
        value: f(x), shape (n,).
        radius: half the tube's height, ε less a safety share.
    """

    x: Floats
    value: Floats
    radius: float

    @property
    def lower(self) -> Floats:
        return self.value - self.radius

    @property
    def upper(self) -> Floats:
        return self.value + self.radius

    @property
    def start(self) -> float:
        return float(self.x[0])

    @property
    def end(self) -> float:
        return float(self.x[-1])

    def part(self, lower: float, upper: float) -> Tube:
        """The tube between two points of its domain."""
        inside = (self.x > lower) & (self.x < upper)
        x = np.concatenate([[lower], self.x[inside], [upper]])
        return Tube(x, np.interp(x, self.x, self.value), self.radius)

    def seen_from(self, pivot: float, direction: int, scale: float) -> Tube:
        """The tube over the distance scale·direction·(x - pivot)."""
        x = direction * scale * (self.x - pivot)
        if direction > 0:
            return Tube(x, self.value, self.radius)
        return Tube(x[::-1].copy(), self.value[::-1].copy(), self.radius)

    def narrowed(self, share: float) -> Tube:
        """The same tube with a smaller radius."""
        return Tube(self.x, self.value, self.radius * share)


def sample_tube(target: Target, error: Fraction) -> Tube:
    """The tube f ± error, sampled adaptively: midpoints are added until chords are close to f.

    Raises:
        DomainError: the target has no finite value at a sample point.
    """
    epsilon = to_float(error)
    lower, upper = to_float(target.domain.lower), to_float(target.domain.upper)
    kinks = [to_float(end) for kink in target.kinks() for end in (kink.lower, kink.upper)]
    grid = np.linspace(lower, upper, BASE_POINTS + 1)
    marks = np.array([k for k in kinks if lower < k < upper])
    x = np.unique(np.concatenate([grid, marks]))
    return _refine(_finite_sampler(target), x, epsilon)


def _finite_sampler(target: Target) -> Callable[[Floats], Floats]:
    def sample(points: Floats) -> Floats:
        values = np.asarray(target.sample(points), dtype=np.float64)
        bad = ~np.isfinite(values)
        if bad.any():
            raise DomainError(
                f"{target.text} has no finite value at x = {float(points[bad][0]):.12g}",
                remedy="choose a domain on which it is continuous",
            )
        return values

    return sample


def _refine(sample: Callable[[Floats], Floats], x: Floats, epsilon: float) -> Tube:
    value = sample(x)
    left, right = x[:-1], x[1:]
    f_left, f_right = value[:-1], value[1:]
    all_x, all_f = [x], [value]
    count = len(x)
    for _ in range(MAX_ROUNDS):
        middle = 0.5 * (left + right)
        f_middle = sample(middle)
        all_x.append(middle)
        all_f.append(f_middle)
        count += len(middle)
        far = np.abs(f_middle - 0.5 * (f_left + f_right)) > SAMPLING_SHARE * epsilon
        far &= (middle > left) & (middle < right)
        if not far.any() or count > MAX_POINTS:
            break
        left, middle, right = left[far], middle[far], right[far]
        f_left, f_middle, f_right = f_left[far], f_middle[far], f_right[far]
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
        f_left, f_right = np.concatenate([f_left, f_middle]), np.concatenate([f_middle, f_right])
    xs, order = np.unique(np.concatenate(all_x), return_index=True)
    return Tube(xs, np.concatenate(all_f)[order], epsilon * (1 - SAFETY_SHARE))
