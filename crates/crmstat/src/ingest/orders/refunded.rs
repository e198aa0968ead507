//! Whether a column called `Refunded` or «Возврат» holds what was given back, or says only whether it was.

use crate::{
    data::Field,
    ingest::{
        cells::{
            Parsed,
            number::{Decimal, NumberFormat},
            text,
        },
        profile::Mapping,
    },
};

/// Takes the field off a column that does not hold money to be taken off the amount: `cells` of the column
/// as far as they are known, `headers` those of the file.
pub(crate) fn check<'a>(
    mapping: &mut Mapping,
    headers: &[String],
    cells: impl Fn(usize) -> Vec<&'a str>,
) {
    let Some(column) = mapping.column(Field::Refunded) else { return };
    let amount = mapping.column(Field::Amount).map(|amount| headers[amount].to_lowercase());
    if amount.is_some_and(|header| is_net(&header)) {
        return mapping.release(Field::Refunded, "the amount is what is left already");
    }
    if !is_money(&headers[column], &cells(column)) {
        mapping.release(Field::Refunded, "its cells are no amounts");
    }
}

/// Whether a header, in lower case, says that refunds are off already.
fn is_net(header: &str) -> bool {
    let phrases = ["after refund", "less refund", "after return", "после возврат", "за вычетом"];
    let mut words = header.split(|c: char| !c.is_alphanumeric());
    words.any(|word| matches!(word, "net" | "netto" | "нетто"))
        || phrases.iter().any(|phrase| header.contains(phrase))
}

/// Whether cells are amounts; zeros and ones alone are so only under a header that says so.
fn is_money(header: &str, cells: &[&str]) -> bool {
    let filled = || cells.iter().filter(|cell| !text::says_nothing(cell));
    let is_number = |cell: &&&str| {
        [Decimal::Point, Decimal::Comma].iter().any(|decimal| {
            matches!(NumberFormat::new(*decimal).money(cell.as_bytes()), Parsed::Value(_))
        })
    };
    let is_flag = |cell: &&str| matches!(cell.trim(), "0" | "1");
    let header = header.to_lowercase();
    let says_amount = ["amount", "total", "sum", "сумма"].iter().any(|word| header.contains(word));
    filled().all(|cell| is_number(&cell))
        && (says_amount || filled().next().is_none() || !filled().all(is_flag))
}

#[cfg(test)]
mod tests {
    use super::{is_money, is_net};

    #[test]
    fn flags_are_no_amounts() {
        assert!(is_money("Refunded Amount", &["0.00", "40.00", ""]));
        assert!(is_money("Refunded", &["0", "12,5", "-"]));
        assert!(is_money("Amount Refunded", &["0", "0", "1"]));
        assert!(is_money("Refunded", &["", ""]));
        assert!(!is_money("Refunded", &["0", "1", "0"]));
        assert!(!is_money("Возврат", &["Да", "Нет"]));
        assert!(!is_money("Refunded", &["true", "false"]));
    }

    #[test]
    fn a_net_amount_says_so() {
        for (header, net) in [
            ("net", true),
            ("net sales", true),
            ("сумма за вычетом возвратов", true),
            ("total", false),
            ("magnet price", false),
        ] {
            assert_eq!(is_net(header), net, "{header}");
        }
    }
}
