"""The whole schedule of GLocal-K on ML-100K: ours, and a dense model under SciPy's L-BFGS-B."""

from __future__ import annotations

import sys
import time

import numpy as np
import scipy.optimize
import torch

import glocal_k
import measure
from glowrec.nn import GLocalK, RatingMatrix
from glowrec.training.glocal_k.minimizers import Objective, OwnLBFGS

SEED, ITERATIONS, CORRECTIONS = 0, 5, 10  # of the published code, for this set
DENSE = "dense PyTorch, SciPy's L-BFGS-B"


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Train both from the same start, compare what they have learned, and print their times."""
    extra = {
        "hidden": {"type": int, "default": 500},
        "local_epochs": {"type": int, "default": 30},
        "global_epochs": {"type": int, "default": 60},
    }
    options = glocal_k.arguments(__doc__, argv, **extra)
    options.rounds = 1  # minutes each
    ratings = glocal_k.load(options.data)
    epochs = {"local": options.local_epochs, "global": options.global_epochs}
    seconds, losses, evaluations = {}, {}, {}
    with measure.threads(options.threads):
        for name, fit in ((measure.OURS, ours), (DENSE, dense)):
            model = start(ratings, options.hidden)
            begun = time.perf_counter()
            losses[name], evaluations[name] = fit(model, ratings, epochs)
            seconds[name] = time.perf_counter() - begun
    mine, theirs = losses.values()
    # Sums are rounded in another order, and hundreds of steps build on each other.
    for at, tolerance in ((0, 1e-3), (-1, 0.05)):
        if not abs(mine[at] - theirs[at]) <= tolerance * theirs[at]:
            sys.exit(f"losses differ: {mine[at]} and {theirs[at]}; not shown")
    work = f"{options.data}: {len(ratings):,} ratings, {epochs['local']} + {epochs['global']} "
    work += f"epochs of {ITERATIONS} iterations, evaluations {list(evaluations.values())}, "
    work += f"losses after an epoch {mine[0]:,.1f} and {theirs[0]:,.1f}, at the end "
    work += f"{mine[-1]:,.0f} and {theirs[-1]:,.0f}"
    measure.table("GLocal-K, the whole schedule", seconds, options, work)
    return seconds


def start(ratings: RatingMatrix, hidden: int) -> GLocalK:
    generator = torch.Generator().manual_seed(SEED)
    return GLocalK(
        *ratings.shape,
        hidden=hidden,
        l2=glocal_k.L2,
        sparsity=glocal_k.SPARSITY,
        generator=generator,
    )


def ours(model: GLocalK, ratings: RatingMatrix, epochs: dict[str, int]) -> tuple[list[float], int]:
    losses, n_evaluations = [], 0
    for stage, n_epochs in epochs.items():
        minimizer = OwnLBFGS(Objective(model, ratings, stage), ITERATIONS, CORRECTIONS)
        for number in range(1, n_epochs + 1):
            epoch = minimizer.epoch(number, lambda _: None)
            losses.append(epoch.loss)
            n_evaluations += epoch.n_evaluations
    return losses, n_evaluations


def dense(
    model: GLocalK, ratings: RatingMatrix, epochs: dict[str, int]
) -> tuple[list[float], int]:
    """The model on full matrices, its parameters in float64 for SciPy between evaluations."""
    rival = glocal_k.DenseReference(ratings, model.layers[0].bias.numel())
    rival.load_state_dict(model.state_dict())
    losses, n_evaluations = [], 0
    for stage, n_epochs in epochs.items():
        trained = [*rival.layers.parameters()]
        trained += [] if stage == "local" else [*rival.global_kernel.parameters()]

        def evaluated(x: np.ndarray, stage=stage, trained=trained) -> tuple[float, np.ndarray]:
            torch.nn.utils.vector_to_parameters(torch.from_numpy(x).float(), trained)
            value = rival.loss(stage)
            slopes = torch.autograd.grad(value, trained)
            return value.item(), torch.nn.utils.parameters_to_vector(slopes).double().numpy()

        x = torch.nn.utils.parameters_to_vector(trained).detach().double().numpy()
        for _ in range(n_epochs):
            found = scipy.optimize.minimize(
                evaluated,
                x,
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": ITERATIONS, "maxcor": CORRECTIONS},
            )
            x, n_evaluations = found.x, n_evaluations + found.nfev
            losses.append(float(found.fun))
        torch.nn.utils.vector_to_parameters(torch.from_numpy(x).float(), trained)
    return losses, n_evaluations


if __name__ == "__main__":
    main()
