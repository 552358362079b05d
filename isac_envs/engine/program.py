"""Compiling a kernel and all that it calls as one program.

Numba makes every function ready to run on its own: it is optimised, turned into machine code and
wrapped for Python. Where another function calls it, the result is optimised once more within that.
A step of an environment calls a hundred functions, on up to seven levels, and Python calls a dozen
of them. So a :class:`Kernel` has two forms. The one that Python calls is complete. The one that
other kernels call ends as LLVM's intermediate code, which is optimised once, where it is used.

Both go through those passes of Numba's pipeline that a kernel can need. What is left out serves
``with`` blocks, closures, ``literal_unroll``, whole-array expressions and listings of types.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from numba.core import compiler, errors, typed_passes, types, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typing.templates import make_concrete_template

from isac_envs.engine.code_cache import CodeCache, described
from isac_envs.engine.fingerprint import content_hash, fingerprint


class Kernel(CPUDispatcher):  # type: ignore[misc]
    """A compiled function, for Python and for other kernels.

    Args:
        function: Function to compile.
        options: Target options of :func:`numba.njit`.
    """

    def __init__(self, function: FunctionType, options: dict[str, Any]) -> None:
        options = {**options, "nopython": True, "no_cfunc_wrapper": True}
        super().__init__(function, targetoptions=options, pipeline_class=_Compiler)
        self._cache = CodeCache(function, options)
        inner = {**options, "no_cpython_wrapper": True}
        self._inner = _Inner(function, targetoptions=inner, pipeline_class=_InnerCompiler)
        self._inner._cache = CodeCache(function, inner, _InnerLibrary)
        for each in self, self._inner:
            each._compiler._customize_flags = _Flags
        self.interpreted = 0  # numbers that it was given while it was not compiled

    @property
    def _numba_type_(self) -> types.Dispatcher:
        """The type by which another kernel calls this one."""
        return types.Dispatcher(self._inner)

    def compile(self, sig: Any) -> Any:
        """Return the machine code for a signature.

        Raises:
            numba.core.errors.NumbaError: If the function cannot be compiled.
        """
        try:
            with _no_garbage_collection():
                return super().compile(sig)
        except errors.NumbaError as error:
            error.add_note(
                f"{self.py_func.__qualname__} is a kernel: it has no closures and makes no arrays "
                f"(isac_envs.engine.jit.allocating lets a function make some)"
            )
            raise


class _Flags(compiler.Flags):  # type: ignore[misc]
    """Options of a kernel, equal where functions of Numba's own that it calls compile alike.

    Numba asks for ``min`` or ``len`` of given types by the caller's options. Whether the caller is
    wrapped or inlined makes no difference to them.
    """

    def __hash__(self) -> int:
        return hash(self.nrt)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Flags) and bool(self.nrt == other.nrt)


class _Inner(CPUDispatcher):  # type: ignore[misc]
    """The form of a kernel that other kernels call."""

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Return the one signature for the types of a call.

        Numba would rate all that are compiled, and warns of records that begin alike.
        """
        template, parameters, args, kws = super().get_call_template(args, kws)
        exact = self.overloads.get(tuple(args))
        if exact is not None:
            name = self.py_func.__name__
            template = make_concrete_template(f"CallTemplate({name})", name, [exact.signature])
        return template, parameters, args, kws


class _InnerLibrary(JITCodeLibrary):  # type: ignore[misc]
    """Intermediate code of a function that is called by compiled functions only."""

    @property
    def codegen(self) -> "_InnerLibrary":
        """Where the environment of the function is set: nowhere, it has no Python objects."""
        return self

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing."""

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0: there is no machine code."""
        self._ensure_finalized()
        return 0

    def serialize_using_object_code(self) -> Any:
        """Return the form that is stored on disk."""
        return self.serialize_using_bitcode()

    def _optimize_final_module(self) -> None:
        """Do nothing: the program that includes this library is optimised instead."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=False, analysis_only=True)
class _NameByContent(FunctionPass):  # type: ignore[misc]
    """Names a function, in machine code, by what it computes and the types of its arguments.

    Numba numbers functions and record types in the order in which a process meets them. Machine
    code of two processes can then give one name to different functions, and a third process that
    loads both from disk would call one in the place of the other.
    """

    _name = "name_by_content"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        identity = state.func_id
        content = tuple(map(described, state.args)), fingerprint(identity.func)
        key = content_hash(repr(content).encode())[:16]
        identity.unique_id = int(key, 16)
        identity.unique_name = f"{identity.func_qualname}${key}"
        return False


@register_pass(mutates_CFG=False, analysis_only=True)
class _UseInnerLibrary(FunctionPass):  # type: ignore[misc]
    _name = "use_inner_library"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        state.library = _InnerLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return True


class _Compiler(compiler.CompilerBase):  # type: ignore[misc]
    def define_pipelines(self) -> list[PassManager]:
        manager = PassManager("kernel")
        for each in self.passes():
            manager.add_pass(each, each.__name__)
        manager.finalize()
        return [manager]

    def passes(self) -> Iterator[type]:
        yield untyped_passes.TranslateByteCode
        yield _NameByContent
        yield untyped_passes.FixupArgs
        yield untyped_passes.IRProcessing
        yield untyped_passes.RewriteSemanticConstants
        yield untyped_passes.DeadBranchPrune
        yield untyped_passes.GenericRewrites
        yield untyped_passes.ReconstructSSA
        yield typed_passes.NopythonTypeInference
        yield typed_passes.PreLowerStripPhis
        yield typed_passes.InlineOverloads
        yield typed_passes.IRLegalization
        yield typed_passes.NativeLowering
        yield typed_passes.NoPythonBackend


class _InnerCompiler(_Compiler):
    def passes(self) -> Iterator[type]:
        first, *others = super().passes()
        return iter((first, _UseInnerLibrary, *others))


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Numba makes millions of objects that live on: looking through them takes a tenth of it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
