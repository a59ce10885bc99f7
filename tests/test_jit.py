"""What kernels stand on, `simulation/core/jit.py`: pinned records, chosen rows."""

from typing import NamedTuple

import numpy as np
import pytest

from simulation.core.jit import SCRATCH, Pinned, kernel, pinned
from simulation.core.kernels.blocks import chosen
from tests.naive_rules import plain


class Inner(NamedTuple):
    table: np.ndarray
    share: float


class Outer(NamedTuple):
    count: int
    inner: Inner
    column: np.ndarray


@kernel
def double(record, factor):
    """Read every kind of field, write one column."""
    table = record.inner.table
    for i in range(record.column.size):
        inner = record.inner
        last = table.shape[1] - 1
        record.column[i] = factor * table[i, last] * inner.share + record.count


def outer(count=-3, share=0.5):
    table = np.arange(12, dtype=np.float32).reshape(4, 3)
    return Outer(count, Inner(table, share), np.zeros(4))


def doubled(record):
    return 2 * record.inner.table[:, -1] * record.inner.share + record.count


def test_kernels_read_and_write_what_is_pinned():
    record = outer()
    double(pinned(record), 2.0)
    assert np.array_equal(record.column, doubled(record))
    assert (record.column != 0).all()


def test_renewed_numbers_and_arrays_are_read():
    place = pinned(outer())
    for other in (outer(count=7), outer(share=0.25)):
        assert pinned(other, place) is place
        double(place, 2.0)
        assert np.array_equal(other.column, doubled(other))


def test_pinned_record_reads_as_the_record():
    record = outer()
    assert pinned(record).inner.share == 0.5
    assert pinned(record).column is record.column


def test_what_is_of_another_kind_is_refused():
    place = Pinned(outer())
    with pytest.raises(TypeError, match="count"):
        place.renew(outer(count=1.5))
    with pytest.raises(TypeError, match="column"):
        place.renew(outer()._replace(column=np.zeros(4, np.float32)))
    with pytest.raises(TypeError, match="table"):
        place.renew(outer()._replace(inner=Inner(np.zeros(3), 0.5)))
    with pytest.raises(TypeError, match="contiguous"):
        Pinned(outer()._replace(column=np.zeros(8)[::2]))


@pytest.mark.parametrize("compiler", ["compiled", "uncompiled"])
@pytest.mark.parametrize("n", [1, 63, 64, 65, 1000, SCRATCH])
def test_chosen_are_the_rows_with_a_flag_and_no_others(n, compiler):
    choose = chosen if compiler == "compiled" else plain("kernels.blocks").chosen
    flags = np.ones(SCRATCH, np.uint8)
    flags[:n] = np.random.default_rng(n).random(n) < 0.3
    flags[n - 1] = 1
    rows = np.zeros(SCRATCH, np.uint64)
    found = choose(flags, np.uint64(7), np.uint64(7 + n), rows)
    assert rows[: int(found)].tolist() == (np.flatnonzero(flags[:n]) + 7).tolist()
