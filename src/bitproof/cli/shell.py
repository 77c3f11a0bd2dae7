"""The shell: registers the commands, loads one only when it runs, and turns errors into words.

Exit codes: 0 proved (or done), 1 not proved, 2 bad usage or input, 3 a fault of bitproof itself,
130 interrupted.
"""

from __future__ import annotations

import difflib
import importlib
import json
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from bitproof import __version__
from bitproof.errors import BitproofError, InputError, NoDesignError

NOT_PROVED, BAD_INPUT, INTERNAL_FAULT, INTERRUPTED = 1, 2, 3, 130

# name: (module, what it does in one line). The lines are here so that `bitproof --help` need not
# load the commands.
COMMANDS = {
    "compile": ("compile_command", "Turn a function or a table into a certified few-bit network."),
    "certify": ("certify_command", "Prove or refute an error bound of an existing network."),
    "check": ("check_command", "Replay a certificate with the independent checker."),
    "represent": (
        "represent_command",
        "Build a fixed-point network equal to a table on every input.",
    ),
    "eval": ("eval_command", "Evaluate a network exactly."),
    "show": ("show_command", "Show a network's layers, formats and memory."),
    "express": (
        "express_command",
        "Decide whether a format with an activation can represent every table.",
    ),
    "quantize": (
        "quantize_command",
        "Round a trained network to few bits and certify the difference.",
    ),
    "deepen": ("deepen_command", "Trade precision for depth: an equal network of fewer bits."),
    "expand": (
        "expand_command",
        "Rewrite a network in a few weight values, with the error proved.",
    ),
    "export": ("export_command", "Write a network as ONNX and C with the same bits."),
    "reproduce": ("reproduce_command", "Reproduce the claims of the papers as figures."),
    "plan": ("plan_command", "Say which width, depth and bits an error takes; build nothing."),
    "cite": ("cite_command", "Print the BibTeX entries of the papers used."),
}

EPILOG = """\b
Start here:
  bitproof compile "sin(2*pi*x)" --error 1e-3 --weight-bits 2 --out sine
  bitproof check sine/certificate.json
  bitproof eval sine/network.json 1/8

\b
Exit codes: 0 proved, 1 not proved, 2 bad usage or input."""


class Shell(click.Group):
    """A group whose commands are modules, imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"bitproof.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            close = difflib.get_close_matches(name, COMMANDS, n=2, cutoff=0.6)
            hint = " or ".join(f"'{match}'" for match in close)
            known = ", ".join(COMMANDS)
            ctx.fail(
                f"No such command {name[:60]!r}. "
                + (f"Did you mean {hint}?" if close else f"The commands are {known}.")
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401  (passed on to click as it is)
    ) -> NoReturn:
        """Runs a command line and exits with its code; every error becomes a message."""
        given = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        faults = _Faults(debug=_has_flag(given, "--debug"), as_json=_has_flag(given, "--json"))
        try:
            code = super().main(args=given, prog_name=prog_name, **extra)
        except click.ClickException as error:
            code = faults.usage(error)
        except (click.Abort, KeyboardInterrupt):
            code = faults.interrupted()
        except BitproofError as error:
            code = faults.told(error)
        except OSError as error:
            code = faults.told(
                InputError(str(error), remedy="check the path, its permissions and the space left")
            )
        except Exception as error:  # noqa: BLE001  (the last resort: users never see tracebacks)
            code = faults.unforeseen(error)
        sys.exit(code if isinstance(code, int) else 0)


class _Faults:
    """Says what went wrong, on standard error and, with --json, as an object on standard output;
    each method returns the exit code."""

    def __init__(self, *, debug: bool, as_json: bool) -> None:
        self.debug = debug
        self.as_json = as_json

    def usage(self, error: click.ClickException) -> int:
        self._trace(error)
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
            error.show()
            return BAD_INPUT
        self._object(error.format_message(), "see --help")
        error.show()
        return BAD_INPUT

    def told(self, error: BitproofError) -> int:
        self._trace(error)
        self._object(error.problem, error.remedy)
        self._say(error.problem, error.remedy)
        return NOT_PROVED if isinstance(error, NoDesignError) else BAD_INPUT

    def interrupted(self) -> int:
        self._object("interrupted", "")
        click.secho("interrupted; nothing was written", fg="yellow", err=True)
        return INTERRUPTED

    def unforeseen(self, error: Exception) -> int:
        self._trace(error)
        what = f"{type(error).__name__}: {error}"[:300]
        remedy = "" if self.debug else "please report it, with the output of the same and --debug"
        self._object(f"a fault of bitproof, {what}", remedy)
        self._say(f"this is a fault of bitproof, not of yours ({what})", remedy)
        return INTERNAL_FAULT

    def _trace(self, error: BaseException) -> None:
        if self.debug:
            click.echo("".join(traceback.format_exception(error)), err=True)

    def _say(self, problem: str, remedy: str) -> None:
        click.secho("error: ", fg="red", bold=True, nl=False, err=True)
        click.echo(problem, err=True)
        if remedy:
            click.echo(f"  what would work: {remedy}", err=True)

    def _object(self, message: str, remedy: str) -> None:
        if self.as_json:
            click.echo(json.dumps({"status": "error", "message": message, "remedy": remedy}))


def _has_flag(args: Sequence[str], flag: str) -> bool:
    before_separator = args[: args.index("--")] if "--" in args else args
    return flag in before_separator


@click.command(
    cls=Shell,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="bitproof", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks of errors.")
def cli() -> None:
    """Neural networks of few-bit weights, with proofs.

    bitproof turns a function, a table or an expression into a ReLU network whose weights have a
    few bits, proves its worst-case error over the whole domain, and writes files that compute the
    same bits elsewhere.
    """


def main() -> NoReturn:
    """The entry point of the `bitproof` program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli.main()
