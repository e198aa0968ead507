//! Sales forecasting: the models, their automatic choice, intervals and backtests.
