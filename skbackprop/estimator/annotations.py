"""The types that public signatures name, for readers and type checkers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Union

from numpy.random import RandomState
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from scipy.sparse import sparray, spmatrix  # the former is missing in scipy 1.10

Matrix: TypeAlias = Union[ArrayLike, "spmatrix", "sparray"]  # data frames are array-like
Frame: TypeAlias = Any  # a data frame of pandas, which need not be installed
Scorer: TypeAlias = Callable[..., float]
Seed: TypeAlias = int | RandomState | None
Function = TypeVar("Function", bound=Callable[..., Any])
