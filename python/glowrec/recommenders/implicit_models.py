"""The factorisations of the library implicit, as recommenders of this one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from glowrec.arguments import bounded, real_number
from glowrec.errors import MissingExtraError
from glowrec.factors import single
from glowrec.recommenders.vector_baseline import VectorBaseline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions


class ImplicitALS(VectorBaseline):
    """Alternating least squares of the library implicit: weighted matrix factorisation.

    Parameters
    ----------
    dim : int, default 64
        Factors.
    regularization : float, default 0.01
    alpha : float, default 1.0
        Weight of what was touched.
    iterations : int, default 15
    seed : int, default 0
    num_threads : int, default 0
        0: one per core.

    Raises
    ------
    ParameterError
        If a setting is none of its kind.
    MissingExtraError
        When fitting, if implicit is not installed. A saved model is read without it.

    References
    ----------
    Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008.

    Examples
    --------
    >>> import glowrec as gr
    >>> gr.ImplicitALS(dim=16)
    ImplicitALS(dim=16; not fitted)
    """

    def __init__(
        self,
        dim: int = 64,
        *,
        regularization: float = 0.01,
        alpha: float = 1.0,
        iterations: int = 15,
        seed: int = 0,
        num_threads: int = 0,
    ) -> None:
        self.dim, self.iterations = (
            bounded("dim", dim, 1, 31),
            bounded("iterations", iterations, 1, 31),
        )
        self.regularization = real_number("regularization", regularization)
        self.alpha = real_number("alpha", alpha)
        self.seed, self.num_threads = (
            bounded("seed", seed, 0, 32),
            bounded("num_threads", num_threads, 0, 10),
        )

    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:
        module = _implicit("als", type(self).__name__)
        model = module.AlternatingLeastSquares(
            factors=self.dim,
            regularization=self.regularization,
            alpha=self.alpha,
            iterations=self.iterations,
            random_state=self.seed,
            num_threads=self.num_threads,
        )
        return _fitted(model, train)


class ImplicitBPR(VectorBaseline):
    """Bayesian personalised ranking of the library implicit, with a bias for each item.

    Parameters
    ----------
    dim : int, default 64
        Factors, the bias apart.
    learning_rate, regularization : float, default 0.01
    iterations : int, default 100
        Passes over the interactions.
    seed : int, default 0
    num_threads : int, default 0
        0: one per core. Its threads race each other: only with 1 is the model the same each time.

    Raises
    ------
    ParameterError
        If a setting is none of its kind.
    MissingExtraError
        When fitting, if implicit is not installed. A saved model is read without it.

    References
    ----------
    Rendle et al., "BPR: Bayesian personalized ranking from implicit feedback", UAI 2009.

    Examples
    --------
    >>> import glowrec as gr
    >>> gr.ImplicitBPR(iterations=20)
    ImplicitBPR(iterations=20; not fitted)
    """

    def __init__(
        self,
        dim: int = 64,
        *,
        learning_rate: float = 0.01,
        regularization: float = 0.01,
        iterations: int = 100,
        seed: int = 0,
        num_threads: int = 0,
    ) -> None:
        self.dim, self.iterations = (
            bounded("dim", dim, 1, 31),
            bounded("iterations", iterations, 1, 31),
        )
        self.learning_rate = real_number("learning_rate", learning_rate)
        self.regularization = real_number("regularization", regularization)
        self.seed, self.num_threads = (
            bounded("seed", seed, 0, 32),
            bounded("num_threads", num_threads, 0, 10),
        )

    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:
        module = _implicit("bpr", type(self).__name__)
        model = module.BayesianPersonalizedRanking(
            factors=self.dim,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=self.iterations,
            random_state=self.seed,
            num_threads=self.num_threads,
        )
        return _fitted(model, train)


def _implicit(module: str, name: str) -> Any:  # noqa: ANN401 - a module that may be missing
    try:
        return import_module(f"implicit.{module}")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"glowrec.{name} needs {error.name}: pip install glowrec[peers]"
        ) from error


def _fitted(model: Any, train: Interactions) -> dict[str, NDArray[Any]]:  # noqa: ANN401 - implicit's
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - too slow for `import glowrec`

    links = csr_matrix(train.graph.to_scipy().astype("float32"))
    # Implicit's own threads are many already; it comes with what holds BLAS to one.
    with import_module("threadpoolctl").threadpool_limits(1, "blas"):
        model.fit(links, show_progress=False)
    return {
        "user_factors": single(model.user_factors),
        "item_factors": single(model.item_factors),
    }
