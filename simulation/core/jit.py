"""The one door to the compiler: `rule`, `kernel` and four exact machine operations.

Nothing else in the project imports numba. The disk cache lives in a folder
named by a hash of every file of the core, because numba itself would not notice
an edit in an imported file and would go on returning old results.
"""

import hashlib
import math
import os
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numba
from numba import types
from numba.extending import intrinsic, overload

Function = TypeVar("Function", bound=Callable[..., Any])

Word: TypeAlias = Any
"""An unsigned 64-bit word: numpy's `uint64` in kernels, an int in plain Python."""

_CORE = Path(__file__).parent


def source_hash() -> str:
    """Return a hash of the core's source: the identity of what is computed."""
    digest = hashlib.sha256()
    for path in sorted(_CORE.rglob("*.py")):
        digest.update(path.relative_to(_CORE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    """Return a writable folder for compiled code, the user's cache if possible."""
    wanted = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for root in (wanted, Path(tempfile.gettempdir())):
        folder = root / "groundswell" / source_hash()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="groundswell-"))


if not numba.config.DISABLE_JIT:
    numba.config.CACHE_DIR = str(_cache_folder())


def rule(function: Function) -> Function:
    """Compile a formula on scalars."""
    compiled: Function = numba.njit(
        function, error_model="numpy", nogil=True, cache=True
    )
    return compiled


def part(function: Function) -> Function:
    """Compile a piece of a loop straight into the kernel that calls it.

    Records are passed by value, a thousand machine words in all: a call that is
    not inlined costs more than what it does.
    """
    compiled: Function = numba.njit(
        function, error_model="numpy", nogil=True, inline="always", _nrt=False
    )
    return compiled


def builder(function: Function) -> Function:
    """Compile a loop that makes arrays."""
    compiled: Function = numba.njit(
        function, error_model="numpy", nogil=True, cache=True
    )
    return compiled


def kernel(function: Function) -> Function:
    """Compile a loop over records; it releases the interpreter lock."""
    compiled: Function = numba.njit(
        function, error_model="numpy", nogil=True, cache=True, _nrt=False
    )
    return compiled


def float_to_bits(value: float) -> int:
    """Return the IEEE 754 bits of a float as a signed 64-bit integer."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits


def bits_to_float(bits: int) -> float:
    """Return the float that has these IEEE 754 bits."""
    value: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return value


def word(value: int) -> int:
    """Return an integer as an unsigned 64-bit word, so that shifts bring in zeros."""
    return int(value) & 0xFFFFFFFFFFFFFFFF


def square_root(value: float) -> float:
    """Return the square root, which IEEE 754 rounds alike on every machine."""
    return math.sqrt(value)


@intrinsic
def _bitcast_to_int(_context: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(value), generate


@intrinsic
def _bitcast_to_float(_context: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(value), generate


overload(float_to_bits)(lambda value: lambda value: _bitcast_to_int(value))
overload(bits_to_float)(lambda bits: lambda bits: _bitcast_to_float(bits))
overload(word)(lambda value: lambda value: types.uint64(value))
overload(square_root)(lambda value: lambda value: math.sqrt(value))
