//! What became of an earlier report: what was sold since, how its forecast did, who of those to call bought.

use crate::{
    AsOf, Date, Error, Money, Place, Pseudonyms, Result,
    analysis::forecast::Period,
    data::{Column, Currency, CustomerTable, Orders, sales::is_purchase},
    ingest::{ExportFile, Inputs, ReadOptions, TableQuery},
    report::run::{NAME, is_key_of},
};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The role of its files among those of a run.
const ROLE: &str = "since-report";
/// The formats that tables of a report have.
const ENDINGS: [&str; 2] = ["csv", "parquet"];

/// What an earlier report said that can be judged now.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// The exclusive instant of its observation.
    pub as_of: AsOf,
    /// The currency of its amounts, where it was known.
    pub currency: Option<String>,
    /// What it expected of the periods after it, oldest first.
    pub forecast: Vec<Expected>,
    /// The customers whom it named to be called.
    pub called: Vec<String>,
    /// Tells its key of pseudonyms again; `None` where it has none.
    key_check: Option<String>,
}

/// What a report expected of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// The first day of the period.
    pub first_day: Date,
    /// The revenue that was expected.
    pub mean: f64,
    /// The bounds of the 80 % interval.
    pub bounds: (f64, f64),
}

/// What is needed of a record, of whatever version.
#[derive(Deserialize)]
struct Record {
    meant: Meant,
    key_check: Option<String>,
}

#[derive(Deserialize)]
struct Meant {
    as_of: String,
    currency: Option<String>,
}

impl Earlier {
    /// Reads the report whose `run.json`, or folder, is at `path`.
    ///
    /// # Errors
    /// A file that cannot be read or is no record of a report, or a table of it that was changed.
    pub fn read(inputs: &Inputs, path: &Path) -> Result<Self> {
        let record = Self::record(path);
        let place = || Place { file: record.display().to_string(), ..Place::default() };
        let bytes = inputs.read(ROLE, &record)?;
        let foreign = |cause: Option<serde_json::Error>| {
            let error = Error::data("not the record of a report").at(place()).with_hint(
                "give the `run.json` of an earlier report, in the folder in which it was written",
            );
            match cause {
                Some(cause) => error.with_source(cause),
                None => error,
            }
        };
        let known: Record = serde_json::from_slice(&bytes).map_err(|cause| foreign(Some(cause)))?;
        let as_of = known.meant.as_of.parse().map(AsOf::start_of).map_err(|_| foreign(None))?;
        let (mut forecast, mut called) = (Vec::new(), Vec::new());
        for table in Self::tables(&record) {
            let file = ExportFile::bytes(table.display().to_string(), inputs.read(ROLE, &table)?);
            if table.file_stem().is_some_and(|stem| stem == FORECAST) {
                forecast = expected(file)?;
            } else {
                let query = TableQuery {
                    id: Some("customer_id".to_owned()),
                    columns: Some(Vec::new()),
                    ..TableQuery::default()
                };
                let table = CustomerTable::read(file, &query, ReadOptions::default())?.result;
                let ids = (0..table.len()).filter_map(|row| table.ids().get(row));
                called = ids.map(str::to_owned).collect();
            }
        }
        let Meant { currency, .. } = known.meant;
        Ok(Self { as_of, currency, forecast, called, key_check: known.key_check })
    }

    /// The files that [`Earlier::read`] reads.
    pub fn files(path: &Path) -> Vec<PathBuf> {
        let record = Self::record(path);
        let tables = Self::tables(&record);
        std::iter::once(record).chain(tables).collect()
    }

    fn record(path: &Path) -> PathBuf {
        if path.is_dir() { path.join(NAME) } else { path.to_owned() }
    }

    /// The tables that are there: a report without these sections has none.
    fn tables(record: &Path) -> Vec<PathBuf> {
        let folder = record.with_file_name("tables");
        let of = |name: &str| {
            let mut found = ENDINGS.iter().map(|end| folder.join(format!("{name}.{end}")));
            found.find(|path| path.is_file())
        };
        [FORECAST, CALLS].into_iter().filter_map(of).collect()
    }
}

const FORECAST: &str = "forecast";
const CALLS: &str = "call_list";

/// The rows of a table of forecasts.
fn expected(file: ExportFile) -> Result<Vec<Expected>> {
    const COLUMNS: [&str; 3] = ["forecast", "lower_80", "upper_80"];
    let query = TableQuery {
        id: Some("period".to_owned()),
        columns: Some(COLUMNS.map(str::to_owned).to_vec()),
        ..TableQuery::default()
    };
    let name = file.name().to_owned();
    let table = CustomerTable::read(file, &query, ReadOptions::default())?.result;
    let damaged = || Error::data(format!("`{name}` is not the forecast of a report"));
    let numbers = COLUMNS.map(|column| match table.column(column) {
        Some(Column::Number(numbers)) => Some(&numbers[..]),
        _ => None,
    });
    let [Some(mean), Some(lower), Some(upper)] = numbers else { return Err(damaged()) };
    let row = |row: usize| {
        let first_day =
            table.ids().get(row).and_then(|day| day.parse().ok()).ok_or_else(damaged)?;
        Ok(Expected { first_day, mean: mean[row], bounds: (lower[row], upper[row]) })
    };
    (0..table.len()).map(row).collect()
}

/// What came after an earlier report.
#[derive(Clone, Debug, PartialEq)]
pub struct Since {
    /// The exclusive instant of its observation.
    pub as_of: AsOf,
    /// Net revenue from then on.
    pub revenue: Money,
    /// Purchases from then on.
    pub orders: u64,
    /// Customers with a purchase from then on.
    pub customers: u64,
    /// Those of them who had not bought before.
    pub new_customers: u64,
    /// The periods of its forecast that are over, with what came.
    pub forecast: Vec<(Expected, f64)>,
    /// What became of those whom it named to be called; `None` where it named nobody, or ids were hidden otherwise.
    pub called: Option<Called>,
}

/// Customers whom an earlier report named to be called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Called {
    /// How many there were.
    pub customers: u64,
    /// Those of them who have bought since.
    pub bought: u64,
    /// What these brought.
    pub revenue: Money,
}

impl Since {
    /// What `orders` say of the time from `earlier` to `as_of`; their ids are hidden by `pseudonyms`.
    ///
    /// # Errors
    /// An earlier report of this day or of a later one, or in another currency.
    pub(super) fn of(
        orders: &Orders,
        as_of: AsOf,
        currency: Option<Currency>,
        earlier: &Earlier,
        pseudonyms: Option<&Pseudonyms>,
    ) -> Result<Self> {
        if earlier.as_of >= as_of {
            return Err(Error::usage(format!(
                "the earlier report is as of {}, not before {as_of}",
                earlier.as_of
            ))
            .with_hint("give the report of an earlier day, or a later export"));
        }
        let code = currency.map(|currency| currency.code().to_owned());
        if let (Some(then), Some(now)) = (&earlier.currency, &code)
            && then != now
        {
            return Err(Error::usage(format!(
                "the earlier report is in {then}, this one in {now}"
            ))
            .with_hint("give both the same `--rates`"));
        }
        let past = |sum: i128| {
            let units = i64::try_from(sum).map(Money::from_units);
            units.map_err(|_| Error::data("the revenue since then is past the range of money"))
        };
        let (from, until) = (earlier.as_of.date().midnight(), as_of.date().midnight());
        let is_since = |order: &usize| (from..until).contains(&orders.at()[*order]);
        let units = |order: usize| i128::from(orders.amount()[order].units());
        let mut found = Self {
            as_of: earlier.as_of,
            revenue: Money::ZERO,
            orders: 0,
            customers: 0,
            new_customers: 0,
            forecast: came(orders, earlier, as_of),
            called: None,
        };
        let mut called = Called { customers: 0, bought: 0, revenue: Money::ZERO };
        let (mut revenue, mut of_called) = (0, 0);
        let is_same = is_key_of(earlier.key_check.as_deref(), pseudonyms);
        for customer in 0..orders.customers().len() {
            let own = orders.of_customer(customer);
            let bought = |order: &usize| is_purchase(orders.amount()[*order]);
            let count = own.clone().filter(is_since).filter(bought).count() as u64;
            let sum: i128 = own.clone().filter(is_since).map(units).sum();
            revenue += sum;
            found.orders += count;
            found.customers += u64::from(count > 0);
            let before = own.clone().any(|order| orders.at()[order] < from && bought(&order));
            found.new_customers += u64::from(count > 0 && !before);
            let id = orders.customers().get(customer).unwrap_or_default();
            if is_same && earlier.called.binary_search_by(|own| own.as_str().cmp(id)).is_ok() {
                called.customers += 1;
                called.bought += u64::from(count > 0);
                of_called += sum;
            }
        }
        for order in orders.of_nobody().filter(is_since) {
            revenue += units(order);
            found.orders += u64::from(is_purchase(orders.amount()[order]));
        }
        (found.revenue, called.revenue) = (past(revenue)?, past(of_called)?);
        // Where nobody of them is known the export has other ids.
        let all = earlier.called.len() as u64;
        found.called = (called.customers > 0).then_some(Called { customers: all, ..called });
        Ok(found)
    }
}

/// The periods of an earlier forecast that are over, with their revenue.
fn came(orders: &Orders, earlier: &Earlier, as_of: AsOf) -> Vec<(Expected, f64)> {
    let Some(period) = period_of(&earlier.forecast) else { return Vec::new() };
    let end = |expected: &Expected| period.first_day(period.number(expected.first_day) + 1);
    let over = earlier.forecast.iter().filter(|expected| end(expected) <= as_of.date());
    let mut sums: Vec<(Expected, i128)> = over.map(|expected| (*expected, 0)).collect();
    for (at, amount) in orders.at().iter().zip(orders.amount()) {
        let place = sums.partition_point(|(expected, _)| expected.first_day <= at.date());
        if let Some((expected, sum)) = place.checked_sub(1).and_then(|place| sums.get_mut(place))
            && at.date() < end(expected)
        {
            *sum += i128::from(amount.units());
        }
    }
    let came = |(expected, sum)| (expected, sum as f64 / Money::SCALE as f64);
    sums.into_iter().map(came).collect()
}

/// The length of the periods that begin on these days; `None` for fewer than two.
fn period_of(forecast: &[Expected]) -> Option<Period> {
    let [first, second, ..] = forecast else { return None };
    let lengths = [Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year];
    lengths.into_iter().find(|period| {
        let number = period.number(first.first_day);
        period.first_day(number) == first.first_day
            && period.first_day(number + 1) == second.first_day
    })
}

#[cfg(test)]
mod tests {
    use super::{Called, Earlier, Expected, Since};
    use crate::{
        AsOf, Date, Money,
        data::{Currency, OrderRow, Orders},
    };

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn earlier() -> Earlier {
        let expected = |text: &str, mean: f64| Expected {
            first_day: day(text),
            mean,
            bounds: (mean - 10.0, mean + 10.0),
        };
        Earlier {
            as_of: AsOf::start_of(day("2025-01-01")),
            currency: None,
            forecast: vec![
                expected("2025-01-01", 100.0),
                expected("2025-02-01", 110.0),
                expected("2025-03-01", 120.0),
            ],
            called: vec!["a".to_owned(), "b".to_owned()],
            key_check: None,
        }
    }

    fn orders() -> Orders {
        let rows = [
            ("a", "2024-12-31", 40.0),
            ("a", "2025-01-01", 70.0),
            ("b", "2024-11-05", 60.0),
            ("c", "2025-01-31", 25.0),
            ("c", "2025-02-02", -5.0),
            ("a", "2025-02-28", 90.0),
            ("c", "2025-03-09", 500.0),
        ];
        let row = |(id, at, amount)| OrderRow::new(id, day(at), amount);
        let orders = rows.into_iter().map(row).fold(Orders::builder(), |all, row| all.row(row));
        orders.build().unwrap().result
    }

    #[test]
    fn what_came_is_counted_from_the_earlier_report_on() {
        let as_of = AsOf::start_of(day("2025-03-05"));
        let since = Since::of(&orders(), as_of, None, &earlier(), None).unwrap();
        assert_eq!(Some(since.revenue), Money::from_whole(180));
        assert_eq!((since.orders, since.customers, since.new_customers), (3, 2, 1));
        // March is not over, and February has a refund.
        let came: Vec<f64> = since.forecast.iter().map(|(_, came)| *came).collect();
        assert_eq!(came, [95.0, 85.0]);
        let revenue = Money::from_whole(160).unwrap();
        assert_eq!(since.called, Some(Called { customers: 2, bought: 1, revenue }));
    }

    #[test]
    fn a_report_of_a_later_day_or_another_currency_is_refused() {
        let as_of = AsOf::start_of(day("2025-01-01"));
        let error = Since::of(&orders(), as_of, None, &earlier(), None).unwrap_err();
        assert!(error.is_usage(), "{error}");
        let later = AsOf::start_of(day("2025-03-05"));
        let then = Earlier { currency: Some("EUR".to_owned()), ..earlier() };
        let now = Currency::from_name("USD");
        assert!(Since::of(&orders(), later, now, &then, None).unwrap_err().is_usage());
    }
}
