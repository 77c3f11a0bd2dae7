"""What `bitproof show` prints: a network's sizes and its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bitproof.report.text import bordered_table, indented
from bitproof.report.words import bits_text, shortened

if TYPE_CHECKING:
    from bitproof.network import Layer, Measures, Network

FIRST_LAYERS, LAST_LAYERS = 14, 4


def network_summary(network: Network, title: str, *, every_layer: bool = False) -> RenderableType:
    """What `bitproof show` prints."""
    from bitproof.network import measure

    sizes = measure(network)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    form, input_format = network.weight_format, network.input_format
    grid.add_row("semantics", "real" if network.is_real else "fixed-point")
    grid.add_row("inputs, outputs", f"{network.inputs}, {network.outputs}")
    if input_format is not None:
        grid.add_row("input format", input_format.name)
    grid.add_row("weight format", "none declared" if form is None else Text(form.name))
    grid.add_row("depth, width", f"{sizes.depth}, {sizes.width}")
    grid.add_row("neurons", bits_text(sizes.neurons))
    for note, text in network.notes:
        grid.add_row(Text(shortened(note, 30)), Text(shortened(text, 120)))
    parts: list[RenderableType] = [
        Text(title, style="bold"),
        indented(grid),
        indented(_counts_table(sizes), (1, 0, 0, 2)),
        indented(_layers_table(network, every_layer=every_layer)),
    ]
    return Group(*parts)


def _counts_table(sizes: Measures) -> Table:
    table = bordered_table("memory")
    table.add_column("count")
    table.add_column("weights", justify="right")
    table.add_column("bits", justify="right")
    table.add_row("dense", bits_text(sizes.dense_weights), bits_text(sizes.dense_bits))
    table.add_row("nonzero", bits_text(sizes.weights), bits_text(sizes.nonzero_bits))
    table.add_row("paper", "", bits_text(sizes.paper_bits))
    if sizes.activation_bits:
        table.add_row("activation tables, on top", "", bits_text(sizes.activation_bits))
    return table


def _layers_table(network: Network, *, every_layer: bool) -> Table:
    table = bordered_table("layers")
    for name in ("layer", "reads", "neurons", "weights", "biases", "denominator"):
        table.add_column(name, justify="right" if name != "reads" else "left", overflow="fold")
    table.add_column("activation")
    if not network.is_real:
        table.add_column("rounded to")
    count = len(network.layers)
    hidden = range(FIRST_LAYERS, count - LAST_LAYERS)
    for index, layer in enumerate(network.layers):
        if index in hidden and not every_layer and len(hidden) > 1:
            if index == hidden.start:
                table.add_row("…", f"{len(hidden)} more: --all")
            continue
        cells: list[str | Text] = [
            str(index + 1),
            ", ".join("input" if source == 0 else str(source) for source in layer.sources) or "–",
            str(layer.width),
            str(layer.matrix.nonzero_entries),
            str(layer.nonzero_biases),
            shortened(str(layer.denominator), 20),
            activation_words(layer),
        ]
        if not network.is_real:
            cells.append(rounding_words(layer))
        table.add_row(*cells)
    return table


def activation_words(layer: Layer) -> Text:
    """The activation, and whose table it is."""
    if layer.table is None:
        return Text(layer.activation.value)
    return Text(f"table {shortened(layer.table.name, 24)}")


def rounding_words(layer: Layer) -> str:
    """The format of a layer, and what else than one rounding makes its levels."""
    if layer.output_format is None:
        return "–"
    name = layer.output_format.name
    if layer.requantizers:
        each = "each" if len(layer.requantizers) > 1 else "one"
        return f"{name}, requantized ({layer.requantizers[0].requantizer.rule.value}, {each})"
    return name if layer.rounds_once else f"{name}, every operation"
