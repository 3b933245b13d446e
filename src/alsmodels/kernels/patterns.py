"""Subjects of one pattern: the same rows of X and of Z, so everything of them but the response is computed once.

In a trial most subjects share their visits and their arm with others. Patterns are found by hashing each subject's
rows, and every subject is then compared with the first of its pattern, bit by bit: a hash alone is no proof.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.ranges import over_ranges

__all__ = ["Patterns", "find_patterns", "group_subjects", "hash_subjects", "hash_words", "match_hashes"]

# Subjects that a thread takes at a time.
RANGE = 16384
# Above this share of patterns among subjects, sharing saves less than it costs.
WORTH = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Which subjects share their rows of X and Z.

    Attributes
    ----------
    codes : ndarray of int of shape (m,)
        The pattern of each subject, numbered as they first occur.
    counts : ndarray of int of shape (g,)
        Subjects of each pattern.
    rows : ndarray of int or None
        Rows of the first subject of each pattern, pattern by pattern; None for every row of the data.
    starts : ndarray of int of shape (g + 1,)
        Where each pattern begins in ``rows``, then their number.
    """

    codes: Int
    counts: Int
    rows: Int | None
    starts: Int

    @property
    def row_counts(self) -> Float:
        """How many rows of data each row of ``rows`` stands for."""
        return np.repeat(self.counts, np.diff(self.starts)).astype(float)

    def take(self, matrix: Float) -> Float:
        """The rows of a matrix with a row for each row of data that belong to the first of each pattern."""
        return matrix if self.rows is None else matrix[self.rows]


def find_patterns(X: Float, Z: Float, starts: Int) -> Patterns:
    """Group the subjects by their rows of X, shape (n, p), and Z, shape (n, q).

    Parameters
    ----------
    X, Z : ndarray
        C-contiguous; rows of one subject adjacent.
    starts : ndarray of int of shape (m + 1,)
        First row of each subject, then n.
    """
    m, bits = len(starts) - 1, (X.view(np.uint64), Z.view(np.uint64))
    codes, firsts = match_hashes(hash_subjects(X, Z, starts))
    if len(firsts) > WORTH * m or not _all_equal(bits, starts, codes, firsts):
        return Patterns(np.arange(m), np.ones(m, np.int64), None, starts)
    lengths = np.diff(starts)[firsts]
    places = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.arange(places[-1]) + np.repeat(starts[firsts] - places[:-1], lengths)
    return Patterns(codes, np.bincount(codes), rows, places)


def hash_subjects(X: Float, Z: Float, starts: Int) -> NDArray[np.uint64]:
    """A hash of each subject's rows of X, shape (n, p), and Z, shape (n, q); shape (m,), the same in any data."""
    m, bits = len(starts) - 1, (X.view(np.uint64), Z.view(np.uint64))
    longest = int((starts[1:] - starts[:-1]).max())
    hashes, words = np.empty(m, np.uint64), hash_words(longest * (X.shape[1] + Z.shape[1]))
    over_ranges(lambda a, b: _hash_subjects(*bits, starts, words, a, b, hashes), m, RANGE)
    return hashes


@lru_cache(maxsize=8)
def hash_words(size: int) -> NDArray[np.uint64]:
    """Random odd words to hash by, one for each number of a subject at least; the same every time."""
    return np.random.default_rng(1).integers(0, 2**64, size, np.uint64) | np.uint64(1)


@njit(cache=True, nogil=True)
def group_subjects(X, Z, starts, words):  # type: ignore[no-untyped-def]  # bits of X and Z, unsigned 64 bits
    """The pattern of each subject, and the first subject of each pattern, in one compiled call.

    Every subject is a pattern of its own where sharing is not worth its while.
    """
    m = len(starts) - 1
    hashes = np.empty(m, np.uint64)
    _hash_subjects(X, Z, starts, words, 0, m, hashes)
    codes, firsts = match_hashes(hashes)
    if len(firsts) > WORTH * m or not _equal_rows(X, Z, starts, codes, firsts, 0, m):
        return np.arange(m), np.arange(m)
    return codes, firsts


def _all_equal(bits: tuple[NDArray[np.uint64], NDArray[np.uint64]], starts: Int, codes: Int, firsts: Int) -> bool:
    """Whether each subject's rows are those of the first of its pattern."""
    same = over_ranges(lambda a, b: _equal_rows(*bits, starts, codes, firsts, a, b), len(codes), RANGE)
    return all(same)


@njit(cache=True, nogil=True)
def _hash_subjects(X, Z, starts, weights, first, last, hashes):  # type: ignore[no-untyped-def]  # unsigned 64 bits
    """A sum of words times random weights, over each subject's rows as one stretch of memory."""
    half, p, q = np.uint64(32), X.shape[1], Z.shape[1]
    flat_x, flat_z = X.reshape(-1), Z.reshape(-1)
    for i in range(first, last):
        n = starts[i + 1] - starts[i]
        value = np.uint64(n) * weights[0]
        words = flat_x[starts[i] * p : starts[i + 1] * p]
        for k in range(n * p):
            value += (words[k] ^ (words[k] >> half)) * weights[k]
        words = flat_z[starts[i] * q : starts[i + 1] * q]
        for k in range(n * q):
            value += (words[k] ^ (words[k] >> half)) * weights[n * p + k]
        hashes[i] = value


@njit(cache=True, nogil=True)
def match_hashes(hashes):  # type: ignore[no-untyped-def]  # unsigned 64 bits throughout
    """The number of each hash in order of first occurrence, and where each first occurs: open addressing."""
    m, size = len(hashes), 16
    while size < 2 * m:
        size *= 2
    mask, shift = np.uint64(size - 1), np.uint64(17)
    table, codes, firsts = np.full(size, -1), np.empty(m, np.int64), np.empty(m, np.int64)
    found = 0
    for i in range(m):
        slot = np.int64((hashes[i] ^ (hashes[i] >> shift)) & mask)
        while table[slot] >= 0 and hashes[firsts[table[slot]]] != hashes[i]:
            slot = (slot + 1) & (size - 1)
        if table[slot] < 0:
            table[slot], firsts[found] = found, i
            found += 1
        codes[i] = table[slot]
    return codes, firsts[:found].copy()


@njit(cache=True, nogil=True)
def _equal_rows(X, Z, starts, codes, firsts, first, last):  # type: ignore[no-untyped-def]  # unsigned 64 bits
    p, q = X.shape[1], Z.shape[1]
    flat_x, flat_z = X.reshape(-1), Z.reshape(-1)
    for i in range(first, last):
        here, there = starts[i], starts[firsts[codes[i]]]
        n = starts[i + 1] - here
        if n != starts[firsts[codes[i]] + 1] - there:
            return False
        one, other = flat_x[here * p : (here + n) * p], flat_x[there * p : (there + n) * p]
        differ = np.uint64(0)
        for k in range(n * p):
            differ |= one[k] ^ other[k]
        one, other = flat_z[here * q : (here + n) * q], flat_z[there * q : (there + n) * q]
        for k in range(n * q):
            differ |= one[k] ^ other[k]
        if differ != 0:
            return False
    return True
