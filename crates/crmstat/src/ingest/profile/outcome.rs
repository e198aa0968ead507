//! Which columns say what became of an order or deal, by what is in their cells.
//!
//! A status may stand under any header: `outcome`, `phase`, `is_cancelled`, «Проведен». So the cells of the
//! sample decide: few distinct values, of which enough are words of status. A column of yes and no says
//! nothing by its cells; there the header does.

use super::{GENERIC, Profile, Stages, words};
use crate::{
    data::DealStatus,
    ingest::cells::{Parsed, text},
};
use std::collections::BTreeMap;

/// Distinct labels that a column of status has at most.
const MOST_LABELS: usize = 30;
/// The longest label of a status, in characters.
const LONGEST: usize = 40;

/// What a column says of the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// Words of status.
    Words(Topic),
    /// True where the row is no sale: cancelled, deleted, returned, a test.
    LostIf,
    /// Filled, with an instant, where the row is no sale.
    LostAt,
    /// False where the row is no sale yet: paid, posted, confirmed.
    WonIf,
    /// False where an open deal is lost: put away in the archive.
    LostUnless,
    /// Something of the rows that may or may not make them no sales: active, archived, a remark of a cancellation.
    Unclear,
}

/// What words of status are about; the first is the best to go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Payment,
    Deal,
    Order,
    Delivery,
}

/// A column that says what became of its rows, and how it is known.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Telling {
    /// The column, from 0.
    pub(crate) column: usize,
    pub(crate) says: Says,
    /// Its distinct labels in the sample, the most frequent first.
    pub(crate) labels: Vec<String>,
    /// Whether it is about goods or money given back.
    pub(crate) of_returns: bool,
    /// Whether a row of goods given back is a document of its own, as beside a column of kinds of documents.
    pub(crate) of_documents: bool,
    /// Whether its header alone says that it is a status: none of its words is known.
    pub(crate) by_header: bool,
    /// Whether neither its header nor its cells are words: few codes that may or may not be a status.
    pub(crate) by_code: bool,
}

/// Labels that a message shows.
const SHOWN: usize = 6;

impl Telling {
    /// Its labels as a message shows them.
    pub(crate) fn shown(&self) -> String {
        let labels: Vec<String> =
            self.labels.iter().take(SHOWN).map(|label| format!("`{label}`")).collect();
        match (&labels[..], self.labels.len().saturating_sub(SHOWN)) {
            ([], _) => "empty in the first rows".to_owned(),
            (_, 0) => labels.join(", "),
            (_, more) => format!("{} and {more} more", labels.join(", ")),
        }
    }

    /// Whether its cells are yes and no.
    pub(crate) fn is_flag(&self) -> bool {
        self.labels.iter().all(|label| truth(label.as_bytes()).is_some())
    }

    /// What is made of it.
    pub(crate) fn meaning(&self) -> String {
        let meaning = match self.says {
            Says::LostIf => "no sale where it is set",
            Says::LostAt => "no sale where it is filled",
            Says::WonIf => "no sale yet where it is not set",
            Says::LostUnless => "an open deal is lost where it is not set",
            Says::Unclear => "not used",
            Says::Words(Topic::Payment) => "no sale where it says unpaid or cancelled",
            Says::Words(_) => "no sale where it says cancelled or returned",
        };
        meaning.to_owned()
    }
}

/// The columns of `headers` that say what became of their rows, from the rows of a sample.
pub(crate) fn telling(headers: &[&str], sample: &[Vec<String>]) -> Vec<Telling> {
    let stages = Profile::named(GENERIC).map(|generic| Stages::new(generic, &[]));
    let Some(stages) = stages.filter(|_| !sample.is_empty()) else { return Vec::new() };
    let judged = headers.iter().enumerate().filter_map(|(column, header)| {
        let words = words::of(header);
        let is_any = |stems: &[&str]| words.iter().any(|word| begins(word, stems));
        let is_remark = is_any(REMARKS);
        let is_reason = is_reason_of_end(&words);
        if words.is_empty() || (is_any(OTHER_SUBJECTS) && !is_remark && !is_reason) {
            return None;
        }
        let of_returns = is_any(RETURNS);
        let told = |says, labels, by_header| Telling {
            column,
            says,
            labels: by_frequency(labels),
            of_returns,
            of_documents: is_any(DOCUMENTS),
            by_header,
            by_code: false,
        };
        if is_reason {
            return Some(told(Says::LostAt, BTreeMap::new(), false));
        }
        let labels = labels(sample, column)?;
        let is_end = |label: &&str| is_strong(label) && likely(label) == Some(DealStatus::Lost);
        if is_remark {
            return labels.keys().any(is_end).then(|| told(Says::Unclear, labels, false));
        }
        let Some(says) = says(&words, &labels, &stages) else {
            let codes = are_codes(header, &words, &labels);
            return codes.then(|| Telling { by_code: true, ..told(Says::Unclear, labels, false) });
        };
        let knows = |label: &&str| stages.known(label).is_some() || likely(label).is_some();
        let by_header = matches!(says, Says::Words(_)) && !labels.keys().any(knows);
        Some(told(says, labels, by_header))
    });
    judged.collect()
}

/// Whether a filled cell of the column is why the row came to nothing, such as `cancel_reason`.
fn is_reason_of_end(header: &[String]) -> bool {
    let has = |stems: &[&str]| header.iter().any(|word| begins(word, stems));
    has(&["reason", "cause", "причин"])
        && has(&["cancel", "lost", "loss", "void", "отмен", "отказ", "аннул", "проигр"])
}

/// Whether a header says nothing and the cells below it are few short codes, as a status of numbers or letters is.
fn are_codes(header: &str, words: &[String], labels: &BTreeMap<&str, u64>) -> bool {
    /// Distinct codes, and rows of each of them in the mean.
    const CODES: std::ops::RangeInclusive<usize> = 2..=8;
    const ROWS: u64 = 6;
    let letters = header.chars().filter(|letter| letter.is_alphabetic()).count();
    let is_number = |word: &String| word.chars().all(|letter| letter.is_ascii_digit());
    let is_named = |word: &String| NAMES_OF_CODES.contains(&word.as_str());
    let says_nothing = letters > 0
        && letters <= 3
        && !words.iter().any(|word| KNOWN_SHORT.contains(&word.as_str()));
    let is_code = |label: &&str| {
        let digits = label.chars().all(|letter| letter.is_ascii_digit());
        let short = label.chars().count() <= 2;
        short && (digits || label.chars().all(char::is_alphabetic))
    };
    let rows: u64 = labels.values().sum();
    (says_nothing || words.iter().all(|word| is_named(word) || is_number(word)))
        && CODES.contains(&labels.len())
        && rows >= ROWS * labels.len() as u64
        && labels.keys().all(is_code)
}

/// The distinct labels of a column and how often each is there; `None` where they are too many or too long.
fn labels(sample: &[Vec<String>], column: usize) -> Option<BTreeMap<&str, u64>> {
    let mut labels = BTreeMap::new();
    for row in sample {
        let Some(cell) = row.get(column) else { continue };
        let cell = text::clean(cell.as_bytes());
        if text::is_missing(cell) {
            continue;
        }
        let label = std::str::from_utf8(cell).ok()?;
        if label.chars().count() > LONGEST {
            return None;
        }
        *labels.entry(label).or_default() += 1;
    }
    // Instants of cancellation may all differ.
    (labels.len() <= MOST_LABELS || labels.keys().all(|label| is_instant(label))).then_some(labels)
}

fn by_frequency(labels: BTreeMap<&str, u64>) -> Vec<String> {
    let mut labels: Vec<(&str, u64)> = labels.into_iter().collect();
    labels.sort_by_key(|(label, rows)| (std::cmp::Reverse(*rows), *label));
    labels.into_iter().map(|(label, _)| label.to_owned()).collect()
}

fn says(header: &[String], labels: &BTreeMap<&str, u64>, stages: &Stages) -> Option<Says> {
    if labels.is_empty() {
        // Nobody was cancelled in the sample; somebody may be later.
        return flag(header).filter(|says| *says == Says::LostIf).or_else(|| {
            let is_time = header.iter().any(|word| TIMES.contains(&word.as_str()));
            (is_time && instant_of_end(header)).then_some(Says::LostAt)
        });
    }
    // How many pieces came back says that less was sold, and not how much less.
    let of_pieces = header.iter().any(|word| begins(word, PIECES));
    let of_returns = header.iter().any(|word| begins(word, RETURNS));
    let is_count = |label: &&str| label.parse::<f64>().is_ok_and(|pieces| pieces != 0.0);
    if of_pieces && of_returns {
        return labels.keys().any(is_count).then_some(Says::Unclear);
    }
    if labels.keys().all(|label| truth(label.as_bytes()).is_some()) {
        let is_unclear = labels.len() > 1 && header.iter().any(|word| begins(word, UNCLEAR_FLAGS));
        return flag(header).or(is_unclear.then_some(Says::Unclear));
    }
    if labels.keys().all(|label| is_instant(label)) {
        return instant_of_end(header).then_some(Says::LostAt);
    }
    // Payments of the trial of a shop beside real ones.
    let is_trial = |label: &&str| {
        ["live", "test", "sandbox", "production", "prod"].contains(&label.to_lowercase().as_str())
    };
    if labels.len() > 1 && labels.keys().all(is_trial) {
        return Some(Says::Words(Topic::Order));
    }
    let (mut strong, mut known, mut closing, mut ends) = (0, 0, 0, 0);
    for label in labels.keys() {
        let meaning = stages.known(label).or_else(|| likely(label));
        let is_strong = is_strong(label);
        strong += usize::from(is_strong);
        known += usize::from(meaning.is_some());
        closing += usize::from(meaning.is_some_and(|meaning| meaning != DealStatus::Open));
        ends += usize::from(is_strong && meaning.is_some_and(|meaning| meaning != DealStatus::Won));
    }
    let certain = || labels.keys().all(|label| stages.known(label).is_some());
    let words = || Says::Words(topic(header, labels));
    let is = |stems: &[&str]| header.iter().any(|word| begins(word, stems));
    if is(OTHER_NAMES) {
        // Kinds of rows, of which some may be no sales.
        let is_status = (strong > 0 && certain()) || (ends > 0 && 2 * known >= labels.len());
        return if is_status { Some(words()) } else { (ends > 0).then_some(Says::Unclear) };
    }
    // What is called a status is one, whatever its words.
    let is_called = header.iter().any(|word| is_name_of_status(word));
    let is_status = if is_called && labels.len() > 1 {
        true
    } else if is(STATUS_NAMES) {
        4 * known >= labels.len() && strong + closing > 0
    } else {
        2 * known >= labels.len() && strong > 0
    };
    is_status.then(words)
}

/// Whether a word of a header calls the column a status or stage, such as `dealstage` or `Auftragsstatus`.
fn is_name_of_status(word: &str) -> bool {
    begins(word, &["статус", "стади", "estatus", "statut", "situac"])
        || matches!(word, "estado" | "stato")
        || word.ends_with("status")
        || word.ends_with("stage")
}

/// What the words of a status are about.
fn topic(header: &[String], labels: &BTreeMap<&str, u64>) -> Topic {
    let of_header = |stems: &[&str]| header.iter().any(|word| begins(word, stems));
    let of_labels = |stems: &[&str]| {
        let of_label = |label: &&str| words::of(label).iter().any(|word| begins(word, stems));
        labels.keys().any(of_label)
    };
    if of_header(&["pay", "paid", "financ", "оплат", "оплач"]) {
        Topic::Payment
    } else if of_header(&["deliver", "ship", "fulfil", "достав", "отгруз", "отгруж"])
    {
        Topic::Delivery
    } else if of_labels(DEAL_WORDS) {
        Topic::Deal
    } else if of_labels(&["paid", "unpaid", "оплачен", "неоплачен"]) {
        Topic::Payment
    } else {
        Topic::Order
    }
}

/// What a header says that is nothing but the name of a flag, such as `is_cancelled` or «Пометка удаления».
fn flag(header: &[String]) -> Option<Says> {
    let mut said = None;
    for word in header {
        if NEUTRAL.contains(&word.as_str()) {
            continue;
        }
        let says = if begins(word, LOST_FLAGS) || word == "dead" {
            Says::LostIf
        } else if begins(word, WON_FLAGS) || WON_FLAG_WORDS.contains(&word.as_str()) {
            Says::WonIf
        } else {
            return None;
        };
        if said.is_some_and(|known| known != says) {
            return None;
        }
        said = Some(says);
    }
    // `not paid` and `unpaid` say the reverse, which nobody writes as a flag: they are left to the caller.
    let negated = header.iter().any(|word| matches!(word.as_str(), "not" | "no" | "не" | "без"));
    said.filter(|_| !negated)
}

/// Whether a column of instants says that its filled rows came to nothing, such as `cancelled_at`.
///
/// Not of returns: the day of a return may be agreed on at the sale, as of a rented car or a flight; that of a
/// refund may not.
fn instant_of_end(header: &[String]) -> bool {
    let rest: Vec<String> =
        header.iter().filter(|word| !TIMES.contains(&word.as_str())).cloned().collect();
    flag(&rest) == Some(Says::LostIf) && rest.iter().any(|word| begins(word, ENDS))
}

/// Whether a cell of a flag is set; `None` where it is neither yes nor no.
pub(crate) fn truth(cell: &[u8]) -> Option<bool> {
    match text::boolean(cell) {
        Parsed::Value(truth) => Some(truth),
        Parsed::Missing => Some(false),
        Parsed::Invalid(_) => match std::str::from_utf8(text::clean(cell)).ok()? {
            "x" | "X" | "х" | "Х" | "v" | "V" | "+" | "✓" | "✔" | "☑" | "on" | "On" => {
                Some(true)
            }
            "off" | "Off" | "☐" => Some(false),
            _ => None,
        },
    }
}

/// Whether a flag is set; an empty cell says nothing, and any other mark sets it.
pub(crate) fn is_set(cell: &[u8]) -> Option<bool> {
    let cell = text::clean(cell);
    if text::is_missing(cell) {
        return None;
    }
    Some(truth(cell).unwrap_or(true))
}

/// What `label` likely means where nothing says for certain: for a hint to be read, never to decide.
pub(crate) fn likely(label: &str) -> Option<DealStatus> {
    let words = words::of(label);
    let has = |stems: &[&str]| words.iter().any(|word| begins(word, stems));
    let is_negated = words.iter().any(|word| matches!(word.as_str(), "not" | "no" | "не" | "нет"));
    if is_negated && has(&["успеш", "succe"]) {
        return Some(DealStatus::Lost);
    }
    let is_bill_to_pay = has(&["счет", "счёт"]) && has(&["оплату"]);
    let is_part = has(&["partial", "частич"]);
    if has(&["unpaid", "await", "unful", "undeliv", "неоплач", "ожид"])
        || is_negated
        || is_bill_to_pay
        || (is_part && !has(&["refund", "возвра", "return"]))
    {
        Some(DealStatus::Open)
    } else if is_part {
        Some(DealStatus::Won)
    } else if has(LOST_WORDS) {
        Some(DealStatus::Lost)
    } else if has(OPEN_WORDS) {
        Some(DealStatus::Open)
    } else if has(WON_WORDS) {
        Some(DealStatus::Won)
    } else {
        None
    }
}

/// Whether `label` says that goods or money were given back.
pub(crate) fn is_return(label: &str) -> bool {
    words::of(label).iter().any(|word| begins(word, RETURNS))
}

/// Whether `label` is a word that little but a status has.
fn is_strong(label: &str) -> bool {
    let words = words::of(label);
    words.len() <= 5 && words.iter().any(|word| begins(word, STRONG))
}

fn is_instant(label: &str) -> bool {
    let bytes = label.as_bytes();
    bytes.len() >= 8
        && bytes[0].is_ascii_digit()
        && bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= 5
        && bytes.iter().any(|byte| matches!(byte, b'-' | b'.' | b'/'))
}

fn begins(word: &str, stems: &[&str]) -> bool {
    stems.iter().any(|stem| word.starts_with(stem))
}

/// Of whom or what a status may be that is not the row's: a customer's, a subscription's.
const OTHER_SUBJECTS: &[&str] = &[
    "customer",
    "client",
    "account",
    "user",
    "member",
    "subscri",
    "email",
    "mail",
    "employ",
    "marital",
    "loyal",
    "клиент",
    "покупат",
    "подпис",
    "контакт",
    "сотрудн",
    "почт",
    "reason",
    "cause",
    "причин",
    "comment",
    "note",
    "remark",
    "коммент",
    "примеч",
    "заметк",
    "tag",
    "тег",
    "vip",
    "tax",
    "vat",
    "stock",
    "invent",
    "kyc",
    "verif",
    "consent",
    "person",
    "lead",
    "partner",
];

/// Headers of codes that say nothing of what the codes are of.
const NAMES_OF_CODES: &[&str] = &[
    "code",
    "flag",
    "flg",
    "sign",
    "mark",
    "ind",
    "indicator",
    "attr",
    "val",
    "prop",
    "код",
    "флаг",
    "признак",
    "метка",
    "флг",
];

/// Short headers that say what is below them, and not a status.
const KNOWN_SHORT: &[&str] = &[
    "sex", "age", "day", "dow", "mon", "mo", "yr", "qtr", "qty", "wk", "hr", "cc", "geo", "reg",
    "vat", "tax", "pcs", "num", "cnt", "qnt", "sz", "uom", "lvl", "gen", "пол", "шт", "кол", "год",
    "мес", "дн", "час", "ндс", "рег", "ед", "abc", "xyz", "rfm", "r", "f", "m",
];

/// Headers of free text.
const REMARKS: &[&str] = &["comment", "note", "remark", "коммент", "примеч", "заметк"];

/// Headers of kinds of documents.
const DOCUMENTS: &[&str] =
    &["type", "kind", "doc", "operation", "transaction", "тип", "вид", "операц", "документ"];

/// Words of the days on which sales end in nothing.
const ENDS: &[&str] =
    &["cancel", "void", "delet", "refund", "chargeback", "отмен", "аннул", "удал"];

/// Flags that leave open whether the row is a sale.
const UNCLEAR_FLAGS: &[&str] =
    &["archiv", "active", "inactive", "hidden", "disabled", "enabled", "архив", "актив", "скрыт"];

/// Headers whose words are mostly of something else: only a column that is understood whole counts.
const OTHER_NAMES: &[&str] = &[
    "type",
    "kind",
    "method",
    "way",
    "mode",
    "name",
    "title",
    "product",
    "categor",
    "group",
    "description",
    "subject",
    "segment",
    "class",
    "priority",
    "condition",
    "тип",
    "вид",
    "способ",
    "метод",
    "назван",
    "наимен",
    "товар",
    "продукт",
    "катег",
    "групп",
    "описан",
    "тема",
    "сегмент",
    "приоритет",
];

/// Headers that a status usually has.
const STATUS_NAMES: &[&str] = &[
    "status",
    "state",
    "stage",
    "phase",
    "outcome",
    "result",
    "step",
    "payment",
    "fulfil",
    "deliver",
    "статус",
    "состоян",
    "стади",
    "этап",
    "фаза",
    "исход",
    "результат",
    "итог",
    "оплат",
    "доставк",
    "отгрузк",
];

/// Words around the name of a flag.
const NEUTRAL: &[&str] = &[
    "is",
    "was",
    "has",
    "been",
    "if",
    "flag",
    "mark",
    "marked",
    "order",
    "orders",
    "sale",
    "deal",
    "record",
    "row",
    "item",
    "line",
    "document",
    "doc",
    "invoice",
    "transaction",
    "payment",
    "fully",
    "yn",
    "признак",
    "флаг",
    "пометка",
    "отметка",
    "заказ",
    "заказа",
    "сделка",
    "сделки",
    "документ",
    "документа",
    "чек",
    "чека",
    "счет",
    "счета",
    "на",
    "это",
    "полностью",
];

/// Words of time in a header.
const TIMES: &[&str] =
    &["at", "on", "date", "time", "datetime", "utc", "when", "дата", "время", "когда"];

const LOST_FLAGS: &[&str] = &[
    "draft",
    "quot",
    "proforma",
    "template",
    "черновик",
    "шаблон",
    "cancel",
    "void",
    "delet",
    "remov",
    "return",
    "refund",
    "chargeback",
    "revers",
    "fraud",
    "spam",
    "test",
    "dummy",
    "fail",
    "reject",
    "declin",
    "duplicat",
    "lost",
    "abandon",
    "annul",
    "storno",
    "sandbox",
    "invalid",
    "отмен",
    "аннул",
    "удал",
    "возвра",
    "тест",
    "недейств",
    "сторн",
    "мошен",
    "спам",
    "дубл",
    "отказ",
    "отклон",
    "проигр",
    "потер",
];

const WON_FLAGS: &[&str] = &[
    "paid",
    "payed",
    "complet",
    "posted",
    "confirm",
    "finish",
    "won",
    "sold",
    "approv",
    "settl",
    "captur",
    "success",
    "receiv",
    "оплач",
    "оплат",
    "провед",
    "подтвержд",
    "выполн",
    "заверш",
    "продан",
    "выигр",
    "реализ",
    "одобр",
];

/// Words that only as a whole name such a flag.
const WON_FLAG_WORDS: &[&str] =
    &["win", "live", "livemode", "valid", "genuine", "выкуп", "выкуплен"];

/// Words of numbers of pieces.
const PIECES: &[&str] =
    &["qty", "quantity", "units", "pieces", "pcs", "items", "колич", "кол", "шт"];

const RETURNS: &[&str] = &["return", "refund", "chargeback", "credit", "возвра"];

const DEAL_WORDS: &[&str] =
    &["won", "lost", "win", "loss", "выигр", "проигр", "провал", "успешн", "реализован"];

const STRONG: &[&str] = &[
    "draft",
    "quote",
    "quotation",
    "proforma",
    "estimate",
    "bought",
    "purchased",
    "unsold",
    "noshow",
    "reversed",
    "uncollected",
    "черновик",
    "отказ",
    "отказал",
    "получен",
    "купил",
    "куплен",
    "выкуплен",
    "невыкуп",
    "забрал",
    "вручен",
    "cancel",
    "refund",
    "void",
    "paid",
    "unpaid",
    "complete",
    "fulfilled",
    "unfulfilled",
    "delivered",
    "undelivered",
    "shipped",
    "unshipped",
    "declined",
    "rejected",
    "failed",
    "expired",
    "won",
    "lost",
    "abandon",
    "returned",
    "pending",
    "chargeback",
    "invoiced",
    "disputed",
    "restocked",
    "return",
    "credit",
    "closedwon",
    "closedlost",
    "storn",
    "annul",
    "отмен",
    "аннулир",
    "возвращ",
    "возврат",
    "оплачен",
    "неоплач",
    "отклонен",
    "проигр",
    "выигр",
    "провал",
    "доставлен",
    "отгружен",
    "выполнен",
    "завершен",
    "реализован",
    "удален",
    "сторнир",
    "непроведен",
    "проведен",
];

const LOST_WORDS: &[&str] = &[
    "cancel",
    "refund",
    "return",
    "void",
    "reject",
    "declin",
    "fail",
    "expir",
    "lost",
    "loss",
    "abandon",
    "chargeback",
    "fraud",
    "delet",
    "unavailable",
    "disput",
    "spam",
    "test",
    "restock",
    "annul",
    "closedlost",
    "credit",
    "dead",
    "walked",
    "noshow",
    "unsold",
    "uncollect",
    "revers",
    "невыкуп",
    "несостоя",
    "недозвон",
    "списан",
    "withdraw",
    "denied",
    "refus",
    "storn",
    "perdid",
    "perdu",
    "verlor",
    "rembours",
    "reembols",
    "отмен",
    "аннул",
    "возвра",
    "отказ",
    "отклон",
    "проигр",
    "провал",
    "потер",
    "удал",
    "сторн",
    "неуспеш",
    "нереализ",
    "тест",
    "спам",
    "брак",
];

const OPEN_WORDS: &[&str] = &[
    "open",
    "new",
    "think",
    "consider",
    "wait",
    "estimat",
    "proforma",
    "preorder",
    "cart",
    "дума",
    "дорог",
    "ждет",
    "ждем",
    "смет",
    "предзаказ",
    "корзин",
    "pending",
    "process",
    "progress",
    "hold",
    "draft",
    "creat",
    "queue",
    "transit",
    "prepar",
    "review",
    "quot",
    "negotiat",
    "propos",
    "backorder",
    "schedul",
    "authoriz",
    "authoris",
    "await",
    "offen",
    "abiert",
    "attente",
    "pendient",
    "нов",
    "обработ",
    "работ",
    "черновик",
    "сборк",
    "собир",
    "согласов",
    "пути",
    "резерв",
    "подготов",
    "записан",
    "комплект",
    "открыт",
];

const WON_WORDS: &[&str] = &[
    "paid",
    "bought",
    "purchas",
    "купил",
    "куплен",
    "выкуп",
    "забра",
    "complet",
    "deliver",
    "ship",
    "fulfil",
    "won",
    "win",
    "sold",
    "done",
    "approv",
    "success",
    "resolv",
    "receiv",
    "settl",
    "closed",
    "captur",
    "finish",
    "confirm",
    "invoice",
    "accept",
    "signed",
    "closedwon",
    "bezahlt",
    "gewonn",
    "ganad",
    "gagn",
    "pagad",
    "payé",
    "livré",
    "entreg",
    "geliefert",
    "abgeschl",
    "оплач",
    "выполн",
    "доставл",
    "отгруж",
    "заверш",
    "выигр",
    "успеш",
    "продан",
    "реализ",
    "получен",
    "проведен",
    "выдан",
    "вручен",
    "закрыт",
    "подтвержд",
];
