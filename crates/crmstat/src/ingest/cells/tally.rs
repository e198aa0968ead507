//! How many cells of a column look one way, with an example.

/// A count of cells and one of them.
///
/// The example is the smallest by bytes, so that the order of rows does not matter.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) cells: u64,
    pub(super) example: Option<String>,
}

impl Tally {
    /// Counts a cell.
    pub(super) fn add(&mut self, text: &str) {
        self.cells += 1;
        if self.example.as_deref().is_none_or(|example| text < example) {
            self.example = Some(text.to_owned());
        }
    }

    /// Adds the count of another part of the column.
    pub(super) fn merge(&mut self, other: &Self) {
        self.cells += other.cells;
        if let Some(text) = &other.example
            && self.example.as_ref().is_none_or(|example| text < example)
        {
            self.example = Some(text.clone());
        }
    }

    /// The count and the example in words.
    pub(super) fn describe(&self) -> String {
        match &self.example {
            Some(example) => format!("{} cells such as `{example}`", self.cells),
            None => format!("{} cells", self.cells),
        }
    }
}
