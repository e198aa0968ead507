"""Accuracy and speed of our forecasts beside statsforecast's, on the same series, on one core.

    python benches/compare/forecast.py TRAIN.csv TEST.csv --season 12 [--models ets] [--sample 60]

TRAIN and TEST are wide files, `id,v1,v2,…` a row. Ours is the example `forecast_series` of
crmstat-models, built with `cargo build --release -p crmstat-models --example forecast_series`; theirs
needs `pip install statsforecast`. Time is the processor's, without reading, compiling (theirs is warmed
up) or writing.

The last column is our speed as a multiple of theirs, and the least that is wanted. Their AutoETS takes an
eighth of a second per monthly series, their AutoARIMA seconds: `--sample 60` takes that many series,
evenly spread over the file; drop it, and take `--ours-only`, for the accuracy on whole sets.
`ensemble` is our default beside the mean of their AutoETS, DynamicOptimizedTheta and AutoCES.
`--cores` tells how much faster two threads fit the standard ensemble than one, by the clock: run it on
an idle machine.

`--coverage` tells instead how many of the observations lie within the standard ensemble's intervals, over
all horizons and at the worst one, by the example `forecast_intervals`.

sMAPE is mean(200|y - f| / (|y| + |f|)); MASE is scaled by the in-sample seasonal naive error.
"""

import argparse
import os
import resource
import subprocess
import time
from pathlib import Path

import numpy as np

from evidence import write_row

# How many times faster than statsforecast each model has to be.
WANTED = {"ets": 10, "dotm": 3, "ces": 3, "ensemble": 5}

ROOT = Path(__file__).resolve().parents[2]


def read_wide(path):
    with open(path) as lines:
        rows = (line.strip().split(",") for line in lines)
        return {row[0]: np.array([float(cell) for cell in row[1:] if cell]) for row in rows}


def write_wide(path, series):
    with open(path, "w") as out:
        for name, values in series.items():
            out.write(",".join([name, *map(repr, map(float, values))]) + "\n")


def example(name):
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "examples" / name


def ours(model, train, season, horizon):
    binary = example("forecast_series")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [binary, train, model, str(season), str(horizon)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "RAYON_NUM_THREADS": "1"},
    )
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    forecasts = {}
    for line in done.stdout.splitlines():
        name, *cells = line.split(",")
        forecasts[name] = np.array([float(cell) for cell in cells])
    if model == "arima":
        print(done.stderr.splitlines()[-1])
    return forecasts, seconds


def theirs(model, train, season, horizon):
    from statsforecast.models import (
        MSTL,
        AutoARIMA,
        AutoCES,
        AutoETS,
        DynamicOptimizedTheta,
        Naive,
        RandomWalkWithDrift,
        SeasonalNaive,
        Theta,
    )

    if model == "ensemble":
        runs = [theirs(member, train, season, horizon) for member in ["ets", "dotm", "ces"]]
        forecasts = {name: np.mean([run[0][name] for run in runs], axis=0) for name in train}
        return forecasts, sum(seconds for _, seconds in runs)
    models = {
        "ets": lambda: AutoETS(season_length=season),
        "dotm": lambda: DynamicOptimizedTheta(season_length=season),
        "theta": lambda: Theta(season_length=season),
        "ces": lambda: AutoCES(season_length=season),
        "arima": lambda: AutoARIMA(season_length=season),
        "mstl": lambda: MSTL(season_length=season, trend_forecaster=AutoETS(model="ZZN")),
        "naive": Naive,
        "seasonal-naive": lambda: SeasonalNaive(season_length=season),
        "drift": RandomWalkWithDrift,
    }
    if model not in models:
        return None
    first = next(iter(train.values()))
    models[model]().forecast(first, horizon)
    forecasts, before = {}, time.process_time()
    for name, values in train.items():
        forecasts[name] = np.asarray(models[model]().forecast(values, horizon)["mean"])
    return forecasts, time.process_time() - before


def score(forecasts, train, test, season):
    smape, mase = [], []
    for name, forecast in forecasts.items():
        actual = test[name]
        forecast = forecast[: len(actual)]
        size = np.abs(actual) + np.abs(forecast)
        smape.append(np.mean(200 * np.abs(actual - forecast) / np.where(size == 0, 1, size)))
        scale = np.mean(np.abs(train[name][season:] - train[name][:-season]))
        mase.append(np.mean(np.abs(actual - forecast)) / scale)
    return np.mean(smape), np.mean(mase)


def coverage(train, test, season, horizon):
    command = [example("forecast_intervals"), train, str(season), str(horizon)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    within = {80: {}, 95: {}}
    for line in done.stdout.splitlines():
        name, step, _, *bounds = line.split(",")
        step, bounds = int(step), [float(bound) for bound in bounds]
        if step == 0 or step > len(test[name]):
            continue
        actual = test[name][step - 1]
        for level, (lower, upper) in zip(within, [bounds[:2], bounds[2:]]):
            within[level].setdefault(step, []).append(lower <= actual <= upper)
    for level, steps in within.items():
        overall = np.mean(np.concatenate(list(steps.values())))
        worst = min(np.mean(step) for step in steps.values())
        print(f"{level} %: {overall:.3f} of all, {worst:.3f} at the worst horizon")


def cores(train, season, horizon):
    def seconds(threads):
        command = [example("forecast_intervals"), train, str(season), str(horizon)]
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
        return time.perf_counter() - began

    one, two = min(seconds(1) for _ in range(3)), min(seconds(2) for _ in range(3))
    print(f"one thread {one:.2f} s, two threads {two:.2f} s: {one / two:.2f} x (wanted: 1.8)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--season", type=int, required=True)
    parser.add_argument("--models", nargs="+", default=["ets", "mstl"])
    parser.add_argument("--sample", type=int, help="so many series, evenly spread")
    parser.add_argument("--ours-only", action="store_true")
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--evidence", type=Path, help="write our row of the table `forecasts` of this file anew")
    parser.add_argument("--row", help="the name of that row")
    parser.add_argument("--cores", action="store_true")
    arguments = parser.parse_args()

    season = arguments.season
    test = read_wide(arguments.test)
    train = read_wide(arguments.train)
    if arguments.sample:
        names = list(train)[:: max(len(train) // arguments.sample, 1)][: arguments.sample]
        train = {name: train[name] for name in names}
    horizon = max(len(test[name]) for name in train)
    sample = Path(os.environ.get("TMPDIR", "/tmp")) / f"forecast_compare_{os.getpid()}.csv"
    write_wide(sample, train)
    if arguments.coverage or arguments.cores:
        if arguments.coverage:
            coverage(sample, test, season, horizon)
        if arguments.cores:
            cores(sample, season, horizon)
        sample.unlink()
        return
    print(
        f"{'model':16} {'engine':14} {'series':>6} {'sMAPE':>8} {'MASE':>8} {'series/s':>10} {'ratio':>14}"
    )
    try:
        for model in arguments.models:
            runs = {"crmstat": ours(model, sample, season, horizon)}
            if not arguments.ours_only:
                runs["statsforecast"] = theirs(model, train, season, horizon)
            ratio = ""
            if runs.get("statsforecast"):
                ratio = f"{runs['statsforecast'][1] / max(runs['crmstat'][1], 1e-9):.1f} x"
                if model in WANTED:
                    ratio += f" (>= {WANTED[model]})"
            for engine, run in runs.items():
                if run is None:
                    continue
                forecasts, seconds = run
                smape, mase = score(forecasts, train, test, season)
                speed = len(forecasts) / max(seconds, 1e-9)
                print(
                    f"{model:16} {engine:14} {len(forecasts):6} {smape:8.3f} {mase:8.4f} "
                    f"{speed:10.1f} {ratio if engine == 'crmstat' else '':>14}",
                    flush=True,
                )
                if arguments.evidence and engine == "crmstat":
                    row = f"| {arguments.row} | {smape:.2f} | {mase:.3f} | {speed:.0f} |"
                    write_row(arguments.evidence, "forecasts", row)
    finally:
        sample.unlink()


if __name__ == "__main__":
    main()
