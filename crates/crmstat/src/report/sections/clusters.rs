//! Clusters and their profiles.

use super::{Page, file_only, whole};
use crate::{
    Lang, Result,
    analysis::segments::Segments,
    data::table::{Column, Table},
    report::{BarSeries, Chart, ChartKind, Content, Unit},
};

/// Columns of the table of profiles that tell of single customers: for files, not for a page.
const EXAMPLES: [&str; 2] = ["typical", "borderline"];

impl Page<'_> {
    pub(super) fn clusters(&self, clusters: &Segments) -> Result<Content> {
        let locale = self.locale;
        let lang = locale.lang();
        let found = clusters.k() > 1;
        let summary = if clusters.is_working_cut() {
            let k = clusters.k();
            match lang {
                Lang::En => format!(
                    "The customers form no clusters: by recency, frequency and money they are one continuum. \
                     For work it is cut into {k} parts, which other data would cut otherwise."
                ),
                Lang::Ru => format!(
                    "Кластеров нет: по давности, частоте и сумме клиенты образуют непрерывный ряд. Для работы \
                     он разделён на части ({k}); на других данных границы будут другими."
                ),
            }
        } else if found {
            let chosen = clusters.choice().is_some();
            let best = &clusters.profiles()[0];
            let name = clusters.name(0, lang);
            let share = |share: f64| locale.percent(share, 0);
            let worth = best.share_value.map(share).unwrap_or_default();
            match lang {
                Lang::En => format!(
                    "{} kinds of customers stand apart{}. The most valuable, “{name}”: {} of the customers, \
                     {worth} of the revenue.",
                    clusters.k(),
                    if chosen { ", as the data show" } else { "" },
                    share(best.share_customers)
                ),
                Lang::Ru => format!(
                    "Различимых типов клиентов: {}. Самый ценный, «{name}»: {} клиентов и {worth} выручки.",
                    clusters.k(),
                    share(best.share_customers)
                ),
            }
        } else {
            locale
                .pick(
                    "The customers form no clusters: by recency, frequency and money they are one \
                     continuum. RFM segments cut it by rule.",
                    "Кластеров нет: по давности, частоте и сумме клиенты образуют непрерывный ряд. \
                     RFM-сегменты делят его по правилу.",
                )
                .to_owned()
        };
        let mut tables = Vec::new();
        let mut charts = Vec::new();
        if found {
            let profiles = clusters.profile_table(lang)?;
            let (shown, files): (Vec<Column>, Vec<Column>) = profiles
                .columns()
                .iter()
                .cloned()
                .partition(|column| !EXAMPLES.contains(&column.name()));
            charts.push(self.clusters_chart(clusters));
            let caption = locale
                .pick("Clusters: size, value, medians", "Кластеры: размер, ценность, медианы");
            tables.push(whole(caption, Table::new("clusters", shown.clone())?));
            let names = shown.into_iter().take(2).chain(files).collect();
            let caption = locale.pick(
                "Typical and borderline customers of the clusters",
                "Типичные и пограничные клиенты кластеров",
            );
            tables.push(file_only(caption, Table::new("cluster_examples", names)?));
            tables.push(file_only(
                locale.pick("Clusters by customer", "Кластеры клиентов"),
                clusters.table(lang)?.renamed("cluster_customers"),
            ));
        }
        let mut notes = Vec::new();
        if let Ok(choice) = clusters.choice_table() {
            notes.push(
                locale
                    .pick(
                        "A number of clusters is taken only if it is tighter than chance, apart, and the \
                         same on resampled customers; the table `cluster_choice` has the figures.",
                        "Число кластеров принимается, только если они плотнее случайных, раздельны и \
                         повторяются на подвыборках; числа в таблице `cluster_choice`.",
                    )
                    .to_owned(),
            );
            let caption = locale.pick("How the number was chosen", "Как выбрано число кластеров");
            tables.push(file_only(caption, choice.renamed("cluster_choice")));
        }
        Ok(Content { summary: vec![summary], charts, tables, notes, ..Content::default() })
    }

    fn clusters_chart(&self, clusters: &Segments) -> Chart {
        let locale = self.locale;
        let names: Vec<&str> =
            (0..clusters.k()).map(|cluster| clusters.name(cluster, locale.lang())).collect();
        let profiles = || clusters.profiles().iter();
        let bars =
            |name: &str, values: Vec<Option<f64>>| BarSeries { name: name.to_owned(), values };
        Chart {
            name: "clusters_chart".to_owned(),
            title: locale.pick("Clusters by share", "Доли кластеров").to_owned(),
            description: locale
                .pick("Share of customers and of revenue.", "Доля клиентов и доля выручки.")
                .to_owned(),
            unit: Unit::Share,
            kind: ChartKind::Bars {
                axis: locale.pick("cluster", "кластер").to_owned(),
                labels: names
                    .iter()
                    .enumerate()
                    .map(|(at, name)| format!("{}. {name}", at + 1))
                    .collect(),
                series: vec![
                    bars(
                        locale.pick("of customers", "клиентов"),
                        profiles().map(|own| Some(own.share_customers)).collect(),
                    ),
                    bars(
                        locale.pick("of revenue", "выручки"),
                        profiles().map(|own| own.share_value).collect(),
                    ),
                ],
            },
        }
    }
}
