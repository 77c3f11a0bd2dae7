"""`python -m bitproof.checker FILE [--json]`: exit 0 proved, 1 not proved, 2 unreadable."""

from __future__ import annotations

import json
import sys

from .replay import check_file
from .report import CheckReport


def main(arguments: list[str]) -> int:
    files = [argument for argument in arguments if argument != "--json"]
    if len(files) != 1 or files[0].startswith("-"):
        print("usage: python -m bitproof.checker FILE [--json]", file=sys.stderr)
        return 2
    report = check_file(files[0])
    if "--json" in arguments:
        print(json.dumps(report.to_dict()))
    else:
        print(_line(report).encode("ascii", "backslashreplace").decode("ascii"))
    return report.exit_code


def _line(report: CheckReport) -> str:
    if report.status == "invalid":
        return f"invalid: {report.reason}"
    bound = f"error <= {report.upper}" if report.status == "proved" else f"error >= {report.lower}"
    text = (
        f"{report.status}: {bound} against {str(report.target)[:200]} ({report.semantics} semantics"
    )
    return f"{text}, {report.cells} cells, {report.seconds:.2f} s)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
