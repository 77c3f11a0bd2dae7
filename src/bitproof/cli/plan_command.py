"""`bitproof plan`: which width, depth and bits, before anything is built."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click

from bitproof.cli.output import console, debug_option, json_option, print_json
from bitproof.cli.parsing import NUMBER_PAIRS, RATIONAL, NumericCommand
from bitproof.errors import InputError

EPILOG = """\b
Examples:
  bitproof plan --lipschitz 1 --error 1e-3
  bitproof plan --lipschitz 6 --domain -8 8 --range -1 9 --memory 65536
  bitproof plan --lipschitz 1 --width 3 --depth 256 --weight-bits 4 --out map
  bitproof plan --lipschitz 1 --error 1e-3 --width 16 --depth 64
  bitproof plan --smoothness 2 --dim 2 --error 1e-2
  bitproof plan --smoothness 1 --error 1e-3 --codebook linear:2 --codebook nested:3 --out plan

\b
Every choice is a promise for every function of the class: sizes and error are exact, and
`bitproof.plan(...).build(target)` keeps them. Nothing is built to answer.

\b
Exit codes: 0 planned, 1 no design, 2 bad input."""


@click.command(
    "plan",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Say which width, depth and bits an error takes; build nothing.",
)
@click.option("--lipschitz", type=RATIONAL, metavar="K", help="Lipschitz constant.")
@click.option(
    "--smoothness",
    type=click.IntRange(1, 8),
    metavar="N",
    help="Instead: all |D^a f| ≤ 1 on [0, 1]^d, |a| ≤ N; weights of λ values, --error the goal.",
)
@click.option(
    "--dim", type=click.IntRange(1, 6), metavar="D", help="With --smoothness: d. [default: 1]"
)
@click.option(
    "--codebook",
    "codebooks",
    multiple=True,
    metavar="CODEBOOK",
    help="With --smoothness: linear:λ, nested:λ, midrise:λ, values; repeat it. [default: several]",
)
@click.option("--domain", type=NUMBER_PAIRS, help="Ends of the domain. [default: 0 1]")
@click.option("--range", "span", type=NUMBER_PAIRS, help="Ends of the range [default: ±K·length].")
@click.option(
    "--error", type=RATIONAL, metavar="E", help="The least memory for this error is looked for."
)
@click.option(
    "--memory", type=click.IntRange(1), metavar="BITS", help="Largest memory, zeros included."
)
@click.option("--width", type=click.IntRange(1), metavar="W", help="Largest width.")
@click.option("--depth", type=click.IntRange(1), metavar="L", help="Largest depth.")
@click.option(
    "--weight-bits",
    type=click.IntRange(2, 16),
    metavar="B",
    help="Bits of every weight and bias [default: whichever is best].",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write plan.json and the map of regimes (SVG, PNG) here.",
)
@click.option("--force", is_flag=True, help="Overwrite files in the folder.")
@json_option
@debug_option
def command(
    *,
    lipschitz: Fraction | None,
    smoothness: int | None,
    dim: int | None,
    codebooks: tuple[str, ...],
    domain: tuple[Fraction, ...] | None,
    span: tuple[Fraction, ...] | None,
    error: Fraction | None,
    memory: int | None,
    width: int | None,
    depth: int | None,
    weight_bits: int | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """Plan networks for all functions with Lipschitz constant K, or for a Sobolev ball.

    Give one goal: --error, --memory, or --width and --depth; with --smoothness: --error.
    """
    if smoothness is not None:
        others = (lipschitz, domain, span, memory, width, depth, weight_bits)
        return _smooth(smoothness, dim or 1, error, codebooks, out, others, force, as_json)
    if lipschitz is None or dim is not None or codebooks:
        raise InputError(
            "--dim or --codebook without --smoothness"
            if lipschitz is not None
            else "no class of functions",
            remedy="give --lipschitz K, or --smoothness N",
        )
    from bitproof.pipeline.plan import plan

    result = plan(
        lipschitz=lipschitz,
        domain=domain or (0, 1),
        range=span,
        error=error,
        memory=memory,
        width=width,
        depth=depth,
        weight_bits=weight_bits,
    )
    files: dict[str, Path] = {}
    if out is not None:
        from bitproof.report.plan import write_plan

        files = write_plan(result, out, force=force)
    if as_json:
        print_json({**result.to_dict(), "files": {kind: str(file) for kind, file in files.items()}})
    else:
        from bitproof.report.plan import plan_summary

        console().print(plan_summary(result, files))
    return 0 if result.status == "planned" else 1


def _smooth(
    smoothness: int,
    dimension: int,
    error: Fraction | None,
    codebooks: tuple[str, ...],
    out: Path | None,
    others: tuple[object, ...],
    force: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """The branch of Sobolev balls."""
    from bitproof.pipeline.folder import check_writable
    from bitproof.pipeline.plan_smooth import CODEBOOKS, plan_smooth

    if error is None or any(other is not None for other in others):
        raise InputError(
            "--smoothness goes with --error, --dim and --codebook only",
            remedy="bitproof plan --smoothness 2 --dim 1 --error 1e-3",
        )
    if out is not None:
        check_writable(out, force=force)
    result = plan_smooth(
        smoothness=smoothness,
        dimension=dimension,
        error=error,
        codebooks=codebooks or CODEBOOKS,
    )
    files: dict[str, Path] = {}
    if out is not None:
        from bitproof.report.plan_smooth import write_smooth_plan

        files = write_smooth_plan(result, out, force=force)
    if as_json:
        print_json({**result.to_dict(), "files": {kind: str(file) for kind, file in files.items()}})
    else:
        from bitproof.report.plan_smooth import smooth_summary

        console().print(smooth_summary(result, files))
    return 0 if result.status == "planned" else 1
