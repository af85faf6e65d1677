"""An epoch of negative sampling: our complete shuffled triplets, others' negatives only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count

import numpy as np

import glowrec as gr
import measure
import rival_samplers

BATCH, SMALL_BATCH = 32_768, 2048
POPULARITY = 0.75
MOST_BITS = 2**32  # of a bitmap: half a gigabyte


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check what all draw, then time them."""
    large = {"action": "store_true", "help": "20 M power-law pairs instead; LensKit alone"}
    options = measure.arguments(__doc__, argv, large=large)
    pairs = power_law() if options.large else measure.load(options.data)
    train = pairs.interactions()
    shuffled = np.random.default_rng(1).permutation(pairs.users)
    with measure.threads(options.threads):
        routes = ours(pairs, train)
        if pairs.n_users * pairs.n_items <= MOST_BITS:
            routes |= bitmaps(pairs, shuffled)
        routes |= rivals(pairs, shuffled, everyone=not options.large)
        medians = measure.seconds(routes, options.rounds)
    millions = len(pairs.users) / 1e6
    work = f"{pairs.name}: {len(pairs.users):,} triplets (others on one thread, only their "
    work += f"negatives), ours in batches of {BATCH:,} {millions / medians[measure.OURS]:.1f} M/s"
    measure.table("Negative sampling, one epoch", medians, options, work)
    return medians


def power_law() -> measure.Pairs:
    """20 million distinct pairs; the r-th of users or items is drawn in proportion to r^-1/2."""
    n_pairs, n_users, n_items = 20_000_000, 200_000, 100_000
    drawn = measure.synthetic("power law", n_users, n_items, n_pairs * 11 // 10)
    assert len(drawn.users) >= n_pairs
    kept = np.random.default_rng(1).permutation(len(drawn.users))[:n_pairs]
    return measure.Pairs(drawn.name, drawn.users[kept], drawn.items[kept], n_users, n_items)


def ours(pairs: measure.Pairs, train: gr.Interactions) -> dict[str, Callable[[], object]]:
    """Epochs in batches, as they are used, and in one call, whose arrays are new memory."""
    epochs = count()
    samplers = {measure.OURS: gr.TripletSampler(train, BATCH, seed=0)}
    samplers[f"glowrec, batches of {SMALL_BATCH:,}"] = gr.TripletSampler(train, SMALL_BATCH)
    if hasattr(gr, "Popularity"):
        by_popularity = gr.TripletSampler(train, BATCH, negatives=gr.Popularity(POPULARITY))
        samplers[f"glowrec, Popularity({POPULARITY})"] = by_popularity
    routes = {}
    for name, sampler in samplers.items():
        check_triplets(pairs, name, sampler.sample(0, 0, sampler.n_triplets))
        routes[name] = lambda sampler=sampler: exhaust(sampler.epoch(next(epochs)))
    first = samplers[measure.OURS]
    routes["glowrec, in one call"] = lambda: first.sample(next(epochs), 0, first.n_triplets)
    return routes


def bitmaps(pairs: measure.Pairs, shuffled: np.ndarray) -> dict[str, Callable[[], object]]:
    bitmap, n = Bitmap(pairs), len(pairs.users)
    for users, draw in ((pairs.users, bitmap.negatives), (shuffled, bitmap.plainly)):
        if positives(pairs, users, draw(users)):
            sys.exit("NumPy drew a positive: not timed")
    name = "NumPy bitmap rejection"
    return {
        f"{name}, {size:,} at a time": lambda size=size: bitmap.epoch(size)
        for size in (8192, 65_536, n)
    } | {
        f"{name} of shuffled users": lambda: bitmap.negatives(shuffled),
        "the same, as usually written": lambda: bitmap.plainly(shuffled),
    }


def rivals(
    pairs: measure.Pairs, shuffled: np.ndarray, *, everyone: bool
) -> dict[str, Callable[[], object]]:
    """What they return as negatives is counted, printed, and timed as it is."""
    wanted = (rival_samplers.LensKit, rival_samplers.RecBole)
    found = rival_samplers.available(pairs, wanted if everyone else wanted[:1])
    narrow, routes = shuffled.astype(np.int32), {}
    if lenskit := found.get("LensKit"):
        routes |= {
            f"LensKit, {weighting}, {how}": lambda size=size, weighting=weighting: (
                lenskit.negatives(narrow, size, weighting)
            )
            for weighting in ("uniform", "popularity")
            for how, size in ((f"batches of {BATCH:,}", BATCH), ("in one call", len(narrow)))
        }
    if recbole := found.get("RecBole"):
        for size in (SMALL_BATCH, BATCH):
            routes[f"RecBole, batches of {size:,}"] = lambda size=size: recbole.negatives(
                shuffled, size
            )
    for name, draw in routes.items():
        wrong = positives(pairs, shuffled, np.concatenate(draw()))
        print(f"{name}: {wrong:,} of {len(shuffled):,} negatives are positives")
    if "LensKit" in found:
        dense = nearly_saturated()
        drawn = rival_samplers.LensKit(dense).negatives(dense.users, BATCH)
        wrong = positives(dense, dense.users, np.concatenate(drawn))
        print(f"LensKit, users with 199 of 200 items: {wrong:,} of {len(dense.users):,} are")
    return routes


def nearly_saturated() -> measure.Pairs:
    """Fifty users who each lack one of 200 items."""
    users, items = np.divmod(np.arange(50 * 200), 200)
    linked = items != users
    return measure.Pairs("nearly saturated", users[linked], items[linked], 50, 200)


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


def check_triplets(pairs: measure.Pairs, name: str, drawn: gr.Triplets) -> None:
    """Ours are a permutation of the interactions, and no negative is a positive."""
    keys = np.sort(drawn.users * pairs.n_items + drawn.positives)
    if not np.array_equal(keys, np.sort(pairs.users * pairs.n_items + pairs.items)):
        sys.exit(f"{name}: the triplets are not a permutation of the interactions: not timed")
    if positives(pairs, drawn.users, drawn.negatives):
        sys.exit(f"{name}: a positive was drawn as a negative: not timed")


def positives(pairs: measure.Pairs, users: np.ndarray, negatives: np.ndarray) -> int:
    known = np.sort(pairs.users * pairs.n_items + pairs.items)
    drawn = users * pairs.n_items + negatives
    places = np.minimum(np.searchsorted(known, drawn), len(known) - 1)
    return int((known[places] == drawn).sum())


if __name__ == "__main__":
    main()
