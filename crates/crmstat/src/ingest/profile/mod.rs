//! Profiles: how one CRM writes its exports.
