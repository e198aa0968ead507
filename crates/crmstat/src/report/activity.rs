//! What the orders say by themselves: sums by month, and the last days beside those before them.

use crate::{
    AsOf, Date, Error, Money, Result,
    analysis::forecast::Period,
    data::{Orders, sales::is_purchase},
};
use crmstat_models::parallel::map_chunks;

/// Sums over some days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The net amount, refunds taken off, in units of 1/10,000.
    units: i128,
    /// Purchases.
    pub orders: u64,
    /// Customers with a purchase.
    pub customers: u64,
    /// Customers with their first purchase.
    pub new_customers: u64,
    /// Refunds.
    pub refunds: u64,
}

/// The orders of an export in sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// All of them.
    pub all: Totals,
    /// Customers with two purchases or more.
    pub repeat_customers: u64,
    /// Calendar months, the first one with an order to the last complete one.
    pub months: Vec<(Date, Totals)>,
    /// The last days beside earlier ones; `None` where the data cover fewer than four weeks.
    pub recent: Option<Recent>,
}

/// The last days beside as many days before them, and beside the same days a year ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recent {
    /// How many days.
    pub days: i32,
    /// The last days before the instant of observation.
    pub now: Totals,
    /// The days before these.
    pub before: Totals,
    /// The same calendar days a year before; `None` where the data begin later.
    pub year_ago: Option<Totals>,
    /// Customers with a purchase in the days before and none in the last ones.
    pub lost: u64,
}

/// Customers per task.
const CHUNK: usize = 4096;

impl Activity {
    /// Sums up the orders before `as_of`.
    ///
    /// # Errors
    /// When there is no order.
    pub fn of(orders: &Orders, as_of: AsOf) -> Result<Self> {
        let (first, last) =
            orders.span().ok_or_else(|| Error::data("there is no order to sum up"))?;
        let calendar = Calendar::new(first, last, as_of);
        let parts = map_chunks(orders.groups(), CHUNK, |range| {
            let mut part = Sums::new(&calendar);
            range.for_each(|customer| part.add(orders, customer, &calendar));
            part
        });
        let mut all = Sums::new(&calendar);
        for part in &parts {
            all.join(part);
        }
        let months = (calendar.first_month..calendar.end_month)
            .zip(all.months)
            .map(|(month, totals)| (Period::Month.first_day(month), totals))
            .collect();
        let recent = calendar.days.map(|days| Recent {
            days,
            now: all.windows[0],
            before: all.windows[1],
            year_ago: calendar.reaches_back_a_year.then_some(all.windows[2]),
            lost: all.lost,
        });
        Ok(Self { all: all.all, repeat_customers: all.repeat_customers, months, recent })
    }
}

impl Totals {
    /// The net amount, refunds taken off.
    pub fn revenue(&self) -> f64 {
        self.units as f64 / Money::SCALE as f64
    }

    /// The mean amount of a purchase; `None` without one.
    pub fn mean_order(&self) -> Option<f64> {
        (self.orders > 0).then(|| self.revenue() / self.orders as f64)
    }

    fn join(&mut self, other: &Self) {
        self.units += other.units;
        self.orders += other.orders;
        self.customers += other.customers;
        self.new_customers += other.new_customers;
        self.refunds += other.refunds;
    }
}

/// Which days are summed up together.
struct Calendar {
    /// The first day, and the month and windows of each day from it on.
    first: i32,
    month_of: Vec<u32>,
    first_month: i32,
    /// Behind the last complete month.
    end_month: i32,
    as_of: i32,
    days: Option<i32>,
    /// Where each window begins and ends.
    windows: [(i32, i32); 3],
    reaches_back_a_year: bool,
}

impl Calendar {
    fn new(first: Date, last: Date, as_of: AsOf) -> Self {
        let first_month = Period::Month.number(first);
        let month = |day: i32| (Period::Month.number(Date::from_days(day)) - first_month) as u32;
        let as_of = as_of.date().days();
        let covered = as_of - first.days();
        let days = recent_days(covered);
        let length = days.unwrap_or(0);
        let windows = windows(as_of, length);
        Self {
            first: first.days(),
            month_of: (first.days()..=last.days()).map(month).collect(),
            first_month,
            end_month: Period::Month.number(Date::from_days(as_of)).max(first_month),
            as_of,
            days,
            windows,
            reaches_back_a_year: first.days() <= windows[2].0,
        }
    }
}

/// The last `length` days before the day `as_of`, as many before these, and the same calendar days a year before:
/// the first day of each and the day behind the last.
pub(super) fn windows(as_of: i32, length: i32) -> [(i32, i32); 3] {
    let year_before = |day: i32| Date::from_days(day).year_before().days();
    [
        (as_of - length, as_of),
        (as_of - 2 * length, as_of - length),
        (year_before(as_of - length), year_before(as_of)),
    ]
}

/// The days that are looked at together: a quarter, a month or a week, whichever the data hold four times.
pub(super) fn recent_days(covered: i32) -> Option<i32> {
    [90, 30, 7].into_iter().find(|days| covered >= 4 * days)
}

struct Sums {
    all: Totals,
    repeat_customers: u64,
    lost: u64,
    months: Vec<Totals>,
    windows: [Totals; 3],
}

impl Sums {
    fn new(calendar: &Calendar) -> Self {
        let months = calendar.month_of.last().map_or(0, |last| *last as usize + 1);
        Self {
            all: Totals::default(),
            repeat_customers: 0,
            lost: 0,
            months: vec![Totals::default(); months],
            windows: [Totals::default(); 3],
        }
    }

    fn add(&mut self, orders: &Orders, customer: usize, calendar: &Calendar) {
        // Sales need no customer, but who bought nothing by name is nobody new or known.
        let is_customer = customer < orders.customers().len();
        let range = orders.of_customer(customer);
        let mut purchases = 0_u32;
        let mut last_month = u32::MAX;
        let mut seen = [false; 3];
        for order in range {
            let day = orders.at()[order].date().days();
            if day >= calendar.as_of {
                break;
            }
            let amount = orders.amount()[order];
            let month = calendar.month_of[(day - calendar.first) as usize];
            let is_purchase = is_purchase(amount);
            let is_first = is_customer && is_purchase && purchases == 0;
            let add = |totals: &mut Totals, is_new_there: bool| {
                totals.units += i128::from(amount.units());
                totals.orders += u64::from(is_purchase);
                totals.refunds += u64::from(!is_purchase);
                totals.customers += u64::from(is_customer && is_purchase && is_new_there);
                totals.new_customers += u64::from(is_first);
            };
            add(&mut self.all, is_first);
            add(&mut self.months[month as usize], month != last_month);
            for ((from, until), (window, seen)) in
                calendar.windows.iter().zip(self.windows.iter_mut().zip(&mut seen))
            {
                if (*from..*until).contains(&day) {
                    add(window, !*seen);
                    *seen |= is_purchase;
                }
            }
            if is_purchase {
                last_month = month;
                purchases += 1;
            }
        }
        self.repeat_customers += u64::from(is_customer && purchases > 1);
        self.lost += u64::from(is_customer && seen[1] && !seen[0]);
    }

    fn join(&mut self, other: &Self) {
        self.all.join(&other.all);
        self.repeat_customers += other.repeat_customers;
        self.lost += other.lost;
        for (mine, theirs) in self.months.iter_mut().zip(&other.months) {
            mine.join(theirs);
        }
        for (mine, theirs) in self.windows.iter_mut().zip(&other.windows) {
            mine.join(theirs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Activity, recent_days};
    use crate::{
        AsOf,
        data::{Orders, OrdersQuery},
        ingest::{Export, ReadOptions},
    };

    fn orders(rows: &str) -> Orders {
        let text = format!("customer_id,order_date,amount\n{rows}");
        let mut export = Export::from_bytes("orders.csv", text, ReadOptions::default()).unwrap();
        Orders::read(&mut export, &OrdersQuery::default()).unwrap().result
    }

    #[test]
    fn months_and_windows_count_orders_customers_and_newcomers() {
        let orders = orders(
            "A,2024-01-05,10\nA,2024-01-20,5\nB,2024-02-01,100\nA,2024-02-10,-5\nA,2024-02-20,1\n\
             C,2024-03-01,7\n",
        );
        let as_of = AsOf::start_of("2024-03-03".parse().unwrap());
        let found = Activity::of(&orders, as_of).unwrap();
        assert_eq!((found.all.orders, found.all.customers, found.all.refunds), (5, 3, 1));
        assert_eq!(found.repeat_customers, 1);
        let months: Vec<_> = found
            .months
            .iter()
            .map(|(day, month)| {
                (day.to_string(), month.revenue(), month.customers, month.new_customers)
            })
            .collect();
        // March is not complete.
        assert_eq!(
            months,
            [("2024-01-01".to_owned(), 15.0, 1, 1), ("2024-02-01".to_owned(), 96.0, 2, 1)]
        );
        let recent = found.recent.unwrap();
        assert_eq!((recent.days, recent.now.orders, recent.before.orders), (7, 1, 1));
        assert_eq!(recent.year_ago, None);
    }

    #[test]
    fn the_year_before_is_of_the_same_calendar_days() {
        // 31 December 2023 is outside the window of 364 days, 1 October 2023 inside that of the calendar.
        let orders = orders("A,2023-10-03,5\nA,2023-12-31,100\nA,2024-12-31,1\nA,2023-01-01,9\n");
        let as_of = AsOf::start_of("2025-01-01".parse().unwrap());
        let recent = Activity::of(&orders, as_of).unwrap().recent.unwrap();
        assert_eq!(recent.year_ago.unwrap().revenue(), 105.0);
        let of = |text: &str| text.parse::<crate::Date>().unwrap();
        assert_eq!(of("2024-02-29").year_before(), of("2023-02-28"));
    }

    #[test]
    fn the_window_is_the_longest_that_the_data_hold_four_times() {
        let windows = [20, 28, 120, 359, 360].map(recent_days);
        assert_eq!(windows, [None, Some(7), Some(30), Some(30), Some(90)]);
    }
}
