//! The tables of segments. Clusters are numbered from 1 there.

use super::{Segments, names::described};
use crate::{
    Error, Lang, Result,
    data::table::{Column, Table},
    features::{Feature, Unit},
};
use crmstat_models::segments::{Candidate, FeatureProfile, Profile};

/// The index of population stability from which a distribution has shifted (Siddiqi 2006).
const SHIFTED: f64 = 0.1;
/// That from which it is another one.
const CHANGED: f64 = 0.25;
/// Characteristics that are told of what sets a cluster apart.
const APART: usize = 3;

impl Segments {
    /// One row per customer: cluster, name and distance to the cluster's centre in prepared units.
    ///
    /// # Errors
    /// Never, as the columns are made here.
    pub fn table(&self, lang: Lang) -> Result<Table> {
        let of = || self.customers();
        Table::new(
            "segments",
            vec![
                Column::text("customer_id", "Клиент", of().map(|(id, _)| id)),
                Column::int(
                    "cluster",
                    "Кластер",
                    of().map(|(_, own)| number(own.cluster as usize)),
                ),
                Column::category(
                    "name",
                    "Название",
                    self.names(lang),
                    of().map(|(_, own)| own.cluster),
                ),
                Column::float("distance", "Расстояние", 3, of().map(|(_, own)| own.distance)),
            ],
        )
    }

    /// One row per cluster: size, value, the median of each characteristic in its own unit (the most
    /// frequent label of a category), what sets it apart, typical and borderline customers.
    ///
    /// # Errors
    /// Never for characteristics whose names differ from those of the other columns.
    pub fn profile_table(&self, lang: Lang) -> Result<Table> {
        let profiles = || self.profiles().iter();
        let share = |profile: &Profile| profile.share_value.filter(|_| self.values.is_some());
        let mut columns = vec![
            Column::int("cluster", "Кластер", (0..self.k()).map(number)),
            Column::text("name", "Название", self.names(lang)),
            Column::int("customers", "Клиентов", profiles().map(|own| own.customers as i64)),
            Column::float(
                "share_customers",
                "Доля клиентов",
                4,
                profiles().map(|own| own.share_customers),
            ),
            Column::float("share_revenue", "Доля выручки", 4, profiles().map(share)),
        ];
        for (at, (name, labels)) in self.model.labelled().enumerate() {
            let feature = name.parse::<Feature>().ok();
            let described = feature.as_ref().map(|feature| feature.description(Lang::Ru));
            let title = described.map_or_else(|| name.to_owned(), |text| capitalised(&text));
            columns.push(match labels {
                None => {
                    let decimals = match feature.map(|feature| feature.unit()) {
                        Some(Unit::Days | Unit::Count) => 1,
                        Some(Unit::Money) => 2,
                        _ => 3,
                    };
                    let medians = profiles().map(|own| match &own.features[at] {
                        FeatureProfile::Number { median, .. } => *median,
                        FeatureProfile::Category { .. } => None,
                    });
                    Column::float(name.to_owned(), title, decimals, medians)
                }
                Some(labels) => {
                    let most = profiles().map(|own| match &own.features[at] {
                        FeatureProfile::Category { shares, .. } => most_frequent(shares),
                        FeatureProfile::Number { .. } => None,
                    });
                    Column::category(name.to_owned(), title, labels, most)
                }
            });
        }
        let ids = |rows: &[usize]| {
            rows.iter().filter_map(|row| self.ids.get(*row)).collect::<Vec<_>>().join(" ")
        };
        let texts = |of: &dyn Fn(&Profile) -> String| profiles().map(of).collect::<Vec<_>>();
        for (name, title, cells) in [
            ("sets_apart", "Отличия от остальных", texts(&|own| self.sets_apart(own, lang))),
            ("typical", "Типичные клиенты", texts(&|own| ids(&own.typical))),
            ("borderline", "Пограничные клиенты", texts(&|own| ids(&own.borderline))),
        ] {
            columns.push(Column::text(name, title, cells.iter().map(String::as_str)));
        }
        Table::new("profiles", columns)
    }

    /// One row per number of clusters that was compared, with what speaks for it.
    ///
    /// # Errors
    /// A usage error where the number was given or the model loaded: nothing was compared then.
    pub fn choice_table(&self) -> Result<Table> {
        let choice = self.choice().ok_or_else(|| {
            Error::usage("the number of clusters was given, not chosen").with_hint("use `--k auto`")
        })?;
        let of = || choice.candidates.iter();
        let float =
            |name: &'static str, russian: &'static str, first: Option<f64>, rest: Vec<f64>| {
                Column::float(
                    name,
                    russian,
                    4,
                    std::iter::once(first).chain(rest.into_iter().map(Some)),
                )
            };
        let weakest = |stability: &[f64]| stability.last().copied().unwrap_or(f64::NAN);
        // Where nothing is real, one cluster is the answer, however customers are cut for work.
        let chosen = choice.k.unwrap_or(1);
        Table::new(
            "choice",
            vec![
                Column::int(
                    "k",
                    "Кластеров",
                    std::iter::once(1).chain(of().map(|own| own.k as i64)),
                ),
                float("silhouette", "Силуэт", None, of().map(|own| own.silhouette.mean).collect()),
                float(
                    "silhouette_error",
                    "Ошибка силуэта",
                    None,
                    of().map(|own| own.silhouette.standard_error).collect(),
                ),
                float("gap", "Статистика разрыва", Some(0.0), of().map(|own| own.gap).collect()),
                float(
                    "gap_error",
                    "Ошибка разрыва",
                    Some(0.0),
                    of().map(|own| own.gap_error).collect(),
                ),
                float("gain", "Силуэт сверх случайного", None, of().map(|own| own.gain).collect()),
                float(
                    "gain_error",
                    "Ошибка превышения",
                    None,
                    of().map(|own| own.gain_error).collect(),
                ),
                float(
                    "calinski_harabasz",
                    "Индекс Калинского — Харабаша",
                    None,
                    of().map(|own| own.calinski_harabasz).collect(),
                ),
                float(
                    "davies_bouldin",
                    "Индекс Дэвиса — Болдина",
                    None,
                    of().map(|own| own.davies_bouldin).collect(),
                ),
                float(
                    "stability",
                    "Устойчивость, в среднем",
                    None,
                    of().map(Candidate::mean_stability).collect(),
                ),
                float(
                    "least_stability",
                    "Устойчивость слабейшего",
                    None,
                    of().map(|own| weakest(&own.stability)).collect(),
                ),
                Column::bool(
                    "admissible",
                    "Подходит",
                    std::iter::once(None).chain(of().map(|own| Some(own.admissible))),
                ),
                Column::bool(
                    "chosen",
                    "Выбрано",
                    std::iter::once(chosen == 1).chain(of().map(|own| own.k == chosen)),
                ),
            ],
        )
    }

    /// How the customers differ from those the model was fitted to: the population stability index of
    /// each characteristic and of the clusters, then the share of each cluster then and now.
    ///
    /// # Errors
    /// A usage error where the model was fitted to these very customers.
    pub fn drift_table(&self, lang: Lang) -> Result<Table> {
        let drift = self.drift().ok_or_else(|| {
            Error::usage("drift is measured against the customers of a saved model")
                .with_hint("give `--model FILE.json`")
        })?;
        let kinds =
            lang.pick(["feature", "clusters", "cluster"], ["признак", "кластеры", "кластер"]);
        let readings =
            lang.pick(["stable", "shifted", "changed"], ["стабильно", "сдвиг", "изменилось"]);
        let features = self.model.characteristics().zip(&drift.features);
        let mut rows: Vec<DriftRow<'_>> = features
            .map(|(name, psi)| DriftRow { kind: 0, name, psi: Some(*psi), shares: None })
            .collect();
        let all = lang.pick("all", "все");
        rows.push(DriftRow { kind: 1, name: all, psi: Some(drift.clusters), shares: None });
        let shares = drift.shares_then.iter().copied().zip(drift.shares_now.iter().copied());
        rows.extend((self.names(lang).zip(shares)).map(|(name, shares)| DriftRow {
            kind: 2,
            name,
            psi: None,
            shares: Some(shares),
        }));
        let of = || rows.iter();
        let reading = |psi: f64| u32::from(psi >= SHIFTED) + u32::from(psi >= CHANGED);
        let then = of().map(|row| row.shares.map(|(then, _)| then));
        let now = of().map(|row| row.shares.map(|(_, now)| now));
        Table::new(
            "drift",
            vec![
                Column::category("of", "Что", kinds, of().map(|row| row.kind)),
                Column::text("name", "Название", of().map(|row| row.name)),
                Column::float("psi", "PSI", 4, of().map(|row| row.psi)),
                Column::category(
                    "reading",
                    "Вывод",
                    readings,
                    of().map(|row| row.psi.map(reading)),
                ),
                Column::float("share_then", "Доля тогда", 4, then),
                Column::float("share_now", "Доля теперь", 4, now),
            ],
        )
    }

    fn names(&self, lang: Lang) -> impl Iterator<Item = &str> {
        (0..self.k()).map(move |cluster| self.name(cluster, lang))
    }

    /// The strongest standardised differences from the rest, such as `purchases +1.80`.
    fn sets_apart(&self, profile: &Profile, lang: Lang) -> String {
        let mut found: Vec<(f64, String)> = Vec::new();
        for ((name, labels), feature) in self.model.labelled().zip(&profile.features) {
            let said = described(name, lang);
            match feature {
                FeatureProfile::Number { difference, .. } => found.push((*difference, said)),
                FeatureProfile::Category { differences, .. } => {
                    let labels = labels.unwrap_or_default();
                    let of = labels.iter().zip(differences);
                    found.extend(
                        of.map(|(label, difference)| (*difference, format!("{said} {label}"))),
                    );
                }
            }
        }
        found.retain(|(difference, _)| *difference != 0.0);
        found.sort_by(|left, right| right.0.abs().total_cmp(&left.0.abs()));
        let texts = found.into_iter().take(APART).map(|(difference, said)| {
            // Where neither side varies the difference has no measure, only a direction.
            if difference.abs() == f64::MAX {
                format!("{said} {}", if difference > 0.0 { "+∞" } else { "−∞" })
            } else {
                format!("{said} {difference:+.2}")
            }
        });
        texts.collect::<Vec<_>>().join("; ")
    }
}

/// A row of the table of drift.
struct DriftRow<'a> {
    /// A characteristic, all clusters, one cluster.
    kind: u32,
    name: &'a str,
    psi: Option<f64>,
    /// Then and now.
    shares: Option<(f64, f64)>,
}

/// `text` with its first letter in upper case, as a heading.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The number that people see of a cluster.
fn number(cluster: usize) -> i64 {
    cluster as i64 + 1
}

/// The label of the greatest share, the first on a tie; `None` where nobody has one.
fn most_frequent(shares: &[f64]) -> Option<u32> {
    let mut best: Option<usize> = None;
    for (label, share) in shares.iter().enumerate() {
        if *share > best.map_or(0.0, |best| shares[best]) {
            best = Some(label);
        }
    }
    best.map(|label| label as u32)
}
