"""`bitproof certify`: the verdict on a network that exists already."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click

from bitproof.cli.networks import NETWORK, network_at
from bitproof.cli.output import console, debug_option, json_option, print_json, quiet_option
from bitproof.cli.parsing import INPUTS, RATIONAL, NumericCommand
from bitproof.cli.progress import LateProgress
from bitproof.cli.target_options import domain_option, interpolation_option

EPILOG = """\b
Examples:
  bitproof certify sine/network.json --against "sin(2*pi*x)" --error 1e-3
  bitproof certify gelu/network.json --against "gelu(x)" --domain -8 8 --out gelu.json
  bitproof certify small.json --against large.json --domain 0 1
  bitproof certify wave/network.json --against "exp(-x1)*sin(3*x2)" --domain 0 1 0 1

\b
Without --error it finds and proves the sup error itself.

\b
Exit codes: 0 proved, 1 refuted (with an exact witness) or undecided, 2 bad input."""


@click.command(
    "certify",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Prove or refute an error bound of an existing network.",
)
@click.argument("network", type=NETWORK)
@click.option(
    "--against",
    required=True,
    metavar="TARGET",
    help="An expression, a table (.csv), or another network (.json, .json.gz).",
)
@domain_option
@click.option("--error", type=RATIONAL, help="The bound to prove or refute.")
@click.option(
    "--inputs",
    type=INPUTS,
    default="real",
    show_default=True,
    metavar="real|Qm.n",
    help="All real inputs, or the values of a format.",
)
@interpolation_option
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0),
    default=120.0,
    show_default=True,
    metavar="S",
    help="With several inputs: seconds after which the bounds found so far are printed.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the certificate here (.json or .json.gz).",
)
@click.option("--force", is_flag=True, help="Replace the file of --out if it exists.")
@json_option
@quiet_option
@debug_option
def command(
    *,
    network: Path,
    against: str,
    domain: tuple[Fraction, ...] | None,
    error: Fraction | None,
    inputs: str,
    interpolation: str | None,
    time_limit: float,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Prove or refute that NETWORK stays within an error of TARGET, over the whole domain."""
    from bitproof.cli.several_inputs import certify_several
    from bitproof.pipeline.certify import NETWORK_SUFFIXES, certify

    if out is not None:
        _check_free(out, force=force)
    loaded = network_at(network)
    if loaded.inputs > 1 and not against.endswith(NETWORK_SUFFIXES):
        options = {
            "error": error,
            "interpolation": interpolation,
            "inputs": inputs,
            "seconds": time_limit,
            "out": out,
        }
        return certify_several(loaded, against, domain, options, as_json=as_json, quiet=quiet)
    with LateProgress(wanted=not quiet) as progress:
        result = certify(
            loaded,
            against,
            domain=domain,
            error=error,
            inputs=inputs,
            out=out,
            progress=progress,
        )
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.text import certify_summary

        console().print(certify_summary(result, brief=quiet))
    return 0 if result.status == "proved" else 1


def _check_free(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise click.UsageError(f"--out {path} exists; name another file, or add --force.")
    if not path.parent.is_dir():
        raise click.UsageError(f"--out {path}: there is no folder {path.parent}; make it first.")
