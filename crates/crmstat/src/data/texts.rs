//! Vectors of cells of which some are missing, and of texts in one arena.

/// Cells of one fixed-size type. A missing cell costs one byte, and nothing where none is missing.
#[derive(Clone, Debug)]
pub struct Cells<T> {
    values: Vec<T>,
    present: Presence,
}

impl<T: Copy> Cells<T> {
    /// The number of cells.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The cell of `row`, or `None` when it is missing.
    ///
    /// # Panics
    /// When there is no such row, as a slice does.
    pub fn get(&self, row: usize) -> Option<T> {
        let value = self.values[row];
        self.present.at(row).then_some(value)
    }
}

impl<T: Default> FromIterator<Option<T>> for Cells<T> {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(cells: I) -> Self {
        let cells = cells.into_iter();
        let mut values = Vec::with_capacity(cells.size_hint().0);
        let mut present = Presence::default();
        for cell in cells {
            present.push(values.len(), cell.is_some());
            values.push(cell.unwrap_or_default());
        }
        Self { values, present }
    }
}

/// Cells of text in one arena: a string of all of them and where each ends.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    arena: String,
    ends: Vec<usize>,
    present: Presence,
}

impl Texts {
    /// The number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell of `row`, or `None` when it is missing.
    ///
    /// # Panics
    /// When there is no such row, as a slice does.
    pub fn get(&self, row: usize) -> Option<&str> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        let text = &self.arena[start..self.ends[row]];
        self.present.at(row).then_some(text)
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: Option<&str>) {
        self.present.push(self.ends.len(), cell.is_some());
        self.arena.push_str(cell.unwrap_or_default());
        self.ends.push(self.arena.len());
    }

    /// Adds a cell of what `write` appends.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        self.present.push(self.ends.len(), true);
        write(&mut self.arena);
        self.ends.push(self.arena.len());
    }

    /// Adds the cells of `other`.
    pub(crate) fn append(&mut self, other: &Self) {
        let (rows, offset) = (self.ends.len(), self.arena.len());
        self.present.append(rows, &other.present, other.len());
        self.arena.push_str(&other.arena);
        self.ends.extend(other.ends.iter().map(|end| offset + end));
    }
}

impl<'a> FromIterator<Option<&'a str>> for Texts {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(cells: I) -> Self {
        let mut texts = Self::default();
        for cell in cells {
            texts.push(cell);
        }
        texts
    }
}

/// Which cells are there; nothing at all while every cell is.
#[derive(Clone, Debug, Default)]
struct Presence(Option<Vec<bool>>);

impl Presence {
    fn push(&mut self, len: usize, present: bool) {
        match &mut self.0 {
            Some(flags) => flags.push(present),
            None if present => {}
            None => {
                let mut flags = vec![true; len];
                flags.push(false);
                self.0 = Some(flags);
            }
        }
    }

    /// Puts `rows` more cells behind the `len` that there are.
    fn append(&mut self, len: usize, other: &Self, rows: usize) {
        if self.0.is_none() && other.0.is_none() {
            return;
        }
        let flags = self.0.get_or_insert_with(|| vec![true; len]);
        match &other.0 {
            Some(more) => flags.extend(more),
            None => flags.resize(len + rows, true),
        }
    }

    fn at(&self, row: usize) -> bool {
        self.0.as_ref().is_none_or(|flags| flags[row])
    }
}

/// The words of a header in lower case, one space apart: `EmployeeNumber`, `employee_number` and `Employee Number`
/// are the same two.
pub(crate) fn words_of(header: &str) -> String {
    let mut words = String::with_capacity(header.len() + 4);
    let mut was_lower = false;
    for letter in header.chars() {
        let ends = !letter.is_alphanumeric() || letter.is_uppercase() && was_lower;
        if ends && !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
        was_lower = letter.is_lowercase();
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        }
    }
    words.truncate(words.trim_end().len());
    words
}
