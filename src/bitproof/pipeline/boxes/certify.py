"""The verdict on an existing network of several inputs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.exact import Box, Interval
from bitproof.network import Network
from bitproof.pipeline.boxes.compile import CERTIFIED_INPUTS, SECONDS
from bitproof.pipeline.boxes.request import read_box_target
from bitproof.pipeline.boxes.results import BoxCertifyResult
from bitproof.pipeline.candidates import Progress
from bitproof.pipeline.request import Number, read_error

if TYPE_CHECKING:
    from bitproof.certify.boxes import BoxVerdict
    from bitproof.target import BoxTarget


def certify_box(
    network: Network,
    against: str | Path | BoxTarget,
    *,
    domain: Box | Interval | Sequence[Number] | None = None,
    error: Number | None = None,
    interpolation: str | None = None,
    seconds: float = SECONDS,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> BoxCertifyResult:
    """The sup error of a network of several inputs against a function on a box, proved for two and
    three inputs; for more, a sampled lower bound and no verdict.

    Args:
        domain: the ends of the sides in turn; [0, 1]^d if it is None.
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
    from bitproof.certify.boxes import certify_on_box, sample_on_box

    start = time.perf_counter()
    wanted = None if error is None else read_error(error)
    box = domain if domain is not None else Box.unit(network.inputs)
    target = read_box_target(against, box if isinstance(against, str) else domain, interpolation)
    verdict: BoxVerdict
    if target.dimension > CERTIFIED_INPUTS:
        verdict = sample_on_box(network, target, error=wanted)
    else:
        verdict = certify_on_box(network, target, error=wanted, seconds=seconds, progress=progress)
    files = {}
    certificate = getattr(verdict, "certificate", None)
    if out is not None and certificate is not None:
        certificate.save(Path(out))
        files["certificate"] = Path(out)
    elapsed = time.perf_counter() - start
    return BoxCertifyResult(verdict, network, target, target.domain, wanted, files, elapsed)
