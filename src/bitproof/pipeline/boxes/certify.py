"""The verdict on an existing network of several inputs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact import Box, FixedPoint, Interval
from bitproof.network import Network
from bitproof.pipeline.boxes.compile import SECONDS
from bitproof.pipeline.boxes.request import read_box_target
from bitproof.pipeline.boxes.results import BoxCertifyResult
from bitproof.pipeline.boxes.verdicts import box_verdict, proved_inputs
from bitproof.pipeline.candidates import Progress
from bitproof.pipeline.request import Number, read_error, read_inputs

if TYPE_CHECKING:
    from bitproof.target import BoxTarget


def certify_box(
    network: Network,
    against: str | Path | BoxTarget,
    *,
    domain: Box | Interval | Sequence[Number] | None = None,
    error: Number | None = None,
    interpolation: str | None = None,
    inputs: str | FixedPoint = "real",
    seconds: float = SECONDS,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> BoxCertifyResult:
    """The sup error of a network of several inputs against a function on a box, proved for two and
    three inputs, or for all inputs of a format; else a sampled lower bound and no verdict.

    Args:
        domain: the ends of the sides in turn; if it is None, [0, 1]^d or all values of the format.
        inputs: `real`, or a fixed-point format such as Q0.7: then exactly its values count. Of more
            than 2^22 of them the whole box is certified, which proves it for them too.
        error: if given, the verdict is on |f - N| ≤ error.
        seconds: when the bounds found so far are returned.
        out: where the certificate is written.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[1, 1]], columns=2)
    >>> total = Network(2, (Layer((0,), matrix, (0,), 2, Activation.IDENTITY),))
    >>> result = certify_box(total, "max(x1, x2)")
    >>> result.status, result.verdict.lower
    ('proved', Fraction(1, 2))
    """
    start = time.perf_counter()
    wanted = None if error is None else read_error(error)
    form = read_inputs(inputs)
    if domain is None and isinstance(against, str) and not against.endswith(".csv"):
        unit = Box.unit(network.inputs)
        domain = unit if form is None else Box((form.interval,) * network.inputs)
    target = read_box_target(against, domain, interpolation)
    verdict = box_verdict(network, target, form, wanted, seconds, progress)
    files = {}
    certificate = getattr(verdict, "certificate", None)
    if out is not None and certificate is not None:
        certificate.save(Path(out))
        files["certificate"] = Path(out)
    elapsed = time.perf_counter() - start
    name = proved_inputs(target, form)
    return BoxCertifyResult(verdict, network, target, target.domain, name, wanted, files, elapsed)
