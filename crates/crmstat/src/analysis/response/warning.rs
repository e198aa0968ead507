//! What the reader of an answer must know.

use crate::Lang;

/// One thing that limits what the figures say.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// What the columns of label and treatment lack.
    Labels(String),
    /// Columns tell who was treated: it was not left to chance.
    NotByChance {
        /// The AUC of who was treated, and the lower end of its 95 % interval.
        auc: (f64, f64),
        /// The columns that differ most between the two groups.
        columns: Vec<String>,
    },
    /// The predictions do not tell whom the treatment moves more.
    NoDifference {
        /// The Qini coefficient with its 95 % interval.
        qini: (f64, f64, f64),
    },
    /// The model does not rank better than chance.
    NoRanking {
        /// The AUC with its 95 % interval.
        auc: (f64, f64, f64),
    },
    /// The model is better than honest columns allow.
    TooGood(String),
    /// There are few customers.
    Few(usize),
}

impl Warning {
    /// The sentence, without a full stop.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Labels(text) | Self::TooGood(text) => text.clone(),
            Self::NotByChance { auc: (auc, lower), columns } => {
                let named = columns.iter().map(|own| format!("`{own}`")).collect::<Vec<_>>();
                let named = named.join(", ");
                match lang {
                    Lang::En => format!(
                        "who was treated was not left to chance: columns tell it with an AUC of {auc:.3} (at least \
                         {lower:.3}), most {named}; rows are weighted by the inverse of their propensity"
                    ),
                    Lang::Ru => format!(
                        "воздействие распределено не случайно: его предсказывают признаки, AUC {auc:.3} (не меньше \
                         {lower:.3}), сильнее всего {named}; строки взвешены на обратную вероятность воздействия"
                    ),
                }
            }
            Self::NoDifference { qini: (qini, lower, upper) } => match lang {
                Lang::En => format!(
                    "the data do not tell whom the treatment moves more: Qini {qini:.3} ({lower:.3} to {upper:.3}); \
                     treat all customers alike"
                ),
                Lang::Ru => format!(
                    "по этим данным не видно, на кого воздействие влияет сильнее: Qini {qini:.3} (от {lower:.3} до \
                     {upper:.3}); относитесь ко всем клиентам одинаково"
                ),
            },
            Self::NoRanking { auc: (auc, lower, upper) } => match lang {
                Lang::En => format!(
                    "the model does not tell who responds: AUC {auc:.3} ({lower:.3} to {upper:.3})"
                ),
                Lang::Ru => format!(
                    "модель не отличает тех, кто откликнется: AUC {auc:.3} (от {lower:.3} до {upper:.3})"
                ),
            },
            Self::Few(customers) => match lang {
                Lang::En => {
                    format!("{customers} customers are few: small differences mean nothing")
                }
                Lang::Ru => format!("клиентов всего {customers}: малые различия ничего не значат"),
            },
        }
    }
}
