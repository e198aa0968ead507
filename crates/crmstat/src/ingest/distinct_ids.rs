//! What rows of other tables are joined to.

use crate::{
    Result,
    collections::interner::Interner,
    data::{Field, Texts},
    ingest::{columns::FieldPart, pass::input::Input, records::column_of},
};

/// The distinct texts of `field` in every row of `inputs`, in the order of their bytes.
///
/// # Errors
/// Unreadable inputs.
pub(crate) fn keys(
    inputs: &[Input],
    field: Field,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Texts> {
    let mut all = Interner::<()>::new();
    for input in inputs {
        let columns: Vec<usize> = match field {
            Field::CustomerId => input.mapping.customer.iter().map(|from| from.column).collect(),
            _ => column_of(input, field).into_iter().collect(),
        };
        if columns.is_empty() {
            continue;
        }
        let wanted = input.wanted(columns.clone());
        let parts: Vec<FieldPart<'_>> =
            columns.iter().map(|column| FieldPart::new(input, &wanted, *column)).collect();
        let start = vec![Interner::<()>::new(); rayon::current_num_threads()];
        let found = input.scan(&wanted, start, progress, |texts, records| {
            for row in records.first..records.batch.len() {
                // The first filled column is the customer, as in an order.
                let text = parts.iter().find_map(|part| part.text(part.cell(&records, row)));
                text.map(|text| texts.intern(text));
            }
            Ok(())
        })?;
        for texts in found {
            all.adopt(&texts);
        }
    }
    let mut texts = Texts::default();
    let mut scratch = [0; 16];
    for id in all.sorted() {
        texts.push(Some(all.text(id, &mut scratch)));
    }
    Ok(texts)
}
