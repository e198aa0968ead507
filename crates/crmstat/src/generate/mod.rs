//! Synthetic CRM data with known truth.
