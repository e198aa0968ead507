//! The words that a synthetic CRM is made of, in English and Russian.

use crate::{Lang, collections::write_cells::push_unsigned};

/// A product: its name and category in both languages and its list price.
pub(super) struct Product {
    pub(super) name: [&'static str; 2],
    pub(super) category: [&'static str; 2],
    pub(super) price: i64,
}

const fn product(name: [&'static str; 2], category: [&'static str; 2], price: i64) -> Product {
    Product { name, category, price }
}

const PAPER: [&str; 2] = ["Paper", "Бумага"];
const OFFICE: [&str; 2] = ["Office", "Офис"];
const FURNITURE: [&str; 2] = ["Furniture", "Мебель"];
const DEVICES: [&str; 2] = ["Devices", "Техника"];

/// From the most sold to the least.
pub(super) const PRODUCTS: [Product; 12] = [
    product(["Copy A4", "Бумага А4"], PAPER, 6),
    product(["Notebook", "Блокнот"], PAPER, 4),
    product(["Pen Set", "Набор ручек"], OFFICE, 12),
    product(["Folder", "Папка"], OFFICE, 3),
    product(["Toner X", "Тонер X"], DEVICES, 48),
    product(["Desk Lamp", "Лампа"], FURNITURE, 35),
    product(["Chair Uno", "Кресло Уно"], FURNITURE, 140),
    product(["Shredder", "Шредер"], DEVICES, 95),
    product(["Monitor 24", "Монитор 24"], DEVICES, 160),
    product(["Desk Pro", "Стол Про"], FURNITURE, 260),
    product(["Scanner S", "Сканер С"], DEVICES, 210),
    product(["Whiteboard", "Доска"], OFFICE, 75),
];

/// Where customers are.
pub(super) const REGIONS: [[&str; 2]; 6] = [
    ["North", "Север"],
    ["South", "Юг"],
    ["East", "Восток"],
    ["West", "Запад"],
    ["Centre", "Центр"],
    ["Coast", "Побережье"],
];

/// Who sells to them.
pub(super) const MANAGERS: [[&str; 2]; 8] = [
    ["A. Smith", "Анна Иванова"],
    ["B. Jones", "Борис Петров"],
    ["C. Brown", "Вера Сидорова"],
    ["D. Clark", "Глеб Кузнецов"],
    ["E. Lewis", "Дарья Попова"],
    ["F. Young", "Егор Волков"],
    ["G. Evans", "Зоя Морозова"],
    ["H. Green", "Игорь Новиков"],
];

/// How orders come.
pub(super) const CHANNELS: [[&str; 2]; 5] = [
    ["web", "Сайт"],
    ["phone", "Звонок"],
    ["email", "Почта"],
    ["partner", "Партнёр"],
    ["store", "Магазин"],
];

/// Why deals are lost.
pub(super) const LOSS_REASONS: [[&str; 2]; 5] = [
    ["Price too high", "Дорого"],
    ["Chose a competitor", "Выбрали конкурента"],
    ["No budget", "Нет бюджета"],
    ["No answer", "Пропал контакт"],
    ["Need is gone", "Неактуально"],
];

const NAME_STARTS: [[&str; 2]; 12] = [
    ["Vega", "Вега"],
    ["Orion", "Орион"],
    ["Nord", "Норд"],
    ["Delta", "Дельта"],
    ["Terra", "Терра"],
    ["Solar", "Солар"],
    ["Atlas", "Атлас"],
    ["Prima", "Прима"],
    ["Helio", "Гелио"],
    ["Astra", "Астра"],
    ["Ruby", "Рубин"],
    ["Volta", "Вольта"],
];
const NAME_ENDS: [[&str; 2]; 7] = [
    ["trade", "трейд"],
    ["tech", "тех"],
    ["build", "строй"],
    ["soft", "софт"],
    ["group", "групп"],
    ["food", "фуд"],
    ["lab", "лаб"],
];

/// The name of the company with the number `customer`: a speaking part and, so that no two share it, the
/// number.
pub(super) fn push_company(out: &mut Vec<u8>, customer: u32, lang: Lang) {
    let starts = NAME_STARTS.len() as u32;
    let start = NAME_STARTS[(customer % starts) as usize];
    let end = NAME_ENDS[(customer / starts % NAME_ENDS.len() as u32) as usize];
    out.extend_from_slice(pick(start, lang).as_bytes());
    out.extend_from_slice(pick(end, lang).as_bytes());
    out.push(b' ');
    push_unsigned(out, u64::from(customer) + 1);
}

/// Appends the id of `customer`: `C` and at least seven digits.
pub(super) fn push_customer_id(out: &mut Vec<u8>, customer: u32) {
    out.push(b'C');
    let mut padding = 1_000_000;
    while padding > customer + 1 {
        out.push(b'0');
        padding /= 10;
    }
    push_unsigned(out, u64::from(customer) + 1);
}

/// The word of `lang`.
pub(super) fn pick([english, russian]: [&'static str; 2], lang: Lang) -> &'static str {
    lang.pick(english, russian)
}
