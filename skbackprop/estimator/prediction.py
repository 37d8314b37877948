"""The answers of a fitted model."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from ..solvers.buffers import take_buffers
from ..tables.description import ColumnDescription, describe
from ..tables.table import read_table
from ..tables.targets.reading import read_numbers, read_targets
from .annotations import Frame, Matrix
from .numpy_errors import with_default_errors
from .state import fitted_columns_and_network, fitted_network, fitted_targets
from .stored_form import StoredModel


class ClassifierScore(ClassifierMixin):
    """scikit-learn's ClassifierMixin, with a score that reads y as `fit` does."""

    def score(self, X: Matrix, y: Matrix, sample_weight: ArrayLike | None = None) -> float:
        """Compute the accuracy: the share of rows whose class, or all of whose labels, are right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.
        y : array-like of shape (n_samples,) or indicator matrix of shape (n_samples, n_labels)
            What is right, as in `fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            What each row counts.

        Returns
        -------
        float
            From 0 to 1.
        """
        return accuracy_score(read_targets(y), self.predict(X), sample_weight=sample_weight)


class RegressorScore(RegressorMixin):
    """scikit-learn's RegressorMixin, with a score that reads y as `fit` does."""

    def score(self, X: Matrix, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Compute R², the share of the variance of y that is predicted; of columns, its mean.

        Of several quantiles, it is the mean of D², its like for the pinball loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_columns)
            What is right.
        sample_weight : array-like of shape (n_samples,), default=None
            What each row counts.

        Returns
        -------
        float
            1 at best, and 0 for the mean of y.
        """
        return self._targets().score(read_numbers(y), self.predict(X), sample_weight)


class NetworkPredictor(StoredModel):
    """The predicting half of a network: it needs the fitted attributes only.

    Nothing is shared between two calls, so any number of threads may predict at once, also while
    another one fits: each answer comes from one model as a whole.
    """

    @with_default_errors
    def hidden_activations(self, X: Matrix, layer: int = -1) -> np.ndarray:
        """Compute the activations of a hidden layer, hᵏ(x): features that the network has learned.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.
        layer : int, default=-1
            Which one, as an index into ``hidden_layer_sizes``: 0 is the first hidden layer, that
            behind ``coefs_[0]``, and -1 the last.

        Returns
        -------
        ndarray of shape (n_samples, hidden_layer_sizes[layer])
            Of float32 or float64.

        Raises
        ------
        ValueError
            There is no such layer.

        Examples
        --------
        What the network has learned, as the input of another classifier:

        >>> from sklearn.datasets import load_digits
        >>> from sklearn.neighbors import KNeighborsClassifier
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import FunctionTransformer
        >>> from skbackprop import BackpropClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> network = BackpropClassifier((50, 10), max_iter=20, tol=None, random_state=0)
        >>> network.fit(X[:1000], y[:1000]).hidden_activations(X).shape
        (1797, 10)
        >>> features = FunctionTransformer(network.hidden_activations, kw_args={"layer": 0})
        >>> neighbors = make_pipeline(features, KNeighborsClassifier()).fit(X[:1000], y[:1000])
        >>> neighbors.score(X[1000:], y[1000:]) > 0.93
        True
        """
        model = self._snapshot()
        check_is_fitted(model, "coefs_")
        network = fitted_network(model)
        n_hidden = len(network.activations)
        if n_hidden == 0:
            raise ValueError("The network has no hidden layers: hidden_layer_sizes is empty.")
        if not isinstance(layer, Integral) or not -n_hidden <= layer < n_hidden:
            raise ValueError(
                f"layer must be an int from {-n_hidden} to {n_hidden - 1}, the index of one of the "
                f"hidden layers; got {layer!r}."
            )
        return model._propagate(X, range(n_hidden)[layer] + 1)

    def get_input_names(self) -> np.ndarray:
        """Return the names of the inputs h⁰ that X becomes: the rows of ``coefs_[0]``.

        Returns
        -------
        ndarray of str of shape (n_inputs,)
            Such as 'age', 'age is missing', 'age from 20 to 35', 'colour=red', 'colour is rare'.
            Columns without a name are 'x0', 'x1' and so on.
        """
        columns, encoding = self._columns_and_encoding()
        return np.array(
            encoding.names(columns.number_names, columns.category_names, columns.bag_names)
        )

    def get_input_columns(self) -> np.ndarray:
        """Return the column of X that each of the inputs h⁰ comes from.

        With it, numbers for the inputs, such as the rows of ``coefs_[0]``, can be added up for each
        column.

        Returns
        -------
        ndarray of int64 of shape (n_inputs,)
            From 0 to ``n_features_in_`` − 1; −1 for a leaf, which several columns share.

        Examples
        --------
        The size of the weights of each column of X:

        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from skbackprop import BackpropClassifier
        >>> def importance(network):
        ...     squares = np.square(network.coefs_[0]).sum(axis=1)
        ...     columns = network.get_input_columns()
        ...     return np.bincount(columns, squares, network.n_features_in_)
        >>> network = BackpropClassifier(random_state=0).fit(*load_iris(return_X_y=True))
        >>> network.coefs_[0].shape, importance(network).shape
        ((65, 128), (4,))
        """
        columns, encoding = self._columns_and_encoding()
        return np.append(columns.sources, -1)[encoding.columns].astype(np.int64)

    def describe_columns(self) -> Frame | list[ColumnDescription]:
        """Return how training has read each column of X.

        Returns
        -------
        data frame of pandas, or list of named tuples
            A frame if pandas is installed, with the names as its index; otherwise a list, which
            prints as a table. It has, for each column of X:

            - `name`, and `kind` in words; 'nothing to learn' is a column that is constant, or all
              of whose values are missing, or rare and without words in common;
            - `why` it is of this kind;
            - `missing`: the number of rows of `fit`, or of the first call of `partial_fit`, whose
              value is missing, or is a mark such as '?' in a column of text that is read as numbers
              or times; None if the number is not known, for arrays of numbers with missing ones;
            - `levels` that have an input of their own, and the number of values too `rare` for one;
            - `unparsed`: the number of rows whose text is no number or time, although nearly all
              of the column is;
            - `terms` of words that have an input;
            - `inputs` in all;
            - an `example` from the first rows, as text; None for arrays of numbers.

        Examples
        --------
        >>> import numpy as np
        >>> from skbackprop import BackpropClassifier
        >>> X = np.array([["red", "$1.50"], ["blue", "$2"], [None, "$3"]] * 20, dtype=object)
        >>> network = BackpropClassifier(random_state=0).fit(X, [0, 1, 1] * 20)
        >>> read = network.describe_columns()
        >>> read["kind"].tolist()
        ['text or categories', 'numbers written as text']
        >>> read["why"].tolist()
        ['2 distinct strings', 'all 3 distinct strings are read so']
        >>> read[["missing", "levels", "inputs", "example"]].values.tolist()
        [[20, 2, 3, 'red'], [0, 3, 4, '$1.50']]
        """
        return self._column_descriptions.as_frame()

    @property
    def _column_descriptions(self):
        return describe(*self._columns_and_encoding())

    def _columns_and_encoding(self):
        model = self._snapshot()
        check_is_fitted(model, "coefs_")
        columns, network = fitted_columns_and_network(model)
        return columns, network.encoding

    def _targets(self):
        return fitted_targets(self)

    def _targets_and_outputs(self, X):
        """Return what the network tells, and aᴸ⁺¹ of the rows of X."""
        model = self._snapshot()
        check_is_fitted(model, "coefs_")
        A = model._propagate(X)
        return fitted_targets(model), A

    def _propagate(self, X, depth=None):
        """Compute hᵏ for k = depth, by default aᴸ⁺¹; in float64, unless both the network and X are
        of float32.
        """
        take_buffers()
        columns, network = fitted_columns_and_network(self)
        table = read_table(self, X, known=columns)
        H = network.propagate(table, len(network.layers) if depth is None else depth)
        return H if table.numbers.dtype == np.float32 else H.astype(np.float64, copy=False)
