"""Compare our defaults with those of other libraries, on held-out folds of tables as they are.

    python tests/benchmarks/peers.py RESULTS --folder FOLDER [--models NAME ...] [--folds 0 1 2]
        [--again] [--limit SECONDS]
    python tests/benchmarks/peers.py RESULTS [--models NAME ...] [--folds 0 1 2] [--picture PNG]

RESULTS is a CSV file with a line for each set, model and fold, as doc/accuracy.csv. The first form
fits the models on the sets in FOLDER, in the format that defaults.py describes, and adds the lines
that the file lacks (all of them, with --again). Each fit has one thread, in a process of its own.
Seconds are of CPU. A line is empty where a fit failed or took more than the limit. Both forms
print a table over the sets and folds that all of the models have finished. The picture has a dot
for each set: the log-loss of the first model against that of each other library.

doc/accuracy_sets.csv says where each of the published sets is from; no script fetches them. Some
have copies on OpenML: with the number in that file,

    X, y = sklearn.datasets.fetch_openml(data_id=6, return_X_y=True, as_frame=True)
    X.assign(target=y).to_parquet("FOLDER/letter.parquet")

Rows may come in another order there, and so be in other folds. Those of R packages are data frames
of that name in the package.

Each model has its defaults and gets a table as its users would feed it: ours as it is; 'mlp', which
is MLPClassifier, behind imputing, one-hot encoding and scaling; 'hgb', which is
HistGradientBoostingClassifier, as ordinal codes marked as categories; 'lightgbm' and 'xgboost' with
columns of pandas' dtype category; 'catboost' with the names of such columns; 'realmlp', 'tabm' and
'xrfm', all from pytabkit, with columns of that dtype and imputed numbers, as they take no missing
ones. These three choose the epoch by the cross-entropy, and 'realmlp' has no label smoothing, as
its authors advise where log-loss matters; 'realmlp_smooth' has the defaults in both. 'three' is our
ensemble without the variant that has leaves of trees.
"""

import argparse
import importlib.metadata
import multiprocessing
import os
import pathlib
import resource
import time
import warnings
from contextlib import redirect_stderr, redirect_stdout

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
from defaults import MEASURED, N_FOLDS, categories, load, ours, paths_of, score, split
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

import skbackprop
from skbackprop import BackpropEnsembleClassifier

KEY = ["set", "model", "fold"]
COLUMNS = ["set", "model", "version", "fold", *MEASURED]


def ensemble(X):
    return BackpropEnsembleClassifier(random_state=0)


def ensemble_of_three_variants(X):
    deeper = {"hidden_layer_sizes": (64, 64)}
    variants = [{}, deeper, deeper | {"numeric_encoding": None}]
    return BackpropEnsembleClassifier(variants=variants, random_state=0)


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


def as_categories(X):
    """Return a step that gives text the dtype category, with the words of the whole column."""
    dtypes = {name: pd.CategoricalDtype(sorted(X[name].unique())) for name in categories(X)}
    return FunctionTransformer(lambda frame: frame.astype(dtypes))


def lightgbm(X):
    from lightgbm import LGBMClassifier

    return make_pipeline(as_categories(X), LGBMClassifier(random_state=0, n_jobs=1, verbose=-1))


def xgboost(X):
    from xgboost import XGBClassifier

    trees = XGBClassifier(enable_categorical=True, random_state=0, n_jobs=1)
    return make_pipeline(as_categories(X), trees)


def catboost(X):
    from catboost import CatBoostClassifier

    options = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
    return CatBoostClassifier(cat_features=categories(X), random_seed=0, **options)


def without_missing(X, model):
    """Return the model behind imputing: pytabkit's take no missing numbers."""
    numbers = SimpleImputer(add_indicator=True), [name for name in X if name not in categories(X)]
    options = {"remainder": "passthrough", "verbose_feature_names_out": False}
    columns = make_column_transformer(numbers, **options).set_output(transform="pandas")
    return make_pipeline(as_categories(X), columns, model)


def by_pytabkit(name, **changes):
    def make(X):
        import pytabkit

        options = {"random_state": 0, "device": "cpu", "n_threads": 1} | changes
        return without_missing(X, getattr(pytabkit, name)(**options))

    return make


def neurotabular(X):
    from neurotabular import NeuroTabularClassifier

    return NeuroTabularClassifier(device="cpu")


CROSS_ENTROPY = {"val_metric_name": "cross_entropy"}
# A model's name, its package, and what makes it for a table.
MODELS = {
    "ours": ("BackpropClassifier", "skbackprop", ours),
    "ensemble": ("BackpropEnsembleClassifier", "skbackprop", ensemble),
    "three": ("the same without leaves of trees", "skbackprop", ensemble_of_three_variants),
    "mlp": ("MLPClassifier in a pipeline", "scikit-learn", mlp),
    "hgb": ("HistGradientBoosting", "scikit-learn", hgb),
    "lightgbm": ("LightGBM", "lightgbm", lightgbm),
    "xgboost": ("XGBoost", "xgboost", xgboost),
    "catboost": ("CatBoost", "catboost", catboost),
    "realmlp": (
        "RealMLP-TD-S for log-loss",
        "pytabkit",
        by_pytabkit("RealMLP_TD_S_Classifier", use_ls=False, **CROSS_ENTROPY),
    ),
    "realmlp_smooth": ("RealMLP-TD-S", "pytabkit", by_pytabkit("RealMLP_TD_S_Classifier")),
    "tabm": ("TabM", "pytabkit", by_pytabkit("TabM_D_Classifier", **CROSS_ENTROPY)),
    "xrfm": ("xRFM", "xrfm", by_pytabkit("XRFM_D_Classifier", **CROSS_ENTROPY)),
    "neurotabular": ("NeuroTabular", "neurotabular", neurotabular),
}


def fit_in_a_process(model, X, y, fold, limit):
    """Return what a fit reaches, measured in a process of its own; nothing if that ends early."""

    def measure(connection):
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        warnings.simplefilter("ignore")
        with open(os.devnull, "w") as sink, redirect_stdout(sink), redirect_stderr(sink):
            connection.send(score(model, X, y, *split(X, y)[fold], clock=time.process_time))

    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(sending,))
    process.start()
    sending.close()
    try:
        return receiving.recv()
    except EOFError:
        return [np.nan] * len(MEASURED)
    finally:
        process.join()


def version_of(package):
    if package == "skbackprop":  # which may be a checkout that is not installed
        return skbackprop.__version__
    return importlib.metadata.version(package)


def read(path):
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=COLUMNS)


def add(path, line):
    """Put a line into the file, in the place of one that it has of the same set, model, fold."""
    lines = pd.concat([read(path), pd.DataFrame([line], columns=COLUMNS)])
    lines = lines.drop_duplicates(KEY, keep="last").sort_values(KEY, kind="stable")
    lines.to_csv(path, index=False, float_format="%.4g")


def measure(arguments):
    """Fit each model on each set and fold: one fold of all sets first."""
    for fold in arguments.folds:
        for name in arguments.models:
            title, package, make = MODELS[name]
            version = version_of(package)
            for path in paths_of(arguments.folder):
                known = read(arguments.results)[KEY]
                key = [path.stem, title, fold]
                if not arguments.again and (known == key).all(axis=1).any():
                    continue
                X, y = load(path, arguments.rows)
                figures = fit_in_a_process(make(X), X, y, fold, arguments.limit)
                add(arguments.results, [path.stem, title, version, fold, *figures])


def finished_by_all(lines, titles):
    """Return the means over folds of each thing measured: a row a set, a column a model."""
    by_fold = lines.pivot_table(index=["set", "fold"], columns="model", values=MEASURED).dropna()
    print(f"{by_fold.index.get_level_values('set').nunique()} sets, {len(by_fold)} folds in all")
    means = by_fold.groupby("set").mean()
    return {measured: means[measured][titles] for measured in MEASURED}


def summary(values, is_lower_better):
    """Return a row for each model: over the sets, what is typical, and how it compares."""
    against = values.iloc[:, 0]
    wins = values.lt(against, axis=0) if is_lower_better else values.gt(against, axis=0)
    ratios = values.div(against, axis=0)
    columns = {"mean": values.mean(), "median": values.median()}
    ranks = values.rank(axis=1, ascending=is_lower_better).mean()
    columns["mean rank"] = ranks.map("{:.1f}".format)
    columns["mean ratio"] = np.exp(np.log(ratios).mean()).map("{:.2f}".format)
    columns["median ratio"] = ratios.median().map("{:.2f}".format)
    columns["better on"] = wins.sum().astype(str)
    return pd.DataFrame(columns)


def print_table(measured, frame):
    """Print a table in Markdown."""
    print(f"\n| {measured} |", " | ".join(frame.columns), "|")
    print("|---" * (1 + frame.shape[1]) + "|")
    for title, *cells in frame.itertuples():
        shown = [cell if isinstance(cell, str) else f"{cell:.3f}" for cell in cells]
        print(f"| {title} |", " | ".join(shown), "|")


def print_tables(values, lines):
    """Print a table of the log-loss, with the seconds of a fit, and one of the accuracy."""
    versions = lines.drop_duplicates("model", keep="last").set_index("model")["version"]
    loss = summary(values["log_loss"], is_lower_better=True)
    loss["seconds"] = values["seconds"].mean().map("{:.1f}".format)
    print_table("log-loss", loss)
    accuracy = summary(values["accuracy"], is_lower_better=False)
    accuracy = accuracy.drop(columns=["mean ratio", "median ratio"]).assign(version=versions)
    print_table("accuracy", accuracy)


def draw(loss, path):
    """Draw a dot for each set and peer: our log-loss against the peer's."""
    from matplotlib.figure import Figure

    mine, peers = loss.iloc[:, 0], [title for title in loss if not title.startswith("Backprop")]
    figure = Figure(figsize=(3.6 * len(peers), 3.9), layout="constrained")
    for ax, title in zip(figure.subplots(1, len(peers), squeeze=False)[0], peers, strict=True):
        theirs = loss[title]
        ends = np.minimum(mine, theirs).min() / 1.5, np.maximum(mine, theirs).max() * 1.5
        ax.fill_between(ends, ends, ends[0], color="C0", alpha=0.1, linewidth=0)
        ax.plot(ends, ends, color="0.5", linewidth=1)
        ax.plot(theirs, mine, "o", markeredgecolor="w", markersize=7)
        ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal")
        ax.set(xlabel=f"log-loss of {title}", ylabel=f"log-loss of {mine.name}")
        ax.set_title(f"lower on {np.sum(mine < theirs)} of {len(mine)} data sets", color="C0")
    figure.savefig(path, dpi=130)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, help="measures the sets in it")
    parser.add_argument("--models", nargs="*", choices=MODELS, default=["ours", "ensemble"])
    parser.add_argument("--folds", nargs="*", type=int, default=list(range(N_FOLDS)))
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--again", action="store_true", help="measures what the file has, too")
    parser.add_argument("--limit", type=int, default=600, help="seconds of CPU that a fit may use")
    parser.add_argument("--picture", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.folder:
        measure(arguments)
    titles = [MODELS[name][0] for name in arguments.models]
    lines = read(arguments.results)
    lines = lines[lines["model"].isin(titles) & lines["fold"].isin(arguments.folds)]
    values = finished_by_all(lines, titles)
    print_tables(values, lines)
    if arguments.picture:
        draw(values["log_loss"], arguments.picture)


if __name__ == "__main__":
    main()
