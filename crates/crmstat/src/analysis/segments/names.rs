//! Names of clusters, composed of what sets each apart from the rest and, if need be, from each other.

use super::{Customers, Values, model::Name};
use crate::{Error, Lang, Result, features::Feature};
use crmstat_models::segments::{FeatureProfile, KMeans, Original, Preparation, Profile};

/// The standardised difference from which a characteristic names a cluster: Cohen's "medium".
const MEDIUM: f64 = 0.5;
/// Characteristics in a name: more are read as a list, not as a name.
const WORDS: usize = 3;

/// How a characteristic is said, in English and Russian.
struct Words {
    feature: &'static str,
    high: [&'static str; 2],
    low: [&'static str; 2],
    higher: [&'static str; 2],
    lower: [&'static str; 2],
}

/// Characteristics with words of their own; any other is said by what it is.
const WORDS_OF: &[Words] = &[
    Words {
        feature: "recency_days",
        high: ["lapsed", "давно не покупали"],
        low: ["recent", "недавние"],
        higher: ["less recent", "покупали раньше"],
        lower: ["more recent", "покупали позже"],
    },
    Words {
        feature: "frequency",
        high: ["frequent", "частые"],
        low: ["occasional", "редкие"],
        higher: ["more frequent", "чаще"],
        lower: ["less frequent", "реже"],
    },
    Words {
        feature: "monetary",
        high: ["high value", "дорогие"],
        low: ["low value", "недорогие"],
        higher: ["higher value", "дороже"],
        lower: ["lower value", "дешевле"],
    },
    Words {
        feature: "mean_order",
        high: ["large orders", "крупные чеки"],
        low: ["small orders", "мелкие чеки"],
        higher: ["larger orders", "чеки крупнее"],
        lower: ["smaller orders", "чеки мельче"],
    },
    Words {
        feature: "tenure_days",
        high: ["long-standing", "давние"],
        low: ["new", "новые"],
        higher: ["longer-standing", "дольше с нами"],
        lower: ["newer", "новее"],
    },
    Words {
        feature: "mean_gap_days",
        high: ["long gaps", "долгие паузы"],
        low: ["short gaps", "короткие паузы"],
        higher: ["longer gaps", "паузы дольше"],
        lower: ["shorter gaps", "паузы короче"],
    },
    Words {
        feature: "spend_trend",
        high: ["growing", "растущие"],
        low: ["declining", "угасающие"],
        higher: ["growing more", "растут больше"],
        lower: ["growing less", "растут меньше"],
    },
    Words {
        feature: "refund_share",
        high: ["many refunds", "много возвратов"],
        low: ["few refunds", "мало возвратов"],
        higher: ["more refunds", "возвратов больше"],
        lower: ["fewer refunds", "возвратов меньше"],
    },
    Words {
        feature: "discount_share",
        high: ["discount seekers", "любят скидки"],
        low: ["full price", "без скидок"],
        higher: ["more discounts", "скидок больше"],
        lower: ["fewer discounts", "скидок меньше"],
    },
    Words {
        feature: "satisfaction",
        high: ["satisfied", "довольные"],
        low: ["dissatisfied", "недовольные"],
        higher: ["more satisfied", "довольнее"],
        lower: ["less satisfied", "менее довольные"],
    },
];

/// The names of all clusters, no two alike.
pub(super) fn compose(
    customers: &Customers,
    profiles: &[Profile],
    model: &KMeans,
    preparation: &Preparation,
) -> Result<Vec<Name>> {
    if let [_] = profiles {
        return Ok(vec![Name {
            en: "all customers".to_owned(), ru: "все клиенты".to_owned()
        }]);
    }
    let mut names: Vec<[Vec<String>; 2]> =
        profiles.iter().map(|profile| words(customers, profile)).collect();
    let heights = Heights::of(customers, model, preparation)?;
    // Names are told apart group by group; the first cluster of a name stands for the group. The same words in
    // another order are the same name.
    let same = |a: &[String], b: &[String]| {
        let sorted = |words: &[String]| {
            let mut words = words.to_vec();
            words.sort_unstable();
            words
        };
        sorted(a) == sorted(b)
    };
    for cluster in 0..names.len() {
        let alike: Vec<usize> = (cluster..names.len())
            .filter(|other| (0..2).any(|lang| same(&names[*other][lang], &names[cluster][lang])))
            .collect();
        heights.tell_apart(alike, &(0..heights.features.len()).collect::<Vec<_>>(), &mut names);
    }
    Ok(names.into_iter().map(|[en, ru]| Name { en: en.join(", "), ru: ru.join(", ") }).collect())
}

/// Says that a cluster is a part of a cut for work.
pub(super) fn of_working_cut(name: &mut Name) {
    name.en = format!("working cut: {}", name.en);
    name.ru = format!("рабочее деление: {}", name.ru);
}

/// What sets a cluster apart, strongest first, in both languages.
fn words(customers: &Customers, profile: &Profile) -> [Vec<String>; 2] {
    let mut found: Vec<(f64, [String; 2])> = Vec::new();
    for ((name, values), feature) in customers.characteristics().iter().zip(&profile.features) {
        match (feature, values) {
            (FeatureProfile::Number { difference, .. }, _) if difference.abs() >= MEDIUM => {
                let is_high = *difference > 0.0;
                found.push((
                    difference.abs(),
                    [Lang::En, Lang::Ru].map(|lang| said(name, is_high, lang)),
                ));
            }
            (
                FeatureProfile::Category { shares, differences, .. },
                Values::Category { labels, .. },
            ) => {
                // A label that most of the cluster has, and the others have less.
                let most = (0..labels.len())
                    .filter(|label| shares[*label] > 0.5 && differences[*label] >= MEDIUM);
                found.extend(most.map(|label| {
                    let label_text = &labels[label];
                    let texts =
                        [format!("mostly {label_text}"), format!("чаще всего {label_text}")];
                    (differences[label], texts)
                }));
            }
            _ => {}
        }
    }
    // Stable: equal differences keep the order of the characteristics.
    found.sort_by(|left, right| right.0.total_cmp(&left.0));
    found.truncate(WORDS);
    if found.is_empty() {
        return [vec!["average".to_owned()], vec!["обычные".to_owned()]];
    }
    let (english, russian) = found.into_iter().map(|(_, [en, ru])| (en, ru)).unzip();
    [english, russian]
}

fn said(name: &str, is_high: bool, lang: Lang) -> String {
    let place = usize::from(lang == Lang::Ru);
    match WORDS_OF.iter().find(|words| words.feature == name) {
        Some(words) => (if is_high { words.high } else { words.low })[place].to_owned(),
        None => {
            let how = if is_high {
                ["high", "выше обычного:"]
            } else {
                ["low", "ниже обычного:"]
            };
            format!("{} {}", how[place], described(name, lang))
        }
    }
}

fn compared(name: &str, is_higher: bool, lang: Lang) -> String {
    let place = usize::from(lang == Lang::Ru);
    match WORDS_OF.iter().find(|words| words.feature == name) {
        Some(words) => (if is_higher { words.higher } else { words.lower })[place].to_owned(),
        None => {
            let how = if is_higher { ["higher", "выше:"] } else { ["lower", "ниже:"] };
            format!("{} {}", how[place], described(name, lang))
        }
    }
}

/// A characteristic in words: what a feature is, or the header of a table's column as it stands.
pub(super) fn described(name: &str, lang: Lang) -> String {
    name.parse::<Feature>().map_or_else(|_| name.to_owned(), |feature| feature.description(lang))
}

/// Where the centre of each cluster stands on each number.
struct Heights {
    features: Vec<(String, Vec<f64>)>,
}

impl Heights {
    fn of(customers: &Customers, model: &KMeans, preparation: &Preparation) -> Result<Self> {
        let mut features: Vec<(String, Vec<f64>)> =
            customers.names().map(|name| (name.to_owned(), Vec::new())).collect();
        for centre in model.centres().chunks_exact(model.columns()) {
            let mut rest = centre;
            let originals = preparation.invert(centre).map_err(Error::from_model)?;
            for ((_, heights), original) in features.iter_mut().zip(originals) {
                let width = match original {
                    Original::Number(_) => {
                        heights.extend(rest.first());
                        1
                    }
                    Original::Shares(shares) => shares.len(),
                };
                rest = &rest[width..];
            }
        }
        features.retain(|(_, heights)| !heights.is_empty());
        Ok(Self { features })
    }

    /// Adds to the names of the clusters `alike` where they differ most from one another: the widest gap
    /// of any feature in `unused` parts them into higher and lower, and so on; what no feature parts is
    /// numbered.
    fn tell_apart(&self, alike: Vec<usize>, unused: &[usize], names: &mut [[Vec<String>; 2]]) {
        if alike.len() < 2 {
            return;
        }
        let mut widest: Option<(f64, usize, f64)> = None;
        for &feature in unused {
            let mut heights: Vec<f64> =
                alike.iter().map(|cluster| self.features[feature].1[*cluster]).collect();
            heights.sort_by(f64::total_cmp);
            for pair in heights.windows(2) {
                let gap = pair[1] - pair[0];
                if gap > 0.0 && widest.is_none_or(|(most, _, _)| gap > most) {
                    widest = Some((gap, feature, f64::midpoint(pair[0], pair[1])));
                }
            }
        }
        let Some((_, feature, middle)) = widest else {
            for (number, cluster) in alike.into_iter().enumerate() {
                names[cluster].iter_mut().for_each(|words| words.push(format!("{}", number + 1)));
            }
            return;
        };
        let (name, heights) = &self.features[feature];
        let (higher, lower): (Vec<usize>, Vec<usize>) =
            alike.into_iter().partition(|cluster| heights[*cluster] > middle);
        let unused: Vec<usize> = unused.iter().copied().filter(|other| *other != feature).collect();
        for (is_higher, clusters) in [(true, higher), (false, lower)] {
            for cluster in &clusters {
                for (words, lang) in names[*cluster].iter_mut().zip([Lang::En, Lang::Ru]) {
                    words.push(compared(name, is_higher, lang));
                }
            }
            self.tell_apart(clusters, &unused, names);
        }
    }
}
