"""Rankings without tied scores, and how a peer's numbers for them are held against ours."""

import warnings
from dataclasses import dataclass

import numpy as np
import pytest

import glowrec

N_ITEMS = 25
CUTS = (1, 5, 10)


@dataclass(frozen=True)
class Case:
    """What was recommended and what is relevant, user by user; a user may lack either."""

    lists: dict[int, list[int]]
    relevant: dict[int, set[int]]
    n_users: int

    @property
    def judged(self):
        """The users with a list and relevant items."""
        return sorted(self.lists.keys() & self.relevant.keys())

    def scored(self, user):
        """Return the items of a list with scores that fall by rank."""
        return {item: float(N_ITEMS - rank) for rank, item in enumerate(self.lists[user])}

    def rows(self):
        """Return the lists as one array; -1 fills up."""
        rows = np.full((self.n_users, N_ITEMS), -1)
        for user, ranked in self.lists.items():
            rows[user, : len(ranked)] = ranked
        return rows

    def test(self):
        """Return the links to relevant items."""
        pairs = [(user, item) for user, items in self.relevant.items() for item in items]
        users, items = zip(*pairs, strict=True)
        return glowrec.Graph.from_edges(users, items, n_users=self.n_users, n_items=N_ITEMS)

    def agrees(self, convention, k, peer, means, *, tolerance=1e-9):
        """Check ours in a convention against a peer's values per user, and its means.

        `peer` maps metrics to ``{user: value}``; `means` maps them to the peer's own average.
        """
        assert peer.keys() <= means.keys()
        assert means
        found = glowrec.evaluate_rankings(
            self.rows(), self.test(), k, tuple(means), convention=convention
        )
        users = found.users.tolist()
        for metric, mean in means.items():
            key = metric if metric == "r_precision" else f"{metric}@{k}"
            assert found.summary[key] == pytest.approx(mean, rel=0, abs=tolerance), key
            if metric in peer:
                ours = dict(zip(users, found.per_user[key].tolist(), strict=True))
                assert ours == pytest.approx(peer[metric], rel=0, abs=tolerance), key


def drawn(seed, lengths, *, without_test, without_list):
    """Draw 40 users with 1 to 20 relevant items of 25, some without a hit, some without either."""
    rng = np.random.default_rng(seed)
    lists, relevant = {}, {}
    for user in range(40):
        ranked = rng.permutation(N_ITEMS).tolist()
        n_relevant = int(rng.integers(1, 21))
        if user % 8 == 0:  # all of them behind the largest cut-off
            relevant[user] = set(ranked[max(CUTS) :][:n_relevant])
        else:
            relevant[user] = set(rng.choice(N_ITEMS, n_relevant, replace=False).tolist())
        lists[user] = ranked[: rng.integers(1, 13)] if lengths == "short" else ranked
    if without_test:
        relevant = {user: items for user, items in relevant.items() if user % 7 != 3}
    if without_list:
        lists = {user: ranked for user, ranked in lists.items() if user % 9 != 4}
    case = Case(lists, relevant, n_users=40)
    counts = [len(relevant[user]) for user in case.judged]
    assert min(counts) < min(CUTS[1:]) < max(CUTS) < max(counts)
    assert any(not relevant[u] & set(lists[u][: max(CUTS)]) for u in case.judged)
    return case


@pytest.fixture(params=[0, 1, 2])
def draw(request):
    """Draw a case: ``draw("full")`` ranks all items, ``draw("short")`` 1 to 12 of them."""

    def make(lengths="full", *, without_test=True, without_list=True):
        return drawn(request.param, lengths, without_test=without_test, without_list=without_list)

    return make


@pytest.fixture(scope="session")
def case_of():
    """Make a case by hand, from lists and relevant items by user."""
    return Case


@pytest.fixture(params=CUTS)
def k(request):
    return request.param


@pytest.fixture(scope="session")
def peer():
    """Import a module of another library, or skip; what it warns of then is its own affair."""

    def load(module):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pytest.importorskip(
                module, reason=f"{module} is not installed: see the extra 'peers'"
            )

    return load
