//! Customer lifetime value: the buy-till-you-die family and survival.
