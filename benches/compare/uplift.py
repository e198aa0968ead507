"""How well is uplift ranked beside scikit-uplift, on a generated campaign and on Hillstrom's, on the same splits?

    pip install numpy pandas scikit-learn scikit-uplift lightgbm
    cargo build --release -p crmstat-models --example uplift_fit
    python benches/compare/uplift.py target/release/examples/uplift_fit [--hillstrom hillstrom.csv] [--splits 10]

The campaign: 20,000 customers of ten features, of which two carry the uplift and three the response. Hillstrom's (K.
Hillstrom, MineThatData e-mail challenge, 2008): visits after the e-mail for women beside no e-mail. Half of the rows,
drawn anew for each split, is learned from; the Qini coefficient of the other half is scikit-uplift's `qini_auc_score`.
Peers are scikit-uplift's `TwoModels` and `ClassTransformation` with LightGBM at its defaults and with scikit-learn's
histogram boosting. Exits with 1 where the mean of our chosen method is below that of the best peer.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklift.metrics import qini_auc_score
from sklift.models import ClassTransformation, TwoModels

warnings.simplefilter("ignore")
METHODS = ["transformed outcome, logistic", "two models, logistic", "transformed outcome, trees", "two models, trees"]


def generated():
    random = np.random.default_rng(17)
    x = random.random((20_000, 10))
    treated = random.integers(0, 2, len(x))
    uplift = 0.3 * (x[:, 0] - 0.25) + 0.15 * (x[:, 1] > 0.7)
    response = 0.1 + 0.2 * x[:, 2] + 0.2 * x[:, 3] * x[:, 4] + treated * uplift
    return x, (random.random(len(x)) < response).astype(int), treated, uplift


def hillstrom(path):
    table = pd.read_csv(path)
    table = table[table.segment != "Mens E-Mail"]
    features = table[["recency", "history", "mens", "womens", "newbie"]]
    words = pd.get_dummies(table[["history_segment", "zip_code", "channel"]], dtype=float)
    x = pd.concat([features, words], axis=1).to_numpy(float)
    return x, table.visit.to_numpy(), (table.segment == "Womens E-Mail").astype(int).to_numpy(), None


def ours(program, x, y, treated, others):
    with tempfile.TemporaryDirectory() as work:
        def put(name, values):
            path = os.path.join(work, name)
            np.ascontiguousarray(values, "<f8").tofile(path)
            return path

        out = os.path.join(work, "out")
        files = put("x", x), put("y", y), put("t", treated), str(x.shape[1]), put("o", others)
        chosen = int(subprocess.check_output([program, *files, out], text=True))
        found = [np.fromfile(f"{out}.{place}", "<f8") for place in range(len(METHODS))]
    return dict(zip([f"crmstat, {name}" for name in METHODS], found)) | {"crmstat, chosen": found[chosen]}


def theirs(x, y, treated, others):
    found = {}
    for name, base in [
        ("LightGBM", lambda: LGBMClassifier(verbose=-1, random_state=1, n_jobs=1)),
        ("scikit-learn boosting", lambda: HistGradientBoostingClassifier(random_state=1)),
    ]:
        two = TwoModels(base(), base()).fit(x, y, treated)
        one = ClassTransformation(base()).fit(x, y, treated)
        found[f"scikit-uplift, two models, {name}"] = two.predict(others)
        found[f"scikit-uplift, class transformation, {name}"] = one.predict(others)
    return found


def compare(name, program, data, splits):
    x, y, treated, truth = data
    scores = {}
    for split in range(splits):
        learned = np.random.default_rng(split).permutation(len(x)) < len(x) // 2
        own = x[learned], y[learned], treated[learned], x[~learned]
        found = ours(program, *own) | theirs(*own)
        if truth is not None:
            found["the true uplift"] = truth[~learned]
        for key, values in found.items():
            scores.setdefault(key, []).append(qini_auc_score(y[~learned], values, treated[~learned]))
    print(f"\n| {name}, {splits} splits | mean Qini | standard deviation |\n|---|---|---|")
    for key, values in scores.items():
        print(f"| {key} | {np.mean(values):.4f} | {np.std(values, ddof=1):.4f} |", flush=True)
    best = max(np.mean(values) for key, values in scores.items() if key.startswith("scikit"))
    return np.mean(scores["crmstat, chosen"]) >= best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--hillstrom")
    parser.add_argument("--splits", type=int, default=10)
    args = parser.parse_args()
    held = compare("generated", args.program, generated(), args.splits)
    if args.hillstrom:
        held &= compare("Hillstrom", args.program, hillstrom(args.hillstrom), args.splits)
    sys.exit(not held)


if __name__ == "__main__":
    main()
