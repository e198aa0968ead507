//! Reports in which rows stand under the row of their group, such as documents under their customer in 1С.

use super::profile::Mapping;
use crate::{Error, Result, data::Field};

/// Groups and documents stand in one of so many columns from the left.
const GROUP_COLUMNS: usize = 2;

/// Refuses what was `found` of a file whose first rows are such a report: the rows of documents name no
/// customer, and those of customers repeat the sum of their documents.
///
/// # Errors
/// A report of this kind, or the error that was found already.
pub(crate) fn refuse(
    found: Result<Mapping>,
    headers: &[String],
    sample: &[Vec<String>],
) -> Result<Mapping> {
    let Some((column, document)) = grouped(headers, sample) else { return found };
    // A column of documents beside one of customers is a list.
    let is_list = found.as_ref().is_ok_and(|mapping| {
        !mapping.customer.is_empty()
            && mapping.customer.iter().all(|customer| customer.column != column)
            && mapping.column(Field::OrderedAt) != Some(column)
    });
    if is_list {
        return found;
    }
    let header = headers.get(column).map_or("", |header| header.trim());
    let error = Error::data(format!(
        "is a hierarchical report: in the column `{header}` documents such as `{document}` stand in rows of their own under the rows of their groups, which repeat their sums"
    ));
    Err(error.with_hint(
        "export it as a list: the customer, the document, its date and its sum in columns of their own (in 1С, the list of documents, or the report without groups)",
    ))
}

/// The column in which documents stand under other texts, and the first of them.
fn grouped<'a>(headers: &[String], sample: &'a [Vec<String>]) -> Option<(usize, &'a str)> {
    (0..headers.len().min(GROUP_COLUMNS)).find_map(|column| {
        let cells = sample.iter().filter_map(|row| row.get(column)).map(|cell| cell.trim());
        let filled: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
        let documents = filled.iter().filter(|cell| is_document(cell)).count();
        let groups = filled.len() - documents;
        let first = filled.iter().find(|cell| is_document(cell))?;
        // A stray note is no group, nor is a total below a list.
        let is_mixed = documents >= 2 && groups >= 2 && 4 * documents >= filled.len();
        is_mixed.then_some((column, *first))
    })
}

/// Whether `cell` is a document as 1С writes it: `Реализация товаров и услуг 0000-000012 от 05.01.2025`.
fn is_document(cell: &str) -> bool {
    let Some((name, date)) = cell.rsplit_once(" от ") else { return false };
    let day = date.split_whitespace().next().unwrap_or_default();
    let is_date = day.len() >= 8
        && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && day.bytes().filter(|byte| *byte == b'.').count() == 2;
    is_date && name.split_whitespace().count() >= 2
}

#[cfg(test)]
mod tests {
    use super::{grouped, is_document};

    #[test]
    fn a_document_is_seen_by_its_number_and_date() {
        assert!(is_document("Реализация товаров и услуг 0000-000012 от 05.01.2025 12:00:00"));
        assert!(is_document("Заказ клиента УТ-7 от 05.01.2025"));
        for cell in ["ООО «Ромашка»", "Письмо от Петрова", "от 05.01.2025", "Договор от поставщика"]
        {
            assert!(!is_document(cell), "{cell}");
        }
    }

    #[test]
    fn documents_under_customers_are_a_hierarchy_and_a_column_of_documents_is_none() {
        let headers = ["Контрагент", "Сумма"].map(str::to_owned);
        let rows = |cells: &[&str]| -> Vec<Vec<String>> {
            cells.iter().map(|cell| vec![(*cell).to_owned(), "1".to_owned()]).collect()
        };
        let document = "Реализация товаров и услуг 12 от 05.01.2025 12:00:00";
        let report = rows(&["ООО «Ромашка»", document, document, "АО Заря", document]);
        assert_eq!(grouped(&headers, &report), Some((0, document)));
        assert!(grouped(&headers, &rows(&[document, document, document, "Итого"])).is_none());
    }
}
