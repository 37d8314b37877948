"""Floating-point errors as numpy treats them by default, whatever the user has set."""

from functools import wraps

import numpy as np

from .annotations import Function


def numpy_errors_by_default():
    """Return a context in which numpy treats errors as it does by default."""
    return np.errstate(divide="warn", over="warn", invalid="warn", under="ignore")


def with_default_errors(method: Function) -> Function:
    """Decorate a method to run in that context."""

    @wraps(method)
    def in_context(*args, **kwargs):
        with numpy_errors_by_default():
            return method(*args, **kwargs)

    return in_context
