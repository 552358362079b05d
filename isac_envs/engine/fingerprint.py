"""A hash of the computation of a compiled function: its code, and all that it calls or reads.

Two functions with equal fingerprints compile to the same machine code, wherever their sources lie.
Comments, docstrings and line numbers do not count.
"""

import dis
import functools
import hashlib
import inspect
import sys
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from numba.extending import _Intrinsic


@functools.cache
def fingerprint(function: FunctionType) -> str:
    """Return a hash over the computation of a function: its code, and all that it calls or reads.

    It is computed at the first call, when all callees of the function must be defined.
    """
    found, numbers, texts = [function], {function: 0}, []
    for each in found:
        text, callees = _describe_function(each)
        for callee in callees:
            if callee not in numbers:
                numbers[callee] = len(found)
                found.append(callee)
        texts.append(f"{text}\ncalls {[numbers[callee] for callee in callees]}")
    return content_hash("\n".join(texts).encode())


def content_hash(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@functools.cache
def _describe_function(function: FunctionType) -> tuple[str, tuple[FunctionType, ...]]:
    """Describe a function without its callees, closure and globals included; and its callees."""
    callees: list[FunctionType] = []
    lines = [f"def {function.__module__}.{function.__qualname__}{function.__defaults__!r}"]
    for cell in function.__closure__ or ():
        lines += _describe(cell.cell_contents, (), callees)
    instructions, attributes, names = _read_code(function.__code__)
    lines.append(instructions)
    for name in names:
        if name in function.__globals__:
            lines.append(name)
            lines += _describe(function.__globals__[name], attributes, callees)
    return "\n".join(lines), tuple(callees)


@functools.cache
def _read_code(code: CodeType) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Describe a code object, and the attributes and globals that it names, sorted.

    Line numbers and docstrings are left out.
    """
    lines: list[str] = [str((code.co_varnames[: code.co_argcount], code.co_flags))]
    attributes: set[str] = set()
    names: set[str] = set()
    for each in dis.get_instructions(code):
        value = each.argval
        if isinstance(value, CodeType):
            inner = _read_code(value)
            lines.append(inner[0])
            attributes.update(inner[1])
            names.update(inner[2])
            value = value.co_name
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            names.add(value)
        elif each.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            attributes.add(value)
        if isinstance(value, frozenset):
            value = sorted(value, key=repr)  # the order of its elements changes with the process
        is_jump = each.opcode in dis.hasjrel or each.opcode in dis.hasjabs
        lines.append(f"{each.opname} {each.arg if is_jump else ''} {value!r}")
    return "\n".join(lines), tuple(sorted(attributes)), tuple(sorted(names))


def _describe(
    value: Any, attributes: tuple[str, ...], callees: list[FunctionType]
) -> Iterator[str]:
    """Describe a constant or a callee, found as a global or in a closure.

    Args:
        value: Constant or callee.
        attributes: The attributes that the function names, some of which may be of this value.
        callees: Receives the callees.
    """
    if hasattr(value, "py_func"):
        yield repr(sorted(value.targetoptions.items()))
        callees.append(value.py_func)
    elif isinstance(value, _Intrinsic):
        yield inspect.getsource(value._defn)
    elif isinstance(value, ModuleType):
        yield value.__name__
        if value.__name__.partition(".")[0] not in ("numpy", "math", "numba"):
            for name in attributes:
                if hasattr(value, name):
                    yield name
                    yield from _describe(getattr(value, name), attributes, callees)
    elif hasattr(value, "instructions"):
        yield inspect.getsource(value.instructions)
    elif isinstance(value, FunctionType):
        # the overload for compiled code is in the same module
        yield _module_source(value.__module__)
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype!r} {value.shape} {content_hash(np.ascontiguousarray(value).tobytes())}"
    elif isinstance(value, (tuple, list)):
        yield f"{type(value).__qualname__} of {len(value)}"
        for each in value:
            yield from _describe(each, attributes, callees)
    elif isinstance(value, (type, BuiltinFunctionType, np.ufunc)):
        yield f"{getattr(value, '__module__', '')}.{value.__qualname__}"
        yield str(getattr(value, "_fields", ""))
    else:
        text = repr(value)
        if f"0x{id(value):x}" in text:
            raise TypeError(f"{text} says nothing about its content, compiled code cannot use it")
        yield f"{type(value).__qualname__} {text}"


@functools.cache
def _module_source(name: str) -> str:
    return inspect.getsource(sys.modules[name])
