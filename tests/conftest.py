"""What the tests share: small data from scikit-learn, interrupts, silence."""

import re
import signal
import warnings

import numpy as np
import pytest
import sklearn
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

NEEDED = {r"other_packages\.rst": parse_version("1.7")}  # before, no partial dependence on text


@pytest.fixture(scope="session")
def iris():
    X, y = datasets.load_iris(return_X_y=True)
    X.setflags(write=False)
    return X, y


@pytest.fixture(scope="session")
def wine():
    X, y = datasets.load_wine(return_X_y=True)
    X.setflags(write=False)
    return X, y


@pytest.fixture(scope="session")
def digits():
    X, y = datasets.load_digits(return_X_y=True)
    X.setflags(write=False)
    return X, y


@pytest.fixture(scope="session")
def multilabel():
    """200 rows of 20 counts with any of 4 labels."""
    X, Y = datasets.make_multilabel_classification(200, n_classes=4, random_state=0)
    X.setflags(write=False)
    return X, Y


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def interrupted():
    """An evaluation that measures nothing twice, and meets Ctrl-C the third time."""
    calls = []

    def evaluate():
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return None, None

    return evaluate


@pytest.fixture
def ctrl_c():
    """Let SIGINT be a KeyboardInterrupt: where a script runs the tests in its background, the shell
    has had it ignored.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def unconverged():
    """For a test that trains too briefly on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def pytest_collection_modifyitems(items):
    """Skip what this scikit-learn is too old for."""
    old = [page for page, least in NEEDED.items() if parse_version(sklearn.__version__) < least]
    skip(items, old, "this scikit-learn is older than the page")
    if not knows_polars():
        reason = "this scikit-learn does not know this polars: it finds no names of columns"
        skip(items, [r"\bpl\.", "polars"], reason)


def skip(items, patterns, reason):
    """Skip the tests in whose names one of the patterns is found."""
    for item in items:
        if any(re.search(pattern, item.name) for pattern in patterns):
            item.add_marker(pytest.mark.skip(reason=reason))


def knows_polars():
    """Whether scikit-learn finds names of columns in a frame of polars; True without polars."""
    try:
        import polars as pl
    except ImportError:
        return True
    return hasattr(StandardScaler().fit(pl.DataFrame({"a": [1.0, 2.0]})), "feature_names_in_")
