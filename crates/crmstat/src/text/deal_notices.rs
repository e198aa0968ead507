//! Notices about deals in words.

use crate::{Lang, data::DealFinding};

impl DealFinding {
    /// What was found in `rows` deals, or stages, in one sentence without a full stop.
    pub(super) fn text(&self, rows: u64, lang: Lang) -> String {
        let such = |example: &String| match (&example[..], lang) {
            ("", _) => String::new(),
            (example, Lang::En) => format!(", such as {example}"),
            (example, Lang::Ru) => format!(", например {example}"),
        };
        match (self, lang) {
            (Self::OtherStage { example }, Lang::En) => format!(
                "{rows} deals stand at another stage than their history ends at{}; the history counts",
                such(example)
            ),
            (Self::OtherStage { example }, Lang::Ru) => format!(
                "сделок, у которых этап не совпадает с последним в истории: {rows}{}; взята история",
                such(example)
            ),
            (Self::StageBeforeCreation { example }, Lang::En) => {
                format!("{rows} deals enter a stage before they are created{}", such(example))
            }
            (Self::StageBeforeCreation { example }, Lang::Ru) => {
                format!("сделок с этапом раньше даты создания: {rows}{}", such(example))
            }
            (Self::StageAfterClose { example }, Lang::En) => format!(
                "{rows} deals enter a stage after they are closed{}; what comes after the close is left out",
                such(example)
            ),
            (Self::StageAfterClose { example }, Lang::Ru) => format!(
                "сделок с этапом после закрытия: {rows}{}; этапы после закрытия не учтены",
                such(example)
            ),
            (Self::StagesAtOnce { example }, Lang::En) => format!(
                "{rows} deals enter several stages at one instant{}; these are taken in the order of their names",
                such(example)
            ),
            (Self::StagesAtOnce { example }, Lang::Ru) => format!(
                "сделок с несколькими этапами в один момент: {rows}{}; такие этапы взяты в порядке названий",
                such(example)
            ),
            (Self::WithoutHistory { example }, Lang::En) => format!(
                "{rows} deals have no history{}; they count in the outcomes and not in the stages they passed",
                such(example)
            ),
            (Self::WithoutHistory { example }, Lang::Ru) => format!(
                "сделок без истории: {rows}{}; в итогах они учтены, в пройденных этапах нет",
                such(example)
            ),
            (Self::NoHistory, Lang::En) => {
                "the stages that deals passed are not known without their history: only where they stand is told"
                    .to_owned()
            }
            (Self::NoHistory, Lang::Ru) => {
                "без истории этапов неизвестно, что сделки прошли: показано только, где они стоят".to_owned()
            }
            (Self::StageThenUnknown, Lang::En) => {
                format!("{rows} deals were still open then, and their stage then is not known")
            }
            (Self::StageThenUnknown, Lang::Ru) => {
                format!("сделок, которые тогда были открыты и чей тогдашний этап неизвестен: {rows}")
            }
            (Self::OrderUnknown, Lang::En) => {
                format!("the order of the {rows} stages is not known: they are in the order of their names")
            }
            (Self::OrderUnknown, Lang::Ru) => {
                format!("порядок этапов ({rows}) неизвестен: они идут по алфавиту")
            }
            (Self::StagesNotListed { labels }, Lang::En) => {
                format!("stages that are not in the list stand behind it: {labels}")
            }
            (Self::StagesNotListed { labels }, Lang::Ru) => {
                format!("этапы, которых нет в списке, стоят в конце: {labels}")
            }
            (Self::StagesOfNoDeal { labels }, Lang::En) => {
                format!("no deal has these stages of the list: {labels}")
            }
            (Self::StagesOfNoDeal { labels }, Lang::Ru) => {
                format!("этапы из списка, которых нет ни у одной сделки: {labels}")
            }
            (Self::OpenWithoutStage, Lang::En) => {
                format!("open deals that stand at no known stage: {rows}")
            }
            (Self::OpenWithoutStage, Lang::Ru) => {
                format!("открытых сделок без известного этапа: {rows}")
            }
            (Self::OpenWithoutAmount, Lang::En) => format!("open deals without an amount: {rows}"),
            (Self::OpenWithoutAmount, Lang::Ru) => format!("открытых сделок без суммы: {rows}"),
            (Self::WonWithoutAmount, Lang::En) => format!("won deals without an amount: {rows}"),
            (Self::WonWithoutAmount, Lang::Ru) => format!("выигранных сделок без суммы: {rows}"),
            (Self::WithoutCreation, Lang::En) => {
                format!("deals whose date of creation is not known: {rows}")
            }
            (Self::WithoutCreation, Lang::Ru) => format!("сделок без даты создания: {rows}"),
            (Self::WithoutOwner, Lang::En) => format!("deals that name no manager: {rows}"),
            (Self::WithoutOwner, Lang::Ru) => format!("сделок без ответственного: {rows}"),
            (Self::WithoutClose, Lang::En) => {
                format!("closed deals without a date of the close, which are in no period: {rows}")
            }
            (Self::WithoutClose, Lang::Ru) => {
                format!("закрытых сделок без даты закрытия: {rows}; в периодах их нет")
            }
            (Self::PlanOfUnknown { labels }, Lang::En) => {
                format!("the plan names managers without a deal, and theirs counts nowhere: {labels}")
            }
            (Self::PlanOfUnknown { labels }, Lang::Ru) => {
                format!("в плане есть менеджеры без единой сделки, их план не учтён: {labels}")
            }
            (Self::PlanOutside, Lang::En) => {
                format!("rows of the plan for times that are not looked at: {rows}")
            }
            (Self::PlanOutside, Lang::Ru) => format!("строк плана за другие периоды: {rows}"),
            (Self::NoTimeOfDay, Lang::En) => {
                "most deals or activities are dated without a time of day: hours to the first response are not known"
                    .to_owned()
            }
            (Self::NoTimeOfDay, Lang::Ru) => {
                "у большинства сделок или касаний нет времени суток: часы до первого ответа неизвестны".to_owned()
            }
            (Self::LeadStatusesOpen { labels }, Lang::En) => {
                format!("{rows} leads have a status that nothing explains and are open: {labels}")
            }
            (Self::LeadStatusesOpen { labels }, Lang::Ru) => {
                format!("лидов с непонятным статусом: {rows}; они считаются открытыми: {labels}")
            }
            (Self::LeadsOfUnknownDeals, Lang::En) => {
                format!("{rows} leads name a deal that is not among the deals: whether they were sold is not known")
            }
            (Self::LeadsOfUnknownDeals, Lang::Ru) => {
                format!("лидов, чьей сделки нет среди сделок: {rows}; проданы ли они, неизвестно")
            }
            (Self::TicketEndsFirst, Lang::En) => format!(
                "{rows} tickets are answered or resolved before they are opened and count as done at once"
            ),
            (Self::TicketEndsFirst, Lang::Ru) => format!(
                "обращений с ответом или решением раньше открытия: {rows}; их время считается нулевым"
            ),
            (Self::ClosedBeforeCreation, Lang::En) => {
                format!("deals that are closed before they are created: {rows}")
            }
            (Self::ClosedBeforeCreation, Lang::Ru) => {
                format!("сделок, закрытых раньше создания: {rows}")
            }
        }
    }
}
