"""The verdict on a network that exists already, against a target or another network."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.errors import InputError
from bitproof.exact import FixedPoint, Interval
from bitproof.network import Network, load_network
from bitproof.pipeline.request import (
    Number,
    clip_to_format,
    read_domain,
    read_error,
    read_inputs,
    read_number,
    read_target,
)
from bitproof.pipeline.results import CertifyResult

if TYPE_CHECKING:
    from bitproof.certify.verdict import Verdict
    from bitproof.target.target import Target

NETWORK_SUFFIXES = (".json", ".json.gz")


def load(path: str | Path) -> Network:
    """A network from its file, or from an ONNX model (named `.onnx`): its exact network.

    Raises:
        FileFormatError: it is not one.
        InputError: a model of operators that cannot be imported.
    """
    if Path(path).suffix == ".onnx":
        from bitproof.interop import import_onnx

        return import_onnx(path).network
    return load_network(Path(path))


def evaluate(network: Network | str | Path, inputs: Sequence[Number]) -> list[Fraction]:
    """The exact outputs of a network on one input vector.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[3]], columns=1)
    >>> half_thrice = Network(1, (Layer((0,), matrix, (0,), 2, Activation.IDENTITY),))
    >>> evaluate(half_thrice, ["1/3"])
    [Fraction(1, 2)]
    """
    from bitproof.execute.reference import evaluate as evaluate_exactly

    loaded = network if isinstance(network, Network) else load(network)
    return list(evaluate_exactly(loaded, [read_number(value) for value in inputs]))


def certify(
    network: Network | str | Path,
    against: str | Path | Target | Network,
    *,
    domain: Interval | Sequence[Number] | None = None,
    error: Number | None = None,
    inputs: str | FixedPoint = "real",
    out: str | Path | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> CertifyResult:
    """The sup error of a one-input network against a target or another network, proved.

    Args:
        network: a network or its file.
        against: an expression, a table's or network's file, a `Target`, a `Network`.
        domain: the two ends; [0, 1] for expressions and networks, the span for tables.
        error: if given, the verdict is on |f - N| ≤ error.
        inputs: `real` or a fixed-point format: exactly its values in the domain.
        out: where the certificate is written.

    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[1]], columns=1)
    >>> identity = Network(1, (Layer((0,), matrix, (0,), 1, Activation.IDENTITY),))
    >>> result = certify(identity, "x^2")
    >>> result.status, result.verdict.lower, result.verdict.witness
    ('proved', Fraction(1, 4), Fraction(1, 2))
    """
    start = time.perf_counter()
    loaded = network if isinstance(network, Network) else load(network)
    _check_shape(loaded)
    wanted = None if error is None else read_error(error)
    form = read_inputs(inputs)
    asked = read_domain(domain)
    if form is not None and asked is None:
        asked = form.interval
    goal, text, interval = _read_against(against, asked)
    verdict = _verdict(loaded, goal, interval, form, wanted, progress)
    files = {}
    certificate = getattr(verdict, "certificate", None)
    if out is not None and certificate is not None:
        certificate.save(Path(out))
        files["certificate"] = Path(out)
    name = "real" if form is None else form.name
    seconds = time.perf_counter() - start
    return CertifyResult(verdict, loaded, goal, text, interval, name, wanted, files, seconds)


def _check_shape(network: Network) -> None:
    if network.inputs != 1 or network.outputs != 1:
        raise InputError(
            f"a network of {network.inputs} inputs and {network.outputs} outputs",
            remedy="certify takes networks of one input and one output",
        )


def _read_against(
    against: str | Path | Target | Network, domain: Interval | None
) -> tuple[Target | Network, str, Interval]:
    unit = Interval(Fraction(0), Fraction(1))
    if isinstance(against, Network):
        return against, "a network", domain or unit
    if isinstance(against, (str, Path)) and str(against).endswith(NETWORK_SUFFIXES):
        return load(against), str(against), domain or unit
    target = read_target(against, domain, None)
    return target, target.text, target.domain


def _verdict(
    network: Network,
    goal: Target | Network,
    interval: Interval,
    form: FixedPoint | None,
    error: Fraction | None,
    progress: Callable[[float, str], None] | None,
) -> Verdict:
    from bitproof.certify import certify_on_grid, certify_sup_error

    if form is None:
        return certify_sup_error(network, goal, interval, error=error, progress=progress)
    clip_to_format(interval, form)
    return certify_on_grid(network, goal, form, interval, error=error, progress=progress)
