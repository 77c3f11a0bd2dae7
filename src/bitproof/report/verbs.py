"""`bitproof.compile` for Python: the pipeline's, with a result that shows itself and, with `out`,
the report beside the other files."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, cast

from bitproof.pipeline import compile as _compile
from bitproof.pipeline.results import CompileResult
from bitproof.report.notebook import PresentedResult, present

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


compile = _presented(_compile)  # noqa: A001  (the verb of the project)
