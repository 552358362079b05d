"""Preprocessing of command lines: repeated options add up, and integers may be 1e5."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, get_args, get_origin

from isac_envs.errors import IsacError

_MOST_DIGITS = 19  # of 2**63 - 1: longer integers with an exponent are not written out
_NEGATIVE = ("-inf", "-nan", "-infinity")


def prepare(arguments: Sequence[str], command: Callable[..., Any]) -> list[str]:
    """Rewrite the arguments of a command so that the parser reads all of them.

    The parser keeps the last occurrence of a repeated option and silently drops the others. Here
    the values of an option for several values add up: ``--hyper a=1 --hyper b=2`` is
    ``--hyper a=1 b=2``. Two different values of a single-value option are refused. Integers may be
    written as ``1e5``.

    Args:
        arguments: Command-line words after the name of the command.
        command: The function of the command.

    Raises:
        IsacError: If a single-value option is given twice with different values.
    """
    kinds = options(command)
    prepared: list[list[str]] = []
    first: dict[str, list[str]] = {}  # first occurrence of each option
    for words in _split(arguments):
        name = words[0].replace("--no-", "--")
        kind = kinds.get(name)
        if kind is int:
            words[1:2] = map(_integer, words[1:2])
        if kind is None or name not in first:
            first[name] = words
            prepared.append(words)
            continue
        own = 0 if kind is tuple else 1 if kind is bool else 2  # words that belong to the option
        if first[name][:own] != words[:own]:
            told = [" ".join(each[:own]) for each in (first[name], words)]
            raise IsacError(f"{name} is given twice: {told[0]!r} and {told[1]!r}")
        first[name].extend(words[max(own, 1) :])
    return [word for words in prepared for word in words]


def options(command: Callable[..., Any]) -> dict[str, type]:
    """Return the kind of each option: tuple for several values, int, bool, or object for others."""
    return {
        "--" + each.name.replace("_", "-"): _kind(each.annotation)
        for each in inspect.signature(command).parameters.values()
        if each.kind is not each.POSITIONAL_ONLY
    }


def _kind(annotation: Any) -> type:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (tuple, list):
        return tuple
    among = (annotation, *get_args(annotation))
    return next((kind for kind in (bool, int) if kind in among), object)


def _split(arguments: Sequence[str]) -> Iterator[list[str]]:
    """Yield each option with the words that follow it; ``--name=value`` is split."""
    words: list[str] = []
    for k, word in enumerate(arguments):
        is_option = word.startswith("-") and word.lstrip("-")[:1].isalpha()
        if word == "--":  # positional arguments follow
            if words:
                yield words
            yield [*arguments[k:]]
            return
        if is_option and word.lower() not in _NEGATIVE:
            if words:
                yield words
            name, equals, value = word.partition("=")
            words = [name.replace("_", "-"), *([value] if equals else [])]
        else:
            words.append(word)
    if words:
        yield words


def _integer(text: str) -> str:
    """Write an integer given with a point or an exponent in plain digits."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    small = value.is_finite() and value.adjusted() < _MOST_DIGITS
    return str(int(value)) if small and value == int(value) else text
