"""`compile` and `certify` for functions of several inputs: what the two commands share."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from bitproof.cli.output import console, print_json
from bitproof.cli.progress import LateProgress


def compile_several(
    target: str,
    options: dict[str, Any],
    out: Path | None,
    *,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Builds, proves and shows a network of several inputs; the exit code.

    Args:
        options: what `compile_box` takes besides the target.
    """
    from bitproof.pipeline.boxes import compile_box

    with LateProgress(wanted=not quiet) as progress:
        result = compile_box(target, progress=progress, **options)
        if out is not None and result.network is not None:
            from bitproof.report.box_page import write_box_result

            progress(0.95, "writing files")
            result = write_box_result(result, out, force=force)
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.box_text import box_compile_summary

        console().print(box_compile_summary(result, brief=quiet))
    return 0 if result.status in ("proved", "promised") else 1


def certify_several(
    network: Any,  # noqa: ANN401  (a Network, loaded by the command)
    against: str,
    domain: tuple[Fraction, ...] | None,
    options: dict[str, Any],
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    """Proves or refutes an error bound of a network of several inputs; the exit code.

    Args:
        options: what `certify_box` takes besides network, target and domain.
    """
    from bitproof.pipeline.boxes import certify_box

    with LateProgress(wanted=not quiet) as progress:
        result = certify_box(network, against, domain=domain, progress=progress, **options)
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.box_text import box_certify_summary

        console().print(box_certify_summary(result, brief=quiet))
    return 0 if result.status == "proved" else 1


def refuse_for_several(**options: object) -> None:
    """
    Raises:
        UsageError: an option that is for one input was given.
    """
    for name, value in options.items():
        if value is not None:
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(f"{flag} is for functions of one input; leave it out.")
