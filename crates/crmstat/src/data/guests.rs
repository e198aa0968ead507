//! Whether one id stands for everybody who gave no name, and several for one customer.

use crate::{
    Money,
    data::{Finding, Notice, Orders, Severity, Texts},
};
use std::{cmp::Reverse, collections::HashMap};

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
/// Whose id has fewer is no guest: one order in so many.
pub(crate) const LEAST_SHARE: u64 = NAMED_SHARE;
/// A guest has one order in so many at least, if its id says nothing.
const SILENT_SHARE: u64 = 5;
/// And so many times the orders of the next customer.
const TIMES: u64 = 10;
/// Among fewer customers one may well have most orders.
const CUSTOMERS: usize = 10;

/// What is said of the ids of the customers of `orders`; see [`notices`].
pub(crate) fn among(orders: &Orders) -> Vec<Notice> {
    notices(orders.customers(), |customer| {
        let own = orders.of_customer(customer);
        let net = orders.amount()[own.clone()].iter().copied().sum::<Option<Money>>();
        (own.len() as u64, net.unwrap_or_default())
    })
}

/// What is said of an id that stands for nobody in particular, and of ids that are written alike: `orders` tells
/// the number and the net amount of the orders of a customer.
pub(crate) fn notices(ids: &Texts, orders: impl Fn(usize) -> (u64, Money)) -> Vec<Notice> {
    guest(ids, &orders).into_iter().chain(alike(ids, &orders)).collect()
}

fn guest(ids: &Texts, orders: impl Fn(usize) -> (u64, Money)) -> Option<Notice> {
    let mut most: Vec<(u64, usize, Money)> = Vec::new();
    let mut all = 0;
    for customer in 0..ids.len() {
        let (count, money) = orders(customer);
        all += count;
        if most.len() <= LOOKED_AT || most.last().is_some_and(|last| count > last.0) {
            // Of equals the first by id stays first.
            let place = most.partition_point(|known| known.0 >= count);
            most.insert(place, (count, customer, money));
            most.truncate(LOOKED_AT + 1);
        }
    }
    let named = most.iter().take(LOOKED_AT).find(|(count, customer, _)| {
        let id = ids.get(*customer).unwrap_or_default().trim().to_lowercase();
        // Shops make up an address, such as guest@shop.example.
        let word = id.split_once('@').map_or(&*id, |(name, _)| name);
        WORDS.contains(&word) && count * NAMED_SHARE >= all && *count > 1
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

/// The letters of ids: those of one case without spaces cannot be alike, and most are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Letters {
    small: bool,
    capital: bool,
    other: bool,
}

impl Letters {
    /// Looks at an id.
    pub(crate) fn see(&mut self, id: &str) {
        for byte in id.bytes() {
            self.small |= byte.is_ascii_lowercase();
            self.capital |= byte.is_ascii_uppercase();
            self.other |= byte == b' ' || !byte.is_ascii();
        }
    }

    /// Whether some of the ids may differ in nothing but letter case and white space.
    pub(crate) fn may_be_alike(self) -> bool {
        self.other || self.small && self.capital
    }
}

/// What is said of ids that differ in nothing but letter case and white space. The orders of all but the most
/// frequent spelling are counted.
fn alike(ids: &Texts, orders: impl Fn(usize) -> (u64, Money)) -> Option<Notice> {
    let mut letters = Letters::default();
    (0..ids.len()).for_each(|customer| letters.see(ids.get(customer).unwrap_or_default()));
    if !letters.may_be_alike() {
        return None;
    }
    let mut spellings: HashMap<String, Vec<usize>> = HashMap::new();
    for customer in 0..ids.len() {
        let id = ids.get(customer).unwrap_or_default();
        if id.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let words: Vec<&str> = id.split_whitespace().collect();
        spellings.entry(words.join(" ").to_lowercase()).or_default().push(customer);
    }
    let (mut rows, mut money) = (0, Some(Money::ZERO));
    let mut largest: Option<(u64, usize, usize)> = None;
    for mut customers in spellings.into_values().filter(|customers| customers.len() > 1) {
        customers.sort_by_key(|customer| (Reverse(orders(*customer).0), *customer));
        for rarer in &customers[1..] {
            let (count, net) = orders(*rarer);
            rows += count;
            money = money.and_then(|sum| sum.checked_add(net));
            let found = (count, customers[0], *rarer);
            let rank = |of: &(u64, usize, usize)| (of.0, Reverse((of.1, of.2)));
            if largest.is_none_or(|known| rank(&found) > rank(&known)) {
                largest = Some(found);
            }
        }
    }
    let (_, one, other) = largest?;
    let id = |customer: usize| ids.get(customer).unwrap_or_default().to_owned();
    let finding = Finding::AlikeIds { one: id(one), other: id(other) };
    Some(Notice::new(Severity::Warning, finding, rows).worth(money))
}

#[cfg(test)]
mod tests {
    use super::notices;
    use crate::{
        Money,
        data::{Finding, Texts},
    };

    fn told(customers: &[(&str, u64)]) -> Vec<(Finding, u64)> {
        let mut customers = customers.to_vec();
        customers.sort_unstable();
        let ids: Texts = customers.iter().map(|(id, _)| Some(*id)).collect();
        let told = notices(&ids, |customer| (customers[customer].1, Money::ZERO));
        told.into_iter().map(|notice| (notice.finding, notice.rows)).collect()
    }

    fn guest(customers: &[(&str, u64)]) -> Option<String> {
        told(customers).into_iter().find_map(|(finding, _)| match finding {
            Finding::Guest { id } => Some(id),
            _ => None,
        })
    }

    #[test]
    fn ids_that_differ_in_case_or_spaces_are_alike() {
        let alike =
            |one: &str, other: &str| Finding::AlikeIds { one: one.into(), other: other.into() };
        let crm = [("ACME", 3), ("Acme", 5), ("acme  ", 1), ("Bolt", 2), ("17", 1), ("18", 1)];
        assert_eq!(told(&crm), [(alike("Acme", "ACME"), 4)]);
        assert_eq!(told(&[("Ива", 1), ("ИВА", 2)]), [(alike("ИВА", "Ива"), 1)]);
        assert_eq!(told(&[("a b", 1), ("ab", 2), ("A-B", 2), ("A1", 4), ("A2", 4)]), []);
    }

    #[test]
    fn a_word_or_a_crowd_in_one_id_is_a_guest() {
        let mut shop: Vec<(&str, u64)> =
            ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|id| (id, 3)).to_vec();
        assert_eq!(guest(&shop), None);
        shop.push(("Guest", 4));
        assert_eq!(guest(&shop).as_deref(), Some("Guest"));
        shop.pop();
        shop.push(("guest@shop.example", 4));
        assert_eq!(guest(&shop).as_deref(), Some("guest@shop.example"));
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
