//! Churn end to end on worlds whose truth is known.
