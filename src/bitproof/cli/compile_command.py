"""`bitproof compile`: from a function or a table to a certified network."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click

from bitproof.cli.output import console, debug_option, json_option, print_json, quiet_option
from bitproof.cli.parsing import CODEBOOK, INPUTS, RATIONAL, NumericCommand
from bitproof.cli.progress import LateProgress
from bitproof.cli.target_options import domain_option, interpolation_option

EPILOG = """\b
Examples:
  bitproof compile "sin(2*pi*x)" --error 1e-3 --weight-bits 2 --out sine
  bitproof compile "gelu(x)" --domain -8 8 --error 2^-8 --weight-bits 4 --out gelu
  bitproof compile examples/thermistor.csv --error 1/4 --out thermistor
  bitproof compile "abs(x-1/3)" --error 1e-4 --codebook ternary --memory nonzero
  bitproof compile "exp(-x)" --error 1e-3 --inputs Q0.12 --json
  bitproof compile "sin(2*pi*x)" --error 1e-6 --codebook linear:2 --structure fixed --memory paper
  bitproof compile "gelu(x)" --domain -4 4 --error 2^-6 --activations Q3.8 --out gelu8
  bitproof compile "exp(-x1)*sin(3*x2)" --domain 0 1 0 1 --error 1e-2 --codebook linear:2 --out wave
  bitproof compile "exp(-(x1^2+x2^2))" --domain=-2,2,-2,2 --error 2^-5 --inputs Q1.6 \\
    --activations Q3.8 --out bump
  bitproof compile "x1*x2" --memory-limit 400
  bitproof compile grid.csv --interpolation bilinear --error 1/50 --out grid
  bitproof compile "sin(2*pi*x)" --max-width 12 --max-depth 40 --weight-bits 4
  bitproof compile examples/thermistor.csv --memory-limit 512

\b
TARGET is an expression in x with + - * / ^, numbers (exact: 1/3, 2e-3, 2^-8), pi, e, and
  abs min max sqrt cbrt exp expm1 log log1p log2 sin cos tan asin acos atan sinh cosh tanh erf
  relu leaky_relu sigmoid elu softplus silu mish gelu where(condition, a, b)
or a file ending in .csv with two columns x, y (the piecewise-linear function through the points).
With x1, x2, … it is a function on a box (two ends for each input); two and three inputs are
  certified by branch and bound, inputs of a format (--inputs) one by one, up to 2^22 of them.
  A .csv with three columns x1, x2, value is a table on a grid.

\b
Exit codes: 0 proved, 1 no design within the limits (it says what would be needed), 2 bad input."""


@click.command(
    "compile",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Turn a function or a table into a certified few-bit network.",
)
@click.argument("target")
@click.option(
    "--error",
    type=RATIONAL,
    help="Largest |f - N| allowed, anywhere in the domain. Without it: the least error within "
    "--memory-limit, or --max-depth and --max-width.",
)
@domain_option
@click.option(
    "--weight-bits",
    type=click.IntRange(2, 16),
    metavar="K",
    help="Bits of every weight and bias. [default: 4]",
)
@click.option(
    "--codebook",
    type=CODEBOOK,
    metavar="CODEBOOK",
    help="Instead of --weight-bits: ternary, binary, linear:λ, nested:λ, midrise:λ or values "
    "v1,v2,…",
)
@click.option(
    "--inputs",
    type=INPUTS,
    default="real",
    show_default=True,
    metavar="real|Qm.n",
    help="Prove it for all real inputs, or for the values of a format.",
)
@click.option(
    "--activations",
    type=INPUTS,
    default=None,
    metavar="Qm.n",
    help="Round every layer's values to a format, as integer hardware does; all roundings count.",
)
@click.option(
    "--method",
    type=click.Choice(
        [
            "auto",
            "adaptive",
            "fold-matrix",
            "select-and-decode",
            "march",
            "knots",
            "hierarchy",
            "walk",
            "chebyshev",
            "kuhn",
            "fixed",
        ]
    ),
    default="auto",
    show_default=True,
    help="The construction; kuhn: two and three inputs, fixed: one structure for a class.",
)
@click.option(
    "--structure",
    type=click.Choice(["any", "fixed", "free"]),
    default="any",
    show_default=True,
    help="fixed: the edges depend on the function's class alone; free: on the function.",
)
@click.option(
    "--smoothness",
    type=click.IntRange(1, 8),
    metavar="N",
    help="Derivatives a fixed structure may use. [default: what gives the smallest network]",
)
@click.option(
    "--memory",
    type=click.Choice(["dense", "nonzero", "paper"]),
    default="dense",
    show_default=True,
    help="The count of bits to minimise.",
)
@interpolation_option
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0),
    default=120.0,
    show_default=True,
    metavar="S",
    help="Seconds for each certification with several inputs.",
)
@click.option("--max-depth", type=click.IntRange(1), metavar="D", help="Largest depth allowed.")
@click.option("--max-width", type=click.IntRange(1), metavar="W", help="Largest width allowed.")
@click.option(
    "--memory-limit",
    type=click.IntRange(1),
    metavar="BITS",
    help="Largest memory allowed, in the count of --memory.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write network, certificate, ONNX, C, report and plots here.",
)
@click.option("--force", is_flag=True, help="Write into --out even if it is not empty.")
@json_option
@quiet_option
@debug_option
def command(
    *,
    target: str,
    error: Fraction | None,
    domain: tuple[Fraction, ...] | None,
    weight_bits: int | None,
    codebook: str | None,
    inputs: str,
    activations: str | None,
    method: str,
    memory: str,
    interpolation: str | None,
    time_limit: float,
    max_depth: int | None,
    max_width: int | None,
    memory_limit: int | None,
    structure: str,
    smoothness: int | None,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Turn TARGET into a network of few-bit weights, proved to be within an error of it.

    Every method that applies is tried; each network is certified; the one of least memory within
    the limits is kept. Beside it stand the bits that tables for the same error take.
    """
    from bitproof.cli.several_inputs import compile_several, refuse_for_several
    from bitproof.pipeline.boxes.request import wants_box
    from bitproof.pipeline.compile import compile as compile_target
    from bitproof.pipeline.folder import check_writable

    if weight_bits is not None and codebook is not None:
        raise click.UsageError("--weight-bits and --codebook exclude each other; give one of them.")
    if out is not None:
        check_writable(out, force=force)
    if wants_box(target, domain):
        refuse_for_several(
            smoothness=None if "fixed" in (method, structure) else smoothness,
        )
        options = {
            "error": error,
            "domain": domain,
            "weight_bits": weight_bits,
            "codebook": codebook,
            "inputs": inputs,
            "activations": None if activations == "real" else activations,
            "memory_limit": memory_limit,
            "method": "fixed" if (method, structure) == ("auto", "fixed") else method,
            "memory": memory,
            "max_depth": max_depth,
            "max_width": max_width,
            "interpolation": interpolation,
            "seconds": time_limit,
            "smoothness": smoothness,
        }
        return compile_several(target, options, out, force=force, as_json=as_json, quiet=quiet)
    with LateProgress(wanted=not quiet) as progress:
        result = compile_target(
            target,
            error=error,
            domain=domain,
            weight_bits=weight_bits,
            codebook=codebook,
            inputs=inputs,
            activations=None if activations == "real" else activations,
            method=method,
            memory=memory,
            max_depth=max_depth,
            max_width=max_width,
            memory_limit=memory_limit,
            structure=structure,
            smoothness=smoothness,
            progress=progress,
        )
        if out is not None and result.network is not None:
            from bitproof.report.folder import write_result

            progress(0.95, "writing files")
            result = write_result(result, out, force=force)
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.text import compile_summary

        console().print(compile_summary(result, brief=quiet))
    return 0 if result.status == "proved" else 1
