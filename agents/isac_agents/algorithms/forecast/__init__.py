"""The LSTM predictor: it forecasts directions from past echoes and forms beams.

This is the only learner made for a particular environment, ``isac/BeamTrack-v0``. It uses only that
environment's public interface. Other learners must not import anything from here.
"""

from isac_agents.algorithms.forecast.lstm_predictor import LstmPredictor

__all__ = ["LstmPredictor"]
