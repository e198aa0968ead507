//! Recency, frequency, monetary: scores, cut points and segments by rule.
