//! What to do with whom: one strategy for every customer.

use super::{Page, file_only, whole};
use crate::{
    Lang, Result,
    analysis::strategy::{Strategies, Strategy},
    data::table::Table,
    report::{BarSeries, Chart, ChartKind, Content, Unit},
};
use crmstat_models::sum::compensated;

/// Columns of the page's table: the others are codes for scripts.
const SHOWN: [&str; 6] =
    ["strategy", "customers", "share_customers", "worth", "budget", "next_step"];

impl Page<'_> {
    pub(super) fn strategies(&self, strategies: &Strategies) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let whole_summary = strategies.summary(lang)?;
        let shown = whole_summary.columns().iter();
        let shown = shown.filter(|column| SHOWN.contains(&column.name())).cloned().collect();
        let tables = vec![
            whole(
                locale.pick("Strategies and next steps", "Стратегии и следующие шаги"),
                Table::new("strategy_steps", shown)?,
            ),
            file_only(
                locale.pick("Strategies in all", "Итоги по стратегиям"),
                whole_summary.renamed("strategy_summary"),
            ),
            file_only(
                locale.pick("The strategy of each customer", "Стратегия каждого клиента"),
                self.with_names(&strategies.table(lang)?.renamed("strategies"))?,
            ),
        ];
        Ok(Content {
            summary: self.leading_strategies(strategies),
            charts: vec![self.strategy_chart(strategies)],
            tables,
            notes: self.strategy_notes(strategies),
            ..Content::default()
        })
    }

    /// Where the value lies and whom to win back, in sentences.
    fn leading_strategies(&self, strategies: &Strategies) -> Vec<String> {
        let locale = self.locale;
        let lang = locale.lang();
        let of = |strategy: Strategy| {
            let own = strategies.customers.iter();
            own.filter(move |customer| customer.strategy == strategy)
        };
        let value = |strategy: Strategy| compensated(of(strategy).map(|own| own.clv));
        let all: f64 = Strategy::ALL.iter().map(|strategy| value(*strategy)).sum();
        let first =
            Strategy::ALL.iter().max_by(|left, right| value(**left).total_cmp(&value(**right)));
        let mut said = Vec::new();
        if let Some(first) = first.filter(|_| all > 0.0) {
            let customers = locale.customers(of(*first).count() as u64);
            let share = locale.percent(value(*first) / all, 0);
            let name = first.name(lang);
            said.push(match lang {
                Lang::En => format!("{customers} to {name} hold {share} of the expected value."),
                Lang::Ru => format!(
                    "Больше всего ожидаемой ценности, {share},\u{A0}— у группы «{name}»: {customers}."
                ),
            });
        }
        let lost = of(Strategy::WinBack).count();
        if lost > 0 {
            let customers = locale.customers(lost as u64);
            let budget = compensated(of(Strategy::WinBack).filter_map(|own| own.budget));
            let budget = locale.compact(budget, Unit::Money);
            said.push(match lang {
                Lang::En => format!(
                    "{customers} are worth winning back; more than {budget} on all of them does not pay."
                ),
                Lang::Ru => format!(
                    "Стоит вернуть {customers}; тратить на всех больше {budget} невыгодно."
                ),
            });
        }
        said
    }

    fn strategy_chart(&self, strategies: &Strategies) -> Chart {
        let locale = self.locale;
        let count = |strategy: &Strategy| {
            let own = strategies.customers.iter();
            own.filter(|customer| customer.strategy == *strategy).count() as f64
        };
        let names = Strategy::ALL.iter().map(|strategy| strategy.name(locale.lang()).to_owned());
        Chart {
            name: "strategy_chart".to_owned(),
            title: locale.pick("Customers by strategy", "Клиенты по стратегиям").to_owned(),
            description: locale
                .pick(
                    "Every customer has exactly one strategy.",
                    "У каждого клиента ровно одна стратегия.",
                )
                .to_owned(),
            unit: Unit::Count,
            kind: ChartKind::Bars {
                axis: locale.pick("strategy", "стратегия").to_owned(),
                labels: names.collect(),
                series: vec![BarSeries {
                    name: locale.pick("customers", "клиенты").to_owned(),
                    values: Strategy::ALL.iter().map(|strategy| Some(count(strategy))).collect(),
                }],
            },
        }
    }

    fn strategy_notes(&self, strategies: &Strategies) -> Vec<String> {
        let locale = self.locale;
        let mut notes = vec![
            locale
                .pick(
                    "The strategy follows from worth, activity, tenure, trend of spend and refunds; the rules are \
                     those that crmstat ships.",
                    "Стратегия выбрана по ценности, активности, стажу, динамике трат и возвратам; правила\u{A0}— \
                     поставляемые с crmstat.",
                )
                .to_owned(),
            locale
                .pick(
                    "The budget ceiling assumes how far an action helps; a test of your own tells it better.",
                    "Потолок затрат исходит из предположения о пользе действий; точнее её покажет ваша проверка.",
                )
                .to_owned(),
        ];
        if strategies.without_purchase > 0 {
            let customers = locale.customers(strategies.without_purchase);
            notes.push(match locale.lang() {
                Lang::En => format!("{customers} have refunds alone and no strategy."),
                Lang::Ru => format!("Без стратегии {customers}: у них одни возвраты."),
            });
        }
        notes
    }
}
