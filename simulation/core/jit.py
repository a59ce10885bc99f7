"""The one door to the compiler: `rule`, `kernel` and seven exact machine operations.

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
from functools import cache
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
    lower_builtin,
    lower_getattr_generic,
    models,
    overload,
    register_model,
    type_callable,
    unbox,
)
from numba.np.arrayobj import make_array, populate_array
from numpy.typing import NDArray

from simulation.later import later

with later("scipy.linalg.cython_blas"):  # for linear algebra, of which there is none
    import numba.np.arraymath

ir = cgutils.ir
"""The instructions that numba's compiler takes, by their own names."""

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


SCRATCH = 4096
"""Entries of a piece of scratch: few enough to stay in a near cache, and enough for
the few of a block to whom something happens to take their steps eight at a time."""


def scratch_flags() -> NDArray[np.uint8]:
    """Return room for `SCRATCH` flags, on the stack of the kernel that asks."""
    return np.empty(SCRATCH, np.uint8)


def scratch_rows() -> NDArray[np.uint64]:
    """Return room for `SCRATCH` row numbers, on the stack of the kernel that asks."""
    return np.empty(SCRATCH, np.uint64)


def scratch_numbers() -> NDArray[np.float64]:
    """Return room for `SCRATCH` numbers, on the stack of the kernel that asks."""
    return np.empty(SCRATCH)


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


BITS = 64
"""Flags in a word."""


def flag_bits(flags: NDArray[np.uint8], at: Word) -> int:
    """Return the 64 flags from one on as the bits of a word: the first is bit 0."""
    each = enumerate(flags[at : at + BITS].tolist())
    return sum(1 << bit for bit, flag in each if flag)


def lowest_bit(bits: Word) -> int:
    """Return the place of the lowest bit that is set; there must be one."""
    return (int(bits) & -int(bits)).bit_length() - 1


def ask_for(column: NDArray[Any], at: Word) -> None:
    """Have an entry, counted through all rows, brought near before it is read.

    Changes nothing.
    """


@intrinsic
def _ask_for(_context: Any, column: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(signature.args[0])(context, builder, arguments[0])
        entry = builder.gep(array.data, [arguments[1]])
        address = builder.bitcast(entry, cgutils.voidptr_t)
        number = ir.IntType(32)
        kinds = [cgutils.voidptr_t, number, number, number]
        prefetch = builder.module.declare_intrinsic(
            "llvm.prefetch", kinds[:1], ir.FunctionType(ir.VoidType(), kinds)
        )
        to_read, keep, data = (ir.Constant(number, each) for each in (0, 3, 1))
        builder.call(prefetch, [address, to_read, keep, data])
        return context.get_dummy_value()

    return types.none(column, types.uint64), generate


@intrinsic
def _flag_bits(_context: Any, flags: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(signature.args[0])(context, builder, arguments[0])
        byte = builder.gep(array.data, [arguments[1]])
        many = ir.VectorType(ir.IntType(8), BITS)
        found = builder.load(builder.bitcast(byte, many.as_pointer()), align=1)
        is_set = builder.icmp_unsigned("!=", found, ir.Constant(many, None))
        return builder.bitcast(is_set, ir.IntType(BITS))

    return types.uint64(flags, types.uint64), generate


@intrinsic
def _lowest_bit(_context: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


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


def _on_stack(function: Callable[[], Any], dtype: Any) -> None:
    """Let a call of `function` in a kernel make room on the kernel's own stack.

    Nothing else points there, so that loops which write to it and read columns
    vectorise without a test whether the two overlap.
    """
    array_type = types.Array(dtype, 1, "C")

    @lower_builtin(function)
    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        item = context.get_data_type(dtype)
        room = cgutils.alloca_once(builder, item, size=SCRATCH)
        array = make_array(array_type)(context, builder)
        itemsize = cgutils.intp_t(context.get_abi_sizeof(item))
        shape = [cgutils.intp_t(SCRATCH)]
        populate_array(array, room, shape, [itemsize], itemsize, None)
        return array._getvalue()

    type_callable(function)(lambda _context: lambda: array_type)


_on_stack(scratch_flags, types.uint8)
_on_stack(scratch_rows, types.uint64)
_on_stack(scratch_numbers, types.float64)
overload(float_to_bits)(lambda value: lambda value: _bitcast_to_int(value))
overload(bits_to_float)(lambda bits: lambda bits: _bitcast_to_float(bits))
overload(word)(lambda value: lambda value: types.uint64(value))
overload(flag_bits)(lambda flags, place: lambda flags, place: _flag_bits(flags, place))
overload(ask_for)(
    lambda _column, _place: lambda _column, _place: _ask_for(_column, _place)
)
overload(lowest_bit)(lambda bits: lambda bits: _lowest_bit(bits))
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
    words : uint64, shape (n_words,)
        The table.
    address : int
        Where it stands in memory.
    _numba_type_ : RecordType
        What it holds, under the name by which numba asks.
    """

    def __init__(self, record: Any) -> None:
        """Lay out a record."""
        words: list[int] = []
        self.record = record
        self._numba_type_ = _laid_out(record, words)
        self.words = np.array(words, np.uint64)
        self.address = self.words.ctypes.data

    def renew(self, record: Any) -> None:
        """Take over a record of the same kind; parts that are the same object stay.

        Raises
        ------
        TypeError
            Where a field is of another kind than before.
        """
        _renew(record, self.record, self._numba_type_, self.words, 0)
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


def _renew(new: Any, old: Any, kind: RecordType, words: Any, start: int) -> None:
    """Write what a record has anew into the table, where the record starts in it."""
    for name, value, before in zip(new._fields, new, old, strict=True):
        if value is before:
            continue
        if _sort_of(value) != _sort_of(before):
            raise TypeError(f"{name} is of another kind than what is pinned")
        field, offset = kind.fields[name]
        place = start + offset
        if isinstance(field, RecordType):
            _renew(value, before, field, words, place)
            continue
        found: list[int] = []
        _append(value, found)
        words[place : place + len(found)] = found


def _laid_out(record: Any, words: list[int]) -> RecordType:
    """Append a record to a table, its fields one after the other; return its type."""
    fields, start = [], len(words)
    for name, value in zip(record._fields, record, strict=True):
        place = len(words) - start
        fields.append((name, _append(value, words), place))
    return _record_type(type(record).__name__, tuple(fields))


def _append(value: Any, words: list[int]) -> Any:
    """Append a number's bits, or an array's address and shape; return its type."""
    if isinstance(value, tuple):
        return _laid_out(value, words)
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise TypeError("a column must be contiguous")
        words += (value.__array_interface__["data"][0], *value.shape)
        return _array_type(value.dtype, value.ndim)
    if isinstance(value, (int, np.integer)):
        words.append(word(int(value)))
        return types.int64
    words.append(word(float_to_bits(value)))
    return types.float64


@cache
def _record_type(name: str, fields: tuple[tuple[str, Any, int], ...]) -> RecordType:
    return RecordType(name, fields)


@cache
def _array_type(dtype: Any, n_axes: int) -> Any:
    return types.Array(numba.from_dtype(dtype), n_axes, "C")


def _sort_of(value: Any) -> Any:
    """Return what distinguishes the kinds of two values of a field."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim
    return type(value)


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
