"""The verbs for Python: the pipeline's, with results that show themselves and, where `compile` is
given `out`, the report beside the other files."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any, ParamSpec, cast

from bitproof.errors import InputError
from bitproof.network import Network
from bitproof.pipeline.boxes.request import wants_box
from bitproof.pipeline.boxes.results import BoxCertifyResult, BoxCompileResult
from bitproof.pipeline.certify import certify as _certify
from bitproof.pipeline.compile import compile as _compile
from bitproof.pipeline.results import CertifyResult, CompileResult
from bitproof.report.notebook import PresentedResult, PresentedVerdict, present, present_verdict

P = ParamSpec("P")


def _presented(
    verb: Callable[P, CompileResult],
) -> Callable[P, PresentedResult | BoxCompileResult]:
    @wraps(verb)
    def presenting(*args: P.args, **options: P.kwargs) -> PresentedResult | BoxCompileResult:
        from bitproof.pipeline.folder import check_writable

        keywords = cast("dict[str, Any]", options)
        if args and wants_box(args[0], keywords.get("domain")):
            return _compiled_box(args[0], keywords)
        out: str | Path | None = keywords.pop("out", None)
        force = bool(keywords.pop("force", False))
        if out is not None:
            check_writable(Path(out), force=force)
        result = present(verb(*args, **options))
        if out is None or result.network is None:
            return result
        return result.save(out, force=force)

    return presenting


def _compiled_box(target: Any, options: dict[str, Any]) -> BoxCompileResult:  # noqa: ANN401
    """`compile` with several inputs, the report beside the other files."""
    from bitproof.pipeline.boxes import compile_box
    from bitproof.pipeline.folder import check_writable

    out: str | Path | None = options.pop("out", None)
    force = bool(options.pop("force", False))
    _refuse_unknown(compile_box, options)
    if out is not None:
        check_writable(Path(out), force=force)
    result = compile_box(target, **options)
    if out is None or result.network is None:
        return result
    from bitproof.report.box_page import write_box_result

    return write_box_result(result, Path(out), force=force)


def _refuse_unknown(verb: Callable[..., object], options: dict[str, Any]) -> None:
    """
    Raises:
        InputError: an option that is for one input.
    """
    unknown = sorted(set(options) - set(signature(verb).parameters))
    if unknown:
        raise InputError(
            f"{unknown[0]} with a function of several inputs", remedy="it is for one input only"
        )


def _presented_verdict(
    verb: Callable[P, CertifyResult],
) -> Callable[P, PresentedVerdict | BoxCertifyResult]:
    @wraps(verb)
    def presenting(*args: P.args, **options: P.kwargs) -> PresentedVerdict | BoxCertifyResult:
        keywords = cast("dict[str, Any]", options)
        if len(args) == 2 and wants_box(args[1], keywords.get("domain")):
            from bitproof.pipeline.boxes import certify_box
            from bitproof.pipeline.certify import load

            network = cast("Any", args[0])
            loaded = network if isinstance(network, Network) else load(network)
            _refuse_unknown(certify_box, keywords)
            return certify_box(loaded, cast("Any", args[1]), **keywords)
        return present_verdict(verb(*args, **options))

    return presenting


compile = _presented(_compile)  # noqa: A001  (the verb of the project)
certify = _presented_verdict(_certify)
