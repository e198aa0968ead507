//! The KPIs: name, unit and definition of each, in both languages.

use crate::{
    Error, Lang, Result,
    data::table::{Column, Table},
};
use serde::{Serialize, Serializer};
use std::str::FromStr;

/// What a KPI is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KpiUnit {
    /// Money in the currency of the amounts.
    Money,
    /// A share of one.
    Share,
    /// A number of things.
    Count,
    /// Days.
    Days,
    /// Periods of the length that was asked for.
    Periods,
    /// Points from −100 to 100.
    Points,
    /// A ratio.
    Ratio,
    /// Money per day.
    MoneyPerDay,
    /// Hours.
    Hours,
}

impl KpiUnit {
    /// The name that output uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Share => "share",
            Self::Count => "count",
            Self::Days => "days",
            Self::Periods => "periods",
            Self::Points => "points",
            Self::Ratio => "ratio",
            Self::MoneyPerDay => "money_per_day",
            Self::Hours => "hours",
        }
    }
}

macro_rules! kpis {
    ($($variant:ident $name:literal $unit:ident $english:literal $russian:literal
        $definition:literal $russian_definition:literal;)*) => {
        /// A key figure; [`Kpi::definition`] says how it is computed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kpi {
            $(#[doc = $definition] $variant,)*
        }

        impl Kpi {
            /// Every KPI, in the order of output.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that options and output use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What people call it.
            pub const fn title(self, lang: Lang) -> &'static str {
                match self { $(Self::$variant => match lang {
                    Lang::En => $english,
                    Lang::Ru => $russian,
                },)* }
            }

            /// What it is counted in.
            pub const fn unit(self) -> KpiUnit {
                match self { $(Self::$variant => KpiUnit::$unit,)* }
            }

            /// How it is computed.
            pub const fn definition(self, lang: Lang) -> &'static str {
                match self { $(Self::$variant => match lang {
                    Lang::En => $definition,
                    Lang::Ru => $russian_definition,
                },)* }
            }
        }
    };
}

kpis! {
    Revenue "revenue" Money "Revenue" "Выручка"
        "Net amount of the period: purchases less refunds, each when it was made."
        "Сумма покупок за вычетом возвратов, и те и другие — по дате.";
    Growth "growth" Share "Growth" "Рост выручки"
        "Revenue over that of the period before, less 1; of a period that is not over, over as many of its first days."
        "Выручка к выручке предыдущего периода минус 1; для неоконченного периода — к стольким же его первым дням.";
    GrowthYear "growth_year" Share "Growth since last year" "Рост к прошлому году"
        "Revenue over that of the same days of the year before, less 1."
        "Выручка к выручке тех же дней прошлого года минус 1.";
    Orders "orders" Count "Orders" "Заказы"
        "Purchases; a refund is none."
        "Покупки; возврат покупкой не считается.";
    ActiveCustomers "active_customers" Count "Active customers" "Активные клиенты"
        "Customers with at least one purchase in the period."
        "Клиенты хотя бы с одной покупкой за период.";
    NewCustomers "new_customers" Count "New customers" "Новые клиенты"
        "Customers whose first purchase in the data lies in the period."
        "Клиенты, чья первая покупка в данных пришлась на период.";
    ReturningCustomers "returning_customers" Count "Returning customers" "Удержанные клиенты"
        "Customers with a purchase in this period and in the one before."
        "Клиенты с покупкой и в этом периоде, и в предыдущем.";
    ReactivatedCustomers "reactivated_customers" Count "Reactivated customers" "Вернувшиеся клиенты"
        "Active customers who are not new and bought nothing in the period before."
        "Активные клиенты, не новые и ничего не купившие в предыдущем периоде.";
    LostCustomers "lost_customers" Count "Lost customers" "Потерянные клиенты"
        "Customers active in the period before who bought nothing in this one."
        "Активные в предыдущем периоде клиенты, ничего не купившие в этом.";
    RetentionRate "retention_rate" Share "Retention rate" "Удержание"
        "Returning customers over the customers active in the period before; Wilson interval."
        "Удержанные клиенты к активным предыдущего периода; интервал Уилсона.";
    ChurnRate "churn_rate" Share "Churn rate" "Отток"
        "1 less the retention rate: lost customers over the customers active in the period before; Wilson interval."
        "1 минус удержание: потерянные клиенты к активным предыдущего периода; интервал Уилсона.";
    RepeatRate "repeat_rate" Share "Repeat purchase rate" "Доля повторных покупателей"
        "Customers with two or more purchases in the period over its active customers; Wilson interval."
        "Клиенты с двумя и более покупками за период к активным; интервал Уилсона.";
    Aov "aov" Money "Average order value" "Средний чек"
        "Revenue over orders."
        "Выручка, делённая на число заказов.";
    Arpu "arpu" Money "Revenue per active customer" "Выручка на активного клиента"
        "Revenue over active customers of the period (ARPU)."
        "Выручка, делённая на число активных клиентов периода (ARPU).";
    Frequency "frequency" Ratio "Orders per active customer" "Заказов на активного клиента"
        "Orders over active customers of the period."
        "Число заказов к числу активных клиентов периода.";
    Lifetime "lifetime" Periods "Customer lifetime" "Срок жизни клиента"
        "Mean time from the first to the last purchase of the customers known by the end of the period, in periods; it is measured and so a lower bound, as customers may still buy. Normal interval."
        "Среднее время от первой до последней покупки клиентов, известных к концу периода, в периодах; измерено и потому оценивает снизу: клиенты могут купить ещё. Нормальный интервал.";
    Ltv "ltv" Money "Simple lifetime value" "Простая LTV"
        "Revenue per active customer times the measured lifetime. It is no forecast: see the lifetime value model."
        "Выручка на активного клиента, умноженная на измеренный срок жизни. Это не прогноз модели CLV.";
    Margin "margin" Money "Margin" "Маржа"
        "Revenue less cost of the lines whose cost is known."
        "Выручка минус себестоимость по строкам с известной себестоимостью.";
    MarginShare "margin_share" Share "Margin share" "Рентабельность продаж"
        "Margin over the revenue of the lines whose cost is known."
        "Маржа к выручке строк с известной себестоимостью.";
    DiscountShare "discount_share" Share "Discount share" "Доля скидок"
        "Discounts of purchases over their price before them."
        "Скидки к цене покупок до скидки.";
    Spend "spend" Money "Marketing and sales spend" "Затраты на маркетинг и продажи"
        "The spend whose period begins in this one."
        "Затраты, период которых начинается в этом периоде.";
    Cac "cac" Money "Cost of a new customer" "Стоимость привлечения клиента"
        "Spend over new customers (CAC)."
        "Затраты, делённые на число новых клиентов (CAC).";
    LtvCac "ltv_cac" Ratio "LTV to CAC" "LTV к CAC"
        "Simple lifetime value times the margin share over CAC; the margin share is the one given, else the measured one, else 1."
        "Простая LTV, умноженная на рентабельность, к CAC; рентабельность — заданная, иначе измеренная, иначе 1.";
    Payback "payback" Periods "Payback" "Окупаемость"
        "CAC over revenue per active customer times the margin share: periods until a new customer has paid for it."
        "CAC к выручке на активного клиента, умноженной на рентабельность: за сколько периодов окупается новый клиент.";
    Romi "romi" Share "ROMI" "ROMI"
        "(Margin less spend) over spend; 1 is 100 %. The margin is revenue times the margin share that is given, else the measured margin."
        "(Маржа минус затраты) к затратам; 1 — это 100 %. Маржа — выручка на заданную рентабельность, иначе измеренная.";
    Roi "roi" Share "ROI" "ROI"
        "(Revenue less spend) over spend; 1 is 100 %: 200 of revenue from 100 of spend is 100 %, not 200 %."
        "(Выручка минус затраты) к затратам; 1 — это 100 %: 200 выручки на 100 затрат — это 100 %, а не 200 %.";
    Leads "leads" Count "Leads" "Лиды"
        "Leads created in the period: those of the table of leads where one is given, else deals."
        "Лиды, созданные за период: из таблицы лидов, если она задана, иначе сделки.";
    LeadConversion "lead_conversion" Share "Lead conversion" "Конверсия лидов"
        "Of the leads (else deals) created in the period, those sold (won) by now: CR, by cohort of creation; Wilson interval. Open ones may still be sold."
        "Доля проданных (выигранных) к этому дню среди лидов, а без них сделок, созданных за период: CR, по когорте создания; интервал Уилсона. Открытые ещё могут быть проданы.";
    LostLeadShare "lost_lead_share" Share "Lost leads" "Доля потерянных лидов"
        "Of the leads (else deals) created in the period, those closed without a sale by now; Wilson interval."
        "Доля закрытых без продажи к этому дню среди лидов, а без них сделок, созданных за период; интервал Уилсона.";
    WinRate "win_rate" Share "Win rate" "Доля выигранных сделок"
        "Won over won and lost deals closed in the period; open deals are in neither. Wilson interval."
        "Выигранные к выигранным и проигранным, закрытым за период; открытые не входят. Интервал Уилсона.";
    WinRateValue "win_rate_value" Share "Win rate by value" "Доля выигранного по сумме"
        "Amount won over amount won and lost of deals closed in the period whose amount is known."
        "Выигранная сумма к выигранной и проигранной по закрытым за период сделкам с известной суммой.";
    CycleDays "cycle_days" Days "Sales cycle" "Цикл сделки"
        "Mean days from creation to winning of deals won in the period; normal interval."
        "Среднее число дней от создания до выигрыша по сделкам, выигранным за период; нормальный интервал.";
    CycleDaysMedian "cycle_days_median" Days "Median sales cycle" "Медианный цикл сделки"
        "Median days from creation to winning of deals won in the period."
        "Медиана дней от создания до выигрыша по сделкам, выигранным за период.";
    Velocity "velocity" MoneyPerDay "Sales velocity" "Скорость продаж"
        "Deals open at the end of the period × win rate × mean amount won ÷ mean cycle: money per day."
        "Открытые на конец периода сделки × доля выигранных × средняя выигранная сумма ÷ средний цикл: деньги в день.";
    FirstTouchHours "first_touch_hours" Hours "Time to the first touch" "Время до первого касания"
        "Mean hours from the creation of a deal to its first activity, of deals created in the period that were touched before their close; untouched ones are in the median. Normal interval."
        "Среднее число часов от создания сделки до первой активности по созданным за период сделкам, которых коснулись до закрытия; остальные учтены в медиане. Нормальный интервал.";
    FirstTouchHoursMedian "first_touch_hours_median" Hours "Median time to the first touch" "Медианное время до первого касания"
        "Median hours from the creation of a deal to its first activity, of deals created in the period; untouched ones wait to their close or to this day (Kaplan and Meier). Interval by the log-log curve."
        "Медиана часов от создания сделки до первой активности по созданным за период; нетронутые ждут до закрытия или до этого дня (Каплан — Майер). Интервал по кривой log-log.";
    Activities "activities" Count "Activities" "Активности"
        "Calls, meetings, messages, tasks and all other activities of the period, as they are logged."
        "Звонки, встречи, письма, задачи и прочие активности за период, как они записаны.";
    Calls "calls" Count "Calls" "Звонки"
        "Activities of the period whose kind is a call, answered or not."
        "Активности за период с видом «звонок», с ответом и без.";
    Meetings "meetings" Count "Meetings" "Встречи"
        "Activities of the period whose kind is a meeting, an appointment or a visit."
        "Активности за период с видом «встреча» или «визит».";
    TasksDone "tasks_done" Count "Tasks done" "Выполненные задачи"
        "Tasks due in the period (dated in it, where no due day is known) that were done by this day."
        "Задачи со сроком в периоде (без срока — по дате), выполненные к этому дню.";
    TasksOverdue "tasks_overdue" Count "Overdue tasks" "Просроченные задачи"
        "Tasks due in the period whose day passed before they were done; without a due day, those called overdue."
        "Задачи со сроком в периоде, не выполненные в срок; без срока — названные просроченными.";
    Tickets "tickets" Count "Tickets" "Обращения"
        "Tickets opened in the period."
        "Обращения, открытые за период.";
    FirstResponseHours "first_response_hours" Hours "First response time" "Время первого ответа"
        "Mean hours from the opening to the first answer, of answered tickets opened in the period; those that wait are in the median. Normal interval."
        "Среднее число часов от открытия до первого ответа по отвеченным обращениям, открытым за период; ждущие учтены в медиане. Нормальный интервал.";
    FirstResponseHoursMedian "first_response_hours_median" Hours "Median first response time" "Медианное время первого ответа"
        "Median hours from the opening to the first answer, of tickets opened in the period; unanswered ones wait to their resolution or to this day (Kaplan and Meier). Interval by the log-log curve."
        "Медиана часов от открытия до первого ответа по обращениям, открытым за период; без ответа — ждут до решения или до этого дня (Каплан — Майер). Интервал по кривой log-log.";
    ResolutionHours "resolution_hours" Hours "Resolution time" "Время решения"
        "Mean hours from the opening to the resolution, of resolved tickets opened in the period; those that wait are in the median. Normal interval."
        "Среднее число часов от открытия до решения по решённым обращениям, открытым за период; ждущие учтены в медиане. Нормальный интервал.";
    ResolutionHoursMedian "resolution_hours_median" Hours "Median resolution time" "Медианное время решения"
        "Median hours from the opening to the resolution, of tickets opened in the period; unresolved ones wait to this day (Kaplan and Meier). Interval by the log-log curve."
        "Медиана часов от открытия до решения по обращениям, открытым за период; нерешённые ждут до этого дня (Каплан — Майер). Интервал по кривой log-log.";
    Complaints "complaints" Count "Complaints" "Жалобы"
        "Tickets of the period whose kind is a complaint; where no ticket is one, activities whose kind or outcome is."
        "Обращения за период с видом «жалоба» или «претензия»; если таких нет — активности с таким видом или итогом.";
    ComplaintsPerOrder "complaints_per_order" Ratio "Complaints per order" "Жалоб на заказ"
        "Complaints over orders of the period; score interval of a Poisson rate."
        "Жалобы к заказам периода; интервал Пуассона по методу счёта (score).";
    Nps "nps" Points "NPS" "NPS"
        "Promoters (9 and 10) less detractors (0 to 6) in percent of the active customers who answered, by the score at the export; where only tickets have scores, of those opened in the period. Normal interval."
        "Промоутеры (9–10) минус критики (0–6) в процентах от ответивших активных клиентов, по оценке на день выгрузки; если оценки есть только в обращениях — по открытым за период. Нормальный интервал.";
    Csat "csat" Share "CSAT" "CSAT"
        "Scores of 4 and 5 of 5 among the active customers who answered, by the score at the export; where only tickets have scores, of those opened in the period. Wilson interval."
        "Доля оценок 4 и 5 из 5 среди ответивших активных клиентов, по оценке на день выгрузки; если оценки есть только в обращениях — по открытым за период. Интервал Уилсона.";
    Top1Share "top_1_share" Share "Share of the top 1 %" "Доля 1 % лучших клиентов"
        "Revenue of the 1 % of active customers with the most, at least one, over that of all; who gave back more than they bought counts as nothing."
        "Выручка 1 % активных клиентов с наибольшей выручкой, не менее одного, к выручке всех; кто вернул больше, чем купил, считается нулём.";
    Top5Share "top_5_share" Share "Share of the top 5 %" "Доля 5 % лучших клиентов"
        "The same of 5 %."
        "То же для 5 %.";
    Top20Share "top_20_share" Share "Share of the top 20 %" "Доля 20 % лучших клиентов"
        "The same of 20 %."
        "То же для 20 %.";
    Gini "gini" Ratio "Gini coefficient" "Коэффициент Джини"
        "How unequally revenue is spread over active customers: 0 is equally, towards 1 all of it is one customer's."
        "Насколько неравномерно выручка распределена по активным клиентам: 0 — поровну, ближе к 1 — вся у одного.";
}

impl Kpi {
    pub(super) const fn needs_cost(self) -> bool {
        matches!(self, Self::Margin | Self::MarginShare)
    }

    /// Whether it is of customers from period to period, which a period that is not over does not tell.
    pub(super) const fn needs_whole_period(self) -> bool {
        matches!(
            self,
            Self::ReturningCustomers | Self::LostCustomers | Self::RetentionRate | Self::ChurnRate
        )
    }

    /// Whether it says something of the whole time, and not from period to period.
    pub(super) const fn is_of_all(self) -> bool {
        !self.needs_whole_period()
            && !matches!(self, Self::Growth | Self::GrowthYear | Self::ReactivatedCustomers)
    }
}

impl Serialize for Kpi {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Kpi {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.trim().replace('-', "_").to_lowercase();
        let alias = match wanted.as_str() {
            "retention" => "retention_rate",
            "churn" => "churn_rate",
            "repeat" => "repeat_rate",
            "mean_order" => "aov",
            "conversion" => "lead_conversion",
            "cycle" => "cycle_days",
            "customers" | "active" => "active_customers",
            "new" => "new_customers",
            "lost" => "lost_customers",
            own => own,
        };
        Self::ALL.iter().copied().find(|kpi| kpi.name() == alias).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|kpi| kpi.name()).collect();
            Error::usage(format!("`{text}` is no KPI"))
                .with_hint(format!("one of {}", names.join(", ")))
        })
    }
}

/// One row per KPI: name, title, unit and definition.
///
/// # Errors
/// Never, as the columns are made here.
pub fn definitions(kpis: &[Kpi], lang: Lang) -> Result<Table> {
    let all = if kpis.is_empty() { Kpi::ALL } else { kpis };
    let rows = || all.iter();
    Table::new(
        "kpi_definitions",
        vec![
            Column::text("kpi", "Код", rows().map(|kpi| kpi.name())),
            Column::text("title", "Показатель", rows().map(|kpi| kpi.title(lang))),
            Column::text("unit", "Единица", rows().map(|kpi| kpi.unit().name())),
            Column::text("definition", "Определение", rows().map(|kpi| kpi.definition(lang))),
        ],
    )
}
