from fractions import Fraction

import pytest
from hypothesis import example, given

from bitproof.errors import InputError
from bitproof.target.ast import Binary, Call, Negate, Number, Variable, Where, write, write_number
from bitproof.target.grammar import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES, parse
from tests.strategies import decimals, hostile_texts, trees

X = Variable("x")


def number(text):
    return Number(Fraction(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-x^2", Negate(Binary("^", X, number("2")))),
        ("2^-x", Binary("^", number("2"), Negate(X))),
        ("x^2^3", Binary("^", X, Binary("^", number("2"), number("3")))),
        ("x**2", Binary("^", X, number("2"))),
        ("1-2-3", Binary("-", Binary("-", number("1"), number("2")), number("3"))),
        ("8/4/2", Binary("/", Binary("/", number("8"), number("4")), number("2"))),
        ("-2*x", Binary("*", Negate(number("2")), X)),
        ("+x", X),
        ("2e-3", number("1/500")),
        (".5", number("1/2")),
        ("1/3", Binary("/", number("1"), number("3"))),
        ("leaky_relu(x, 1)", Call("leaky_relu", (X, number("1")))),
        ("where(x <= 1, x, 2)", Where("<=", X, number("1"), X, number("2"))),
        ("max(x,1,2)", Call("max", (X, number("1"), number("2")))),
    ],
)
def test_trees(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("x-(1-x)", "x - (1 - x)"),
        ("x-1-x", "x - 1 - x"),
        ("x/(2*x)", "x/(2*x)"),
        ("2*-x", "2*(-x)"),
        ("(-x)^2", "(-x)^2"),
        ("-(x^2)", "-x^2"),
        ("--x", "-(-x)"),
        ("-(1+x)", "-(1 + x)"),
        ("-x*2", "(-x)*2"),
        ("-(x*2)", "-(x*2)"),
        ("1e-3*x", "0.001*x"),
        ("1e30", "1e30"),
        ("1e-300", "1e-300"),
        ("0.000", "0"),
        ("where( x<1 ,x, 2 )", "where(x < 1, x, 2)"),
    ],
)
def test_canonical_text(text, canonical):
    assert write(parse(text)) == canonical
    assert write(parse(canonical)) == canonical


@given(trees())
def test_writing_and_parsing_is_the_identity(tree):
    assert parse(write(tree)) == tree
    assert parse(write(tree, spaced=False)) == tree


@given(decimals())
def test_numbers_are_written_exactly(node):
    assert Fraction(write_number(node.value)) == node.value


MESSAGES = {
    "2x": "a multiplication sign is missing\n  2x\n   ^: write 2*x",
    "(x+1)(x+2)": "a multiplication sign is missing\n  (x+1)(x+2)\n       ^: write (...)*(...)",
    "x x": "a multiplication sign is missing\n  x x\n    ^: write x*x",
    "sinn(x)": "'sinn' is not a known function\n  sinn(x)\n  ^: did you mean sin?",
    "ln(x)": "'ln' is not a known function\n  ln(x)\n  ^: did you mean log?",
    "arctan(x)": "'arctan' is not a known function\n  arctan(x)\n  ^: did you mean atan?",
    "1 + y": "'y' is not a known name\n  1 + y\n      ^: did you mean x?",
    "sin x": "sin is a function\n  sin x\n  ^: write sin(...)",
    "x(1+x)": "x is not a function\n  x(1+x)\n  ^: write x*(...)",
    "(x": "the expression ends where ')' is missing\n  (x\n    ^: close the bracket with )",
    "x)": "this bracket closes nothing\n  x)\n   ^: remove it",
    "x +": "the expression ends too early\n  x +\n     ^: complete it",
    "": 'the expression is empty: write one, as in "sin(2*pi*x)"',
    "   ": 'the expression is empty: write one, as in "sin(2*pi*x)"',
    "min(x)": "min with 1 argument(s)\n  min(x)\n  ^: give it 2 or more",
    "sin(x, 2)": "sin with 2 argument(s)\n  sin(x, 2)\n  ^: give it 1",
    "leaky_relu(x,1,2)": (
        "leaky_relu with 3 argument(s)\n  leaky_relu(x,1,2)\n  ^: give it 1 or 2"
    ),
    "where(x, 1, 2)": (
        "',' does not belong here\n  where(x, 1, 2)\n         ^: "
        "write where(x < 1, a, b), with one of < <= > >="
    ),
    "x < 1": (
        "'<' does not belong here\n  x < 1\n    ^: "
        "conditions stand inside where(condition, a, b), one comparison each"
    ),
    "x²": "the character ² means nothing here\n  x²\n   ^: write ^2",
    "2·x": "the character · means nothing here\n  2·x\n   ^: write *",
    "|x|": "the character | means nothing here\n  |x|\n  ^: write abs(...)",
    "0,5*x": (
        "',' does not belong here\n  0,5*x\n   ^: "
        "write decimal points, and commas only between arguments"
    ),
    "1e9999": "the number 1e9999 is out of range\n  1e9999\n  ^: write an exponent of at most 4096",
}


@pytest.mark.parametrize("text", MESSAGES)
def test_messages(text):
    with pytest.raises(InputError) as caught:
        parse(text)
    assert str(caught.value) == MESSAGES[text]


def test_a_long_line_is_shown_around_the_place():
    with pytest.raises(InputError) as caught:
        parse("x+" * 100 + "?" + "+x" * 100)
    lines = str(caught.value).splitlines()
    assert len(lines[1]) < 100
    assert lines[1][len(lines[2].split("^")[0])] == "?"


@pytest.mark.parametrize(
    "text",
    [
        "x" * (MAX_CHARACTERS + 1),
        "(" * 1000,
        "-" * 1000 + "x",
        "sin(" * 200 + "x" + ")" * 200,
        "x^" * 200 + "x",
        "+".join("x" * (MAX_NODES // 2 + 2)),
        "1" * 500,
        "x + eval('1')",
        "__import__('os').system('true')",
        "x.__class__",
        "lambda x: x",
        "x if x else 1",
        "[x for x in x]",
        "0x10",
        "1_000",
        "١",
        "x1x",
        "x10",
    ],
)
def test_limits_and_foreign_code(text):
    with pytest.raises(InputError):
        parse(text)


def test_depth_just_within_the_limit():
    levels = MAX_DEPTH // 2 - 1
    assert parse("(" * levels + "x" + ")" * levels) == X


@given(hostile_texts())
@example("(" * 500 + "x")
@example("9" * 400)
@example("where(" * 100)
def test_any_text_is_a_tree_or_an_input_error(text):
    try:
        tree = parse(text)
    except InputError:
        return
    assert parse(write(tree)) == tree
