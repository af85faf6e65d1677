"""An epoch of negative sampling: our complete shuffled triplets, NumPy's negatives only."""

from __future__ import annotations

import sys

import numpy as np

import glowrec as gr
import measure

BATCHES = (2048, 32_768)


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check what both draw, then time them."""
    options = measure.arguments(__doc__, argv)
    pairs = measure.load(options.data)
    train = pairs.interactions()
    bitmap = Bitmap(pairs)
    with measure.threads(options.threads):
        samplers = {size: gr.TripletSampler(train, batch_size=size, seed=0) for size in BATCHES}
        first = samplers[BATCHES[0]]
        check(pairs, first, bitmap)
        epochs = iter(range(1_000_000))
        routes = {measure.OURS: lambda: first.sample(next(epochs), 0, first.n_triplets)}
        for size, sampler in samplers.items():
            routes[f"glowrec, batches of {size:,}"] = lambda sampler=sampler: exhaust(
                sampler.epoch(next(epochs))
            )
        for size in (8192, 65_536, len(pairs.users)):
            routes[f"NumPy bitmap rejection, {size:,} at a time"] = lambda size=size: bitmap.epoch(
                size
            )
        shuffled = np.random.default_rng(1).permutation(pairs.users)
        routes["NumPy bitmap rejection of shuffled users"] = lambda: bitmap.negatives(shuffled)
        routes["the same, as usually written"] = lambda: bitmap.plainly(shuffled)
        medians = measure.seconds(routes, options.rounds)
    millions = len(pairs.users) / 1e6
    work = f"{pairs.name}: {len(pairs.users):,} triplets (NumPy: only their negatives), "
    work += f"ours {millions / medians[measure.OURS]:.1f} M/s"
    measure.table("Negative sampling, one epoch", medians, options, work)
    return medians


def exhaust(batches) -> None:
    for _ in batches:
        pass


class Bitmap:
    """One bit per user and item; a draw that hits a set bit is drawn again."""

    def __init__(self, pairs: measure.Pairs) -> None:
        self.users, self.n_items = pairs.users, pairs.n_items
        self.stride = (pairs.n_items + 7) // 8
        self.bits = np.zeros(pairs.n_users * self.stride, dtype=np.uint8)
        places = pairs.users * self.stride + (pairs.items >> 3)
        np.bitwise_or.at(self.bits, places, np.left_shift(1, pairs.items & 7).astype(np.uint8))
        self.rng = np.random.default_rng(0)

    def positive(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return (self.bits[users * self.stride + (items >> 3)] >> (items & 7)) & 1

    def negatives(self, users: np.ndarray) -> np.ndarray:
        drawn = self.rng.integers(0, self.n_items, len(users), dtype=np.int32)
        wrong = np.flatnonzero(self.positive(users, drawn))
        while len(wrong):
            drawn[wrong] = self.rng.integers(0, self.n_items, len(wrong), dtype=np.int32)
            wrong = wrong[self.positive(users[wrong], drawn[wrong]).astype(bool)]
        return drawn

    def plainly(self, users: np.ndarray) -> np.ndarray:
        """As it is usually written: two-dimensional look-ups, NumPy's own integers."""
        bits = self.bits.reshape(-1, self.stride)
        drawn = self.rng.integers(0, self.n_items, len(users))
        while True:
            wrong = np.flatnonzero(bits[users, drawn >> 3] >> (drawn & 7) & 1)
            if not len(wrong):
                return drawn
            drawn[wrong] = self.rng.integers(0, self.n_items, len(wrong))

    def epoch(self, size: int) -> list[np.ndarray]:
        n = len(self.users)
        return [self.negatives(self.users[start : start + size]) for start in range(0, n, size)]


def check(pairs: measure.Pairs, sampler: gr.TripletSampler, bitmap: Bitmap) -> None:
    """Ours is a permutation of the interactions; nobody's negative is a positive."""
    drawn = sampler.sample(0, 0, sampler.n_triplets)
    keys = np.sort(drawn.users * pairs.n_items + drawn.positives)
    if not np.array_equal(keys, np.sort(pairs.users * pairs.n_items + pairs.items)):
        sys.exit("the triplets are not a permutation of the interactions: not timed")
    for users, negatives in (
        (drawn.users, drawn.negatives),
        (pairs.users, bitmap.negatives(pairs.users)),
        (pairs.users, bitmap.plainly(pairs.users)),
    ):
        wrong = np.isin(
            users * pairs.n_items + negatives, pairs.users * pairs.n_items + pairs.items
        )
        if wrong.any():
            sys.exit("a positive was drawn as a negative: not timed")


if __name__ == "__main__":
    main()
