"""How full a convolved matrix must be for dense tiles to be faster than sparse rows."""

from __future__ import annotations

import sys

import numpy as np
import torch

import measure
from glowrec.nn import RatingMatrix
from glowrec.nn.glocal_sparse import SparseProducts

SHARES = (0.1, 0.3, 0.5, 0.6, 0.7, 0.9)
ROUTES = {measure.OURS: False, "dense tiles": True}


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Time the convolved product with its gradients, by sparse rows and by dense tiles."""
    extra = {"hidden": {"type": int, "default": 500}}
    options = measure.arguments(__doc__, argv, **extra)
    shape = (60, 40) if options.data == "tiny" else (1_500, 3_000)
    found = {}
    with measure.threads(options.threads):
        print("\n### GLocal-K, the convolved product with its gradients\n")
        print(f"{shape[0]:,} x {shape[1]:,} cells, uniform ratings, every weight of the 3 x 3 ")
        print(f"kernel positive, {options.hidden} hidden units, median of {options.rounds}, ")
        print(f"{measure.machine(options.threads)}\n")
        print("| reached | sparse rows ms | dense tiles ms | tiles / rows |\n|---|---:|---:|---:|")
        for share in SHARES:
            routes = {
                name: Product(ratings(shape, share), options.hidden, tile=tile)
                for name, tile in ROUTES.items()
            }
            check(*routes.values())
            rows, tiles = measure.seconds(routes, options.rounds).values()
            print(f"| {share:.0%} | {rows * 1e3:.1f} | {tiles * 1e3:.1f} | {tiles / rows:.2f} |")
            found |= {f"{share:.0%}, rows": rows, f"{share:.0%}, tiles": tiles}
    return found


class Product:
    """The product of the convolved matrix with weights, and what flows back."""

    def __init__(self, given: RatingMatrix, hidden: int, *, tile: bool) -> None:
        generator = torch.Generator().manual_seed(0)
        self.products = SparseProducts(given, torch.float32, torch.device("cpu"), tile=tile)
        self.kernel = torch.rand((1, 3, 3), generator=generator).requires_grad_()
        self.weights = torch.randn((given.shape[1], hidden), generator=generator).requires_grad_()
        self.bias = torch.zeros(hidden, requires_grad=True)

    def __call__(self) -> list[torch.Tensor]:
        out = self.products.first_convolved(self.kernel, self.weights, self.bias)
        inputs = [self.kernel, self.weights, self.bias]
        return [out, *torch.autograd.grad(out.square().sum(), inputs)]


def ratings(shape: tuple[int, int], share: float) -> RatingMatrix:
    """Uniform ratings, so many that the 3 x 3 neighbourhoods of all reach `share` of the cells."""
    rng = np.random.default_rng(0)
    rated = rng.random(shape) < 1 - (1 - share) ** (1 / 9)
    rated[:, 0] = True  # rows without ratings have no convolved row that anybody reads
    rows, columns = np.nonzero(rated)
    return RatingMatrix(rows, columns, rng.integers(1, 6, len(rows)), shape)


def check(mine: Product, theirs: Product) -> None:
    """A wrong answer is not timed."""
    for found, expected in zip(mine(), theirs(), strict=True):
        if not (found - expected).abs().max() <= 1e-4 * expected.abs().max():
            sys.exit("sparse rows and dense tiles differ; not timed")


if __name__ == "__main__":
    main()
