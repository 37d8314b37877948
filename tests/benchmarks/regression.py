"""How well numbers are predicted from raw tables: prints a markdown table.

    python tests/benchmarks/regression.py FOLDER [--folds N] [--most-rows N] [--coverage P]
    python tests/benchmarks/regression.py FOLDER --losses [--folds N] [--most-rows N]

FOLDER has tables as CSV or Parquet files, whose last column is the target. Each is given to
`BackpropRegressor` and `BackpropEnsembleRegressor` as pandas reads it, on one thread. An error is
the root of the mean square, as a part of the deviation of y; an interval holds a share of new rows.

With `--losses`, a network and HistGradientBoostingRegressor, which gets text as categories and
dates as numbers, are trained with the same loss, on the tables whose numbers it takes. A cell has
the loss of new rows of the network, divided by that of the trees.
"""

import time
from functools import partial

import numpy as np
import pandas as pd
from raw_tables import parser, tables_in
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import (
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    root_mean_squared_error,
)
from sklearn.model_selection import KFold

from skbackprop import BackpropEnsembleRegressor, BackpropRegressor

QUANTILES = 0.1, 0.5, 0.9
LOSSES = {  # by name: hyper-parameters, what is measured, and the numbers that can be taken
    "poisson": ({"loss": "poisson"}, mean_poisson_deviance, lambda y: y.min() >= 0),
    "gamma": ({"loss": "gamma"}, mean_gamma_deviance, lambda y: y.min() > 0),
    "absolute_error": ({"loss": "absolute_error"}, mean_absolute_error, lambda y: True),
    **{
        f"quantile {q}": (
            {"loss": "quantile", "quantile": q},
            partial(mean_pinball_loss, alpha=q),
            lambda y: True,
        )
        for q in QUANTILES
    },
}
MOST_LEVELS = 200  # that trees get of a column


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


def for_trees(train, test):
    """Return tables in which text is a category, and a date the seconds since 1970."""
    tables = train.copy(), test.copy()
    for name in train:
        if train[name].dtype.kind == "M":
            for table in tables:
                table[name] = table[name].astype("datetime64[s]").astype(np.int64)
        elif not pd.api.types.is_numeric_dtype(train[name]):
            levels = train[name].astype(str).value_counts().index[:MOST_LEVELS]
            for table in tables:
                values = table[name].astype(str)
                table[name] = values.where(values.isin(levels)).astype(pd.CategoricalDtype(levels))
    return tables


def ratio_of_losses(X, y, folds, options, metric):
    """Return the loss of a network, divided by that of trees trained with the same loss."""
    of_network, of_trees = [], []
    for train, test in folds:
        network = BackpropRegressor(random_state=0, **options).fit(X.iloc[train], y[train])
        seen, new = for_trees(X.iloc[train], X.iloc[test])
        trees = HistGradientBoostingRegressor(random_state=0, **options).fit(seen, y[train])
        of_network.append(metric(y[test], network.predict(X.iloc[test])))
        of_trees.append(metric(y[test], trees.predict(new)))
    return np.mean(of_network) / np.mean(of_trees)


def compare_losses(folder, n_folds, most_rows):
    """Print the ratios of each table, their geometric mean, and how many are below 1."""
    print(f"| table | {' | '.join(LOSSES)} |\n|---|{len(LOSSES) * '---|'}")
    ratios = {loss: [] for loss in LOSSES}
    for name, X, target in tables_in(folder, most_rows):
        y = target.to_numpy(float)
        folds = list(KFold(n_folds, shuffle=True, random_state=0).split(X))
        cells = []
        for loss, (options, metric, takes) in LOSSES.items():
            if takes(y):
                ratios[loss].append(ratio_of_losses(X, y, folds, options, metric))
            cells.append(f"{ratios[loss][-1]:.2f}" if takes(y) else "–")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    means = [f"{np.exp(np.mean(np.log(r))):.2f}" for r in ratios.values()]
    lower = [f"{sum(np.array(r) < 1)} of {len(r)}" for r in ratios.values()]
    print(f"| geometric mean | {' | '.join(means)} |\n| lower on | {' | '.join(lower)} |")


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
    arguments.add_argument("--losses", action="store_true")
    options = arguments.parse_args()
    if options.losses:
        compare_losses(options.folder, options.folds, options.most_rows)
    else:
        main(options.folder, options.folds, options.most_rows, options.coverage)
