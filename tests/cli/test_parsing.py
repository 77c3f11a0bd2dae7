from fractions import Fraction

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bitproof.cli.parsing import NUMBER_PAIRS, RATIONAL, NumericCommand, looks_numeric


@click.command(cls=NumericCommand)
@click.argument("target")
@click.argument("rest", nargs=-1)
@click.option("--domain", type=NUMBER_PAIRS)
@click.option("--error", type=RATIONAL)
@click.option("--quiet", is_flag=True)
def tool(target, rest, domain, error, quiet):
    click.echo(repr((target, rest, domain and tuple(map(str, domain)), error, quiet)))


def parsed(*args):
    result = CliRunner().invoke(tool, list(args))
    assert result.exit_code == 0, result.output
    return eval(result.stdout, {"Fraction": Fraction})


def refused(*args):
    result = CliRunner().invoke(tool, list(args))
    assert result.exit_code == 2, result.output
    return result.stderr


@pytest.mark.parametrize(
    ("args", "domain"),
    [
        (["x", "--domain", "0", "1"], ("0", "1")),
        (["x", "--domain", "-8", "8"], ("-8", "8")),
        (["--domain", "-8", "-1/2", "x"], ("-8", "-1/2")),
        (["--domain", "-8,8", "x"], ("-8", "8")),
        (["--domain=-8,8", "x"], ("-8", "8")),
        (["--domain=-8 8", "x"], ("-8", "8")),
        (["--domain", "-8 8", "x"], ("-8", "8")),
        (["--domain", "0", "1", "0", "1", "x"], ("0", "1", "0", "1")),
        (["x", "--domain", "-1e-3", "2^-8", "--quiet"], ("-1/1000", "1/256")),
        (["x", "--domain", "-2^-2", "1/512"], ("-1/4", "1/512")),
        (["x", "--domain", "-.5", "+.5"], ("-1/2", "1/2")),
    ],
)
def test_the_domain_takes_the_numbers_that_follow(args, domain):
    target, _, found, _, _ = parsed(*args)
    assert (target, found) == ("x", domain)


def test_an_odd_number_after_a_domain_is_the_target():
    assert parsed("--domain", "0", "1", "3")[0] == "3"


def test_arguments_may_begin_with_a_minus():
    assert parsed("-x^2", "--error", "-1/2")[:1] == ("-x^2",)
    assert parsed("-x^2", "--error", "-1/2")[3] == Fraction(-1, 2)
    assert parsed("net", "-1/3", "-.5", "2", "-sin(x)")[1] == ("-1/3", "-.5", "2", "-sin(x)")


def test_after_two_dashes_everything_is_an_argument():
    assert parsed("--quiet", "--", "--domain", "-1") == ("--domain", ("-1",), None, None, True)


def test_order_of_options_and_arguments_is_free():
    expected = ("x", ("y", "-3"), ("0", "2"), Fraction(1, 1000), True)
    assert parsed("--error", "1e-3", "x", "--domain", "0", "2", "y", "--quiet", "-3") == expected


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["x", "--domain"], "0 numbers"),
        (["x", "--domain", "1"], "1 number"),
        (["x", "--domain", "--quiet"], "0 numbers"),
        (["x", "--domain", "2", "1"], "lower end first"),
        (["x", "--domain", "1", "1"], "point"),
        (["x", "--domain", "foo"], "'foo' is not a number"),
        (["x", "--domain=1,2,3"], "3 numbers"),
        (["x", "--error"], "requires an argument"),
        (["x", "--error", "1e999999"], "exponent"),
        (["x", "--error", "9" * 500], "500 characters"),
        (["x", "--nope"], "No such option"),
        (["x", "-quiet"], "Did you mean --quiet?"),
        ([], "TARGET"),
    ],
)
def test_wrong_lines_are_refused_with_words(args, words):
    assert words in refused(*args)


@given(st.fractions(), st.fractions())
def test_any_two_rationals_are_a_domain(a, b):
    low, high = min(a, b), max(a, b)
    args = ("x", "--domain", str(low), str(high))
    if low == high:
        refused(*args)
    else:
        assert parsed(*args)[2] == (str(low), str(high))


@given(st.lists(st.text(max_size=12).filter(lambda text: "\x00" not in text), max_size=6))
def test_no_line_crashes(args):
    result = CliRunner().invoke(tool, args)
    assert result.exit_code in (0, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("token", ["", "-", "--1", "x1", "-x", "e5", "nan", "inf", "1x"])
def test_what_is_not_a_number(token):
    assert not looks_numeric(token)
