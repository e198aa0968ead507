//! Spellings that the caller takes for one: cells of one label are read as another.

use super::{
    ExportFile, ReadOptions, columns::FieldPart, customer_table::collect_texts, pass::input::Input,
};
use crate::{
    Error, Place, Result,
    data::{Decision, Field, field::FieldType},
};

/// A label that is read as another one, and in how many cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The file.
    pub file: String,
    /// The header of the column.
    pub column: String,
    /// The label.
    pub label: String,
    /// What it is read as.
    pub meant: String,
    /// The cells that hold it.
    pub cells: u64,
}

/// The labels and what they are meant as for [`ReadOptions::merge`], from a table of two columns: the label, and what it is
/// read as.
///
/// ```
/// use crmstat::ingest::{ExportFile, merges_of};
///
/// let file = ExportFile::bytes("merges.csv", "label,meant\nGTXPro,GTX Pro\n");
/// assert_eq!(merges_of(file)?, [("GTXPro".to_owned(), "GTX Pro".to_owned())]);
/// # Ok::<(), crmstat::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, or that has not two columns whose cells are all filled.
pub fn merges_of(file: impl Into<ExportFile>) -> Result<Vec<(String, String)>> {
    let file = file.into();
    let columns = collect_texts(&file, ReadOptions::default())?.result;
    let fault = |reason: &str| {
        Error::data(reason.to_owned())
            .at(Place { file: file.name().to_owned(), ..Place::default() })
            .with_hint("write a header and two columns: the label, and what it is read as")
    };
    let [(_, labels), (_, meant)] = &columns[..] else {
        return Err(fault("a table of labels to be merged has two columns"));
    };
    let pair = |row: usize| Some((labels.get(row)?.to_owned(), meant.get(row)?.to_owned()));
    let pairs: Option<Vec<_>> = (0..labels.len()).map(pair).collect();
    pairs
        .filter(|pairs| !pairs.is_empty())
        .ok_or_else(|| fault("a label or what it is meant as is empty"))
}

/// Looks for the labels of [`ReadOptions::merge`] in every column of texts of `inputs` that holds no ids; what is
/// found is read as what is meant, and told.
///
/// # Errors
/// Labels that are nothing, or meant as another and as themselves.
pub(crate) fn find(inputs: &mut [Input], options: &ReadOptions) -> Result<()> {
    for (at, (label, meant)) in options.merge.iter().enumerate() {
        let fault =
            |reason: &str| Error::usage(format!("`{label}` cannot be read as `{meant}`: {reason}"));
        if label.is_empty() || meant.is_empty() || label == meant {
            return Err(fault("two different labels are needed"));
        }
        if options.merge[..at].iter().any(|(other, _)| other == label) {
            return Err(fault("it is read as something else already"));
        }
        if options.merge.iter().any(|(other, _)| other == meant) {
            return Err(fault("that is read as something else itself"));
        }
    }
    if options.merge.is_empty() {
        return Ok(());
    }
    for input in inputs {
        let columns: Vec<usize> =
            (0..input.headers.len()).filter(|column| is_of_labels(input, *column)).collect();
        if columns.is_empty() {
            continue;
        }
        let wanted = input.wanted(columns.clone());
        let parts: Vec<FieldPart<'_>> =
            columns.iter().map(|column| FieldPart::new(input, &wanted, *column)).collect();
        let start =
            vec![vec![vec![0_u64; options.merge.len()]; parts.len()]; rayon::current_num_threads()];
        let counts = input.scan(&wanted, start, &|_| {}, |counts, records| {
            for row in records.first..records.batch.len() {
                for (part, counts) in parts.iter().zip(&mut *counts) {
                    let Some(text) = part.text(part.cell(&records, row)) else { continue };
                    let is = |(label, _): &(String, String)| label.as_bytes() == text;
                    if let Some(at) = options.merge.iter().position(is) {
                        counts[at] += 1;
                    }
                }
            }
            Ok(())
        })?;
        drop(parts);
        for (place, column) in columns.into_iter().enumerate() {
            for (at, (label, meant)) in options.merge.iter().enumerate() {
                let cells: u64 = counts.iter().map(|own| own[place][at]).sum();
                if cells == 0 {
                    continue;
                }
                let (file, header) =
                    (input.name().to_owned(), input.headers[column].trim().to_owned());
                input.decisions.push(Decision {
                    file: file.clone(),
                    topic: format!("`{label}` in `{header}`"),
                    value: format!("`{meant}`"),
                    reason: format!("asked for; {cells} cells"),
                    option: Some("--merge"),
                });
                let (label, meant) = (label.clone(), meant.clone());
                input.merges.push(Merge {
                    column,
                    merged: Merged { file, column: header, label, meant, cells },
                });
            }
        }
    }
    Ok(())
}

/// A label that a column of an input has, and what it is read as.
#[derive(Clone, Debug)]
pub(crate) struct Merge {
    pub(crate) column: usize,
    pub(crate) merged: Merged,
}

/// Whether the column holds texts and no ids.
fn is_of_labels(input: &Input, column: usize) -> bool {
    let mapping = &input.mapping;
    let is_id = mapping.column(Field::OrderId) == Some(column)
        || mapping.column(Field::CustomerId) == Some(column)
        || mapping.customer.iter().any(|customer| customer.column == column);
    let is_other = Field::ALL.iter().any(|field| {
        mapping.column(*field) == Some(column) && field.field_type() != FieldType::Text
    });
    !is_id && !is_other
}

#[cfg(test)]
mod tests {
    use crate::{
        Error,
        analysis::sales::{self, Query},
        data::{Deals, Field},
        ingest::{Export, ReadOptions},
    };

    const DEALS: &str = "\
deal_id,account,product,stage,created,closed,amount
1,GTXPro,GTXPro,Won,2025-01-05,2025-01-09,10
2,Acme,GTX Pro,Won,2025-01-06,2025-01-19,20
3,Acme,MG,Won,2025-02-05,2025-02-09,30
4,Acme,GTXPro,Lost,2025-02-06,2025-02-19,
";

    fn export(merge: &[(&str, &str)]) -> Result<Export, Error> {
        let merge = merge.iter().map(|(label, meant)| ((*label).to_owned(), (*meant).to_owned()));
        let options = ReadOptions { merge: merge.collect(), ..ReadOptions::default() };
        Export::from_bytes("deals.csv", DEALS, options)
    }

    #[test]
    fn cells_of_one_label_are_read_as_another() {
        let mut read = export(&[("GTXPro", "GTX Pro")]).unwrap();
        let told: Vec<_> =
            read.merged().map(|own| (own.column.as_str(), own.label.as_str(), own.cells)).collect();
        // The account of the same name is a customer.
        assert_eq!(told, [("product", "GTXPro", 2)]);
        let query = Query { by: vec!["product".to_owned()], ..Query::default() };
        let found = sales::sales(&mut read, &query, &[]).unwrap().result;
        let of = |at: usize| found.overall(at)[0].unwrap().to_f64();
        let groups: Vec<_> = found
            .groups()
            .iter()
            .enumerate()
            .map(|(at, own)| (own[0].clone().unwrap(), of(at)))
            .collect();
        assert_eq!(groups, [("GTX Pro".to_owned(), 30.0), ("MG".to_owned(), 30.0)]);
        let deals = Deals::read_with(&mut read, &[Field::Product]).unwrap().result;
        let products = deals.labels(Field::Product).unwrap();
        assert_eq!(products.labels().len(), 2);
        assert_eq!(deals.len(), 4);
    }

    #[test]
    fn labels_that_lead_in_a_circle_are_refused() {
        for merge in
            [&[("A", "A")][..], &[("", "A")], &[("A", "B"), ("A", "C")], &[("A", "B"), ("B", "C")]]
        {
            assert!(export(merge).is_err_and(|error| error.is_usage()), "{merge:?}");
        }
        assert_eq!(export(&[("nothing", "GTX Pro")]).unwrap().merged().count(), 0);
    }
}
