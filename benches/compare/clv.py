"""Models of repeat orders: crmstat beside a likelihood written anew and maximised by scipy.

    pip install numpy pandas scipy
    cargo build --release
    python benches/compare/clv.py target/release/crmstat ORDERS.csv CALIBRATION_END

ORDERS.csv has customer_id, order_date, amount. The likelihoods of MBG/CNBD-k and BG/CNBD-k (k = 1 is MBG/NBD and
BG/NBD) are those of Reutterer, Platzer and Schröder (2021), by logarithms of gamma functions, maximised by
Nelder and Mead from two starts. Exits with 1 unless the log-likelihoods of crmstat are at most 1e-3 below, or k
differs. Prints the table of `docs/evidence/clv.md`, and the scores of `--validate` beside it.
"""

import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, logsumexp


def histories(path, end):
    orders = pd.read_csv(path, dtype={"customer_id": str}, parse_dates=["order_date"])
    days = orders[["customer_id", "order_date"]].drop_duplicates().sort_values(["customer_id", "order_date"])
    days = days[days.order_date <= end]
    days["gap"] = days.groupby("customer_id").order_date.diff().dt.days / 7
    of = days.groupby("customer_id").order_date
    first, last = of.min(), of.max()
    x, t_x, total = of.count() - 1.0, (last - first).dt.days / 7, (end - first).dt.days / 7
    return x.to_numpy(), t_x.to_numpy(), total.to_numpy(), np.log(days.gap.dropna()).sum()


def log_likelihood(logs, k, first, data):
    x, t_x, end, log_gaps = data
    # Beyond it the digits of these gamma functions cancel, and the likelihood is none.
    if np.abs(logs).max() > 12:
        return -1e12
    r, alpha, a, b = np.exp(logs)
    n, m, silence = x + first, k * x, end - t_x
    with np.errstate(divide="ignore"):
        alive = [
            gammaln(r + m + j) - gammaln(j + 1) + (j * np.log(silence) if j else 0.0) - (r + m + j) * np.log(alpha + end)
            for j in range(k)
        ]
    alive = logsumexp(alive, axis=0) + betaln(a, b + n) - betaln(a, b)
    left = gammaln(r + m) - (r + m) * np.log(alpha + t_x) + betaln(a + 1, np.maximum(b + n - 1, 1e-300)) - betaln(a, b)
    both = np.logaddexp(alive, np.where(n > 0, left, -np.inf))
    return (r * np.log(alpha) - gammaln(r) + both).sum() + (k - 1) * log_gaps - x.sum() * gammaln(k)


def maximum(k, first, data):
    options = dict(maxiter=8000, maxfev=8000, xatol=1e-9, fatol=1e-9)
    starts = ([0.5, 5 / k, 0.8, 2.4], [1, 20 / k, 0.5, 3])
    climbs = [
        minimize(lambda logs: -log_likelihood(logs, k, first, data), np.log(start), method="Nelder-Mead", options=options)
        for start in starts
    ]
    return -min(climb.fun for climb in climbs)


def ours(binary, path, end, model):
    with tempfile.NamedTemporaryFile(suffix=".csv") as out:
        arguments = [binary, "clv", path, "--calibration-end", end, "--model", model, "--parameters", "-o", out.name]
        subprocess.run(arguments, check=True, stderr=subprocess.DEVNULL)
        rows = pd.read_csv(out.name)
    rows = rows[rows.model == model].set_index("parameter").estimate
    return rows["log_likelihood"], int(rows.get("k", 1))


def main():
    binary, path, end = sys.argv[1:4]
    data = histories(path, pd.Timestamp(end))
    worst = 0.0
    print("| model | k | log-likelihood, crmstat | scipy |\n|---|---|---|---|")
    for model, first, most in (("mbg-nbd", 1, 1), ("bg-nbd", 0, 1), ("mbg-cnbd-k", 1, 6), ("bg-cnbd-k", 0, 6)):
        peers = {k: maximum(k, first, data) for k in range(1, most + 1)}
        best = max(peers, key=peers.get)
        value, k = ours(binary, path, end, model)
        worst = max(worst, peers[best] - value, float(k != best))
        print(f"| {model} | {k} | {value:,.3f} | {peers[best]:,.3f} |")
    scores = subprocess.run(
        [binary, "clv", path, "--calibration-end", end, "--validate", "--format", "md"],
        check=True, capture_output=True, text=True,
    )
    print(scores.stdout)
    sys.exit(int(worst > 1e-3))


main()
