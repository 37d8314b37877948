"""Judge the defaults on held-out folds of tables as they are, against peers and against themselves.

    python tests/benchmarks/defaults.py FOLDER [--peers ensemble mlp hgb realmlp catboost]
        [--picture PNG] [--results CSV]
    python tests/benchmarks/defaults.py FOLDER --alternatives

FOLDER has a file for each data set: NAME.parquet, a data frame whose last column is the target,
with missing values and categories as they are; or NAME.npz with X (numbers, unscaled) and y. At
most `--rows` rows of each are used, in 3 stratified folds; classes with fewer rows than folds are
left out. All compute with one thread, one after another.

The first form prints the means over all sets, draws a dot for each set (our log-loss against the
peer's), and adds a line for each set and model to a file. The second prints what changes when one
default is another. 'ensemble' is our BackpropEnsembleClassifier, 'three' the same without the
variant that has leaves of trees. Peers get what they need by hand: 'mlp' is scikit-learn's
MLPClassifier behind imputing, one-hot encoding and scaling, 'hgb' its
HistGradientBoostingClassifier with ordinal categories. 'realmlp' and
'catboost' need pytabkit and catboost. The figures in doc/evidence.md are from here.
"""

import argparse
import os
import pathlib
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, OrdinalEncoder, StandardScaler

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier

N_FOLDS = 3
LEAST = 1e-7  # a probability, as it counts in the log-loss: no single row decides a mean
MEASURED = ["accuracy", "log-loss", "seconds"]
ALTERNATIVES = [
    {"hidden_layer_sizes": (64,)},
    {"hidden_layer_sizes": (128,)},
    {"hidden_layer_sizes": (64, 64)},
    {"hidden_layer_sizes": (128, 64)},
    {"hidden_layer_sizes": (256,)},
    {"hidden_layer_sizes": (128, 128)},
    {"activation": "tanh"},
    {"solver": "adam"},
    {"l2": "auto"},
    {"l2": 1e-3},
    {"batch_size": 64},
    {"batch_size": 128},
    {"learning_rate": "cosine"},
    {"learning_rate": "inverse"},
    {"learning_rate_init": 0.04},
    {"learning_rate_init": 0.15},
    {"momentum": 0.0},
    {"numeric_encoding": None},
    {"numeric_encoding": "target_aware"},
    {"numeric_encoding": "leaves"},
    {"min_frequency": 1},
    {"dtype": "float64"},
    {"early_stopping": True},
]


def ours(X, **changes):
    return BackpropClassifier(random_state=0, **changes)


def ensemble(X):
    return BackpropEnsembleClassifier(random_state=0)


def ensemble_of_three_variants(X):
    deeper = {"hidden_layer_sizes": (64, 64)}
    variants = [{}, deeper, deeper | {"numeric_encoding": None}]
    return BackpropEnsembleClassifier(variants=variants, random_state=0)


def categories(X):
    return [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]


def mlp(X):
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="ignore", min_frequency=2)
    columns = make_column_transformer((one_hot, categories(X)), remainder=numbers)
    return make_pipeline(columns, MLPClassifier(random_state=0))


def hgb(X):
    options = {"handle_unknown": "use_encoded_value", "unknown_value": np.nan}
    ordinal = OrdinalEncoder(max_categories=250, **options)
    columns = make_column_transformer((ordinal, categories(X)), remainder="passthrough")
    categorical = range(len(categories(X)))
    trees = HistGradientBoostingClassifier(categorical_features=categorical, random_state=0)
    return make_pipeline(columns, trees)


def realmlp(X):
    from pytabkit import RealMLP_TD_S_Classifier

    numbers = SimpleImputer(add_indicator=True), [name for name in X if name not in categories(X)]
    options = {"remainder": "passthrough", "verbose_feature_names_out": False}
    columns = make_column_transformer(numbers, **options).set_output(transform="pandas")
    network = RealMLP_TD_S_Classifier(random_state=0, device="cpu", n_threads=1)
    return make_pipeline(columns, network)


def catboost(X):
    from catboost import CatBoostClassifier

    options = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
    return CatBoostClassifier(cat_features=categories(X), random_seed=0, **options)


PEERS = {
    "ensemble": ensemble,
    "three": ensemble_of_three_variants,
    "mlp": mlp,
    "hgb": hgb,
    "realmlp": realmlp,
    "catboost": catboost,
}
NAMES = {
    "ours": "BackpropClassifier",
    "ensemble": "BackpropEnsembleClassifier",
    "three": "the same without leaves of trees",
    "mlp": "MLPClassifier in a pipeline",
    "hgb": "HistGradientBoosting",
    "realmlp": "RealMLP-TD-S",
    "catboost": "CatBoost",
}


def load(path, n_rows):
    """Return a data frame and the encoded target of at most so many rows."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        X, y = frame.iloc[:, :-1], frame.iloc[:, -1].to_numpy()
    else:
        with np.load(path) as file:
            X, y = pd.DataFrame(file["X"]), file["y"]
        X.columns = X.columns.astype(str)
    rows = np.random.default_rng(0).permutation(len(y))[:n_rows]
    X, y = X.iloc[rows], LabelEncoder().fit_transform(y[rows].astype(str))
    kept = np.bincount(y)[y] >= N_FOLDS
    X, y = X[kept].reset_index(drop=True), LabelEncoder().fit_transform(y[kept])
    texts = {name: X[name].astype(object).fillna("missing").astype(str) for name in categories(X)}
    return X.assign(**texts), y


def judge(make, X, y):
    """Return the mean accuracy, log-loss and seconds of a fit over the held-out folds."""
    warnings.simplefilter("ignore")
    results = []
    for train, test in StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(X, y):
        start = time.perf_counter()
        model = make(X).fit(X.iloc[train], y[train])
        seconds = time.perf_counter() - start
        proba = np.clip(model.predict_proba(X.iloc[test]).astype(float), LEAST, 1)
        proba /= proba.sum(axis=1, keepdims=True)
        accuracy = np.mean(proba.argmax(axis=1) == y[test])
        results.append((accuracy, log_loss(y[test], proba, labels=np.unique(y)), seconds))
    return np.mean(results, axis=0)


def draw(results, path):
    """Draw a dot for each set and peer: our log-loss against the peer's."""
    from matplotlib.figure import Figure

    peers = [name for name in results if name not in ("ours", "ensemble", "three")]
    figure = Figure(figsize=(3.6 * len(peers), 3.9), layout="constrained")
    mine = results["ours"][:, 1]
    for ax, name in zip(figure.subplots(1, len(peers), squeeze=False)[0], peers, strict=True):
        theirs = results[name][:, 1]
        ends = np.minimum(mine, theirs).min() / 1.5, np.maximum(mine, theirs).max() * 1.5
        ax.fill_between(ends, ends, ends[0], color="C0", alpha=0.1, linewidth=0)
        ax.plot(ends, ends, color="0.5", linewidth=1)
        ax.plot(theirs, mine, "o", markeredgecolor="w", markersize=7)
        ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal")
        ax.set(xlabel=f"log-loss of {NAMES[name]}", ylabel="log-loss of BackpropClassifier")
        ax.set_title(f"lower on {np.sum(mine < theirs)} of {len(mine)} data sets", color="C0")
    figure.savefig(path, dpi=130)


def add_results(path, name, sets, results):
    """Add a line for each set to a file: the set, the model, and what was measured."""
    is_new = not path.exists()
    with path.open("a") as file:
        if is_new:
            file.write("set,model,accuracy,log_loss,seconds\n")
        for own, (accuracy, loss, seconds) in zip(sets, results, strict=True):
            file.write(f"{own},{name},{accuracy:.4f},{loss:.4f},{seconds:.2f}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=["ensemble", "mlp", "hgb"])
    parser.add_argument("--alternatives", action="store_true")
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--picture", type=pathlib.Path)
    parser.add_argument("--results", type=pathlib.Path)
    arguments = parser.parse_args()
    paths = sorted(p for p in arguments.folder.iterdir() if p.suffix in (".npz", ".parquet"))
    sets = [load(path, arguments.rows) for path in paths]
    models = {"ours": ours}
    if arguments.alternatives:
        for change in ALTERNATIVES:
            name = ", ".join(f"{key}={value!r}" for key, value in change.items())
            models[name] = lambda X, change=change: ours(X, **change)
    else:
        models |= {name: PEERS[name] for name in arguments.peers}
    print("| model |", " | ".join(MEASURED), "| log-loss higher than ours on |", flush=True)
    print("|---" * 5 + "|")
    results = {}
    for name, make in models.items():
        results[name] = np.array([judge(make, X, y) for X, y in sets])
        accuracy, loss, seconds = results[name].mean(axis=0)
        higher = np.sum(results[name][:, 1] > results["ours"][:, 1])
        shown = NAMES.get(name, name)
        row = f"| {shown} | {accuracy:.3f} | {loss:.3f} | {seconds:.2f} | {higher}/{len(sets)} |"
        print(row, flush=True)
        if arguments.results:
            names = [path.stem for path in paths]
            add_results(arguments.results, shown, names, results[name])
    if arguments.picture:
        draw(results, arguments.picture)


if __name__ == "__main__":
    main()
