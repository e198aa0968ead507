//! The answer in a few sentences: what changed, whom to call, what to expect.

use super::Page;
use crate::{
    Lang, Money,
    analysis::churn::{Churn, Order},
    data::{Notice, Severity},
    report::{Content, Unit, activity::Totals},
};

/// Customers named to be called.
const NAMED: usize = 3;

impl Page<'_> {
    pub(super) fn answer(&self) -> Content {
        let results = self.results;
        // Figures that may be of the wrong rows are no answer before that is said.
        let grave = |notice: &&Notice| notice.severity == Severity::Grave;
        let mut summary: Vec<String> = results
            .account
            .notices
            .iter()
            .filter(grave)
            .map(|notice| self.warned(notice))
            .collect();
        summary.push(self.changed());
        summary.extend(results.churn.as_ref().ok().and_then(|churn| self.whom_to_call(churn)));
        summary.extend(results.sales.as_ref().ok().map(|sales| self.expected(sales)));
        summary.extend(results.clv.as_ref().ok().map(|clv| self.worth(clv)));
        summary.extend(results.funnel.as_ref().ok().map(|funnel| self.won(funnel)));
        summary.retain(|sentence| !sentence.is_empty());
        Content { summary, ..Content::default() }
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
                    "{}, {}, выручка {}.",
                    locale.customers(activity.all.customers),
                    locale.counted(activity.all.orders, ["", ""], ["заказ", "заказа", "заказов"]),
                    money(&activity.all)
                ),
            };
        };
        let days = locale.days(recent.days as u64);
        let changes: Vec<String> = self
            .changes(recent, &|totals| Some(totals.revenue()))
            .into_iter()
            .map(|change| format!("{} {}", locale.change(change.relative), change.against))
            .collect();
        let told =
            if changes.is_empty() { String::new() } else { format!(" ({})", changes.join(", ")) };
        match locale.lang() {
            Lang::En => format!(
                "In the last {days} {} bought for {}{told}; {} of them for the first time.",
                locale.customers(recent.now.customers),
                money(&recent.now),
                locale.decimal(recent.now.new_customers as f64, 0)
            ),
            Lang::Ru => format!(
                "За последние {days} купили {} на {}{told}; впервые {}.",
                locale.customers(recent.now.customers),
                money(&recent.now),
                locale.decimal(recent.now.new_customers as f64, 0)
            ),
        }
    }

    /// The customers with the most revenue at risk; `None` where nobody's is known.
    fn whom_to_call(&self, churn: &Churn) -> Option<String> {
        let locale = self.locale;
        let scores = &churn.scores;
        let named: Vec<String> = scores
            .ranked(Order::Revenue)
            .into_iter()
            .filter(|row| scores.revenue_at_risk()[*row].is_some_and(Money::is_positive))
            .take(NAMED)
            .map(|row| self.customer(scores.id(row)))
            .collect();
        let (last, others) = named.split_last()?;
        let list = match others {
            [] => last.clone(),
            others => format!("{}{}{last}", others.join(", "), locale.pick(" and ", " и ")),
        };
        let risk = self.risk(churn);
        Some(match locale.lang() {
            Lang::En => format!("{risk} Call first: {list}."),
            Lang::Ru => format!("{risk} Сначала позвонить: {list}."),
        })
    }
}
