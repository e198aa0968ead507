//! Methods, parameters and diagnostics: what is needed to check a number.

use super::{Page, file_only, whole};
use crate::{
    Lang, Result,
    data::table::{Column, Table},
    report::Content,
};

impl Page<'_> {
    pub(super) fn methods(&self) -> Result<Content> {
        let locale = self.locale;
        let results = self.results;
        let mut rows: Vec<(&str, String)> = vec![
            ("crmstat", env!("CARGO_PKG_VERSION").to_owned()),
            (
                locale.pick("observed at the start of", "наблюдение на начало"),
                results.as_of.to_string(),
            ),
            (
                locale.pick("orders from, to", "заказы с, по"),
                format!("{}, {}", results.span.0, results.span.1),
            ),
            (locale.pick("seed", "зерно"), results.seed.to_string()),
        ];
        if let Some(profile) = &results.profile {
            rows.push((locale.pick("profile", "профиль"), profile.clone()));
        }
        if let Some(currency) = locale.currency() {
            rows.push((locale.pick("currency", "валюта"), currency.code().to_owned()));
        }
        if let Ok(sales) = &results.sales {
            let model = sales.forecast.series().first().map(|series| series.model.clone());
            rows.push((locale.pick("forecast", "прогноз"), model.unwrap_or_default()));
        }
        if let Ok(clusters) = &results.clusters {
            rows.push((
                locale.pick("clusters (k-means)", "кластеров (k-means)"),
                clusters.k().to_string(),
            ));
        }
        if let Ok(churn) = &results.churn {
            let facts = churn.model.facts();
            rows.push((locale.pick("churn", "отток"), churn.model.learner().name().to_owned()));
            rows.push((
                locale.pick("churn horizon", "горизонт оттока"),
                churn.model.horizon().map(|horizon| horizon.to_string()).unwrap_or_default(),
            ));
            rows.push((
                locale.pick("churn: rows learned from", "отток: строк обучения"),
                facts.rows.to_string(),
            ));
            if let Some(cutoffs) = &churn.cutoffs {
                rows.push((
                    locale.pick("churn judged at", "проверка оттока на"),
                    cutoffs.target.to_string(),
                ));
            }
        }
        if let Ok(clv) = &results.clv {
            let orders = clv.model().orders();
            rows.push((
                locale.pick("orders to come", "будущие заказы"),
                orders.model().name().to_owned(),
            ));
            let parameters: Vec<String> = orders
                .parameters()
                .iter()
                .map(|parameter| format!("{} = {:.4}", parameter.name, parameter.value))
                .collect();
            let label = locale.pick("its parameters", "их параметры");
            rows.push((label, parameters.join(", ")));
            if let Some(estimate) = orders.estimate() {
                let converged = if estimate.converged {
                    locale.pick("yes", "да")
                } else {
                    locale.pick("no", "нет")
                };
                rows.push((locale.pick("converged", "сошлось"), converged.to_owned()));
                rows.push((
                    locale.pick("log-likelihood", "логарифм правдоподобия"),
                    format!("{:.4}", estimate.log_likelihood),
                ));
            }
        }
        let table = Table::new(
            "parameters",
            vec![
                Column::text("parameter", "Параметр", rows.iter().map(|(name, _)| *name)),
                Column::text("value", "Значение", rows.iter().map(|(_, value)| value.as_str())),
            ],
        )?;
        let caption = locale.pick("Parameters of the run", "Параметры расчёта");
        let mut tables = vec![whole(caption, table)];
        if let Ok(clv) = &results.clv {
            let caption = locale.pick(
                "Parameters of orders and spend, with their errors",
                "Параметры моделей заказов и сумм с ошибками",
            );
            tables.push(file_only(caption, clv.parameters()?.renamed("clv_parameters")));
        }
        let notes = METHODS.map(|(english, russian)| locale.pick(english, russian).to_owned());
        let summary = match locale.lang() {
            Lang::En => {
                "Nothing reads the clock: the same export and parameters give the same report."
            }
            Lang::Ru => {
                "Часы не используются: та же выгрузка с теми же параметрами даёт тот же отчёт."
            }
        };
        Ok(Content {
            summary: vec![summary.to_owned()],
            tables,
            notes: notes.into(),
            ..Content::default()
        })
    }
}

const METHODS: [(&str, &str); 6] = [
    (
        "Orders: won deals or paid orders; lines of one order are one order; refunds lower the revenue \
         and are no purchases.",
        "Заказы: выигранные сделки или оплаченные заказы; позиции одного заказа складываются; возвраты \
         уменьшают выручку и покупками не считаются.",
    ),
    (
        "RFM: quintiles of type 7 of recency, frequency and net amount; the published grid of 11 segments.",
        "RFM: квинтили типа 7 по давности, частоте и сумме; опубликованная сетка из 11 сегментов.",
    ),
    (
        "Forecast: the mean of ETS, two theta models and complex exponential smoothing; calibrated \
         intervals.",
        "Прогноз: среднее ETS, двух тета-моделей и комплексного сглаживания; интервалы калиброваны.",
    ),
    (
        "Churn: learned at earlier cutoffs, judged at a later one, features strictly before each cutoff.",
        "Отток: обучение на ранних датах, проверка на более поздней, признаки строго до каждой даты.",
    ),
    (
        "Value: MBG/NBD for orders, Gamma-Gamma for spend, 52 weeks ahead, discounted by 10% a year.",
        "Ценность: MBG/NBD для заказов, Gamma-Gamma для сумм, 52 недели вперёд, дисконт 10\u{A0}% в год.",
    ),
    (
        "Cohorts: customers by the calendar period of their first order.",
        "Когорты: клиенты по календарному периоду первого заказа.",
    ),
];
