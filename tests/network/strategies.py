"""Random well-formed networks with declared weight formats."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from bitproof.exact import Codebook, FixedPoint, Overflow, Q, Rounding, WeightFormat
from bitproof.network import (
    Activation,
    Convolution,
    Layer,
    LinearMap,
    Network,
    SideBySide,
    SparseMatrix,
)

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


@st.composite
def convolutions(
    draw: st.DrawFn, image: tuple[int, int, int] | None = None, *, bits: int = 6
) -> Convolution:
    """A small convolution of every geometry, on an image of a given or any shape."""
    if image is None:
        groups = draw(st.integers(1, 3))
        image = (groups * draw(st.integers(1, 2)), draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    groups = draw(st.sampled_from([g for g in range(1, image[0] + 1) if image[0] % g == 0]))
    filters = groups * draw(st.integers(1, 2))
    pads = tuple(draw(st.integers(0, 2)) for _ in range(4))
    window, dilations = [], []
    for axis in range(2):
        padded = image[1 + axis] + pads[axis] + pads[2 + axis]
        window.append(draw(st.integers(1, min(3, padded))))
        most = (padded - 1) // (window[-1] - 1) if window[-1] > 1 else 2
        dilations.append(draw(st.integers(1, max(1, min(2, most)))))
    size = filters * (image[0] // groups) * window[0] * window[1]
    entry = st.integers(-(1 << bits), 1 << bits)
    return Convolution(
        image=image,
        filters=filters,
        window=(window[0], window[1]),
        kernel=tuple(draw(st.lists(entry, min_size=size, max_size=size))),
        strides=(draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        pads=(pads[0], pads[1], pads[2], pads[3]),
        dilations=(dilations[0], dilations[1]),
        groups=groups,
    )


@st.composite
def image_networks(draw: st.DrawFn, *, bits: int = 6) -> Network:
    """Convolutions, a convolution beside a scaled copy of another layer, and a dense end."""

    def affine(sources: tuple[int, ...], matrix: LinearMap) -> Layer:
        biases = st.integers(-(1 << bits), 1 << bits)
        return Layer(
            sources,
            matrix,
            tuple(draw(biases) for _ in range(matrix.shape[0])),
            draw(st.sampled_from((1, 3, 8))),
            draw(st.sampled_from((Activation.IDENTITY, Activation.RELU))),
        )

    first = draw(convolutions(bits=bits))
    second = draw(convolutions(first.output, bits=bits))
    same = SparseMatrix.from_rows(
        [[(i, draw(st.integers(-3, 3)))] for i in range(second.shape[0])],
        columns=second.shape[0],
    )
    layers = [affine((0,), first), affine((1,), second)]
    if draw(st.booleans()):
        layers.append(affine((1, 2), SideBySide((second, same))))
    dense = [[draw(st.integers(-4, 4)) for _ in range(layers[-1].width)] for _ in range(2)]
    matrix = SparseMatrix.from_dense(dense, columns=layers[-1].width)
    return Network(first.shape[1], (*layers, affine((len(layers),), matrix)))
