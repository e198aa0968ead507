//! Whether one id stands for everybody who gave no name.

use crate::{
    Money,
    data::{Finding, Notice, Orders, Severity, Texts},
};

/// What tills and shops write where they know no customer, in lower case.
const WORDS: [&str; 34] = [
    "0",
    "-1",
    "00000000-0000-0000-0000-000000000000",
    "guest",
    "guests",
    "guest user",
    "guest customer",
    "anonymous",
    "anon",
    "unknown",
    "unknown customer",
    "no customer",
    "default customer",
    "default",
    "cash",
    "cash customer",
    "walk in",
    "walk-in",
    "walk-in customer",
    "retail",
    "retail customer",
    "гость",
    "гости",
    "аноним",
    "неизвестно",
    "неизвестный",
    "без имени",
    "розница",
    "розничный покупатель",
    "розничный клиент",
    "частное лицо",
    "физлицо",
    "физическое лицо",
    "наличные",
];
/// Customers with the most orders that are looked at.
const LOOKED_AT: usize = 3;
/// A guest has one order in so many at least, if its id is a word for a guest.
const NAMED_SHARE: u64 = 100;
/// A guest has one order in so many at least, if its id says nothing.
const SILENT_SHARE: u64 = 5;
/// And so many times the orders of the next customer.
const TIMES: u64 = 10;
/// Among fewer customers one may well have most orders.
const CUSTOMERS: usize = 10;

/// What is said of the id of a customer of `orders` that stands for nobody in particular.
pub(crate) fn among(orders: &Orders) -> Option<Notice> {
    let of_customers = (0..orders.customers().len()).map(|customer| {
        let own = orders.of_customer(customer);
        let net = orders.amount()[own.clone()].iter().copied().sum::<Option<Money>>();
        (own.len() as u64, net.unwrap_or_default())
    });
    notice(orders.customers(), of_customers)
}

/// What is said of an id that stands for nobody in particular: `orders` has the number and the net amount of
/// each customer's.
pub(crate) fn notice(ids: &Texts, orders: impl Iterator<Item = (u64, Money)>) -> Option<Notice> {
    let mut most: Vec<(u64, usize, Money)> = Vec::new();
    let mut all = 0;
    for (customer, (count, money)) in orders.enumerate() {
        all += count;
        if most.len() <= LOOKED_AT || most.last().is_some_and(|last| count > last.0) {
            // Of equals the first by id stays first.
            let place = most.partition_point(|known| known.0 >= count);
            most.insert(place, (count, customer, money));
            most.truncate(LOOKED_AT + 1);
        }
    }
    let named = most.iter().take(LOOKED_AT).find(|(count, customer, _)| {
        let word = ids.get(*customer).unwrap_or_default().trim().to_lowercase();
        WORDS.contains(&word.as_str()) && count * NAMED_SHARE >= all && *count > 1
    });
    let silent = most.first().filter(|(count, ..)| {
        let next = most.get(1).map_or(0, |next| next.0);
        count * SILENT_SHARE >= all && *count >= TIMES * next && ids.len() >= CUSTOMERS
    });
    let (count, customer, money) = *named.or(silent)?;
    let id = ids.get(customer).unwrap_or_default().to_owned();
    let notice = Notice::new(Severity::Warning, Finding::Guest { id: id.clone() }, count);
    Some(notice.worth(Some(money)).settled_by("guest", id))
}

#[cfg(test)]
mod tests {
    use super::notice;
    use crate::{
        Money,
        data::{Finding, Texts},
    };

    fn guest(customers: &[(&str, u64)]) -> Option<String> {
        let mut customers = customers.to_vec();
        customers.sort_unstable();
        let ids: Texts = customers.iter().map(|(id, _)| Some(*id)).collect();
        let orders = customers.iter().map(|(_, orders)| (*orders, Money::ZERO));
        notice(&ids, orders).map(|notice| match notice.finding {
            Finding::Guest { id } => id,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_word_or_a_crowd_in_one_id_is_a_guest() {
        let mut shop: Vec<(&str, u64)> =
            ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|id| (id, 3)).to_vec();
        assert_eq!(guest(&shop), None);
        shop.push(("Guest", 4));
        assert_eq!(guest(&shop).as_deref(), Some("Guest"));
        shop.pop();
        shop.push(("10001", 90));
        assert_eq!(guest(&shop).as_deref(), Some("10001"));
        // Thirty orders are nine customers' worth, and not ten times the next one's.
        shop.pop();
        shop.push(("10001", 29));
        assert_eq!(guest(&shop), None);
    }

    #[test]
    fn a_large_customer_of_a_small_seller_is_a_customer() {
        assert_eq!(guest(&[("Acme", 90), ("Bolt", 5), ("Corp", 3)]), None);
        assert_eq!(guest(&[("0", 1), ("1", 1)]), None);
    }
}
