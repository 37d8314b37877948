"""What of scikit-learn is private, or open to third parties but experimental: met here alone."""

from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import Interval, Options, StrOptions

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:
        """Without `set_callbacks`, nothing is to be supported."""


__all__ = ["CallbackSupportMixin", "Interval", "Options", "StrOptions", "fit_context"]
