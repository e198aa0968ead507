//! The first screen: what changed, what to expect, what to do; key figures, sales, whom to call.

use super::{Page, top};
use crate::{
    Lang, Result,
    analysis::forecast::Period,
    data::{Notice, Severity},
    report::{Content, Sales, Unit, activity::Totals},
};

/// Customers to call that the first screen shows.
const CALLED: usize = 10;

impl Page<'_> {
    pub(super) fn answer(&self) -> Result<Content> {
        let results = self.results;
        // Figures that may be of the wrong rows are no answer before that is said.
        let grave = |notice: &&Notice| notice.severity == Severity::Grave;
        let warnings =
            results.account.notices.iter().filter(grave).map(|notice| self.warned(notice));
        let mut summary = vec![self.changed()];
        summary.extend(results.why.as_ref().ok().and_then(|why| self.why_sentence(why)));
        summary.extend(results.sales.as_ref().ok().map(|sales| self.expected(sales)));
        summary.extend(
            results
                .churn
                .as_ref()
                .ok()
                .filter(|_| !results.calls.is_empty())
                .map(|churn| self.risk(churn)),
        );
        summary.retain(|sentence| !sentence.is_empty());
        let charts = results.sales.as_ref().ok().and_then(|sales| self.overview(sales));
        let tables = match results.churn.as_ref() {
            Ok(churn) if !results.calls.is_empty() => {
                let caption =
                    self.locale.pick("Whom to call first", "Кому позвонить в первую очередь");
                vec![top(caption, self.call_list(churn)?, CALLED)]
            }
            _ => Vec::new(),
        };
        Ok(Content {
            warnings: warnings.collect(),
            summary,
            figures: self.cards(),
            charts: charts.into_iter().collect(),
            tables,
            notes: Vec::new(),
        })
    }

    /// What changes the figures and nobody has settled, as a sentence.
    fn warned(&self, notice: &Notice) -> String {
        let locale = self.locale;
        let text = notice.text(locale.lang());
        let money = notice.money.map(|money| locale.compact(money.to_f64(), Unit::Money));
        let money = match (locale.lang(), money) {
            (_, None) => String::new(),
            (Lang::En, Some(money)) => format!(", worth {money}"),
            (Lang::Ru, Some(money)) => format!(", на {money}"),
        };
        format!("{} {text}{money}.", locale.pick("Warning:", "Внимание:"))
    }

    /// What was sold, beside the days before and a year ago.
    fn changed(&self) -> String {
        let locale = self.locale;
        let activity = &self.results.activity;
        let money = |totals: &Totals| locale.compact(totals.revenue(), Unit::Money);
        let Some(recent) = activity.recent else {
            return match locale.lang() {
                Lang::En => format!(
                    "{} brought {} in {}.",
                    locale.customers(activity.all.customers),
                    money(&activity.all),
                    locale.counted(activity.all.orders, ["order", "orders"], ["", "", ""])
                ),
                Lang::Ru => format!(
                    "Выручка {}: {}, {}.",
                    money(&activity.all),
                    locale.customers(activity.all.customers),
                    locale.counted(activity.all.orders, ["", ""], ["заказ", "заказа", "заказов"]),
                ),
            };
        };
        let days = locale.days(recent.days as u64);
        let beside = |then: Option<Totals>, english: &str, russian: &str| {
            let then = then.filter(|then| then.revenue() > 0.0)?;
            let change = locale.change(recent.now.revenue() / then.revenue() - 1.0);
            Some(match locale.lang() {
                Lang::En => format!("{change} {english} ({})", money(&then)),
                Lang::Ru => format!("{change} {russian} ({})", money(&then)),
            })
        };
        let told: Vec<String> = [
            beside(recent.year_ago, "on the same days a year ago", "к тем же дням прошлого года"),
            beside(
                Some(recent.before),
                &format!("on the {days} before"),
                &format!("к предыдущим {}\u{A0}дням", recent.days),
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        let told = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
        let new = locale.decimal(recent.now.new_customers as f64, 0);
        match locale.lang() {
            Lang::En => format!(
                "In the last {days} {} bought for {}{told}. {new} of them bought for the first time.",
                locale.customers(recent.now.customers),
                money(&recent.now),
            ),
            Lang::Ru => format!(
                "Выручка за последние {days}\u{A0}— {}{told}. Покупали {}, из них впервые\u{A0}— {new}.",
                money(&recent.now),
                locale.customers(recent.now.customers),
            ),
        }
    }

    /// What is expected over the horizon beside as many periods before, in a sentence.
    pub(super) fn expected(&self, sales: &Sales) -> String {
        let locale = self.locale;
        let Some(forecast) = sales.forecast.series().first() else { return String::new() };
        let Some(history) = sales.history.series().first() else { return String::new() };
        let period = sales.forecast.period();
        let count = forecast.mean.len();
        let money = |value: f64| locale.compact(value, Unit::Money);
        let (lower, upper) = forecast.total.bounds.first().copied().unwrap_or_default();
        let before = history.values.len().checked_sub(count).map(|start| {
            let sum: f64 = history.values[start..].iter().sum();
            (sum, forecast.total.mean / sum - 1.0)
        });
        let before = before.filter(|(sum, change)| *sum > 0.0 && change.is_finite());
        let next = next_periods(self, period, count as u64);
        let (total, lower, upper) = (money(forecast.total.mean), money(lower), money(upper));
        match locale.lang() {
            Lang::En => {
                let before = before.map_or_else(String::new, |(sum, change)| {
                    format!(
                        ", {} on the {} before ({})",
                        locale.change(change),
                        count_of(period, count),
                        money(sum)
                    )
                });
                format!(
                    "Expect {total} over {next}{before}; with a probability of 80% between {lower} and {upper}."
                )
            }
            Lang::Ru => {
                let before = before.map_or_else(String::new, |(sum, change)| {
                    format!(
                        " ({} к такому же прошедшему сроку, {})",
                        locale.change(change),
                        money(sum)
                    )
                });
                format!(
                    "Прогноз на {next}\u{A0}— {total}{before}; с вероятностью 80\u{A0}% от {lower} до {upper}."
                )
            }
        }
    }
}

/// `12 months`.
fn count_of(period: Period, count: usize) -> String {
    if count == 1 { period.name().to_owned() } else { format!("{count} {}s", period.name()) }
}

/// "the next 12 months", «ближайшие 12 месяцев».
fn next_periods(page: &Page<'_>, period: Period, count: u64) -> String {
    if page.locale.lang() == Lang::En {
        return format!("the next {}", count_of(period, count as usize));
    }
    let (forms, nearest) = match period {
        Period::Hour => (["час", "часа", "часов"], "ближайший час"),
        Period::Day => (["день", "дня", "дней"], "ближайший день"),
        Period::Week => (["неделю", "недели", "недель"], "ближайшую неделю"),
        Period::Month => (["месяц", "месяца", "месяцев"], "ближайший месяц"),
        Period::Quarter => (["квартал", "квартала", "кварталов"], "ближайший квартал"),
        Period::Year => (["год", "года", "лет"], "ближайший год"),
    };
    match count {
        1 => nearest.to_owned(),
        _ => format!("ближайшие {}", page.locale.counted(count, ["", ""], forms)),
    }
}
