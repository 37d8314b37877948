"""What of scikit-learn is private, or open to third parties but experimental: met here alone."""

from collections.abc import Callable
from functools import wraps

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing as rows_of
from sklearn.utils._param_validation import Interval, Options, StrOptions

from .annotations import Function


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Function], Function]:
    """Return the decorator of a `fit`, which checks the parameters and calls the callbacks."""
    return _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)


def numpy_errors_by_default():
    """Return a context in which numpy treats errors as it does by default.

    What it does otherwise is up to the user, and no result is to depend on it.
    """
    return np.errstate(divide="warn", over="warn", invalid="warn", under="ignore")


def with_default_errors(method: Function) -> Function:
    """Decorate a method to run in that context."""

    @wraps(method)
    def in_context(*args, **kwargs):
        with numpy_errors_by_default():
            return method(*args, **kwargs)

    return in_context


try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:
        """Without `set_callbacks`, nothing is to be supported."""


__all__ = [
    "CallbackSupportMixin",
    "Interval",
    "Options",
    "StrOptions",
    "fit_context",
    "numpy_errors_by_default",
    "rows_of",
    "with_default_errors",
]
