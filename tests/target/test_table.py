from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import DomainError, InputError
from bitproof.exact import Interval
from bitproof.target import TableTarget, parse_target
from bitproof.theory.function_class import Lipschitz
from tests.strategies import rationals


def write(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def points(*pairs):
    return tuple((Fraction(x), Fraction(y)) for x, y in pairs)


@pytest.mark.parametrize(
    "text",
    [
        "0,0\n0.1,1e-1\n1,0.5\n",
        "x,y\n0,0\n0.1,0.1\n1,0.5",
        "x;y\r\n0;0\r\n0.1;.1\r\n1;1/2\r\n",
        "# a comment\n\n time\tvolt\n0\t0\n\n0.10\t+0.1\n# another\n1\t0.5\n",
        "\ufeff0, 0\n 0.1 ,0.1\n1,0.5,\n",
        '"x","y"\n"0","0"\n"0.1","0.1"\n"1","0.5"\n',
    ],
)
def test_ways_to_write_a_table(tmp_path, text):
    target = TableTarget.from_csv(write(tmp_path, text))
    assert target.points == points((0, 0), ("1/10", "1/10"), (1, "1/2"))
    assert target.name == "t.csv"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,0\n2,1\n1,2\n", "row 3 of t.csv has x = 1 after 2 in row 2"),
        ("x,y\n0,0\n\n0.0,1\n", "row 4 of t.csv has the same x = 0 as row 2"),
        ("0,0\n1,one\n", "row 2 of t.csv has 'one', which is not a number"),
        ("0,0\n1,nan\n", "row 2 of t.csv has nan"),
        ("nan,nan\n1,1\n", "row 1 of t.csv has nan"),
        ("0,inf\n1,0\n", "row 1 of t.csv has inf"),
        ("0,1\n", "the table t.csv has 1 point(s)"),
        ("x,y\n", "the table t.csv has 0 point(s)"),
        ("0\n1\n", "row 1 of t.csv has 1 column(s)"),
        ("0,0\n1,2,3\n", "row 2 of t.csv has 3 column(s)"),
        ("", "t.csv is empty"),
        ("# only\n\n", "t.csv is empty"),
        ("0;0,5\n1;1,5\n", "row 1 of t.csv has '0,5', which is not a number"),
        ("0,\n1,1\n", "row 1 of t.csv has '', which is not a number"),
        (b"\xff\xfe\x00\x01", "t.csv is not a text file"),
        ("0,0\n1,\x001\n", "t.csv is not a text file"),
        ("0,1e99999\n1,1\n", "row 1 of t.csv has '1e99999', which is not a number"),
        ("x,y\nx,y\n0,0\n", "row 2 of t.csv has 'x', which is not a number"),
        ('"0\n1,1\n', "row 1 of t.csv has 1 column(s)"),
        ("0,0\n1," + "1" * 500, "row 2 of t.csv has '" + "1" * 40),
    ],
)
def test_wrong_tables_name_the_row(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        TableTarget.from_csv(write(tmp_path, text))
    assert message in str(caught.value)
    assert caught.value.remedy


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        TableTarget.from_csv(tmp_path / "none.csv")
    with pytest.raises(InputError, match="Is a directory"):
        TableTarget.from_csv(tmp_path)
    with pytest.raises(InputError):
        TableTarget.from_csv("a\0b.csv")


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="bytes"):
        TableTarget.from_csv(path)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_table_or_an_input_error(tmp_path_factory, data):
    path = write(tmp_path_factory.mktemp("any"), data)
    try:
        TableTarget.from_csv(path)
    except InputError:
        return


@given(st.text(alphabet="0123456789.,;\n\te-+#xny\"' /", max_size=60))
def test_any_text_is_a_table_or_an_input_error(tmp_path_factory, text):
    path = write(tmp_path_factory.mktemp("any"), text)
    try:
        target = TableTarget.from_csv(path)
    except InputError:
        return
    assert all(left[0] < right[0] for left, right in pairwise(target.points))


@st.composite
def tables(draw):
    xs = draw(st.lists(rationals(), min_size=2, max_size=8, unique=True))
    ys = draw(st.lists(rationals(), min_size=len(xs), max_size=len(xs)))
    return TableTarget(tuple(zip(sorted(xs), ys, strict=True)), "random")


@given(tables(), rationals(0, 1), rationals(0, 1), rationals(0, 1), rationals(0, 1))
def test_tables_are_enclosed_exactly(table, a, b, first, second):
    span = table.domain
    lower, upper = sorted(span.lower + share * span.width for share in (a, b))
    cell = Interval(lower, upper)
    x, y = (cell.lower + share * cell.width for share in (first, second))
    enclosure, taylor = table.enclose(cell), table.taylor(cell)
    assert table.value(x) in enclosure
    assert taylor.value == Interval(table.value(cell.centre), table.value(cell.centre))
    rise, reach = table.value(x) - table.value(y), taylor.slope_range.scale(x - y)
    assert rise in reach
    if taylor.curvature is not None:
        assert table.value(x) == taylor.value.lower + taylor.slope.lower * (x - cell.centre)
    constant = table.function_class.constant
    assert abs(rise) <= constant * abs(x - y)
    inner = [value for point, value in table.points if point in cell]
    ends = [table.value(cell.lower), table.value(cell.upper)]
    assert enclosure == Interval(min(ends + inner), max(ends + inner))


@given(tables())
def test_values_and_samples_at_the_points(table):
    assert [table.value(x) for x, _ in table.points] == [y for _, y in table.points]
    xs = np.array([float(x) for x, _ in table.points])
    assert np.allclose(table.sample(xs), [float(y) for _, y in table.points])


def test_kinks_are_where_the_slope_changes():
    table = TableTarget(points((0, 0), (1, 1), (2, 2), (3, 0)), "t")
    assert table.kinks() == (Interval(Fraction(2), Fraction(2)),)
    assert table.function_class == Lipschitz(table.domain, Fraction(2))
    assert table.taylor(Interval(Fraction(1), Fraction(3))).slope is None
    assert table.taylor(Interval(Fraction(0), Fraction(2))).curvature is not None
    with pytest.raises(InputError):
        table.value(Fraction(4))


def test_a_restricted_table():
    inside = Interval(Fraction(1, 2), Fraction(3, 2))
    table = TableTarget(points((0, 0), (1, 1), (2, 2), (3, 0)), "t", inside)
    assert table.domain == inside
    assert table.kinks() == ()
    assert table.function_class == Lipschitz(inside, Fraction(1))
    with pytest.raises(DomainError, match="leaves the table"):
        TableTarget(points((0, 0), (1, 1)), "t", inside)
    with pytest.raises(InputError):
        table.value(Fraction(0))


def test_wrong_points():
    with pytest.raises(InputError, match="not ascending at point 2"):
        TableTarget(points((0, 0), (0, 1)), "t")


def test_json_is_exact():
    table = TableTarget(points((0, "1/3"), ("1/7", 2)), "t")
    assert table.to_json() == {
        "kind": "table", "name": "t", "points": [["0", "1/3"], ["1/7", "2"]]
    }  # fmt: skip


def test_parse_target_finds_tables(tmp_path):
    path = write(tmp_path, "0,0\n1,1\n2,0\n")
    assert parse_target(str(path)).domain == Interval(Fraction(0), Fraction(2))
    part = Interval(Fraction(0), Fraction(1))
    assert parse_target(str(path), part).domain == part
    other = write(tmp_path, "0 0\n", "table.txt")
    with pytest.raises(InputError, match=r"table\.txt"):
        parse_target(str(other))
    with pytest.raises(InputError, match="No such file"):
        parse_target("missing.csv")
    with pytest.raises(DomainError):
        parse_target(str(path), Interval(Fraction(0), Fraction(3)))
