"""Logistic regression: crmstat beside scikit-learn, same data, same objective, one run.

    python benches/compare/logistic.py [--rows 1000000 --features 20] [--repeats 3]

Needs numpy and scikit-learn. Both use all cores. scikit-learn's L-BFGS runs with a tolerance tight
enough that the two objectives agree to 1e-8, as loose as that allows; each is timed several times in
turn and the fastest counts. Without arguments both targets run: 1,000,000 x 20 and 100,000 x 200.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[2]
# The tolerances to try, loosest first: the first that reaches the objective is scikit-learn's best.
TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)


def generate(rows, features, seed=1):
    """Standard normal columns, which suit scikit-learn best, labels from a known logistic model."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, features))
    beta = rng.standard_normal(features) / np.sqrt(features)
    y = rng.random(rows) < 1 / (1 + np.exp(-(x @ beta - 0.5)))
    return np.ascontiguousarray(x), y


def objective(x, y, model):
    margin = np.where(y, 1.0, -1.0) * model.decision_function(x)
    return np.logaddexp(0, -margin).sum() + 0.5 * (model.coef_**2).sum()


def fit_sklearn(x, y, tolerance):
    model = LogisticRegression(C=1.0, tol=tolerance, max_iter=1_000, solver="lbfgs")
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y)
    return time.perf_counter() - start, objective(x, y, model)


def fit_ours(binary, files, features):
    output = subprocess.run(
        [binary, *files, str(features)], check=True, capture_output=True, text=True
    )
    return json.loads(output.stdout)


def compare(binary, rows, features, repeats, folder):
    x, y = generate(rows, features)
    files = [os.path.join(folder, "x.f64"), os.path.join(folder, "y.f64")]
    x.astype("<f8").tofile(files[0])
    y.astype("<f8").tofile(files[1])
    ours = fit_ours(binary, files, features)
    for tolerance in TOLERANCES:
        seconds, reached = fit_sklearn(x, y, tolerance)
        gap = (reached - ours["objective"]) / ours["objective"]
        if gap < 1e-8:
            break
    times_sklearn, times_ours, times_score = [seconds], [], []
    for _ in range(repeats):
        run = fit_ours(binary, files, features)
        times_ours.append(run["fit_seconds"])
        times_score.append(run["score_seconds"])
        times_sklearn.append(fit_sklearn(x, y, tolerance)[0])
    best_ours, best_sklearn = min(times_ours), min(times_sklearn)
    print(
        f"{rows} x {features}: crmstat {best_ours:.3f} s ({run['solver']}, "
        f"{run['evaluations']} passes), scikit-learn {best_sklearn:.3f} s (tol {tolerance:g}), "
        f"ratio {best_ours / best_sklearn:.3f}, objective gap {gap:.1e}, "
        f"scoring {rows / min(times_score) / 1e6:.1f} M rows/s"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--features", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    subprocess.run(
        ["cargo", "build", "--release", "-p", "crmstat-models", "--example", "logistic_fit"],
        check=True,
        cwd=ROOT,
    )
    binary = target / "release/examples/logistic_fit"
    sizes = [(1_000_000, 20), (100_000, 200)]
    if arguments.rows:
        sizes = [(arguments.rows, arguments.features)]
    for rows, features in sizes:
        with tempfile.TemporaryDirectory() as folder:
            compare(binary, rows, features, arguments.repeats, folder)


if __name__ == "__main__":
    main()
