"""The walk's network with cached patterns (theory: `theory.cached_patterns`): the paper's order.

Per block: a hinge, a tent (where the block or the one before it turns), two links to its pattern
and one edge for the change of the chords' slope. Per pattern and residue: a hinge for every turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bitproof.construct.knots import hub_weights, selected_knots
from bitproof.construct.scaled_function import Domain
from bitproof.exact.weight_format import Codebook
from bitproof.network.network import Network
from bitproof.network.wiring import ONE, Term, Wiring
from bitproof.theory.cached_patterns import Blocks
from bitproof.theory.walk import WalkShape

UNIT = Fraction(1)


def build(
    domain: Domain,
    start: Fraction,
    shape: WalkShape,
    directions: Sequence[int],
    form: Codebook,
    length: int,
) -> Network:
    """The network of a walk, in blocks of `length` cells (a power of the codebook's base).

    Args:
        start: the value of the walk at 0.
        directions: of its cells [0, h], [h, 2h], ...

    >>> from bitproof.execute.reference import evaluate
    >>> shape = WalkShape(UNIT, UNIT / 8, UNIT / 8)
    >>> ways = (1, -1, 1, 1, -1, -1, -1, 1)
    >>> network = build(Domain(), UNIT / 2, shape, ways, Codebook.linear(2), 4)
    >>> [str(evaluate(network, [UNIT * k / 8])[0]) for k in range(9)]
    ['1/2', '5/8', '1/2', '5/8', '3/4', '5/8', '1/2', '3/8', '1/2']
    """
    blocks = Blocks.of(directions, length)
    wiring = Wiring(form)
    source = domain.neuron(wiring)
    share = _share(wiring)
    # a hinge reaches a pattern through its tent and a link, each by the weight `share`
    scale = 2 * shape.slope / share**2
    hinges = _hinges(wiring, source, scale, shape.step * length, blocks)
    terms: list[Term] = [(ONE, start), (source, shape.slope * _chord(blocks, 0))]
    terms += _changes(wiring, hinges, blocks, share)
    tents: dict[int, int] = {}

    def tent(block: int) -> Term:
        if block not in tents:
            rise, fall = hinges[block], hinges[block + 1]
            tents[block] = wiring.combination([(rise, share), (fall, -2 * share)])
        return tents[block], share

    for (pattern, _), members in blocks.kinds.items():
        inside = wiring.neuron([tent(block) for block in members])
        after = wiring.neuron([tent(block + 1) for block in members])
        rise = 2 * shape.slope * shape.step
        bends = [(inside, blocks.first_slope(pattern))]
        for cell, direction in Blocks.turns(pattern):
            bend = wiring.combination([(inside, UNIT), (ONE, -rise * cell)])
            bends.append((bend, Fraction(direction)))
        for sign in (1, -1):
            signed = [(node, sign * weight) for node, weight in bends]
            terms.append((wiring.combination([*signed, (after, -UNIT)]), Fraction(sign)))
    return wiring.output(terms, (("layout", "cached patterns"),))


def _share(wiring: Wiring) -> Fraction:
    """q = 1/b^p with -2q in the codebook, so that a tent takes two edges, or any 1/b^p."""
    value, _ = hub_weights(wiring)
    half = value / 2
    return half if -2 * value not in wiring.form and half in wiring.form else value


def estimate(directions: Sequence[int], length: int) -> int:
    """Edges at least, roughly: what blocks and patterns cost where every weight is one edge."""
    blocks = Blocks.of(directions, length)
    turning = [block for members in blocks.kinds.values() for block in members]
    tents = {block + ahead for block in turning for ahead in range(2)}
    patterns = sum(4 * len(Blocks.turns(pattern)) + 6 for pattern, _ in blocks.kinds)
    changes = _changing(blocks)
    return 2 * len(changes | tents) + len(changes) + 2 * len(tents) + 2 * len(turning) + patterns


def _changing(blocks: Blocks) -> set[int]:
    """The blocks whose chord is not the one before's."""
    ups = blocks.ups
    return {t for t in range(1, len(ups)) if ups[t] != ups[t - 1]}


def _chord(blocks: Blocks, block: int) -> Fraction:
    return Fraction(2 * blocks.ups[block], blocks.length) - 1


def _hinges(
    wiring: Wiring, source: int, scale: Fraction, width: Fraction, blocks: Blocks
) -> dict[int, int]:
    """scale·(x - t·width)⁺ for the blocks' beginnings that are needed."""
    needed = _changing(blocks)
    for members in blocks.kinds.values():
        needed |= {t + ahead for t in members for ahead in range(3)}
    made = selected_knots(wiring, source, scale, width, sorted(needed - {0}))
    if 0 in needed:
        made[0] = source if scale == 1 else wiring.scaled(source, scale)
    return made


def _changes(wiring: Wiring, hinges: dict[int, int], blocks: Blocks, share: Fraction) -> list[Term]:
    """The changes of the chords' slopes: hinges of one change meet in one neuron."""
    ups = blocks.ups
    columns: dict[int, list[Term]] = {}
    for t in sorted(_changing(blocks)):
        columns.setdefault(ups[t] - ups[t - 1], []).append((hinges[t], share))
    return [
        (wiring.neuron(column), Fraction(change, blocks.length) * share)
        for change, column in sorted(columns.items())
    ]
