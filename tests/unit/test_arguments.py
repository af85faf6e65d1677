"""What is no number, no list of names or no set of links is named with its parameter."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp

import glowrec as gr
import glowrec.testing
from glowrec.datasets import synthetic
from glowrec.errors import DataError, IdError, ParameterError, ShapeError
from glowrec.io import read_csv
from glowrec.neighbors import nearest_items
from glowrec.splitting import hold_out

GRAPH = gr.Graph.from_edges([0, 1, 2], [0, 1, 2], n_users=3, n_items=4)
LOG = gr.Interactions.from_arrays([0, 1, 2], [0, 1, 2])
X = np.ones((7, 2), np.float32)
SAMPLER = gr.TripletSampler(GRAPH, 2)
HARD = {"negatives": gr.Hardest(2)}
HARDEST = gr.TripletSampler(GRAPH, **HARD)

REFUSED = [
    (lambda: gr.TripletSampler(None), r"train: expected Interactions, a Graph or a SciPy"),
    (lambda: HARDEST.sample(0, 0, 1, vectors=[[1.0]]), r"vectors: expected an array .*, got list"),
    (lambda: SAMPLER.batch(0, None), r"index = None: expected a whole number"),
    (lambda: SAMPLER.sample(0, None, 1), r"start = None: expected a whole number"),
    (lambda: SAMPLER.sample(0, 0, 1.5), r"stop = 1\.5: expected a whole number"),
    (lambda: SAMPLER.epoch(0, start_batch="0"), r"start_batch = '0': expected a whole number"),
    (
        lambda: gr.TripletSampler(GRAPH, n_negatives=2**20, **HARD),
        r"n_negatives = 1048576 ",
    ),
    (lambda: GRAPH.propagate(X, 1.5), r"n_layers = 1\.5: expected a whole number"),
    (lambda: GRAPH.propagate(X, 99_999_999), r"n_layers = 99999999: expected at most 1024"),
    (lambda: GRAPH.propagate(X, 1, weights="abc"), r"weights = 'abc': expected numbers"),
    (lambda: GRAPH.propagate(X, 1, keep_prob=None), r"keep_prob = None: expected a number"),
    (lambda: GRAPH.propagate(X, 1, keep_prob="0.5"), r"keep_prob = '0\.5': expected a number"),
    (lambda: GRAPH.propagate(X, 1, dropout_seed=1.5), r"dropout_seed = 1\.5: expected a whole"),
    (lambda: hold_out(LOG, None), r"fraction = None: expected a number"),
    (lambda: hold_out(LOG, seed=None), r"seed = None: expected a whole number"),
    (lambda: hold_out(LOG, seed=1.5), r"seed = 1\.5: expected a whole number"),
    (lambda: synthetic(seed=None), r"seed = None: expected a whole number"),
    (lambda: synthetic(n_groups=2.5), r"n_groups = 2\.5: expected a whole number"),
    (lambda: read_csv("log.csv", sep=None), r"sep = None: expected one character"),
    (lambda: gr.IdMap.range(1.5), r"n = 1\.5: expected a whole number"),
    (lambda: gr.Interactions.from_arrays([0], [0], n_users=1.5), r"n_users = 1\.5: expected a wh"),
    (lambda: gr.Graph.from_edges([0], [0], n_users=1.5, n_items=1), r"n_users = 1\.5: expected"),
    (
        lambda: gr.TripletSampler(GRAPH, replacement="no"),
        r"replacement = 'no': expected True or F",
    ),
    (lambda: gr.TripletSampler(GRAPH, drop_last="no"), r"drop_last = 'no': expected True or F"),
    (lambda: gr.PointwiseSampler(GRAPH, drop_last=1), r"drop_last = 1: expected True or False"),
    (lambda: gr.PairSampler(GRAPH, drop_last=None), r"drop_last = None: expected True or False"),
    (lambda: gr.InBatchSampler(GRAPH, drop_last=0), r"drop_last = 0: expected True or False"),
    (lambda: gr.Candidates(GRAPH, replacement="no"), r"replacement = 'no': expected True or F"),
    (lambda: GRAPH.to_scipy(transpose="no"), r"transpose = 'no': expected True or False"),
    (lambda: GRAPH.propagate(X, 1, transpose="no"), r"transpose = 'no': expected True or False"),
    (lambda: GRAPH.adjacency(transpose=1), r"transpose = 1: expected True or False"),
    (lambda: gr.ItemKNN(weighted="no"), r"weighted = 'no': expected True or False"),
    (lambda: gr.PureSVD(weighted="no"), r"weighted = 'no': expected True or False"),
    (lambda: read_csv("log.csv", header="no"), r"header = 'no': expected True or False"),
    (
        lambda: gr.Popular().fit(LOG).recommend(exclude_seen="no"),
        r"exclude_seen = 'no': expected True or False",
    ),
    (lambda: gr.TripletSampler(GRAPH, order=np.array(["a", "b"])), r"order = a ndarray: expected"),
    (lambda: gr.InBatchSampler(GRAPH, order=["a"]), r"order = a list: expected one of interact"),
    (
        lambda: gr.testing.check_distribution(None, GRAPH, "a"),
        r"weights: expected real numbers, got <U1",
    ),
    (lambda: gr.load(None), r"folder: expected a path, got NoneType$"),
    (lambda: gr.EASE.load(3), r"folder: expected a path, got int$"),
    (lambda: gr.EASE(1e300), r"l2 = 1e\+300: too large for float32, .*; take at most 9e\+18$"),
    (lambda: gr.EASE(1e300, dtype="float64"), r"l2 = 1e\+300: too large for float64, "),
    (lambda: gr.evaluate_rankings([[0]], GRAPH, metrics=None, users=[0]), r"metrics = None: exp"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_the_parameter_is_named(call, message):
    with pytest.raises(ParameterError, match=f"^{message}"):
        call()


@pytest.mark.parametrize("kind", [sp.coo_array, sp.csr_matrix, sp.csc_array])
def test_a_cell_that_is_nan_is_no_link(kind):
    matrix = kind(np.array([[0.0, 1.0], [np.nan, 2.0], [np.nan, 0.0]]))
    message = r"\[[12], 0\] = nan: expected a number, or no entry$"
    for name, read in (
        ("train", gr.TripletSampler),
        ("log", nearest_items),
        ("matrix", gr.Graph.from_scipy),
        ("matrix", gr.Interactions.from_scipy),
    ):
        with pytest.raises(DataError, match=f"^{name}{message}"):
            read(matrix)


def test_the_largest_l2_leaves_weights():
    model = gr.EASE(9e18).fit(gr.Interactions.from_arrays([0, 0, 1, 1], [0, 1, 1, 2]))
    assert model.score(np.array([0]))[0, 1] > 0


def test_flags_may_be_those_of_numpy():
    sampler = gr.TripletSampler(GRAPH, 2, drop_last=np.True_, replacement=np.False_)
    assert sampler.drop_last is True
    assert sampler.replacement is False


def test_ragged_rows_are_no_table():
    with pytest.raises(ShapeError, match=r"^x: rows of unequal length"):
        GRAPH.propagate([[1.0], [1.0, 2.0]], 1)


def test_codes_are_whole_numbers():
    with pytest.raises(IdError, match=r"^codes: expected whole numbers, got float64$"):
        LOG.decode_users([1.7])
    with pytest.raises(IdError, match=r"^codes\[0\] = 18446744073709551615 is not in 0\.\.3$"):
        LOG.decode_users(np.array([2**64 - 1], np.uint64))
    assert LOG.decode_users([]).tolist() == []


def test_huge_ids_do_not_wrap_around():
    huge = np.array([2**64 - 1], np.uint64)
    with pytest.raises(IdError, match=r"^users: 18446744073709551615 does not fit 64 bits"):
        gr.top_k([[1.0]], [[1.0]], 1, users=huge)
    with pytest.raises(IdError, match=r"^recommended: 18446744073709551615 does not fit"):
        gr.evaluate_rankings(huge[:, np.newaxis], GRAPH, 1, users=[0])


@pytest.mark.parametrize("ids", [["a", "a\0"], np.array(["a", "a\0"], object), ["a", "\0b"]])
def test_ids_hold_no_nul(ids):
    with pytest.raises(DataError, match=r"^users\[1\] = .*: an id must not hold NUL$"):
        gr.Interactions.from_arrays(ids, [0, 1])


def test_a_sampler_takes_a_scipy_matrix():
    matrix = sp.csr_array(([1, 1, 1], ([0, 1, 2], [0, 1, 2])), shape=(3, 4))
    drawn = gr.TripletSampler(matrix, 2).sample(1, 0, 3)
    for found, expected in zip(drawn, SAMPLER.sample(1, 0, 3), strict=True):
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("k", [2**24 + 1, 99_999_999_999, 2**62, 2**63, 2**64])
def test_lists_longer_than_any_catalogue_are_refused(k):
    with pytest.raises(ParameterError, match=f"^k = {k}: expected at most 16777216$"):
        gr.top_k([[1.0]], [[1.0]], k)
    with pytest.raises(ParameterError, match=f"^k = {k}: expected at most 16777216$"):
        gr.evaluate_factors(np.ones((3, 1)), np.ones((4, 1)), None, GRAPH, k=(1, k))


def test_lists_longer_than_the_catalogue_are_padded():
    items, scores = gr.top_k(np.ones((2, 3)), np.ones((5, 3)), 1000)
    assert items.tolist() == [[0, 1, 2, 3, 4] + [-1] * 995] * 2
    assert scores.tolist() == [[3.0] * 5 + [-np.inf] * 995] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to such a limit")
def test_lists_that_fit_no_memory_are_an_error():
    code = """
import resource, numpy as np, glowrec
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
glowrec.top_k(np.ones((600, 4), 'f4'), np.ones((9, 4), 'f4'), 2**24)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last == "MemoryError: no room for 600 lists of 16777216 items"
