"""The head of a network: what there is to learn, and what its outputs tell.

Targets know how y is encoded for their loss, weighed, and held out; what is predicted from the
outputs of a network, and how several networks answer as one.
"""

from ..checks import has_columns
from .classes import Classes
from .labels import Labels
from .numbers import Numbers

TARGETS = {kind.type_of_target: kind for kind in (Classes, Labels, Numbers)}


def kind_of_classification(y):
    """Return the kind of targets that y is for a classifier."""
    return Labels if has_columns(y) else Classes
