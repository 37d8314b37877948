"""How h⁰ is made, as a fitted model keeps it, is checked before it is read."""

from numbers import Real

import numpy as np

from ..tables.encoding import Encoding, levels_of
from .fitted_checks import check_floats, check_number, is_array, refuse

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
    if encoding.leaves is not None:
        check_leaves(f"{NAME}['leaves']", encoding.leaves, n_numbers, levels_of(encoding))
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
    n = len(bins.lower)
    for k, edges in enumerate((bins.lower, bins.inverse_width), start=2):
        check_floats(f"{name}[{k}]", edges, n)
    check_starts(f"{name}[1]", bins.starts, n, len(bins.cut))
    if not (np.isfinite(bins.lower).all() and (bins.inverse_width > 0).all()):
        refuse(name, "must have finite edges, and widths above 0")


def check_leaves(name, leaves, n_columns, of_levels):
    """Refuse leaves whose conditions ask other columns or levels than there are."""
    n_above, n_levels = len(leaves.columns), 0 if of_levels is None else of_levels.width
    check_codes(f"{name}[0]", leaves.columns, n_columns)
    check_floats(f"{name}[1]", leaves.thresholds, n_above)
    check_places(f"{name}[2]", leaves.levels, n_levels)
    paths, n = leaves.paths, n_above + len(leaves.levels)
    if not is_array(paths, np.int8) or paths.ndim != 2 or len(paths) != n:
        refuse(f"{name}[3]", f"must be an array of int8 with {n} rows")
    check_starts(f"{name}[4]", leaves.starts, paths.shape[1])
    check_number(f"{name}[5]", leaves.reached, Real, SMALLEST, LARGEST)
    if np.isnan(leaves.thresholds).any() or not ((paths >= -1) & (paths <= 1)).all():
        refuse(name, "must have thresholds that are not NaN, and paths of -1, 0 and 1")


def check_starts(name, starts, n, n_parts=None):
    """Refuse what does not divide n inputs into parts, of which none is empty."""
    n_parts = len(starts) - 1 if n_parts is None else n_parts
    if not is_array(starts, np.int64) or starts.shape != (n_parts + 1,):
        refuse(name, f"must be an array of {n_parts + 1} int64")
    if starts[0] != 0 or starts[-1] != n or not (starts[1:] > starts[:-1]).all():
        refuse(name, f"must increase from 0 to {n}")


def check_codes(name, codes, n):
    """Refuse what is no array of numbers of some of n columns."""
    if not is_array(codes, np.int32) or codes.ndim != 1:
        refuse(name, "must be an array of int32")
    if not ((codes >= 0) & (codes < n)).all():
        refuse(name, f"must be within 0 to {n - 1}")


def check_places(name, places, n):
    """Refuse what is no array of the numbers of some of n columns, which increase."""
    fits = is_array(places, np.int32) and places.ndim == 1
    if fits and len(places):
        fits = 0 <= places[0] and places[-1] < n and (places[1:] > places[:-1]).all()
    if not fits:
        refuse(name, f"must be an array of int32, which increase within 0 to {n - 1}")
