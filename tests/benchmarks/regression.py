"""How well numbers are predicted from raw tables: prints a markdown table.

    python tests/benchmarks/regression.py FOLDER [--folds N] [--most-rows N] [--coverage P]

FOLDER has tables as CSV or Parquet files, whose last column is the target. Each is given to
`BackpropRegressor` and `BackpropEnsembleRegressor` as pandas reads it, on one thread. An error is
the root of the mean square, as a part of the deviation of y; an interval holds a share of new rows.
"""

import time

import numpy as np
from raw_tables import parser, tables_in
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import KFold

from skbackprop import BackpropEnsembleRegressor, BackpropRegressor


def fitted(model, X, y):
    """Return the fitted model, and the seconds that it took."""
    began = time.process_time()
    model.fit(X, y)
    return model, time.process_time() - began


def measure(X, y, train, test, coverage):
    """Fit on some rows; return errors and seconds, and the share of others within the interval."""
    network, of_network = fitted(BackpropRegressor(random_state=0), X.iloc[train], y[train])
    ensemble, of_ensemble = fitted(
        BackpropEnsembleRegressor(random_state=0), X.iloc[train], y[train]
    )
    X, y = X.iloc[test], y[test]
    low, high = ensemble.predict_interval(X, coverage=coverage)
    errors = [
        root_mean_squared_error(y, model.predict(X)) / y.std() for model in (network, ensemble)
    ]
    return *errors, np.mean((low <= y) & (y <= high)), of_network, of_ensemble


def main(folder, n_folds, most_rows, coverage):
    print("| table | network | ensemble | within the interval | seconds | of the ensemble |")
    print("|---|---|---|---|---|---|")
    means = []
    for name, X, target in tables_in(folder, most_rows):
        y = target.to_numpy(float)
        folds = KFold(n_folds, shuffle=True, random_state=0).split(X)
        means.append(np.mean([measure(X, y, *fold, coverage) for fold in folds], axis=0))
        print(f"| {name} | {' | '.join(f'{value:.3f}' for value in means[-1])} |", flush=True)
    print(f"| mean | {' | '.join(f'{value:.3f}' for value in np.mean(means, axis=0))} |")


if __name__ == "__main__":
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--coverage", type=float, default=0.9)
    options = arguments.parse_args()
    main(options.folder, options.folds, options.most_rows, options.coverage)
