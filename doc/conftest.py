"""Pages whose examples need more than the oldest packages have."""

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

NEEDED = {"other_packages.rst": "1.7"}  # scikit-learn: before, no partial dependence on text


def pytest_collection_modifyitems(items):
    """Skip the pages for which scikit-learn is too old."""
    for item in items:
        needed = NEEDED.get(item.path.name)
        if needed and parse_version(sklearn.__version__) < parse_version(needed):
            item.add_marker(pytest.mark.skip(reason=f"scikit-learn {needed} is needed"))
