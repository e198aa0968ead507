//! Notices in words.

use crate::{
    Lang,
    data::{Finding, Notice},
};

impl Notice {
    /// What was found and what was made of it, in one sentence without a full stop; neither the money nor
    /// the settings.
    pub fn text(&self, lang: Lang) -> String {
        let rows = self.rows;
        match &self.finding {
            Finding::RoundedAmounts { decimals } => match lang {
                Lang::En => {
                    format!("{rows} amounts have more than {decimals} decimals and are rounded")
                }
                Lang::Ru => {
                    format!(
                        "сумм, у которых больше {decimals} знаков после запятой: {rows}; они округлены"
                    )
                }
            },
            Finding::NoCurrency { assumed } => match lang {
                Lang::En => format!("{rows} amounts name no currency and count as {assumed}"),
                Lang::Ru => format!("сумм без валюты: {rows}; они считаются в {assumed}"),
            },
            Finding::OpenEnd => lang
                .pick(
                    "the last line has no end: if the file was cut, its last cell may be cut, too",
                    "последняя строка не завершена: если файл обрезан, обрезана может быть и последняя ячейка",
                )
                .to_owned(),
        }
    }
}
