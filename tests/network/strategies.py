"""Random well-formed networks with declared weight formats."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from bitproof.exact import Codebook, FixedPoint, Overflow, Q, Rounding, WeightFormat
from bitproof.network import Activation, Layer, Network, SparseMatrix

weight_formats = st.one_of(
    st.builds(Q, st.integers(-1, 3), st.integers(1, 4)),
    st.sampled_from((Codebook.binary(), Codebook.ternary(), Codebook.linear(3))),
    st.lists(st.fractions(-3, 3, max_denominator=9), min_size=2, max_size=5, unique=True).map(
        lambda values: Codebook(tuple(values))
    ),
)

fixed_points = st.builds(
    FixedPoint,
    st.integers(-300, 0),
    st.integers(1, 300),
    st.integers(1, 64),
    st.sampled_from(Rounding),
    st.sampled_from(Overflow),
)


@st.composite
def layers(draw: st.DrawFn, widths: list[int], form: WeightFormat | None, *, fixed: bool) -> Layer:
    """A layer whose weights and biases lie in a format (or anywhere)."""
    sources = tuple(sorted(draw(st.sets(st.integers(0, len(widths) - 1), max_size=3))))
    columns, width = sum(widths[source] for source in sources), draw(st.integers(1, 4))
    if form is None:
        denominator, choices = draw(st.integers(1, 50)), st.integers(-(10**30), 10**30)
    else:
        denominator = form.denominator
        choices = st.sampled_from([int(v * denominator) for v in form.values()])
    # A bias has no "left out": without 0 in the format it must be one of the values.
    entry = st.one_of(st.just(0), choices)
    rows = [[draw(entry) for _ in range(columns)] for _ in range(width)]
    return Layer(
        sources,
        SparseMatrix.from_dense(rows, columns=columns),
        tuple(draw(entry) for _ in range(width)),
        denominator,
        draw(st.sampled_from([Activation.IDENTITY, Activation.RELU])),
        draw(st.one_of(st.none(), fixed_points)) if fixed else None,
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    form = draw(st.one_of(st.none(), weight_formats))
    fixed = draw(st.booleans())
    widths, collected = [draw(st.integers(1, 3))], list[Layer]()
    for _ in range(draw(st.integers(1, 5))):
        collected.append(draw(layers(widths, form, fixed=fixed)))
        widths.append(collected[-1].width)
    return Network(
        widths[0],
        tuple(collected),
        form,
        draw(st.one_of(st.none(), fixed_points)) if fixed else None,
        tuple(draw(st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3)).items()),
    )


def weights_of(layer: Layer) -> list[Fraction]:
    """Every stored weight and non-zero bias of a layer."""
    entries = [*layer.matrix.stored_values(), *(n for n in layer.bias if n)]
    return [layer.weight(n) for n in entries]
