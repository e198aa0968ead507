"""The effect of an event: crmstat beside statsmodels' local level, on the same generated series in one run.

Monthly series of 72 months before the event and 12 after it: a level, a trend, a season of twelve, errors that follow
the last (correlation 0, 0.3, 0.6 or 0.8), in every third a wandering level; 0, 5 or 20 % are planted behind the event.
For each contender: in how many series the 95 % interval of the effect, summed over the twelve months, holds what was
planted, and in how many it does not hold zero. `crmstat effect` reads one order per month. The peer is
the model of pycausalimpact, statsmodels' `UnobservedComponents` with a local level and the season, fitted by likelihood, its
future simulated a thousand times; pycausalimpact 0.1.1 itself does not run with pandas 3.

    python effect.py --crmstat PATH [--series 200] [--seed 1] [--peer-series 60]

Needs `pip install statsmodels`.
"""

import argparse
import csv
import io
import subprocess
import warnings

import numpy as np

PAST, FUTURE, SEASON = 72, 12, 12
PLANTED = [0.0, 0.05, 0.2]


def made(rng: np.random.Generator, number: int) -> np.ndarray:
    slope = 0.3 * rng.standard_normal()
    correlation = [0.0, 0.3, 0.6, 0.8][number % 4]
    step = 1.0 if number % 3 == 0 else 0.0
    seasons = 8 * rng.standard_normal(SEASON)
    rest, level, values = 5 * rng.standard_normal(), 100.0, []
    for t in range(PAST + FUTURE):
        rest = correlation * rest + 5 * rng.standard_normal()
        level += slope + step * rng.standard_normal()
        values.append(level + seasons[t % SEASON] + rest)
    return np.maximum(np.array(values), 1.0)


def months(count: int) -> list[str]:
    return [f"{2015 + t // 12}-{t % 12 + 1:02d}-01" for t in range(count)]


def ours(binary: str, values: np.ndarray) -> tuple[float, float]:
    days = months(len(values) + 2)
    # A month before the first, which is left out as it may be a part, and the day after the last.
    rows = [f"c,{days[0]},100"]
    rows += [f"c,{day},{value:.4f}" for day, value in zip(days[1:], values)]
    command = [binary, "effect", "-", "--event", days[1 + PAST], "--period", "month"]
    command += ["--as-of", days[len(values) + 1], "--show", "effect", "--format", "csv", "-q"]
    text = "customer_id,order_date,amount\n" + "\n".join(rows) + "\n"
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    row = next(csv.DictReader(io.StringIO(done.stdout)))
    return float(row["effect_lower"]), float(row["effect_upper"])


def peer(values: np.ndarray) -> tuple[float, float]:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = UnobservedComponents(values[:PAST], level="llevel", seasonal=SEASON)
        fit = model.fit(disp=False, maxiter=200)
        paths = fit.simulate(FUTURE, anchor="end", repetitions=1000, rng=np.random.default_rng(1))
    sums = np.asarray(paths).reshape(FUTURE, -1).sum(axis=0)
    lower, upper = np.quantile(values[PAST:].sum() - sums, [0.025, 0.975])
    return lower, upper


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crmstat", required=True)
    parser.add_argument("--series", type=int, default=200)
    parser.add_argument("--peer-series", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    contenders = [
        ("crmstat", args.series, lambda values: ours(args.crmstat, values)),
        ("statsmodels llevel", args.peer_series, peer),
    ]
    print("| contender | series | planted | covered, % | told from chance, % |")
    print("|---|---|---|---|---|")
    for name, count, ask in contenders:
        rng = np.random.default_rng(args.seed)
        covered, told = np.zeros(len(PLANTED)), np.zeros(len(PLANTED))
        for number in range(count):
            values = made(rng, number)
            for place, share in enumerate(PLANTED):
                raised = values.copy()
                raised[PAST:] *= 1 + share
                lower, upper = ask(raised)
                covered[place] += lower <= share * values[PAST:].sum() <= upper
                told[place] += not lower <= 0 <= upper
        for place, share in enumerate(PLANTED):
            line = [name, count, f"{100 * share:.0f} %", f"{100 * covered[place] / count:.1f}"]
            print("| " + " | ".join(map(str, [*line, f"{100 * told[place] / count:.1f}"])) + " |")


if __name__ == "__main__":
    main()
