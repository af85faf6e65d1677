"""What strategies draw on any machine, for ever; the core's tests hold the same numbers."""

import pytest

import glowrec as gr

GRAPH = gr.Graph.from_edges(
    [0, 0, 0, 1, 1, 2, 3, 3, 3, 3], [1, 4, 6, 0, 2, 7, 0, 1, 2, 3], n_users=4, n_items=9
)
MIXED = gr.Mixed([(gr.Uniform(), 1.0), (gr.Popularity(), 2.5)])
CASES = {
    "POPULARITY": (gr.Popularity(), "interaction", True),
    "MIXED": (MIXED, "interaction", True),
    "IN_BATCH": (gr.InBatch(), "interaction", True),
    "DISTINCT": (gr.Uniform(), "interaction", False),
    "DISTINCT_POPULARITY": (gr.Popularity(), "popularity_corrected", False),
}
WRITTEN = {
    "POPULARITY": [6, 1, 7, 6, 1, 4, 7, 4, 0, 3, 7, 7, 2, 7, 7, 0, 4, 4, 6, 7],
    "MIXED": [8, 1, 7, 7, 1, 4, 7, 4, 0, 5, 7, 7, 7, 7, 7, 0, 4, 4, 6, 7],
    "IN_BATCH": [1, 2, 6, 4, 1, 6, 7, 4, 0, 2, 6, 6, 0, 2, 2, 0, 6, 3, 7, 4],
    "DISTINCT": [8, 3, 7, 6, 3, 1, 8, 7, 2, 5, 8, 7, 7, 3, 3, 0, 3, 7, 4, 6],
    "DISTINCT_POPULARITY": [6, 1, 2, 0, 7, 4, 7, 4, 1, 6, 3, 1, 2, 7, 7, 0, 2, 3, 6, 7],
    "CANDIDATES": [2, 3, 8, 0, 7, 6, 8, 5],
    "OF_TARGETS": [7, 8, 5, 3, 5, 4, 6, 7],
}


def drawn(name):
    strategy, order, replacement = CASES[name]
    options = {"order": order, "n_negatives": 2, "replacement": replacement}
    sampler = gr.TripletSampler(GRAPH, 10, 2020, negatives=strategy, **options)
    return sampler.sample(1, 0, 10).negatives.ravel().tolist()


@pytest.mark.parametrize("name", CASES)
def test_every_strategy_is_written_down(name):
    assert drawn(name) == WRITTEN[name]


def test_candidates_are_written_down():
    candidates = gr.Candidates(GRAPH, 4, 7)
    assert candidates.sample([0, 3]).ravel().tolist() == WRITTEN["CANDIDATES"]
    assert candidates.sample([0, 3], [0, 8]).ravel().tolist() == WRITTEN["OF_TARGETS"]
