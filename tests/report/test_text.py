import io
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from rich.console import Console

from bitproof.checker.difference import TARGET
from bitproof.exact import FixedPoint, Requantizer
from bitproof.network import (
    Accumulation,
    Activation,
    ActivationTable,
    Layer,
    LayerRequantizer,
    Network,
    SparseMatrix,
)
from bitproof.report.citations import references_of
from bitproof.report.network_text import network_summary
from bitproof.report.objects import network_object
from bitproof.report.text import check_summary, compile_summary, values_table
from bitproof.theory.references import REFERENCES
from tests.report.results import hinges, no_design, sine_result


def printed(thing, width=100):
    stream = io.StringIO()
    Console(file=stream, width=width, highlight=False, emoji=False).print(thing)
    return stream.getvalue()


@dataclass(frozen=True)
class Report:
    status: str = "proved"
    reason: str = ""
    upper: str | None = "1/1000"
    lower: str | None = "1/1024"
    witness: str | None = "1/3"
    requested: str | None = "1/500"
    target: str | None = "sin(x)"
    cells: int = 39
    seconds: float = 0.25


def test_the_summary_of_a_compile_has_verdict_candidates_and_competitors():
    text = printed(compile_summary(sine_result()))
    assert text.splitlines()[0].startswith("✓ proved  |f(x) − N(x)| ≤ 0.0181 ≤ 0.025")
    chosen = next(line for line in text.splitlines() if "▸" in line)
    assert chosen.split() == ["▸", "adaptive", "Q(6,8)", "736", "44", "2", "15", "0.0181"]
    for fact in ("lerp, differences", "303", "46,384", "over the limits", "2.4× smaller"):
        assert fact in text
    assert "The lerp, differences is smaller here" in text


def test_brief_is_one_line():
    assert len(printed(compile_summary(sine_result(), brief=True), 200).splitlines()) == 1


def test_no_design_says_what_is_needed():
    text = printed(compile_summary(no_design()), 200)
    assert "no design" in text
    assert "a depth of 2 would do" in text


def test_markup_of_the_user_is_plain_text():
    text = printed(compile_summary(sine_result(name="[bold red]x[/bold red] [link=x]y")))
    assert "[bold red]x[/bold red] [link=x]y" in text
    row = replace(sine_result().candidates[1], method="[red]m")
    assert "[red]m" in printed(compile_summary(replace(sine_result(), candidates=(row,))))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_any_width_will_do(width):
    for line in printed(compile_summary(sine_result()), width).splitlines():
        assert len(line) <= width


def test_check_summaries():
    text = printed(check_summary(Report(), "c.json"))
    assert text.startswith("✓ proved  |f(x) − N(x)| ≤ 0.001 ≤ 0.002\n")
    assert "0.001  =  1/1000" in text
    refuted = printed(check_summary(Report("refuted", requested="1/2000"), "c.json"))
    assert refuted.startswith("✗ refuted  |f(x) − N(x)| ≥ 0.000976562 > 0.0005")
    text = printed(check_summary(Report("invalid", "the digest does not fit", None, None), "c"))
    assert text.startswith("✗ invalid  the digest does not fit")


def test_certificates_of_two_networks_speak_of_two_networks():
    text = printed(check_summary(Report(target=TARGET), "c.json"))
    assert text.startswith("✓ proved  |N₁(x) − N₂(x)| ≤ 0.001 ≤ 0.002 on every box")
    assert "f(x)" not in text


def test_show_lists_layers_counts_and_folds_long_networks():
    network = hinges(64)
    text = printed(network_summary(network, "a network"))
    assert "more: --all" in text
    assert "more: --all" not in printed(network_summary(network, "a network", every_layer=True))
    data = network_object(network)
    assert len(data["layers"]) == len(network.layers)
    assert data["bits"]["dense"] == 16 * data["dense_weights"]
    assert data["bits"]["activation_tables"] == 0
    assert "activation tables" not in text


def test_show_names_tables_and_other_arithmetics():
    form = FixedPoint.parse("Q1.2")
    table = ActivationTable("gelu", (0,) * 7 + (-1, *range(8)))
    one = SparseMatrix.from_dense([[1]], columns=1)
    part = LayerRequantizer(Requantizer(1 << 30, 0, -8, 7), Fraction(1, 4))
    layers = (
        Layer((0,), one, (0,), 1, Activation.TABLE, form, table, Accumulation.EVERY),
        Layer((1,), one, (0,), 1, Activation.TABLE, form, table, requantizers=(part,)),
    )
    network = Network(1, layers, None, form)
    text = printed(network_summary(network, "a network"), 200)
    assert text.count("table gelu") == 2
    assert "Q1.2, every operation" in text
    assert "Q1.2, requantized (double, one)" in text
    assert "activation tables, on top" in text
    data = network_object(network)
    assert data["bits"]["activation_tables"] == 16 * 4  # stored once
    assert [layer["table"] for layer in data["layers"]] == ["gelu", "gelu"]
    assert [layer["accumulation"] for layer in data["layers"]] == ["every", "once"]
    assert [layer["requantizer"] for layer in data["layers"]] == [None, "double"]


def test_values_are_exact():
    from fractions import Fraction

    text = printed(values_table([(Fraction(1, 3),)], [(Fraction(-2, 7),)]))
    assert "-0.285714285714" in text
    assert "-2/7" in text


def test_references_follow_the_network():
    keys = [entry.key for entry in references_of(hinges(8))]
    assert keys == ["ding2019universal", "ou2024three"]
    assert all(entry.bibtex().count("{") == entry.bibtex().count("}") for entry in REFERENCES)
