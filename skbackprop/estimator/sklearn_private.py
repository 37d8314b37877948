"""The private and the experimental parts of scikit-learn: met here alone."""

from collections.abc import Callable
from numbers import Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, Options, StrOptions

from .annotations import Function

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:
        """Without `set_callbacks`, nothing is to be supported."""


NOT_IN_FIT = {"_callback_fit_ctx": None, "_skl_callbacks_to_teardown": []}

__all__ = ["NOT_IN_FIT", "Interval", "Options", "SklearnConventions", "StrOptions"]


class SklearnConventions(CallbackSupportMixin):
    """Attributes and methods that scikit-learn asks an estimator for, and nobody else."""

    _doc_link_module = "skbackprop"
    _doc_link_template = ""  # of the page of an estimator; no pages are hosted

    @property
    def _estimator_type(self):
        """'classifier': what other packages ask for, as scikit-learn before 1.6 did."""
        return self.__sklearn_tags__().estimator_type

    def _get_fitted_attr_html(self, doc_link=""):
        """Let the display of a fitted model, of scikit-learn 1.9, have a row for each setting, and
        one for the columns of each kind.
        """
        attributes = super()._get_fitted_attr_html(doc_link)
        settings = attributes.pop("settings_", None)
        for name, value in () if settings is None else vars(settings["value"]).items():
            row = {"type_name": type(value).__name__, "value": value}
            attributes[f"settings_.{name}"] = row
        columns = getattr(self, "_column_descriptions", None)  # whose attributes may be replaced
        for kind, names in () if columns is None else columns.names_by_kind().items():
            row = {"type_name": f"{len(names):,} of {len(columns):,}", "value": names}
            attributes[f"columns: {kind}"] = row
        return attributes

    def _validate_params(self):
        """Check the parameters by their constraints, which take no numbers of other libraries."""
        for name in parameter_names(self):
            value = getattr(self, name)
            if isinstance(value, Real) and not isinstance(value, int | float | np.generic):
                raise ValueError(
                    f"{name} must be a number of a type of Python or numpy; got {value!r}: pass "
                    "float(...) of it."
                )
        super()._validate_params()


def parameter_names(model):
    """Return the names of the hyper-parameters; a subclass may have more."""
    return model._parameter_constraints.keys()


def check_parameters(model):
    """Refuse hyper-parameters that do not keep to their constraints."""
    model._validate_params()


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Function], Function]:
    """Return the decorator of a `fit`, which checks the parameters and calls the callbacks."""
    return _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)


def has_callbacks(estimator):
    """Whether `set_callbacks` has set any."""
    return hasattr(estimator, "_skl_callbacks")


def fit_task(estimator, method, n_subtasks):
    """Return the task of a method that fits, of which the callbacks are told.

    Their framework keeps its state in the estimator until the method returns; NOT_IN_FIT is what
    that is in an estimator that is in no fit.
    """
    return estimator._init_callback_context(method, max_subtasks=n_subtasks)
