"""The LSTM predictor: it forecasts directions from past echoes and forms beams.

The one learner that is made for an environment, ``isac/BeamTrack-v0``; it uses that environment's
public interface only. No other learner may import anything from here.
"""

from isac_agents.algorithms.forecast.lstm_predictor import LstmPredictor

__all__ = ["LstmPredictor"]
