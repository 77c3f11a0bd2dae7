"""Running what was exported, and the exact outputs to compare it with."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bitproof.exact import to_float
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import InputGrid
from bitproof.interop import CExport, OnnxExport
from bitproof.network import Network

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wshadow")
SANITIZED = ("-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all")

DRIVER = """
#define {NAME}_SELFTEST
#define main selftest
#include "{name}.c"
#undef main
int main(void)
{{
    int32_t levels[{NAME}_INPUTS];
    {name}_output out[{NAME}_OUTPUTS];
    unsigned i;
    if (selftest() != 0)
        return 1;
    for (;;) {{
        for (i = 0; i < {NAME}_INPUTS; i++)
            if (scanf("%d", &levels[i]) != 1)
                return 0;
        {name}_eval(levels, out);
        for (i = 0; i < {NAME}_OUTPUTS; i++) {{
            const {name}_output base = 1000000000;
            {name}_output rest = out[i];
            printf("%d %d %d %d %d ", (int)(rest / base / base / base / base % base),
                   (int)(rest / base / base / base % base), (int)(rest / base / base % base),
                   (int)(rest / base % base), (int)(rest % base));
        }}
        printf("\\n");
    }}
}}
"""


def all_levels(grid: InputGrid, most: int = 4100) -> list[tuple[int, ...]]:
    """Every input of the grid; of a grid with more, the ends and evenly chosen ones."""
    sides = [
        range(low, high + 1)
        for low, high in zip(grid.lowest_levels, grid.highest_levels, strict=True)
    ]
    total = int(np.prod([len(side) for side in sides], dtype=object))
    if total <= most:
        return list(itertools.product(*sides))
    few = max(2, int(most ** (1 / len(sides))))
    picked = [
        sorted({side[index * (len(side) - 1) // (few - 1)] for index in range(few)})
        for side in sides
    ]
    return list(itertools.product(*picked))


def exact_outputs(
    network: Network, grid: InputGrid, levels: list[tuple[int, ...]]
) -> list[tuple[Fraction, ...]]:
    """What the engine says, which is tested to equal the reference."""
    engine = Engine(network, grid)
    rows = engine.run(np.array(levels, object)).tolist()
    return [
        tuple(int(k) * granule for k, granule in zip(row, engine.output_granules, strict=True))
        for row in rows
    ]


def rounded(values: list[tuple[Fraction, ...]], dtype: str) -> NDArray[np.generic]:
    """Rationals to nearest in a float type. Going through double first is harmless for quotients
    of 24-bit integers (53 ≥ 2·24 + 2), and for numbers that are exact anyway."""
    doubles = np.array([[to_float(value) for value in row] for row in values], np.float64)
    return doubles.astype(dtype)


def run_onnx(
    export: OnnxExport, grid: InputGrid, levels: list[tuple[int, ...]]
) -> NDArray[np.generic]:
    """The outputs onnxruntime computes with its default settings."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(export.path), providers=["CPUExecutionProvider"])
    inputs = [tuple(level * grid.step for level in row) for row in levels]
    result: NDArray[np.generic] = session.run(None, {"x": rounded(inputs, export.dtype)})[0]
    assert result.dtype == np.dtype(export.dtype)
    return result


def compiler() -> str:
    """The C compiler; the test is skipped where there is none."""
    found = shutil.which("gcc") or shutil.which("cc")
    if found is None:
        pytest.skip("no C compiler (gcc) on this machine")
    return found


def compile_c(source: Path, program: Path, *options: str) -> None:
    """Compiles one file strictly; warnings are errors."""
    command = [compiler(), *STRICT, *options, str(source), "-o", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def run_c(export: CExport, levels: list[tuple[int, ...]]) -> list[tuple[Fraction, ...]]:
    """The outputs of the C file, compiled with the undefined-behaviour sanitizer, after its
    self-test."""
    driver = export.source.parent / "driver.c"
    driver.write_text(DRIVER.format(name=export.name, NAME=export.name.upper()))
    program = export.source.parent / "driver"
    compile_c(driver, program, *SANITIZED)
    text = "\n".join(" ".join(map(str, row)) for row in levels)
    done = subprocess.run(
        [str(program)], input=text, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first, *lines = done.stdout.splitlines()
    assert first == f"OK {export.vectors} vectors"
    assert len(lines) == len(levels)
    return [_row(line, export.output_scale) for line in lines]


def _row(line: str, scale: Fraction) -> tuple[Fraction, ...]:
    parts = [int(part) for part in line.split()]
    groups = [parts[at : at + 5] for at in range(0, len(parts), 5)]
    return tuple(
        sum(part * 10 ** (9 * (4 - place)) for place, part in enumerate(group)) * scale
        for group in groups
    )
