"""Makes ``sensing_reference.json``: what Stone Soup says of filters and sets of positions.

    python sensing_reference.py

Needs ``pip install stonesoup==1.9.1``; the tests read the file alone. Stone Soup: the UK Defence
Science and Technology Laboratory's framework for tracking, https://stonesoup.rtfd.io.
"""

import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import stonesoup
from stonesoup.metricgenerator.ospametric import GOSPAMetric
from stonesoup.models.measurement.nonlinear import CartesianToBearingRangeRate
from stonesoup.models.transition.linear import (
    CombinedLinearGaussianTransitionModel,
    ConstantVelocity,
)
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.types.detection import Detection
from stonesoup.types.hypothesis import SingleHypothesis
from stonesoup.types.state import GaussianState, State
from stonesoup.updater.kalman import ExtendedKalmanUpdater

START = datetime(2024, 1, 1)


def gospa_case(generator: np.random.Generator) -> dict:
    """Return two random sets of positions and the parts of the metric."""
    cutoff = float(generator.choice([3.0, 5.0, 20.0]))
    truth = generator.uniform(-15.0, 15.0, (generator.integers(1, 7), 2))
    near = truth[generator.random(len(truth)) < 0.7]
    near = near + generator.normal(0.0, 2.0, near.shape)
    stray = generator.uniform(-15.0, 15.0, (generator.integers(0, 4), 2))
    found = np.concatenate((near, stray))
    states = [[State(each[:, None], START) for each in group] for group in (found, truth)]
    metric, _ = GOSPAMetric(p=2, c=cutoff).compute_gospa_metric(*states)
    parts = metric.value
    return {
        "cutoff": cutoff,
        "truth": truth.tolist(),
        "estimates": found.tolist(),
        "distance": float(parts["distance"]),
        "localisation": float(parts["localisation"]),
        "missed": float(parts["missed"]),
        "false": float(parts["false"]),
    }


def filter_case(generator: np.random.Generator) -> dict:
    """Return a prediction and an update of an extended Kalman filter."""
    interval, q = round(float(generator.uniform(0.02, 0.5)), 3), float(generator.uniform(0.1, 4.0))
    place, speed = generator.uniform(20.0, 120.0, 2), generator.normal(0.0, 6.0, 2)
    factor = generator.normal(0.0, 1.0, (4, 4))
    covariance = factor @ factor.T + np.diag((0.5, 0.5, 1.0, 1.0))
    mean = np.array([place[0], place[1] - 70.0, *speed])
    wide, full = np.zeros((6, 1)), np.zeros((6, 6))
    where = [0, 2, 1, 3]  # of x, y, vx, vy in x, vx, y, vy, z, vz
    wide[where, 0] = mean
    full[np.ix_(where, where)] = covariance
    model = CombinedLinearGaussianTransitionModel(
        [ConstantVelocity(q), ConstantVelocity(q), ConstantVelocity(0.0)]
    )
    prior = GaussianState(wide, full, timestamp=START)
    now = START + timedelta(seconds=interval)
    predicted = KalmanPredictor(model).predict(prior, timestamp=now)
    std = generator.uniform((0.005, 0.05, 0.05), (0.05, 0.5, 0.5))
    measure = CartesianToBearingRangeRate(
        ndim_state=6, mapping=(0, 2, 4), velocity_mapping=(1, 3, 5),
        noise_covar=np.diag(np.square(std)),
    )  # fmt: skip
    exact = measure.function(predicted, noise=False)
    seen = np.array([float(exact[k, 0]) for k in range(3)]) + std * generator.normal(0.0, 1.0, 3)
    seen[0] = math.remainder(seen[0], math.tau)
    detection = Detection(seen[:, None], timestamp=now, measurement_model=measure)
    updater = ExtendedKalmanUpdater(measure)
    posterior = updater.update(SingleHypothesis(predicted, detection))
    forecast = updater.predict_measurement(predicted)
    innovation = seen - np.array([float(forecast.state_vector[k, 0]) for k in range(3)])
    innovation[0] = math.remainder(innovation[0], math.tau)
    spread = np.asarray(forecast.covar, float)
    return {
        "interval": interval,
        "acceleration_psd": q,
        "mean": mean.tolist(),
        "covariance": covariance.tolist(),
        "azimuth": float(seen[0]),
        "range": float(seen[1]),
        "range_rate": float(seen[2]),
        "std": std.tolist(),
        "predicted": np.asarray(predicted.state_vector, float)[where, 0].tolist(),
        "predicted_covariance": np.asarray(predicted.covar, float)[np.ix_(where, where)].tolist(),
        "updated": np.asarray(posterior.state_vector, float)[where, 0].tolist(),
        "updated_covariance": np.asarray(posterior.covar, float)[np.ix_(where, where)].tolist(),
        "distance": float(innovation @ np.linalg.solve(spread, innovation)),
        "log_determinant": float(np.linalg.slogdet(spread)[1]),
    }


def main() -> None:
    """Write the file."""
    generator = np.random.default_rng(2024)
    cases = {
        "stonesoup": stonesoup.__version__,
        "gospa": [gospa_case(generator) for _ in range(60)],
        "filter": [filter_case(generator) for _ in range(40)],
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
