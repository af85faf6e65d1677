"""Distinct negatives of users, for sampled evaluation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from glowrec import _native
from glowrec.arguments import bounded, flag
from glowrec.errors import ParameterError, SaturatedError, ShapeError
from glowrec.factors import linked
from glowrec.sampling.plan import codes, limits, plan, seeded, too_few, user_items
from glowrec.sampling.strategies import Mixed, Popularity, Uniform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.graph import Graph


class Candidates:
    r"""Draws `n` negatives of a user to rank a target among; all different by default.

    What is drawn is a function of ``(seed, user)``, or of ``(seed, user, target)`` where targets
    are given: not of the other users, nor of their order or number. Two models face the same
    candidates. Sampled metrics can order models differently from full rankings: see
    :mod:`glowrec.evaluation.sampled`.

    Parameters
    ----------
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        A user's items here are no candidates. It may be empty.
    n : int, default 100
        Candidates of each user.
    seed : int, default 0
        Key of all randomness, in ``0..2**64``.
    negatives : Uniform, Popularity or Mixed, default Uniform()
        How they are chosen.
    replacement : bool, default False
        Whether candidates of a user may repeat.
    exclude : Interactions, Graph or SciPy sparse matrix, optional
        Further items that are no candidates of a user, such as those of the test set.
    allow : Interactions, Graph or SciPy sparse matrix, optional
        The only items that may be candidates of a user, less all others.
    blocked : array_like of int64, optional
        Items that are no candidates of anybody.

    Raises
    ------
    ParameterError
        If a parameter is out of range.
    ShapeError
        If `exclude` or `allow` has another shape than `train`.
    IdError
        If `blocked` holds what is no item.

    Notes
    -----
    Uniform draws without replacement are sequential: the rank of each among those that are left,
    so that every ordered choice is equally likely. Draws by popularity are successive too: each
    in proportion to its weight among those that are left.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 0, 1], [0, 1, 5], n_users=2, n_items=6)
    >>> candidates = gr.Candidates(train, n=3)
    >>> sorted(candidates.sample([0], targets=[4])[0].tolist())  # four items less the target
    [2, 3, 5]
    >>> candidates.probabilities([0, 0], [2, 1])  # three of four; an own item
    array([0.75, 0.  ])
    """

    n: int
    seed: int
    negatives: Uniform | Popularity | Mixed
    replacement: bool
    _train: Links
    _graph: Graph
    _native: _native.Candidates
    _options: dict[str, Any]

    def __init__(
        self,
        train: Links,
        n: int = 100,
        seed: int = 0,
        *,
        negatives: Uniform | Popularity | Mixed = Uniform(),  # noqa: B008 - frozen
        replacement: bool = False,
        exclude: Links | None = None,
        allow: Links | None = None,
        blocked: ArrayLike | None = None,
    ) -> None:
        if not isinstance(negatives, Uniform | Popularity | Mixed):
            raise ParameterError(
                f"negatives = {negatives!r}: expected Uniform(), Popularity() or Mixed(); "
                "candidates stand in no batch and know no vectors"
            )
        graph = linked("train", train)
        limited = limits(graph, exclude, allow, blocked)
        options = {
            "n": bounded("n", n, 1, 31),
            "seed": seeded(seed),
            "negatives": negatives,
            "replacement": flag("replacement", replacement),
            **limited._asdict(),
        }
        drawn = plan(
            "interaction",
            options["seed"],
            negatives,
            options["n"],
            limited,
            replacement=options["replacement"],
        )
        native = _native.Candidates(graph._native, drawn)  # noqa: SLF001 - what a graph wraps
        self.__dict__.update(options, _train=train, _graph=graph, _native=native, _options=options)

    def sample(self, users: ArrayLike, targets: ArrayLike | None = None) -> NDArray[np.int64]:
        """Return the candidates of each user.

        Parameters
        ----------
        users : array_like of int64, shape (n_rows,)
            Repeats are allowed.
        targets : array_like of int64, shape (n_rows,), optional
            The item that is to be ranked among each row's candidates, and is none of them.

        Returns
        -------
        ndarray of int64, shape (n_rows, n)
            In no order. `numpy.column_stack` puts the targets before them.

        Raises
        ------
        SaturatedError
            If a user has too few candidates; the message names the user.
        IdError
            If there is no such user or item.
        ShapeError
            If there are not as many targets as users.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0], [1], n_users=2, n_items=3)
        >>> gr.Candidates(train, n=1).sample([0], targets=[0])
        array([[2]])
        """
        of = codes("users", users, self._graph.n_users)
        items = None if targets is None else codes("targets", targets, self._graph.n_items)
        if items is not None and len(items) != len(of):
            raise ShapeError(f"targets: expected {len(of)} items, one per user, got {len(items)}")
        try:
            return self._native.sample(of, items)
        except SaturatedError as error:
            remedy = "" if self.replacement else "; lower n, or draw with replacement=True"
            named = too_few(error, self._train, self._graph, skip=False)
            raise SaturatedError(f"{named}{remedy}") from None

    def probabilities(self, users: ArrayLike, items: ArrayLike) -> NDArray[np.float64]:
        r"""Return the probabilities that items are among the candidates drawn without targets.

        :math:`n / |C_u|` for distinct uniform draws from the user's possible items :math:`C_u`;
        :math:`1 - (1 - q)^n` with replacement, where a draw is the item with probability
        :math:`q`. For successive draws by popularity there is no closed form.

        Parameters
        ----------
        users, items : array_like of int64, shape (n_rows,)

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            0 for what is no candidate of the user.

        Raises
        ------
        ParameterError
            For distinct draws that are not uniform.
        IdError, ShapeError
            As :meth:`sample`.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0], [1], n_users=1, n_items=5)
        >>> gr.Candidates(train, n=2).probabilities([0], [4])
        array([0.5])
        """
        if not self.replacement and not isinstance(self.negatives, Uniform):
            raise ParameterError(
                f"negatives = {self.negatives!r}: the probability of being among distinct draws "
                "has a closed form for Uniform() only; draw with replacement=True"
            )
        return self._native.inclusion(*user_items(self._graph, users, items))

    def n_possible(self, users: ArrayLike) -> NDArray[np.int64]:
        """Return how many different items could be candidates of each user.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 0], [1, 2], n_users=2, n_items=5)
        >>> gr.Candidates(train).n_possible([0, 1])
        array([3, 5])
        """
        return self._native.n_possible(codes("users", users, self._graph.n_users))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"candidates are frozen, so {name} cannot be set; make new ones")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the graph and the options; a copy draws the same."""
        return partial(Candidates, **self._options), (self._graph,)

    def __repr__(self) -> str:
        given = {name: value for name, value in self._options.items() if value is not None}
        options = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return f"Candidates({self._graph.n_users:,} users, {options})"
