"""How does our k-means compare with scikit-learn's Lloyd in time, steps and inertia?

Both start from the same centres on the same rows, with two threads each, one after the other. Needs
numpy and scikit-learn, and the example built:

    cargo build --release -p crmstat-models --example kmeans_fit
    python benches/compare/kmeans.py target/release/examples/kmeans_fit

Two kinds of rows: `blobs` (k Gaussian clusters that overlap) and `noise` (one Gaussian, where nothing
can be ruled out early). The ratio is our time over scikit-learn's; the best of the repeats on each side.
The last column is the time of choosing k from 2 to 10 over that of the one fit, on a million rows.
Exits with 1 when a ratio is above 0.5, the steps differ, the inertia differs by more than 1e-9, or the
choice takes more than 20 fits.
"""

import os

THREADS = "2"
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[variable] = THREADS

import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
from sklearn.cluster import KMeans

SHAPES = [(1_000_000, 5, 8), (1_000_000, 20, 20), (100_000, 50, 50)]
ITERATIONS = 50
TOLERANCE = 1e-4
REPEATS = 3
RATIO = 0.5
CHOICE = 20
INERTIA = 1e-9


def generate(kind, rows, columns, k):
    random = np.random.default_rng(20)
    values = random.standard_normal((rows, columns))
    if kind == "blobs":
        values += 2.0 * random.standard_normal((k, columns))[random.integers(0, k, rows)]
    return values, values[random.choice(rows, k, replace=False)].copy()


def scikit_learn(values, centres):
    best = np.inf
    for _ in range(REPEATS):
        model = KMeans(
            len(centres), init=centres, n_init=1, max_iter=ITERATIONS, tol=TOLERANCE, algorithm="lloyd"
        )
        begun = time.perf_counter()
        model.fit(values)
        best = min(best, time.perf_counter() - begun)
    return best, model.n_iter_, model.inertia_


def ours(binary, values, centres):
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("rows", "centres")]
        for array, file in zip((values, centres), files):
            array.astype("<f8").tofile(file)
        settings = map(str, (values.shape[1], ITERATIONS, TOLERANCE, REPEATS))
        output = subprocess.check_output([binary, *files, *settings, "choose"], text=True)
    seconds, steps, inertia, choice = output.split()[:4]
    return float(seconds), int(steps), float(inertia), float(choice)


def main():
    warnings.simplefilter("ignore")
    held = True
    print(f"{'rows':>9} {'columns':>7} {'k':>3} kind  sklearn_s  ours_s  ratio  steps  inertia_difference  choice")
    for rows, columns, k in SHAPES:
        for kind in ("blobs", "noise"):
            values, centres = generate(kind, rows, columns, k)
            theirs, their_steps, their_inertia = scikit_learn(values, centres)
            own, own_steps, own_inertia, choice = ours(sys.argv[1], values, centres)
            difference = abs(own_inertia / their_inertia - 1)
            held &= own / theirs <= RATIO and own_steps == their_steps and difference <= INERTIA
            held &= rows < 1_000_000 or choice / own <= CHOICE
            print(
                f"{rows:9} {columns:7} {k:3} {kind} {theirs:9.3f} {own:8.3f} {own / theirs:6.2f}"
                f"  {own_steps}={their_steps}  {difference:.1e} {choice / own:6.1f}",
                flush=True,
            )
    sys.exit(not held)


if __name__ == "__main__":
    main()
