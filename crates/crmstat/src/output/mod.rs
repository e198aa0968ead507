//! Results on their way out: a typed table and one writer per format.
