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
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    models,
    overload,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.arrayobj import make_array, populate_array

Function = TypeVar("Function", bound=Callable[..., Any])

Record = TypeVar("Record")

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

    Loops over parts then vectorise; what a part has in common for everybody is
    worked out once.
    """
    compiled: Function = numba.njit(
        function, error_model="numpy", nogil=True, forceinline=True, _nrt=False
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


class RecordType(types.Type):  # type: ignore[misc]
    """The compiler's view of a pinned record: kind and place of each field."""

    def __init__(self, name: str, fields: tuple[tuple[str, Any, int], ...]) -> None:
        """Know the fields, each as (name, kind, place in words)."""
        self.fields = {field: (kind, place) for field, kind, place in fields}
        super().__init__(f"{name}{fields}")


class Pinned:
    """A record laid out for kernels: a table of numbers and addresses of columns.

    To hand over nested named tuples costs a call a quarter of a microsecond a
    column, and the compiler minutes: it carries a thousand words through every
    function. A table costs one address. Where nothing is compiled, a pinned record
    reads as the record itself.

    Attributes
    ----------
    record : named tuple
        What is pinned: numbers, contiguous arrays, and records of these. It is kept,
        so that the arrays stay where they are.
    """

    def __init__(self, record: Any) -> None:
        """Lay out a record."""
        self.record = record
        self.kind = _kind_of(record)
        self.words = np.array(_words_of(record), np.uint64)
        self.address = self.words.ctypes.data

    def renew(self, record: Any) -> None:
        """Take over a record of the same kind; parts that are the same object stay.

        Raises
        ------
        TypeError
            Where a field is of another kind than before.
        """
        for name, new, old in zip(record._fields, record, self.record, strict=True):
            if new is old:
                continue
            if _sorts_of(new) != _sorts_of(old):
                raise TypeError(f"{name} is of another kind than what is pinned")
            words = _words_of((new,))
            place = self.kind.fields[name][1]
            self.words[place : place + len(words)] = words
        self.record = record

    def __getattr__(self, name: str) -> Any:
        """Return a field of the record."""
        return getattr(self.record, name)


def pinned(record: Record, before: Record | None = None) -> Record:
    """Return a record laid out for kernels; `before`, brought up to date, if given."""
    if isinstance(before, Pinned):
        before.renew(record)
        return before
    return cast("Record", Pinned(record))


def _kind_of(record: Any) -> RecordType:
    """Return the type of a record: its fields stand one after the other."""
    fields, place = [], 0
    for name, value in zip(record._fields, record, strict=True):
        if isinstance(value, tuple):
            kind = _kind_of(value)
        elif isinstance(value, np.ndarray):
            kind = types.Array(numba.from_dtype(value.dtype), value.ndim, "C")
        else:
            kind = (
                types.int64 if isinstance(value, (int, np.integer)) else types.float64
            )
        fields.append((name, kind, place))
        place += len(_words_of((value,)))
    return RecordType(type(record).__name__, tuple(fields))


def _words_of(record: Any) -> list[int]:
    """Return a record as words: a number's bits, an array's address and shape."""
    words: list[int] = []
    for value in record:
        if isinstance(value, tuple):
            words += _words_of(value)
        elif isinstance(value, np.ndarray):
            if not value.flags.c_contiguous:
                raise TypeError("a column must be contiguous")
            words += (value.ctypes.data, *value.shape)
        elif isinstance(value, (int, np.integer)):
            words.append(word(int(value)))
        else:
            words.append(word(float_to_bits(value)))
    return words


def _sorts_of(value: Any) -> Any:
    """Return what distinguishes the kinds of two values of a field."""
    if isinstance(value, tuple):
        return [_sorts_of(each) for each in value]
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim
    return type(value)


@typeof_impl.register(Pinned)
def _type_of_pinned(value: Pinned, _context: Any) -> RecordType:
    return value.kind


_WORD = cgutils.intp_t


@register_model(RecordType)
class _RecordModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: RecordType) -> None:
        super().__init__(manager, kind, _WORD.as_pointer())


@unbox(RecordType)
def _unbox_pinned(_kind: RecordType, pinned: Any, context: Any) -> NativeValue:
    address = context.pyapi.object_getattr_string(pinned, "address")
    word = context.pyapi.long_as_ulonglong(address)
    context.pyapi.decref(address)
    return NativeValue(context.builder.inttoptr(word, _WORD.as_pointer()))


@infer_getattr
class _RecordFields(AttributeTemplate):  # type: ignore[misc]
    key = RecordType

    def generic_resolve(self, kind: RecordType, name: str) -> Any:
        """Return the kind of a field; None where there is none of this name."""
        return kind.fields[name][0] if name in kind.fields else None


@lower_getattr_generic(RecordType)
def _field(context: Any, builder: Any, kind: RecordType, table: Any, name: str) -> Any:
    """Read one field: a number, the place of a record, or an array's address.

    The loads are marked as invariant: no store of a kernel changes the table.
    """
    field, place = kind.fields[name]

    def load(offset: int) -> Any:
        pointer = builder.gep(table, [_WORD(place + offset)])
        loaded = builder.load(pointer)
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    if isinstance(field, RecordType):
        return builder.gep(table, [_WORD(place)])
    if not isinstance(field, types.Array):
        return builder.bitcast(load(0), context.get_value_type(field))
    array = make_array(field)(context, builder)
    item = context.get_abi_sizeof(context.get_data_type(field.dtype))
    shape = [load(1 + axis) for axis in range(field.ndim)]
    stride = _WORD(item)
    itemsize = stride
    strides: list[Any] = []
    for length in reversed(shape):
        strides.insert(0, stride)
        stride = builder.mul(stride, length)
    data = builder.inttoptr(load(0), array.data.type)
    populate_array(array, data, shape, strides, itemsize, None)
    return array._getvalue()
