"""The verbs for Python: the pipeline's, with results that show themselves and, where `compile` is
given `out`, the report beside the other files."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, cast

from bitproof.pipeline import certify as _certify
from bitproof.pipeline import compile as _compile
from bitproof.pipeline.results import CertifyResult, CompileResult
from bitproof.report.notebook import PresentedResult, PresentedVerdict, present, present_verdict

P = ParamSpec("P")


def _presented(verb: Callable[P, CompileResult]) -> Callable[P, PresentedResult]:
    @wraps(verb)
    def presenting(*args: P.args, **options: P.kwargs) -> PresentedResult:
        from bitproof.pipeline.folder import check_writable

        keywords = cast("dict[str, Any]", options)
        out: str | Path | None = keywords.pop("out", None)
        force = bool(keywords.pop("force", False))
        if out is not None:
            check_writable(Path(out), force=force)
        result = present(verb(*args, **options))
        if out is None or result.network is None:
            return result
        return result.save(out, force=force)

    return presenting


def _presented_verdict(verb: Callable[P, CertifyResult]) -> Callable[P, PresentedVerdict]:
    @wraps(verb)
    def presenting(*args: P.args, **options: P.kwargs) -> PresentedVerdict:
        return present_verdict(verb(*args, **options))

    return presenting


compile = _presented(_compile)  # noqa: A001  (the verb of the project)
certify = _presented_verdict(_certify)
