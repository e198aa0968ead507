"""Boosted trees: crmstat beside LightGBM and CatBoost on tables with a label, in one run.

    pip install numpy pandas scikit-learn lightgbm catboost
    cargo build --release -p crmstat-models --example boosting_fit
    python benches/compare/boosting.py target/release/examples/boosting_fit [TABLE.csv:LABEL:POSITIVE ...]

Without tables it makes its own: sums, interactions, categories with many levels and missing values that
tell, and near-duplicates; scikit-learn's breast cancer is the last. Five stratified folds, the same for all;
LightGBM at its defaults with native categories, CatBoost with 500 trees. Processor seconds are those of the
five fits on one thread, reading and encoding left out on all sides. Exits with 1 unless, on the mean of the
tables, the AUC is within .002 and the log-loss within 2 % of the better of the two, the calibration error at
most .015, and the processor time at most LightGBM's.
"""

import os

for variable in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[variable] = "1"

import subprocess
import sys
import tempfile
import time
import warnings

import catboost
import lightgbm
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

warnings.simplefilter("ignore")
FOLDS = 5
PARTS = 4
LEAST_ROWS = 20
MOST_LEVELS = 253


def sums(random, rows=6000):
    x = random.standard_normal((rows, 12))
    plan = random.integers(0, 4, rows)
    odds = x[:, 0] - 0.7 * x[:, 1] + 0.5 * x[:, 2] + np.array([-0.8, 0, 0.4, 0.9])[plan] - 1.2
    return pd.DataFrame(x).add_prefix("x").assign(plan=np.array(list("abcd"))[plan]), odds


def interactions(random, rows=10_000):
    x = random.random((rows, 18))
    kind = random.integers(0, 5, rows)
    odds = 3.0 * ((x[:, 0] > 0.6) & (x[:, 1] < 0.5)) + 4.0 * (x[:, 2] * x[:, 3] > 0.45)
    odds += 3 * np.sin(5 * x[:, 4]) * x[:, 5] + 2.5 * (x[:, 6] < 0.1) - 4
    odds = 2 * (odds + np.array([-1, 0, 0.3, 0.8, 1.5])[kind])
    return pd.DataFrame(x).add_prefix("x").assign(kind=np.array(list("vwxyz"))[kind]), odds


def levels(random, rows=12_000):
    branch = random.choice(60, rows, p=random.dirichlet(np.full(60, 0.5)))
    x = random.standard_normal((rows, 8))
    odds = 0.9 * random.standard_normal(60)[branch] - 0.5 * np.abs(x[:, 1]) + 0.4 * x[:, 2] * x[:, 3] - 1.3
    missing = random.random(rows) < 0.3
    odds += np.where(missing, 0.6, 0.7 * x[:, 0])
    x[missing, 0] = np.nan
    return pd.DataFrame(x).add_prefix("x").assign(branch=[f"b{own}" for own in branch]), odds


def repeated(random, rows=1_130, times=5):
    """Every customer five times, all but the same: what deep trees know by heart."""
    x = random.standard_normal((rows, 14))
    x[:, :8] = np.round(3 * x[:, :8])
    odds = 0.5 * x[:, 0] + np.where(x[:, 1] > 1, 1.2, -0.4) * 0.3 * x[:, 2] - 2.2
    label = random.random(rows) < 1 / (1 + np.exp(-odds))
    x = np.repeat(x, times, 0)
    x[:, 8:] += 0.05 * random.standard_normal((rows * times, 6))
    return pd.DataFrame(x).add_prefix("x"), np.repeat(label, times)


def made():
    tables = {}
    for seed, make in enumerate((sums, interactions, levels, repeated)):
        random = np.random.default_rng(seed)
        table, odds = make(random)
        drawn = odds if odds.dtype == bool else random.random(len(odds)) < 1 / (1 + np.exp(-odds))
        tables[make.__name__] = (table, np.asarray(drawn))
    cancer = load_breast_cancer(as_frame=True)
    tables["breast cancer"] = (cancer.data, cancer.target.to_numpy() == 0)
    return tables


def given(argument):
    path, label, positive = argument.rsplit(":", 2)
    table = pd.read_csv(path)
    drawn = table.pop(label).astype(str).eq(positive).to_numpy()
    return os.path.basename(path), (table, drawn)


def typed(table):
    """Numbers as numbers, everything else as categories."""
    table = table.reset_index(drop=True).copy()
    for name in table:
        if not pd.api.types.is_numeric_dtype(table[name]):
            table[name] = table[name].astype("category")
    return table


def by_lightgbm(learn, labels, score):
    model = lightgbm.LGBMClassifier(verbose=-1, n_jobs=1)
    begun = time.process_time()
    model.fit(learn, labels)
    return model.predict_proba(score)[:, 1], time.process_time() - begun


def by_catboost(learn, labels, score):
    names = [name for name in learn if learn[name].dtype == "category"]
    text = lambda table: table.assign(**{name: table[name].astype(object).fillna("").astype(str) for name in names})
    learn, score = text(learn), text(score)
    model = catboost.CatBoostClassifier(
        iterations=500, verbose=0, thread_count=1, cat_features=names, allow_writing_files=False
    )
    begun = time.process_time()
    model.fit(learn, labels)
    return model.predict_proba(score)[:, 1], time.process_time() - begun


def encoded(learn, score):
    """Categories as codes: levels of 20 rows and more by their own, all others as one."""
    tables, categories = [learn.copy(), score.copy()], []
    for at, name in enumerate(learn):
        if learn[name].dtype != "category":
            continue
        categories.append(str(at))
        counts = learn[name].value_counts()
        known = [level for level, count in counts.items() if count >= LEAST_ROWS][:MOST_LEVELS]
        codes = {level: code for code, level in enumerate(known)}
        rare = len(known) if (counts[counts > 0] < LEAST_ROWS).any() else np.nan
        for table in tables:
            values = table[name].astype(object)
            table[name] = [np.nan if pd.isna(own) else codes.get(own, rare) for own in values]
    return [table.to_numpy(dtype="<f8") for table in tables], ",".join(categories) or "-"


def by_ours(binary, learn, labels, score):
    (learn, score), categories = encoded(learn, score)
    order = np.random.default_rng(0).permutation(len(labels))
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("learn", "labels", "score", "out")]
        learn[order].tofile(files[0])
        labels[order].astype("<f8").tofile(files[1])
        score.tofile(files[2])
        settings = [files[0], files[1], str(learn.shape[1]), categories, str(PARTS), files[2], files[3]]
        seconds = subprocess.check_output([binary, *settings], text=True).split()[0]
        return np.fromfile(files[3]), float(seconds)


def calibration_error(probabilities, labels, groups=10):
    parts = np.array_split(np.argsort(probabilities, kind="stable"), groups)
    off = [abs(probabilities[own].mean() - labels[own].mean()) * len(own) for own in parts]
    return sum(off) / len(labels)


def main():
    binary, *arguments = sys.argv[1:]
    tables = dict(map(given, arguments)) if arguments else made()
    ways = {
        "crmstat": lambda *parts: by_ours(binary, *parts),
        "LightGBM": by_lightgbm,
        "CatBoost": by_catboost,
    }
    figures = {way: [] for way in ways}
    for name, (table, labels) in tables.items():
        table = typed(table)
        for way, learn_by in ways.items():
            probabilities, seconds = np.zeros(len(labels)), 0.0
            for learn, score in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(table, labels):
                found, own = learn_by(table.iloc[learn], labels[learn], table.iloc[score])
                probabilities[score] = np.clip(found, 1e-7, 1 - 1e-7)
                seconds += own
            figures[way].append(
                (
                    roc_auc_score(labels, probabilities),
                    log_loss(labels, probabilities),
                    calibration_error(probabilities, labels),
                    seconds,
                )
            )
            auc, loss, error, seconds = figures[way][-1]
            print(f"{name:20} {way:9} AUC {auc:.4f}  log-loss {loss:.4f}  ECE {error:.4f}  {seconds:.2f} s", flush=True)
    mean = {way: np.mean(own, axis=0) for way, own in figures.items()}
    for way, (auc, loss, error, seconds) in mean.items():
        print(f"{'mean':20} {way:9} AUC {auc:.4f}  log-loss {loss:.4f}  ECE {error:.4f}  {seconds:.2f} s")
    ours, light, cat = (mean[way] for way in ways)
    held = (
        ours[0] >= max(light[0], cat[0]) - 0.002
        and ours[1] <= 1.02 * min(light[1], cat[1])
        and ours[2] <= 0.015
        and ours[3] <= light[3]
    )
    sys.exit(not held)


if __name__ == "__main__":
    main()
