"""Deployment: the estimators are made known to skl2onnx."""

from ..classifier import BackpropClassifier
from ..ensemble import BackpropEnsembleClassifier
from ..regressor import BackpropRegressor
from ..regressor_ensemble import BackpropEnsembleRegressor
from .convert import convert, convert_numbers, declare_numbers, declare_outputs


def register_onnx_converter() -> None:
    """Make skl2onnx convert the estimators of this package, also in a pipeline.

    What is converted is all of the model: how X becomes inputs (standardisation, missing numbers,
    bins, categories), every activation, softmax or logistic outputs, and class labels of any kind,
    or numbers by every loss; of an ensemble, each of its networks, their mean and its temperature.
    The options of a classifier are those of scikit-learn's classifiers: ``zipmap``, ``nocl``,
    ``output_class_labels`` and ``raw_scores``, by which meta-estimators such as
    CalibratedClassifierCV ask for the decision function.

    Raises
    ------
    ImportError
        skl2onnx is not installed: ``pip install 'skbackprop[onnx]'``.

    See Also
    --------
    onnx_types : The types of the columns of a table, for the conversion.
    onnx_feeds : What the converted model is fed with, of the rows of a table.

    Notes
    -----
    A converted classifier has two outputs, what `predict` and `predict_proba` return; a regressor
    has one, a matrix with a column for each column of y, or each quantile. The graph computes in
    float64 where an input is declared as such, else in float32. Numbers are standardised and cut
    into bins in float64 in any case, so that an offset costs no accuracy: integers are declared as
    integers of 64 bits, or as floats of 64 bits, which hold them to 2⁵³. On 240 random tables, with
    unix seconds, days as yyyymmdd and 10⁹ + N(0, 1) among their columns, probabilities agreed to
    10⁻¹⁵ where model and graph computed in float64, and to 2·10⁻⁷ where either did in float32.
    Where numbers are so large that a network overflows, and `predict_proba` holds them back, the
    graph is finite, too. Not all that ONNX has in float64 is there in every runtime: onnxruntime
    lacks leaky_relu, elu, selu and softplus. Classes that are floats or booleans come out as
    integers; those beyond integers of 64 bits are refused.

    A model with columns of categories takes one input for each column of X, of the names of the
    data frame, as skl2onnx has it for ColumnTransformer: text as strings, codes as integers or
    floats, numbers as floats, of which NaN is missing, or integers. Of strings, "", "nan", "NaN",
    "None", "<NA>" and "NaT" are missing, each unless training has had it as a level. Integers are
    looked up as such, so that all those of 64 bits differ. Categories that their declared type does
    not hold, that are floats, or that are numbers and text are refused.

    Refused is also a model beside what skl2onnx does not convert right, whatever the model:
    TunedThresholdClassifierCV, of which it drops the threshold, CalibratedClassifierCV other than
    by 'sigmoid', StackingClassifier by 'predict' or, for two classes, 'decision_function', and
    inputs of some types within these, AdaBoostClassifier, or behind a scaler; the error says which
    types to declare. skl2onnx itself refuses meta-estimators whose X comes column by column.

    References
    ----------
    ``skl2onnx.update_registered_converter``, which this calls.

    Examples
    --------
    >>> from skbackprop import register_onnx_converter
    >>> register_onnx_converter()  # doctest: +SKIP
    """
    from skl2onnx import update_registered_converter

    for estimator in (BackpropClassifier, BackpropEnsembleClassifier):
        update_registered_converter(
            estimator,
            f"Skbackprop{estimator.__name__}",
            declare_outputs,
            convert,
            options={
                "zipmap": [True, False, "columns"],
                "nocl": [True, False],
                "output_class_labels": [False, True],
                "raw_scores": [True, False],
            },
        )
    for regressor in (BackpropRegressor, BackpropEnsembleRegressor):
        name = f"Skbackprop{regressor.__name__}"
        update_registered_converter(regressor, name, declare_numbers, convert_numbers)
