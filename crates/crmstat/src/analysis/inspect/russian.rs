//! Decisions and reasons of the reader in Russian.
//!
//! The reader says why in English, wherever it decides. Here each of its sentences has a Russian one.

use crate::{
    Lang,
    text::{self, Sentences},
};

/// `text` of the reader in `lang`.
pub(crate) fn said(text: &str, lang: Lang) -> String {
    text::said(text, lang, SENTENCES)
}

const SENTENCES: &Sentences = &[
    // Topics.
    ("encoding", "кодировка"),
    ("delimiter", "разделитель"),
    ("compression", "сжатие"),
    ("kind", "формат"),
    ("escape", "экранирование"),
    ("header", "заголовок"),
    ("profile", "профиль"),
    ("table", "таблица"),
    ("sheet", "лист"),
    ("rows", "строки"),
    ("amounts", "суммы"),
    ("column {}", "столбец {}"),
    ("error cells", "ячейки с ошибкой"),
    ("formulas", "формулы"),
    ("dates in `{}`", "даты в `{}`"),
    ("numbers in `{}`", "числа в `{}`"),
    ("time zone in `{}`", "часовой пояс в `{}`"),
    // Values.
    ("year, month, day", "год, месяц, день"),
    ("day, month, year", "день, месяц, год"),
    ("month, day, year", "месяц, день, год"),
    ("decimal point", "десятичная точка"),
    ("decimal comma", "десятичная запятая"),
    ("tab", "табуляция"),
    ("spaces", "пробелы"),
    ("HTML table", "таблица HTML"),
    ("text", "текст"),
    ("record {}", "строка {}"),
    ("none", "нет"),
    ("table {} of {}", "таблица {} из {}"),
    ("orders", "заказы"),
    ("deals", "сделки"),
    ("activities", "активности"),
    ("customers", "клиенты"),
    ("lines", "позиции"),
    ("products", "товары"),
    ("history", "история стадий"),
    ("spend", "расходы"),
    ("left aside, the wall time kept", "не учитывается, время как в файле"),
    ("moved to {}", "переведено в {}"),
    ("summed over the order lines", "сложены по позициям заказов"),
    ("order lines", "позиции заказов"),
    ("copies of orders", "копии заказов"),
    ("{} read as empty", "{} прочитано пустыми"),
    // Evidence.
    ("every byte is ASCII", "все байты ASCII"),
    ("as given", "как указано"),
    ("every other byte of ASCII characters is NUL", "каждый второй байт символов ASCII нулевой"),
    (
        "{} characters beyond ASCII are valid UTF-8; {} broken sequences are not",
        "{} символов вне ASCII верны в UTF-8, {} последовательностей нет",
    ),
    ("the file begins with its byte order mark", "файл начинается с метки порядка байтов"),
    ("{} characters beyond ASCII, all valid UTF-8", "{} символов вне ASCII, все верны в UTF-8"),
    (
        "not UTF-8; read so, {} % of the letters are the ten commonest of Russian",
        "не UTF-8; в такой кодировке {} % букв входят в десять самых частых в русском языке",
    ),
    ("given by `{}`", "указано через `{}`"),
    ("{} of {} records have {} cells", "{} записей из {} имеют {} ячеек"),
    ("{} of {} headers are its own", "{} заголовков из {} из этого профиля"),
    (
        "no CRM's headers; the columns have plain names",
        "заголовки ни одной CRM; названия столбцов обычные",
    ),
    ("the columns found", "по найденным столбцам"),
    ("a header of the profile {}", "заголовок профиля {}"),
    ("preferred to {}", "предпочтён: {}"),
    ("the header is repeated and column {} is empty", "заголовок повторяется, а столбец {} пуст"),
    ("as in the other date columns", "как в других столбцах дат"),
    ("the profile's date order", "порядок дат профиля"),
    ("the profile's decimal sign", "десятичный знак профиля"),
    ("no cell leaves a choice", "все ячейки однозначны"),
    ("no cell has a decimal sign", "ни в одной ячейке нет десятичного знака"),
    ("day and month are equal in every cell", "день и месяц во всех ячейках равны"),
    ("dots, in {} cells such as `{}`", "точки в {} ячейках, например `{}`"),
    ("{} cells such as `{}`", "{} ячеек, например `{}`"),
    ("{} of the cells looked at name a zone", "часовой пояс указан в {} просмотренных ячейках"),
    ("the column's type is an instant in UTC", "тип столбца: момент времени в UTC"),
    ("the first {} records are a title, not a table", "первые строки ({}) не таблица, а название"),
    (
        "the first record holds data; columns are named by position",
        "в первой строке уже данные; столбцы названы по порядку",
    ),
    (
        "a backslash before a quote makes the records regular",
        "с обратной чертой перед кавычкой записи становятся ровными",
    ),
    ("the file begins with markup that holds a table", "файл начинается с разметки с таблицей"),
    (
        "the file begins with the mark of a compound file",
        "файл начинается с метки составного файла",
    ),
    ("the file begins with the bytes `{}`", "файл начинается с байтов `{}`"),
    ("it has the most rows, {}", "в ней больше всего строк: {}"),
    ("the parts of the ZIP file", "части файла ZIP"),
    ("the only visible sheet", "единственный видимый лист"),
    (
        "the first of {} visible sheets that begins like a table",
        "первый из {} видимых листов, который начинается как таблица",
    ),
    ("the sheet shows an error such as #DIV/0!", "на листе ошибка, например #DIV/0!"),
    (
        "the file does not hold their values: open it in a spreadsheet program and save it",
        "их значений в файле нет: откройте его в табличной программе и сохраните",
    ),
    ("the orders have none", "в заказах их нет"),
    (
        "order ids repeat: {} rows are summed into {} orders",
        "номера заказов повторяются: строк {}, после сложения заказов {}",
    ),
    (
        "order ids repeat: {} rows are counted once as {} orders",
        "номера заказов повторяются: строк {}, без копий заказов {}",
    ),
    // Rules by which rows are left out.
    ("blank row", "пустая строка"),
    ("footer", "итоговая строка"),
    ("repeated header", "повтор заголовка"),
    ("deal lost", "сделка проиграна"),
    ("deal open", "сделка открыта"),
    ("at or after as_of", "не раньше даты наблюдения"),
    ("before since", "раньше начала окна"),
    // Why rows are rejected.
    ("no customer", "нет клиента"),
    ("no date", "нет даты"),
    ("no amount", "нет суммы"),
    ("no stage or status", "нет стадии или статуса"),
    ("unknown closing stage", "неизвестная закрывающая стадия"),
    ("a required cell is empty", "пуста обязательная ячейка"),
    ("not a date", "не дата"),
    ("not a number", "не число"),
    ("not UTF-8", "не UTF-8"),
    ("not valid UTF-8; the file may need `--encoding`", "не UTF-8; возможно, нужен `--encoding`"),
    ("a year outside 1900 to 2199", "год вне 1900–2199"),
    ("no such day in the calendar", "такого дня нет в календаре"),
    ("a date whose day and month cannot be told apart", "день и месяц в дате не различить"),
    ("the row has fewer cells than the header", "в строке меньше ячеек, чем в заголовке"),
    ("the row has more cells than the header", "в строке больше ячеек, чем в заголовке"),
    ("the order has no lines", "у заказа нет позиций"),
    ("a line of the order has no amount", "у позиции заказа нет суммы"),
    ("no exchange rate for the currency", "нет курса валюты"),
    ("price times quantity is too large", "цена, умноженная на количество, слишком велика"),
];

#[cfg(test)]
mod tests {
    use super::{SENTENCES, said};
    use crate::{Lang, text::assert_paired};

    #[test]
    fn what_varies_is_carried_over() {
        for (english, russian) in [
            ("301 of 301 records have 15 cells", "301 записей из 301 имеют 15 ячеек"),
            ("dates in `Дата`", "даты в `Дата`"),
            ("3 cells such as `1,5`", "3 ячеек, например `1,5`"),
            ("what nobody translated", "what nobody translated"),
        ] {
            assert_eq!(said(english, Lang::Ru), russian);
            assert_eq!(said(english, Lang::En), english);
        }
    }

    #[test]
    fn both_sides_have_the_same_holes() {
        assert_paired(SENTENCES);
    }
}
