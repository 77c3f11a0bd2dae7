"""What `bitproof represent` prints."""

from __future__ import annotations

from bitproof.pipeline.represent import RepresentResult


def represent_summary(result: RepresentResult) -> str:
    """Sizes and bits beside those of a plain table, whichever is smaller."""
    found = result.represented
    layers = " + ".join(str(width) for width in found.hidden_layers)
    lines = [
        f"exact: equal to {result.function} on all {result.inputs_checked} inputs of "
        f"{result.form.name} ({rounding_text(result)})",
        f"  {result.activation} activations, {result.arithmetic.weight_set} weights, "
        f"{result.arithmetic.bias} biases; method: {found.construction.method}",
        f"  {found.neurons} hidden neurons ({layers}), {found.weights} non-zero weights; "
        f"an indicator for every input: {result.indicator_neurons} neurons",
        f"  {result.nonzero_bits} bits for non-zero weights and biases, {result.dense_bits} dense "
        f"({result.weight_bits} a weight, {result.bias_bits} a bias)",
        f"  {result.table_bits} bits for a plain table: {compared_with_table(result)}",
        f"  sums stay below 2^{result.accumulator_bits}",
    ]
    if found.least:
        lines.append(
            f"  one hidden layer: at least {found.least} {found.minimised}, says the solver of the "
            "integer program (in floating point: no proof)"
        )
    if result.activation_bits:
        lines.append(
            f"  {result.activation_bits} bits on top for the table of {result.activation}, once "
            "for all networks that use it"
        )
    if result.step is not None:
        lines.append(corollary(result))
    lines += [f"  wrote {path}" for path in result.files.values()]
    lines += [f"  no {kind}: {why}" for kind, why in result.refusals.items()]
    return "\n".join(lines)


def rounding_text(result: RepresentResult) -> str:
    """How a network rounds, in words."""
    once = result.arithmetic.rounding_once
    return result.form.rounding.value + ("" if once else ", every operation rounded")


def compared_with_table(result: RepresentResult) -> str:
    """The network's bits beside a plain table's, in words."""
    network, table = result.nonzero_bits, result.table_bits
    if network < table:
        return f"the network takes {network / table:.0%} of it"
    return f"the table is smaller by a factor of {network / table:.1f}"


def corollary(result: RepresentResult) -> str:
    """How far the network is from the expression that it rounds."""
    text = (
        f"  |f - network| ≤ {result.step} at the inputs of the format; for other inputs, rounded "
        f"first, add f's change over 1/{2 * result.form.scale}"
    )
    if result.saturated:
        text += f"; at {result.saturated} inputs f is outside the format and saturates"
    return text
