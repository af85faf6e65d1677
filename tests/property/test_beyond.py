"""Beyond-accuracy measures against definitions that loop over items and pairs."""

from itertools import combinations
from math import isnan, log2

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from glowrec import beyond

N_ITEMS = 6
LISTS = st.integers(0, 5).flatmap(
    lambda k: st.integers(0, 5).flatmap(
        lambda rows: arrays(np.int64, (rows, k), elements=st.integers(-1, N_ITEMS - 1))
    )
)
COUNTS = arrays(np.int64, st.integers(0, 8), elements=st.integers(0, 5))
# Few distinct coordinates, both zeros, and lengths whose squares leave float64.
VECTORS = arrays(
    np.float64,
    (N_ITEMS, 3),
    elements=st.sampled_from([-1.0, -0.0, 0.0, 1.0, 2.0, 1e200, 1e-200]),
)


def listed(row):
    return [int(item) for item in row if item >= 0]


@given(lists=LISTS)
def test_exposure_counts(lists):
    expected = [sum(listed(row).count(item) for row in lists) for item in range(N_ITEMS)]
    for layout in (lists, np.asfortranarray(lists)):
        found = beyond.exposure(layout, N_ITEMS)
        assert found.dtype == np.int64
        assert found.tolist() == expected


@given(counts=COUNTS)
def test_gini_is_half_the_relative_mean_difference(counts):
    n, total = len(counts), int(counts.sum())
    found = beyond.gini(counts)
    if not total:
        assert isnan(found)
        return
    apart = sum(abs(int(x) - int(y)) for x in counts for y in counts)
    assert found == pytest.approx(apart / (2 * n * total), abs=1e-15)
    assert beyond.gini(counts[::-1]) == found
    assert 0 <= found <= (n - 1) / n


@given(counts=COUNTS)
def test_entropy_and_coverage(counts):
    n, total = len(counts), int(counts.sum())
    covered = beyond.coverage(counts)
    assert isnan(covered) if not n else covered == sum(c > 0 for c in counts) / n
    bits, share = beyond.entropy(counts), beyond.entropy(counts, normalized=True)
    if not total:
        assert isnan(bits)
        assert isnan(share)
        return
    expected = -sum(c / total * log2(c / total) for c in counts.tolist() if c)
    assert bits == pytest.approx(expected, abs=1e-12)
    assert share == pytest.approx(expected / log2(n) if n > 1 else 0, abs=1e-12)


@given(lists=LISTS, counts=arrays(np.int64, N_ITEMS, elements=st.integers(0, 7)))
def test_novelty_and_popularity_are_means_over_the_list(lists, counts):
    novelty, popularity = beyond.novelty(lists, counts, 7), beyond.popularity(lists, counts)
    assert novelty.shape == popularity.shape == (len(lists),)
    for row, new, popular in zip(lists, novelty, popularity, strict=True):
        items = listed(row)
        if not items:
            assert isnan(new)
            assert isnan(popular)
            continue
        information = [-log2(max(int(counts[i]), 1) / 7) for i in items]
        assert new == pytest.approx(sum(information) / len(items), abs=1e-12)
        assert popular == pytest.approx(sum(int(counts[i]) for i in items) / len(items))


@given(lists=LISTS, vectors=VECTORS, entries=st.sampled_from([1, 40, 2**18]))
def test_diversity_is_the_mean_over_pairs(lists, vectors, entries):
    def apart(i, j):
        x, y = (v / max(np.abs(v).max(), 1e-300) for v in (vectors[i], vectors[j]))
        norms = np.linalg.norm(x) * np.linalg.norm(y)
        return 1 - (x @ y / norms if norms else 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beyond, "_ENTRIES", entries)
        found = beyond.diversity(lists, vectors)
    assert found.shape == (len(lists),)
    for row, value in zip(lists, found, strict=True):
        pairs = [apart(i, j) for i, j in combinations(listed(row), 2)]
        if pairs:
            assert value == pytest.approx(np.mean(pairs), abs=1e-12)
            assert 0 <= value <= 2
        else:
            assert isnan(value)
