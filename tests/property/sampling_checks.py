"""What every sampler must keep, as functions: the tests apply them, and so do the mutants.

A check takes what draws, not what it is made of, so that a broken one can be handed in.
Statistics are those of `glowrec.testing`, which a correct sampler fails once in a million runs;
seeds are fixed, so a check that passes once always does.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from glowrec import Graph
from glowrec.testing import check_frequencies, check_inclusions, count_draws


@dataclass(frozen=True)
class World:
    """Links, and what else may not be drawn, as sets."""

    n_users: int
    n_items: int
    train: frozenset
    exclude: frozenset | None = None
    allow: frozenset | None = None
    blocked: frozenset = field(default_factory=frozenset)

    def graph(self, links=None):
        users, items = zip(*sorted(self.train if links is None else links), strict=True)
        return Graph.from_edges(users, items, n_users=self.n_users, n_items=self.n_items)

    def limits(self):
        """Keyword arguments of a sampler."""

        def links(pairs):
            if pairs is None:
                return None
            users, items = zip(*pairs, strict=True) if pairs else ((), ())
            return Graph.from_edges(users, items, n_users=self.n_users, n_items=self.n_items)

        return {
            "exclude": links(self.exclude),
            "allow": links(self.allow),
            "blocked": sorted(self.blocked) if self.blocked else None,
        }

    def possible(self, user):
        """Items that may be drawn for a user, by their definition."""
        return [
            item
            for item in range(self.n_items)
            if (user, item) not in self.train
            and (user, item) not in (self.exclude or ())
            and (self.allow is None or (user, item) in self.allow)
            and item not in self.blocked
        ]

    def mask(self):
        """Whether a user may draw an item, shape (n_users, n_items)."""
        found = np.zeros((self.n_users, self.n_items), dtype=bool)
        for user in range(self.n_users):
            found[user, self.possible(user)] = True
        return found

    def linked(self):
        found = np.zeros((self.n_users, self.n_items), dtype=bool)
        found[tuple(np.array(sorted(self.train)).T)] = True
        return found


def world(**changes):
    """Users with one item to all but one or two, items of very different degrees, two unknown."""
    degrees = (1, 2, 3, 5, 8, 10, 10, 9, 1, 4)
    train = {
        (user, (user * 3 + i) % 10) for user, degree in enumerate(degrees) for i in range(degree)
    }
    train |= {(user, 0) for user in range(10)} | {(user, 1) for user in range(6)}
    return World(10, 12, frozenset(train), **changes)


def roomy_world():
    """The users with few items: every batch holds negatives of each."""
    train = world().train
    few = {user for user in range(10) if sum(pair[0] == user for pair in train) < 7}
    return World(10, 12, frozenset(pair for pair in train if pair[0] in few or pair[1] < 4))


def limited_world(links=None):
    """The same links within limits of every kind."""
    exclude = frozenset((user, (user * 5 + 2) % 12) for user in range(10))
    allow = frozenset((user, item) for user in range(10) for item in range(12) if user + item != 9)
    limits = {"exclude": exclude, "allow": allow, "blocked": frozenset({4})}
    return world(**limits) if links is None else replace(links, **limits)


def only_possible(sampler, world_, epochs=range(3)):
    """No negative is a positive or otherwise forbidden; all positives are linked."""
    allowed, linked = world_.mask(), world_.linked()
    for epoch in epochs:
        drawn = sampler.sample(epoch, 0, sampler.n_triplets)
        negatives = drawn.negatives.reshape(len(drawn.users), -1)
        assert linked[drawn.users, drawn.positives].all(), "a positive is not linked"
        assert allowed[drawn.users[:, None], negatives].all(), "a forbidden item was drawn"


def counted(sampler, world_, epochs):
    """How often each item was drawn for each user, shape (n_users, n_items)."""
    counts = np.zeros((world_.n_users, world_.n_items), dtype=np.int64)
    for epoch in range(epochs):
        drawn = sampler.sample(epoch, 0, sampler.n_triplets)
        counts += count_draws(
            drawn.users, drawn.negatives, n_users=world_.n_users, n_items=world_.n_items
        )
    return counts


def reported(sampler, world_):
    """The probabilities that a sampler reports, shape (n_users, n_items)."""
    users, items = np.divmod(np.arange(world_.n_users * world_.n_items), world_.n_items)
    return sampler.probabilities(users, items).reshape(world_.n_users, world_.n_items)


def frequencies_are_probabilities(sampler, world_, epochs=300):
    """Draws of each user come as often as reported, and only what may be drawn is reported."""
    chances, counts = reported(sampler, world_), counted(sampler, world_, epochs)
    users = np.flatnonzero(counts.sum(axis=1))
    assert len(users) > 1
    assert (abs(chances[users].sum(axis=1) - 1) < 1e-12).all(), "probabilities do not add up to 1"
    assert (chances[users][~world_.mask()[users]] == 0).all(), "a forbidden item is reported"
    check_frequencies(counts[users], chances[users], users=users)
    return chances


def distinct_and_successive(sampler, world_, epochs=1500):
    """Negatives of a position differ, and the second is drawn in proportion among the others."""
    chances = reported(sampler, world_)
    squares = np.zeros((world_.n_users, world_.n_items, world_.n_items), dtype=np.int64)
    for epoch in range(epochs):
        drawn = sampler.sample(epoch, 0, sampler.n_triplets)
        ordered = np.sort(drawn.negatives, axis=1)
        assert (np.diff(ordered, axis=1) > 0).all(), "a negative came twice"
        np.add.at(squares, (drawn.users, drawn.negatives[:, 0], drawn.negatives[:, 1]), 1)
    users = np.flatnonzero(squares.sum(axis=(1, 2)))
    first = chances[users]
    both = first[:, :, None] * first[:, None, :] / np.clip(1 - first, 1e-300, None)[:, :, None]
    both[:, np.arange(world_.n_items), np.arange(world_.n_items)] = 0
    check_frequencies(
        squares[users].reshape(len(users), -1), both.reshape(len(users), -1), users=users
    )


def any_cut_is_the_same(sampler, set_threads, epoch=5):
    """One call or many, on any number of threads, in any order."""
    n = sampler.n_triplets
    whole = [part.tolist() for part in sampler.sample(epoch, 0, n)]
    cuts = [0, 1, n // 3, n // 2, n - 1, n]
    for threads in (1, 2, 7):
        set_threads(threads)
        chunks = [sampler.sample(epoch, start, stop) for start, stop in pairwise(cuts)][::-1]
        joined = [np.concatenate(parts[::-1]).tolist() for parts in zip(*chunks, strict=True)]
        assert joined == whole, "a draw depends on what was asked for with it"


def stand_in_batches(batches_of_epoch, world_, probabilities, epochs=1500):
    """Items stand in whole batches as often as reported."""
    stood = np.zeros(world_.n_items, dtype=np.int64)
    for epoch in range(epochs):
        first = next(iter(batches_of_epoch(epoch)))  # one batch: those of an epoch are related
        stood[np.unique(first)] += 1
    check_inclusions(stood, epochs, probabilities)


def from_the_same_batch(sampler, epoch=2):
    """Negatives are positives of other positions of their batch."""
    for index in range(sampler.n_batches):
        batch = sampler.batch(epoch, index)
        assert np.isin(batch.negatives, batch.positives).all(), "a negative is of no position"


def candidates_keep_their_word(candidates, world_, n, *, distinct):
    """Possible items only, without the target, different, as if each user were alone."""
    allowed = world_.mask()
    users = np.flatnonzero(allowed.sum(axis=1) >= n + 1)
    targets = np.array([int(np.flatnonzero(allowed[user])[0]) for user in users])
    assert len(users) > 1
    for of_targets in (None, targets):
        drawn = candidates.sample(users, of_targets)
        assert drawn.shape == (len(users), n)
        assert allowed[users[:, None], drawn].all(), "a forbidden item was drawn"
        if of_targets is not None:
            assert (drawn != targets[:, None]).all(), "a target is its own candidate"
        if distinct:
            assert (np.diff(np.sort(drawn, axis=1), axis=1) > 0).all(), "a candidate came twice"
        some = slice(1, None, 2)
        again = candidates.sample(users[some], None if of_targets is None else targets[some])
        assert again.tolist() == drawn[some].tolist(), "a draw depends on other users"


def included_as_often(candidates_of_seed, world_, seeds=4000):
    """Items are among a user's candidates as often as reported."""
    allowed = world_.mask()
    users = np.flatnonzero(allowed.sum(axis=1) >= candidates_of_seed(0).n)
    hits = np.zeros((len(users), world_.n_items), dtype=np.int64)
    for seed in range(seeds):
        drawn = candidates_of_seed(seed).sample(users)
        rows = np.repeat(np.arange(len(users)), drawn.shape[1])
        here = np.zeros(hits.shape, dtype=bool)
        here[rows, drawn.ravel()] = True
        hits += here
    grid = np.repeat(users, world_.n_items), np.tile(np.arange(world_.n_items), len(users))
    chances = candidates_of_seed(0).probabilities(*grid).reshape(hits.shape)
    certain = abs(chances - chances.round()) < 1e-12
    check_inclusions(hits, seeds, np.where(certain, chances.round(), chances))


def best_of_candidates(sampler, vectors, epoch=3):
    """The hardest is the first of the candidates with the highest product."""
    n = sampler.n_triplets
    drawn, n_users = sampler.sample(epoch, 0, n, vectors=vectors), len(vectors) - N_ITEMS
    candidates = sampler.candidates(epoch, 0, n)
    scores = (vectors[drawn.users][:, None, None] * vectors[n_users + candidates]).sum(axis=-1)
    best = np.take_along_axis(candidates, scores.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    assert drawn.negatives.reshape(best.shape).tolist() == best.tolist(), "not the best"


N_ITEMS = 12


def labels_tell_links(batch, world_):
    """1 for the user's own items, 0 for possible negatives."""
    linked, allowed = world_.linked(), world_.mask()
    positive = batch.labels == 1
    assert set(batch.labels.tolist()) == {0, 1}
    assert linked[batch.users[positive], batch.items[positive]].all(), "a label is wrong"
    assert allowed[batch.users[~positive], batch.items[~positive]].all(), "a label is wrong"


def clashes_are_what_is_no_negative(batch, world_):
    """The mask of a batch says which items its users may draw."""
    assert (batch.mask() == world_.mask()[batch.users][:, batch.items]).all(), "the mask is wrong"
