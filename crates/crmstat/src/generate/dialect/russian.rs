//! The Russian systems.

use super::{
    Amounts, Dates, Encoding,
    Field::{
        self, Always, Amount, Channel, CloseOn, ClosedAt, Company, CreatedAt, CreatedOn, Currency,
        Id, IsClosed, LostReason, Owner, Phone, Pipeline, Price, Product, Quantity, Stage, Title,
    },
    Layout, Shape, Words,
};
use crate::Lang;

const AMOCRM_WORDS: Words = Words {
    lang: Lang::Ru,
    pipeline: "Продажи",
    stages: &["Первичный контакт", "Переговоры", "Принимают решение", "Согласование договора"],
    won_stage: "Успешно реализовано",
    lost_stage: "Закрыто и не реализовано",
    statuses: ["открыта", "выиграна", "проиграна"],
    yes_no: ["Да", "Нет"],
    not_closed: "не закрыта",
    currency: "руб",
};

/// The older file repeats headers, and one header ends with a space.
pub(super) const AMOCRM_OLD: Layout = Layout {
    columns: &[
        ("ID", Id),
        ("Название сделки", Title),
        ("Бюджет ", Amount),
        ("Ответственный", Owner),
        ("Дата создания сделки", CreatedAt),
        ("Кем создана сделка", Owner),
        ("Дата редактирования", CreatedAt),
        ("Кем редактирована", Owner),
        ("Дата закрытия", ClosedAt),
        ("Теги", Always("сайт,опт")),
        ("Примечание", Always("")),
        ("Примечание 2", Always("")),
        ("Примечание 3", Always("")),
        ("Примечание 4", Always("")),
        ("Примечание 5", Always("")),
        ("Этап сделки", Stage),
        ("Воронка", Pipeline),
        ("Полное имя контакта", Company),
        ("Компания контакта", Always("")),
        ("Ответственный за контакт", Owner),
        ("Компания", Company),
        ("Рабочий телефон", Phone),
        ("Рабочий email", Always("")),
        ("Источник", Always("")),
        ("Товар", Always("")),
        ("utm_source", Always("yandex")),
        ("roistat", Always("")),
        ("roistat", Always("")),
        ("Товар", Product),
        ("Источник", Channel),
    ],
    shape: Shape::COMMA,
    encoding: Encoding::Utf8,
    dates: Dates::Dotted,
    amounts: Amounts::Point,
    words: &AMOCRM_WORDS,
};

pub(super) const AMOCRM: Layout = Layout {
    columns: &[
        ("ID", Id),
        ("Название сделки", Title),
        ("Компания", Company),
        ("Основной контакт", Company),
        ("Ответственный", Owner),
        ("Этап сделки", Stage),
        ("Воронка", Pipeline),
        ("Бюджет, руб", Amount),
        ("Дата создания", CreatedAt),
        ("Дата закрытия", ClosedAt),
        ("Теги сделки", Always("сайт, опт")),
        ("Рабочий телефон (контакт)", Phone),
        ("Товар", Product),
        ("Источник", Channel),
        ("Причина отказа", LostReason),
        ("utm_source", Always("yandex")),
    ],
    shape: Shape::Delimited {
        delimiter: b';',
        quote_all: false,
        line_end: "\n",
        trailing: false,
        footer: "",
    },
    encoding: Encoding::Windows1251,
    dates: Dates::Dotted,
    amounts: Amounts::SpacedComma,
    words: &Words { not_closed: "", ..AMOCRM_WORDS },
};

const BITRIX24_WORDS: Words = Words {
    lang: Lang::Ru,
    pipeline: "Общая",
    stages: &["Новая", "Подготовка документов", "Счёт на предоплату", "В работе"],
    won_stage: "Сделка успешна",
    lost_stage: "Сделка провалена",
    statuses: ["В работе", "Успешна", "Провалена"],
    yes_no: ["Да", "Нет"],
    not_closed: "",
    currency: "Российский рубль",
};

/// The expected close is filled on open deals too, and moves to the real one.
const BITRIX24_COLUMNS: &[(&str, Field)] = &[
    ("ID", Id),
    ("Воронка", Pipeline),
    ("Стадия сделки", Stage),
    ("Название сделки", Title),
    ("Тип", Always("Продажа")),
    ("Сумма", Amount),
    ("Валюта", Currency),
    ("Контакт: Имя", Always("")),
    ("Компания: Название компании", Company),
    ("Товар", Product),
    ("Цена", Price),
    ("Количество", Quantity),
    ("Дата создания", CreatedAt),
    ("Дата начала", CreatedOn),
    ("Предполагаемая дата закрытия", CloseOn),
    ("Сделка закрыта", IsClosed),
    ("Ответственный", Owner),
    ("Источник", Channel),
];

pub(super) const BITRIX24: Layout = Layout {
    columns: BITRIX24_COLUMNS,
    shape: Shape::Delimited {
        delimiter: b';',
        quote_all: true,
        line_end: "\n",
        trailing: true,
        footer: "",
    },
    encoding: Encoding::Utf8Bom,
    dates: Dates::Dotted,
    amounts: Amounts::Point,
    words: &BITRIX24_WORDS,
};

pub(super) const BITRIX24_XLS: Layout = Layout {
    columns: BITRIX24_COLUMNS,
    shape: Shape::Html,
    encoding: Encoding::Utf8,
    dates: Dates::Dotted,
    amounts: Amounts::Point,
    words: &BITRIX24_WORDS,
};
