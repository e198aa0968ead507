"""Fits the same generated customers with our example, lifetimes and, where installed, PyMC-Marketing.

    cargo build --release -p crmstat-models --example clv_fit
    python benches/compare/clv.py --binary target/release/examples/clv_fit --customers 1000000

Prints the log-likelihood and the seconds of every fit, and the ratios of the seconds. Only fits are
timed: reading the file and starting Python are not. Needs numpy and lifetimes (pip install lifetimes).
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

TRUTH = {"r": 0.6, "alpha": 6.0, "a": 0.8, "b": 2.5}
AGREEMENT = 1e-8


def generate(customers: int, seed: int, whole_days: bool) -> np.ndarray:
    """Customers of a BG/NBD process with TRUTH, observed for 20 to 80 weeks: x, t_x, T."""
    random = np.random.default_rng(seed)
    rate = random.gamma(TRUTH["r"], 1.0 / TRUTH["alpha"], customers)
    leaving = random.beta(TRUTH["a"], TRUTH["b"], customers)
    end = random.uniform(20.0, 80.0, customers)
    x = np.zeros(customers, dtype=np.int64)
    last = np.zeros(customers)
    active = np.arange(customers)
    while len(active):
        upcoming = last[active] + random.exponential(1.0, len(active)) / np.maximum(rate[active], 1e-12)
        active, upcoming = active[upcoming <= end[active]], upcoming[upcoming <= end[active]]
        x[active] += 1
        last[active] = upcoming
        active = active[random.random(len(active)) > leaving[active]]
    if whole_days:
        last, end = np.ceil(last * 7.0) / 7.0, np.ceil(end * 7.0) / 7.0
    return np.column_stack([x, last, end])


def fit_ours(binary: Path, data: np.ndarray) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        with path.open("w") as file:
            file.write("x,t_x,T\n")
            file.writelines(f"{int(x)},{t_x!r},{end!r}\n" for x, t_x, end in data.tolist())
        output = subprocess.run([binary, path, "bg-nbd"], check=True, capture_output=True, text=True)
    fields = dict(line.split() for line in output.stdout.splitlines())
    return {
        "log_likelihood": float(fields["log_likelihood"]),
        "seconds": float(fields["fit_seconds"]),
        "predictions_per_second": float(fields["predictions_per_second"]),
    }


def fit_lifetimes(data: np.ndarray) -> dict:
    from lifetimes import BetaGeoFitter

    model = BetaGeoFitter()
    started = time.perf_counter()
    model.fit(data[:, 0], data[:, 1], data[:, 2])
    seconds = time.perf_counter() - started
    # lifetimes scales time by its longest; the attribute is the mean over customers, negated.
    likelihood = log_likelihood(model.params_[["r", "alpha", "a", "b"]].to_numpy(), data)
    return {"log_likelihood": likelihood, "seconds": seconds}


def fit_pymc_marketing(data: np.ndarray) -> dict | None:
    try:
        import pandas
        from pymc_marketing.clv import BetaGeoModel
    except ImportError:
        return None
    frame = pandas.DataFrame(data, columns=["frequency", "recency", "T"])
    frame["customer_id"] = np.arange(len(frame))
    model = BetaGeoModel(data=frame)
    started = time.perf_counter()
    model.fit(method="map", progressbar=False)
    seconds = time.perf_counter() - started
    found = model.fit_result
    parameters = [float(found[name].mean()) for name in ("r", "alpha", "a", "b")]
    return {"log_likelihood": log_likelihood(np.array(parameters), data), "seconds": seconds}


def log_likelihood(parameters: np.ndarray, data: np.ndarray) -> float:
    """Equation 6 of Fader, Hardie and Lee (2005), the same for every competitor."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = parameters
    x, t_x, end = data.T
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    alive = -(r + x) * np.log(alpha + end)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(x > 0, np.log(a) - np.log(b + x - 1) - (r + x) * np.log(alpha + t_x), -np.inf)
    return float(np.sum(common + np.logaddexp(alive, left)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole-days", action="store_true", help="times of orders are whole days, as in exports")
    arguments = parser.parse_args()
    data = generate(arguments.customers, arguments.seed, arguments.whole_days)
    ours = fit_ours(arguments.binary, data)
    print(f"ours            {ours['log_likelihood']:.6f}  {ours['seconds']:.3f} s")
    print(f"                {ours['predictions_per_second']:.0f} predictions/s")
    for name, fit in (("lifetimes", fit_lifetimes), ("PyMC-Marketing", fit_pymc_marketing)):
        theirs = fit(data)
        if theirs is None:
            print(f"{name:15} is not installed")
            continue
        gap = (ours["log_likelihood"] - theirs["log_likelihood"]) / abs(theirs["log_likelihood"])
        verdict = "reached" if gap > -AGREEMENT else "MISSED"
        print(f"{name:15} {theirs['log_likelihood']:.6f}  {theirs['seconds']:.3f} s")
        print(f"                ratio 1/{theirs['seconds'] / ours['seconds']:.1f}, its likelihood {verdict} ({gap:+.1e})")


if __name__ == "__main__":
    main()
