"""Codebook expansion: any network in λ weight values, with the error proved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.errors import InputError
from bitproof.exact import Interval
from bitproof.exact.rationals import write_decimal, write_rational
from bitproof.exact.weight_format import Codebook, parse_codebook
from bitproof.network import Measures, Network, measure
from bitproof.pipeline.certify import load
from bitproof.pipeline.folder import save_whole
from bitproof.pipeline.request import Number, read_error, read_number
from bitproof.pipeline.results import sizes_to_dict
from bitproof.transform.claim import Claim
from bitproof.transform.codebook_expansion import Expanded
from bitproof.transform.codebook_expansion import expand as expand_to

if TYPE_CHECKING:
    from bitproof.certify.verdict import Verdict

# How much more than asked the bound may be before the exact error is looked at, largest first.
EASINGS = (64, 16, 4, 1)
CERTIFIED_WEIGHTS = 20_000

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class ExpandResult:
    """The outcome of `expand`.

    Attributes:
        original, network: the network given and the one of codebook weights.
        before, after: their sizes.
        expanded: the claim, what was replaced, edges per weight.
        box: the inputs the claim is about; None for all real inputs.
        requested: the error asked for; None for equality.
        verdict: the certifier's, where there is one input and one output.
        file: where the network was written, if it was.
        seconds: time taken.
    """

    original: Network
    network: Network
    before: Measures
    after: Measures
    expanded: Expanded
    box: tuple[Interval, ...] | None
    requested: Fraction | None
    verdict: Verdict | None
    file: Path | None
    seconds: float

    @property
    def claim(self) -> Claim:
        """What the construction promises: equality, or a bound by propagation."""
        return self.expanded.claim

    @property
    def status(self) -> str:
        """`proved` by the certifier, which knows nothing of the construction; else `claimed`: the
        construction's own theorem says so."""
        certified = self.verdict is not None and self.verdict.status == "proved"
        return "proved" if certified else "claimed"

    @property
    def upper(self) -> Fraction:
        """The smallest proved bound on the distance of the two networks."""
        if self.verdict is not None and self.verdict.upper is not None:
            return min(self.claim.bound, self.verdict.upper)
        return self.claim.bound

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of `bitproof expand --json`."""
        verdict = self.verdict
        box = self.box
        return {
            "status": self.status,
            "codebook": self.expanded.form.name,
            "claim": self.claim.text,
            "bound": write_rational(self.claim.bound),
            "upper": write_rational(self.upper),
            "upper_decimal": write_decimal(self.upper, rounding="up"),
            "certified": None
            if verdict is None
            else {
                "status": verdict.status,
                "upper": None if verdict.upper is None else write_rational(verdict.upper),
                "lower": write_rational(verdict.lower),
            },
            "requested": None if self.requested is None else write_rational(self.requested),
            "box": None
            if box is None
            else [[write_rational(side.lower), write_rational(side.upper)] for side in box],
            "replaced": self.expanded.replaced,
            "edges_per_weight": round(float(self.expanded.edges_per_weight), 3),
            "before": sizes_to_dict(self.before),
            "after": sizes_to_dict(self.after),
            "file": None if self.file is None else str(self.file),
            "seconds": round(self.seconds, 4),
        }


def expand(
    network: Network | str | Path,
    codebook: Codebook | str,
    *,
    error: Number | None = None,
    domain: Sequence[Number] | None = None,
    out: str | Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> ExpandResult:
    """A network whose weights all lie in a codebook, equal to another or near it.

    With an error, the bound that the construction proves by propagation decides; for one input and
    one output the exact error does, which is often far below it, so cheaper networks are tried and
    the cheapest certified one is taken.

    Args:
        network: a ReLU network, or its file.
        codebook: as `linear:2`, `nested:3`, `-1,1/2`.
        error: how far any output may be off; None: equal.
        domain: two ends for every input, or two for all of them. None: all real inputs, or with an
            error 0 1.
        out: a network file (`.json` or `.json.gz`).
        force: overwrite it.

    Raises:
        FormatError: a codebook that will not do (not universal, or no value 1/b), weights without a
            finite code where equality is asked for.
        InputError: the file exists, or a domain of other dimensions.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[5]], columns=1)
    >>> original = Network(1, (Layer((0,), matrix, (1,), 8, Activation.IDENTITY),))
    >>> result = expand(original, "linear:2", domain=(0, 1))
    >>> result.claim.bound, sorted(set(result.network.weights()))
    (Fraction(0, 1), [Fraction(1, 2)])
    """
    start = time.perf_counter()
    target = None if out is None else Path(out)
    if target is not None and target.exists() and not force:
        raise InputError(f"{target} exists", remedy="name another file, or add --force")
    original = network if isinstance(network, Network) else load(network)
    form = parse_codebook(codebook) if isinstance(codebook, str) else codebook
    wanted = None if error is None else read_error(error)
    box = _box(domain, original.inputs, needed=wanted is not None)
    expanded, verdict = _cheapest(original, form, box, wanted, progress)
    if target is not None:
        save_whole(expanded.network, target)
    seconds = time.perf_counter() - start
    return ExpandResult(
        original,
        expanded.network,
        measure(original),
        measure(expanded.network),
        expanded,
        box,
        wanted,
        verdict,
        target,
        seconds,
    )


def _box(
    domain: Sequence[Number] | None, inputs: int, *, needed: bool
) -> tuple[Interval, ...] | None:
    if domain is None:
        unit = Interval(Fraction(0), Fraction(1))
        return (unit,) * inputs if needed else None
    ends = [read_number(end) for end in domain]
    if len(ends) not in (2, 2 * inputs):
        raise InputError(
            f"a domain of {len(ends)} numbers for {inputs} inputs",
            remedy="give two ends for each input, or two for all of them",
        )
    sides = [Interval(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True)]
    return tuple(sides * inputs if len(sides) == 1 else sides)


def _cheapest(
    original: Network,
    form: Codebook,
    box: tuple[Interval, ...] | None,
    error: Fraction | None,
    progress: Progress | None,
) -> tuple[Expanded, Verdict | None]:
    """The network and what the certifier says of it, if it was asked."""
    single = original.inputs == original.outputs == 1 and box is not None
    if error is None or not single:
        expanded = expand_to(original, form, box=box, error=error)
        verdict = _certified(original, expanded, box, None) if single else None
        return expanded, verdict
    for number, easing in enumerate(EASINGS):
        if progress is not None:
            progress(number / len(EASINGS), f"bound {easing} times the error")
        expanded = expand_to(original, form, box=box, error=easing * error)
        verdict = _certified(original, expanded, box, error)
        if verdict is not None and verdict.status == "proved":
            return expanded, verdict
    return expanded, verdict


def _certified(
    original: Network,
    expanded: Expanded,
    box: tuple[Interval, ...] | None,
    error: Fraction | None,
) -> Verdict | None:
    """The exact distance over the interval; None for networks too large for it."""
    from bitproof.certify import certify_sup_error

    assert box is not None
    (interval,) = box
    if interval.lower == interval.upper or measure(expanded.network).weights > CERTIFIED_WEIGHTS:
        return None
    return certify_sup_error(expanded.network, original, interval, error=error)
