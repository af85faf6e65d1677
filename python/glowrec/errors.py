"""The exceptions of the package, each also a built-in one.

They are defined here, in Python, and imported by the Rust binding, so that
``except ValueError`` and ``except glowrec.GlowrecError`` both catch a bad shape.
"""


class GlowrecError(Exception):
    """Base class of every error this package raises on purpose."""


class ShapeError(GlowrecError, ValueError):
    """Two inputs that must agree in shape do not."""


class IdError(GlowrecError, IndexError):
    """An id lies outside the axis it indexes, or is unknown."""


class ScoreError(GlowrecError, ValueError):
    """A score is NaN, so no ranking exists."""


class SaturatedError(GlowrecError, ValueError):
    """A user is linked to every item, so no negative exists."""


class DataError(GlowrecError, ValueError):
    """A file or a table does not hold what it should; the message names the place."""


class ParameterError(GlowrecError, ValueError):
    """A parameter lies outside its range; the message names it and the remedy."""


class MissingExtraError(GlowrecError, ImportError):
    """An optional dependency is not installed; the message names the extra."""


class SampledMetricsWarning(UserWarning):
    """Metrics of sampled negatives, which are not comparable with full rankings."""
