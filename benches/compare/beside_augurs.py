"""Accuracy of augurs' forecasts on the sets that `forecast.py` scores ours on, and of the seasons it finds.

    python benches/compare/beside_augurs.py TRAIN.csv TEST.csv --season 12

Needs `pip install augurs numpy`. MSTL takes the season out and forecasts the rest by AutoETS without one; AutoETS by
itself cannot be asked for a forecast from Python (0.8.0: "model not fit yet" after `fit`).
"""

import argparse
import time
from importlib.metadata import version
from pathlib import Path

import augurs
import numpy as np

from forecast import read_wide, score


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--season", type=int, required=True)
    arguments = parser.parse_args()
    train, test = read_wide(arguments.train), read_wide(arguments.test)
    horizon, season = max(len(values) for values in test.values()), arguments.season
    forecasts, found, failed = {}, 0, 0
    before = time.process_time()
    for key, values in train.items():
        try:
            model = augurs.MSTL.ets([season])
            model.fit(values)
            forecasts[key] = np.asarray(model.predict(horizon, None).point())
        # A panic of theirs is no Exception.
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failed += 1
    seconds = time.process_time() - before
    for values in train.values():
        found += season in [int(period) for period in augurs.seasonalities(values)]
    smape, mase = score(forecasts, train, test, season)
    print(f"augurs {version('augurs')}: MSTL + ETS on {len(forecasts)} series, {failed} failed")
    print(f"sMAPE {smape:.2f}, MASE {mase:.3f}, {len(forecasts) / seconds:.0f} series/s")
    print(f"the season of {season} is found in {found} of {len(train)}")


if __name__ == "__main__":
    main()
