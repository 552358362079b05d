"""No option of any command is lost: repeated ones add up or are refused."""

import functools
import inspect

import pytest
from command import NAME, isac, refused

from isac_agents import cli
from isac_agents.commands.arguments import options
from isac_agents.commands.values import assignments
from isac_envs import __version__
from isac_envs.errors import IsacError

OPTIONS = [
    (command, option, kind)
    for command, function in cli.COMMANDS.items()
    for option, kind in options(function).items()
]
SEVERAL = [(command, option) for command, option, kind in OPTIONS if kind is tuple]
INTEGERS = [(command, option) for command, option, kind in OPTIONS if kind is int]
SINGLE = [(command, option) for command, option, kind in OPTIONS if kind not in (tuple, bool)]


@pytest.fixture
def received(monkeypatch):
    """Call a command that does nothing; return the arguments that its function received."""

    def call(command, *arguments):
        function, got = cli.COMMANDS[command], {}

        @functools.wraps(function)
        def note(*positional, **named):
            bound = inspect.signature(function).bind(*positional, **named)
            got.update(bound.arguments)

        monkeypatch.setitem(cli.COMMANDS, command, note)
        positional = [
            "positional"
            for each in inspect.signature(function).parameters.values()
            if each.kind is each.POSITIONAL_ONLY
        ]
        assert cli.main([command, *positional, *arguments]) == 0
        return got

    return call


def test_the_options_that_take_several_values_are_found():
    assert {
        ("train", "--hyper"), ("train", "--parameters"), ("evaluate", "--agent"),
        ("evaluate", "--parameters"), ("sweep", "--hyper"), ("sweep", "--parameters"),
        ("plan", "--parameters"), ("warmup", "--environment"),
    } <= {*SEVERAL}  # fmt: skip
    # Every other option that is declared as a collection, too.
    for command, function in cli.COMMANDS.items():
        for each in inspect.signature(function).parameters.values():
            if each.kind is not each.POSITIONAL_ONLY and "tuple" in str(each.annotation):
                assert (command, "--" + each.name.replace("_", "-")) in SEVERAL


@pytest.mark.parametrize(("command", "option"), SEVERAL)
@pytest.mark.parametrize(
    "form",
    [
        "{0} a=1 b=2 c=-3",
        "{0} a=1 {0} b=2 {0} c=-3",
        "{0}=a=1 b=2 {0} c=-3",
        "{0}=a=1 {0}=b=2 {0}=c=-3",
        "{0} a=1 --json {0} b=2 c=-3",
    ],
)
def test_values_of_repeated_options_add_up(received, command, option, form):
    words = form.format(option).split()
    got = received(command, *words)
    assert got[option[2:].replace("-", "_")] == ("a=1", "b=2", "c=-3")


@pytest.mark.parametrize(("command", "option"), SINGLE)
def test_a_second_value_for_one_place_is_refused(command, option):
    message = refused(command, "positional", option, "1", option, "2")
    assert option in message
    assert f"'{option} 1'" in message
    assert f"'{option} 2'" in message


@pytest.mark.parametrize(("command", "option"), INTEGERS)
@pytest.mark.parametrize(
    ("text", "value"),
    [("1e5", 100_000), ("1.5e3", 1500), ("200.0", 200), ("7", 7), ("9e18", 9 * 10**18)],
)
def test_integers_may_be_written_as_floats(received, command, option, text, value):
    name = option[2:].replace("-", "_")
    assert received(command, option, text)[name] == value
    assert received(command, f"{option}={text}")[name] == value


@pytest.mark.parametrize("text", ["1.5", "1e-3", "nan", "inf", "1e99", "1e999999999", "abc", ""])
def test_what_is_no_integer_is_no_integer(text, capsys):
    with pytest.raises(SystemExit) as stopped:
        isac("train", NAME, "--steps", text)
    assert stopped.value.code == 2


def test_a_switch_and_its_opposite_are_refused():
    assert "--json" in refused("list", "--json", "--no-json")


def test_an_option_may_be_repeated_with_the_same_value(received):
    got = received("train", "--first-seed", "3", "--first_seed", "3", "--json", "--json")
    assert got["first_seed"] == 3
    assert got["json"] is True


def test_positional_words_stay(received):
    assert received("report", "more", "--out", "x")["folders"] is not None


def test_values_for_one_name_are_refused_unless_they_are_the_same():
    assert assignments(["a=1", "b=x", "a=1", "c=1e-3", "c=0.001"]) == {"a": 1, "b": "x", "c": 1e-3}
    for pair in (["a=1", "a=2"], ["a=1", "a=true"], ["a=x", "b=1", "a=y"]):
        with pytest.raises(IsacError, match=r"a is given twice, as .* and as "):
            assignments(pair)
    message = refused("train", NAME, "--hyper", "gamma=0.9", "--hyper", "gamma=0.8")
    assert all(word in message for word in ("gamma", "0.9", "0.8"))


def test_repeated_parameters_reach_the_environment():
    both = ("--parameters", "event_fast=2", "--parameters", "event_slow=3")
    assert "event_fast" in refused("plan", NAME, *both)
    assert "event_fast" in refused("plan", NAME, *both[2:], *both[:2])


def test_version():
    assert isac("--version").stdout == f"isac {__version__}\n"
