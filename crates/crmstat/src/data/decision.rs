//! What the importer decided by itself, and why.

/// One automatic decision, shown to the user and kept in the record of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The file it is about.
    pub file: String,
    /// What was decided: `encoding`, `delimiter`, `profile`, `date order`, `column amount` …
    pub topic: String,
    /// What it was decided to be.
    pub value: String,
    /// The evidence.
    pub reason: String,
    /// The option that overrides it, such as `--encoding`.
    pub option: Option<&'static str>,
}
