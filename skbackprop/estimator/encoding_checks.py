"""How h⁰ is made, as a fitted model keeps it, is checked before it is read."""

from numbers import Real

import numpy as np

from ..tables.encoding import Encoding
from .fitted_checks import check_floats, check_number, refuse

NAME = "_encoding"
SMALLEST, LARGEST = np.nextafter(0, 1), 1e9


def checked_encoding(scaler, own, counts):
    """Return the Encoding of columns of which so many numbers, categories and words are read."""
    encoding = Encoding.from_dict(scaler, own)
    for key in ("levels", "rare", "terms"):
        check_lists(f"{NAME}[{key!r}]", own[key])
    if encoding.counts != counts or len(encoding.rare) != counts[1]:
        refuse("_column_kinds", "or n_features_in_ is not of the columns of training")
    n_numbers = counts[0]
    check_floats(f"{NAME}['means']", encoding.means, n_numbers)
    check_places(f"{NAME}['indicators']", encoding.indicators, n_numbers)
    check_number(f"{NAME}['present']", encoding.present, Real, SMALLEST, LARGEST)
    if encoding.clip is not None:
        check_number(f"{NAME}['clip']", encoding.clip, Real, SMALLEST, LARGEST)
    if encoding.bins is not None:
        check_bins(f"{NAME}['bins']", encoding.bins, n_numbers)
    return encoding


def check_lists(name, lists):
    """Refuse what is no list of lists of what can be looked up."""
    if not isinstance(lists, list) or not all(isinstance(part, list) for part in lists):
        refuse(name, "must be a list of lists")
    for part in lists:
        try:
            frozenset(part)
        except TypeError:
            refuse(name, "must be of strings, numbers and None")


def check_bins(name, bins, n_columns):
    """Refuse bins that do not cut columns, of which there are so many."""
    check_places(f"{name}[0]", bins.cut, n_columns)
    starts, n = bins.starts, len(bins.lower)
    for k, edges in enumerate((bins.lower, bins.inverse_width), start=2):
        check_floats(f"{name}[{k}]", edges, n)
    of_int64 = isinstance(starts, np.ndarray) and starts.dtype == np.int64
    if not of_int64 or starts.shape != (len(bins.cut) + 1,):
        refuse(f"{name}[1]", f"must be an array of {len(bins.cut) + 1} int64")
    if starts[0] != 0 or starts[-1] != n or not (np.diff(starts) > 0).all():
        refuse(f"{name}[1]", f"must increase from 0 to {n}")
    if not (np.isfinite(bins.lower).all() and (bins.inverse_width > 0).all()):
        refuse(name, "must have finite edges, and widths above 0")


def check_places(name, places, n):
    """Refuse what is no array of the numbers of some of n columns, which increase."""
    of_int32 = isinstance(places, np.ndarray) and places.dtype == np.int32 and places.ndim == 1
    if not of_int32 or not (np.diff(places, prepend=-1, append=n) > 0).all():
        refuse(name, f"must be an array of int32, which increase within 0 to {n - 1}")
