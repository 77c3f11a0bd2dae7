"""Results that show themselves in a notebook: a small table and the error curve."""

from __future__ import annotations

from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from typing import Any

from bitproof.pipeline.results import CertifyResult, CompileResult
from bitproof.report.words import bits_text, certify_claim, claim, comparison, shortened

INLINE_STYLE = """
.bitproof{font-family:system-ui,sans-serif;max-width:900px;
 --paper:#fff;--card:#fff;--ink:#1b1f24;--soft:#5b6470;--line:#e4e2dd;--blue:#1d5fbf;
 --sand:#e6b36a;--green:#1c7d50;--green-wash:#1c7d5014;--red:#c2361f;background:var(--paper);
 color:var(--ink);padding:8px 12px}
.bitproof .verdict{font-weight:600;margin:0 0 4px}.bitproof .verdict b{color:var(--green)}
.bitproof p{margin:4px 0}.bitproof table{border-collapse:collapse;margin:6px 0}
.bitproof td,.bitproof th{padding:2px 16px 2px 0;text-align:left;border:0;background:none}
.bitproof th{color:var(--soft);font-weight:400}
.bitproof svg{width:100%;height:auto;display:block}.bitproof svg path{fill:none}
.bitproof svg text{font:12.5px system-ui,sans-serif;fill:var(--ink)}
.bitproof svg .tick{fill:var(--soft)}.bitproof svg .rule{stroke:var(--line)}
.bitproof svg .axis,.bitproof svg .breaks{stroke:var(--soft)}
.bitproof svg .e{stroke:var(--blue);stroke-width:1.3}.bitproof svg .band{fill:var(--green-wash)}
.bitproof svg .limit{stroke:var(--green);stroke-dasharray:5 4}
.bitproof svg .peak{fill:var(--red)}.bitproof svg .note{fill:var(--red);font-weight:600}
"""


@dataclass(frozen=True, slots=True, repr=False)
class PresentedResult(CompileResult):
    """A result of `compile` that can show, draw and save itself."""

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return result_html(self)

    def __str__(self) -> str:
        return f"{self.status}: {claim(self)}" if self.status == "proved" else claim(self)

    def __repr__(self) -> str:
        return f"<{self}>"

    def plot(self, kind: str = "error") -> Any:  # noqa: ANN401  (a matplotlib figure)
        """The `error` or the `function` as a matplotlib figure.

        Raises:
            InputError: another kind, or a result without a design.
        """
        return result_figure(self, kind)

    def save(self, folder: str | Path, *, force: bool = False) -> PresentedResult:
        """Writes network, certificate, exports, report and plots into a folder, all or nothing.

        Raises:
            InputError: the folder is not empty (and `force` is off), or there is no design.
        """
        from bitproof.errors import InputError
        from bitproof.report.folder import write_result

        if self.network is None:
            raise InputError("a result without a design", remedy="see its `needed`")
        return present(write_result(self, folder, force=force))


@dataclass(frozen=True, slots=True, repr=False)
class PresentedVerdict(CertifyResult):
    """A result of `certify` that can show itself."""

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return (
            f'<div class="bitproof"><style>{INLINE_STYLE}</style><p class="verdict">'
            f"<b>{escape(self.status)}</b> {escape(certify_claim(self))}</p></div>"
        )

    def __str__(self) -> str:
        return f"{self.status}: {certify_claim(self)}"

    def __repr__(self) -> str:
        return f"<{self}>"


def present_verdict(result: CertifyResult) -> PresentedVerdict:
    """The same result, able to show itself."""
    return PresentedVerdict(**{entry.name: getattr(result, entry.name) for entry in fields(result)})


def present(result: CompileResult) -> PresentedResult:
    """The same result, able to show itself."""
    return PresentedResult(**{entry.name: getattr(result, entry.name) for entry in fields(result)})


def result_figure(result: CompileResult, kind: str = "error") -> Any:  # noqa: ANN401  (matplotlib)
    """The `error` or the `function` of a result as a matplotlib figure.

    Raises:
        InputError: another kind, or a result without a design.
    """
    from bitproof.errors import InputError
    from bitproof.report.curve import curve_of
    from bitproof.report.plots import error_figure, function_figure

    figures = {"error": error_figure, "function": function_figure}
    if kind not in figures:
        raise InputError(f"the plot {kind!r}", remedy="one of error, function")
    if result.network is None:
        raise InputError("a result without a design has no plot", remedy="see its `needed`")
    return figures[kind](result, curve_of(result))


def result_html(result: CompileResult) -> str:
    """A fragment of HTML: the claim, the sizes and the error curve."""
    from bitproof.report.curve import curve_of
    from bitproof.report.svg import WIDE, error_chart

    words = claim(result)
    head = f'<p class="verdict"><b>{escape(result.status)}</b> {escape(words)}</p>'
    if result.measures is None or result.network is None:
        return f'<div class="bitproof"><style>{INLINE_STYLE}</style>{head}</div>'
    sizes = result.measures
    rows = [
        ("f", result.target.text),
        ("method", result.method or ""),
        ("weights", f"{bits_text(sizes.weights)} in {result.weight_format}"),
        ("memory", f"{bits_text(sizes.bits(result.count))} bits ({result.count})"),
        ("depth, width", f"{bits_text(sizes.depth)}, {bits_text(sizes.width)}"),
    ]
    table = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(shortened(text, 120))}</td></tr>"
        for name, text in rows
    )
    chart = error_chart(curve_of(result), WIDE)
    return (
        f'<div class="bitproof"><style>{INLINE_STYLE}</style>{head}<table>{table}</table>'
        f"{chart}<p>{escape(comparison(result))}</p></div>"
    )
