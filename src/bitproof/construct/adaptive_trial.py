"""One layout tried on a target: the paths a beam finds in it, and its network."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bitproof.construct.adaptive_menu import MenuMaker
from bitproof.construct.adaptive_plan import Layout, View
from bitproof.construct.assemble import assemble
from bitproof.construct.knot_search import Path, search
from bitproof.construct.min_link import MinLink, min_link
from bitproof.construct.scheme import Side
from bitproof.construct.tube import Tube
from bitproof.exact.rationals import to_float
from bitproof.network.measures import Measures, measure
from bitproof.network.network import Network

CONSTANT_SHARE = 0.965


@dataclass(frozen=True)
class Problem:
    """The target as samples, and its fewest-piece fit."""

    tube: Tube
    link: MinLink


@dataclass(frozen=True)
class Trial:
    """A layout with the views it draws and the paths found so far.

    `raced` is the share of the pieces they were found for, 1 if they are complete.
    """

    layout: Layout
    menus: MenuMaker
    views: tuple[View, ...]
    paths: tuple[Path, ...]
    effort: int
    raced: float = 1.0

    @property
    def path_entries(self) -> float:
        """Entries of the paths, projected to all pieces."""
        return sum(path.cost for path in self.paths) / self.raced

    @property
    def entries(self) -> float:
        return self.path_entries + self.layout.scheme.fixed_entries

    @property
    def estimate(self) -> float:
        """Bits, constants not counted."""
        return self.entries * self.layout.scheme.form.memory_bits(1000) / 1000


@dataclass(frozen=True)
class Design:
    """A trial with its network."""

    trial: Trial
    network: Network
    measures: Measures
    bits: int


def views_of(tube: Tube, sides: tuple[Side, ...]) -> tuple[View, ...]:
    """The sides' problems over the distance from the pivot (scale 1)."""
    views = []
    for side in sides:
        pivot = to_float(side.pivot)
        lower, upper = tube.start, tube.end
        if side.direction > 0:
            lower = max(lower, min(pivot, upper))
        else:
            upper = min(upper, max(pivot, lower))
        seen = tube.part(lower, upper).seen_from(pivot, side.direction, 1.0)
        views.append(View(side, seen, min_link(seen)))
    return tuple(views)


def drawn_by(trial: Trial, beam: int, most: int | None = None) -> Trial | None:
    """The trial with the paths a beam of that width finds, for at most so many pieces a side."""
    paths: list[Path] = []
    start: float | None = None
    price = _price(trial)
    wanted = sum(view.link.pieces for view in trial.views)
    drawn = 0
    for view, side in zip(trial.views, trial.layout.sides, strict=True):
        pieces = min(view.link.pieces, most or view.link.pieces)
        path = _path(view, side, trial, beam, start, price, pieces)
        if path is None:
            return None
        start = path.start_value
        paths.append(path)
        drawn += pieces
    return replace(trial, paths=tuple(paths), raced=drawn / wanted)


def _price(trial: Trial) -> float:
    """Entries per piece: of the paths found before, or a guess."""
    pieces = sum(view.link.pieces for view in trial.views)
    if trial.paths and pieces > 4:
        return trial.path_entries / pieces
    return 4.5 if trial.layout.scheme.count == "dense" else 4.0


def _path(
    view: View,
    side: Side,
    trial: Trial,
    beam: int,
    start: float | None,
    price: float,
    pieces: int,
) -> Path | None:
    scale = to_float(side.scale)
    tube = view.tube.seen_from(0.0, 1, scale).narrowed(CONSTANT_SHARE)
    link = view.link.stretched(scale)
    menu = trial.menus.menu(scale, tube.start, tube.end, float(link.slopes[0]), effort=trial.effort)
    if pieces < link.pieces:
        link = link.beginning(pieces)
        tube = tube.part(tube.start, float(link.reaches[-1]))
    return search(tube, menu, link, beam=beam, price=price, start_value=start)


def assembled(problem: Problem, trial: Trial, count: str) -> Design | None:
    """The network of a trial; None if its constants are not found."""
    parts = list(zip(trial.layout.sides, trial.paths, strict=True))
    network = assemble(trial.layout.scheme, parts, problem.tube, problem.tube.radius)
    if network is None:
        return None
    measures = measure(network)
    return Design(trial, network, measures, measures.bits(count))
