"""Distributions for a random search of the hyper-parameters (the lecture, "random search")."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from scipy.stats import loguniform
from sklearn.utils import check_random_state

from .estimator.annotations import Seed
from .estimator.hyper_parameters import plain


class LayerSizes:
    """A distribution of `hidden_layer_sizes`: some layers, all of one width.

    Parameters
    ----------
    depths : sequence of int
        Numbers of layers, each as probable as the others; one that is repeated is more so.
    smallest, largest : int
        Bounds of the width, which is uniform on a logarithmic scale.
    """

    def __init__(self, depths: Sequence[int], smallest: int, largest: int) -> None:
        self.depths, self.smallest, self.largest = depths, smallest, largest

    def __repr__(self):
        return f"LayerSizes({self.depths}, {self.smallest}, {self.largest})"

    def rvs(self, random_state: Seed = None) -> tuple[int, ...]:
        """Draw a tuple of ints."""
        rng = check_random_state(random_state)
        depth = rng.choice(self.depths)
        width = math.exp(rng.uniform(math.log(self.smallest), math.log(self.largest)))
        return (round(width),) * int(depth)


def name_of(distribution: Any) -> str:
    """Return how to write a distribution; scipy's own name only their place in memory."""
    if hasattr(distribution, "dist"):
        named = [f"{name}={value}" for name, value in distribution.kwds.items()]
        return f"{distribution.dist.name}({', '.join([*map(str, distribution.args), *named])})"
    return repr(distribution)


class AutoOr:
    """A distribution that gives 'auto' with some probability, and else what another one gives."""

    def __init__(self, probability: float, other: Any) -> None:
        self.probability, self.other = probability, other

    def __repr__(self):
        return f"AutoOr({self.probability:.3g}, {name_of(self.other)})"

    def rvs(self, random_state: Seed = None) -> Any:
        """Draw 'auto' or a value of the other distribution."""
        rng = check_random_state(random_state)
        is_auto = rng.uniform() < self.probability
        return "auto" if is_auto else plain(self.other.rvs(random_state=rng))


def search_space(prefix: str = "") -> dict[str, Any]:
    """Return distributions of the hyper-parameters of a network, for a random search.

    Parameters
    ----------
    prefix : str, default=""
        What goes before each name: ``"backpropclassifier__"`` for the step that `make_pipeline`
        makes of the classifier.

    Returns
    -------
    dict of str to distribution or list
        The `param_distributions` of ``RandomizedSearchCV`` or ``HalvingRandomSearchCV``.

    See Also
    --------
    BackpropClassifier, BackpropRegressor : What the hyper-parameters mean.

    Notes
    -----
    Each draw of a random search tries a new value of every hyper-parameter. A grid repeats a few
    values of those that matter for each value of those that do not, and it depends on the data set
    which ones matter [1]_. These are the few that may matter, each within the range that was good
    on some data set, with the default inside; scales are logarithmic if ratios count.

    - `hidden_layer_sizes`: 'auto' in a third of the draws, otherwise one or two layers of 64 to 256
      units (log-uniform). Larger networks take longer and gain little; with few rows, two layers
      are seldom needed.
    - `activation`: 'relu' in half of the draws, else 'leaky_relu' or 'tanh', whose smoothness
      helps a lot on some data and not at all on other.
    - `numeric_encoding`: 'auto' in two of three draws, otherwise None, which can help if there are
      few rows and effects are smooth, or behind a PCA.
    - `learning_rate_init`: 'auto' in half of the draws, otherwise log-uniform on [0.02, 0.12]: with
      higher rates, training may become unstable; with lower ones, it does not get far enough. For
      numbers to predict, 0.02 to 0.08 were best on eight tables, the higher the less noise.

    `l2`, which matters most, is not drawn: each candidate chooses it by its own validation set.
    Everything else, such as `max_iter`, `batch_size` and `random_state`, is that of the classifier
    in the search. ``scoring="neg_log_loss"`` can rank candidates of equal accuracy.

    References
    ----------
    .. [1] Bergstra & Bengio, "Random search for hyper-parameter optimization", Journal of Machine
       Learning Research 13, 2012, https://www.jmlr.org/papers/v13/bergstra12a.html.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import RandomizedSearchCV
    >>> from skbackprop import BackpropClassifier, search_space
    >>> X, y = load_wine(return_X_y=True)
    >>> classifier = BackpropClassifier(max_iter=20, tol=None, random_state=0)
    >>> search = RandomizedSearchCV(
    ...     classifier, search_space(), n_iter=5, cv=3, scoring="neg_log_loss", random_state=0
    ... )
    >>> search.fit(X, y).best_estimator_.score(X, y) > 0.95
    True
    """
    space = {
        "hidden_layer_sizes": AutoOr(1 / 3, LayerSizes((1, 1, 2), 64, 256)),
        "activation": ["relu", "relu", "leaky_relu", "tanh"],
        "numeric_encoding": ["auto", "auto", None],
        "learning_rate_init": AutoOr(1 / 2, loguniform(0.02, 0.12)),
    }
    return {prefix + name: distribution for name, distribution in space.items()}
