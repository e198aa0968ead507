//! Why analyses refuse the data, in Russian.
//!
//! An analysis refuses in English, wherever it does. Here each refusal that a report may meet, and each hint,
//! has a Russian sentence.

use crate::{
    Lang,
    text::{self, Sentences},
};

/// The refusal or hint `text` in `lang`.
pub(super) fn said(text: &str, lang: Lang) -> String {
    text::said(text, lang, SENTENCES)
}

const SENTENCES: &Sentences = &[
    // Any analysis.
    ("no purchase before {}", "нет покупок до {}"),
    ("no purchase in the window", "нет покупок за выбранный срок"),
    ("there is no customer", "нет ни одного клиента"),
    ("there are no customers to group", "нет клиентов, чтобы их группировать"),
    ("a customer's sum is past the range of money", "сумма по клиенту больше наибольшей возможной"),
    ("the revenue is past the range of money", "выручка больше наибольшей возможной суммы"),
    (
        "the amounts of the deals are past the range of money",
        "сумма сделок больше наибольшей возможной",
    ),
    (
        "see `crmstat inspect` for how the rows are read; check `--as-of`",
        "как прочитаны строки, покажет `crmstat inspect`; проверьте `--as-of`",
    ),
    ("check `--as-of` and `--since`", "проверьте `--as-of`"),
    // Sales and forecast.
    (
        "the data span {} periods from {}, more than {}",
        "данные охватывают {} периодов с {}, больше {}",
    ),
    (
        "choose a longer `--period`, or leave out wrong dates with `--since`",
        "проверьте даты: похоже, среди них есть ошибочные",
    ),
    ("the observations have a mean size of {}", "средняя величина наблюдений {}"),
    (
        "choose a unit in which they are of ordinary size",
        "возьмите единицу, в которой числа обычной величины",
    ),
    // Churn.
    (
        "nobody of the {} customers known on {} ordered in the {} after it",
        "из {} клиентов, известных на {}, в горизонте {} не заказал никто",
    ),
    (
        "everybody of the {} customers known on {} ordered in the {} after it",
        "все клиенты ({}), известные на {}, в горизонте {} заказали",
    ),
    (
        "there is nobody to keep: take a longer `--horizon`, or other days by `--cutoff` and \
         `--train-cutoffs`",
        "удерживать некого; другой горизонт и другие дни задаёт `crmstat churn`: `--horizon`, `--cutoff` \
         и `--train-cutoffs`",
    ),
    (
        "there is no churn to learn: take a shorter `--horizon`, or other days by `--cutoff` and \
         `--train-cutoffs`",
        "учиться оттоку не на чем; другой горизонт и другие дни задаёт `crmstat churn`: `--horizon`, \
         `--cutoff` и `--train-cutoffs`",
    ),
    (
        "no customer was active at the cutoff {}: nobody had ordered by then, or everybody had been silent \
         for longer than {} and three of their usual gaps or a year",
        "на дату среза {} нет активных клиентов: никто ещё не заказывал или все молчали дольше, чем {} и три \
         обычных промежутка между заказами или год",
    ),
    (
        "take later ones by `--cutoff` and `--train-cutoffs`, or everybody who ever ordered by `--population \
         all`",
        "возьмите более поздние через `--cutoff` и `--train-cutoffs` или всех, кто когда-либо заказывал: \
         `--population all`",
    ),
    ("there is no customer before the cutoff {}", "до даты среза {} нет ни одного клиента"),
    (
        "take later ones by `--cutoff` and `--train-cutoffs`",
        "возьмите более поздние через `--cutoff` и `--train-cutoffs`",
    ),
    (
        "nothing happened before the training cutoff {}: the data begin on {}",
        "до обучающего среза {} ничего не было: данные начинаются с {}",
    ),
    (
        "a horizon of {} needs that long before the first cutoff, and again behind each; take a shorter \
         `--horizon`",
        "горизонт {} требует такого же срока до первого среза и после каждого; более короткий задаёт \
         `crmstat churn --horizon`",
    ),
    (
        "the {} days from the cutoff {} run past the data, which end before {}: who is silent there is \
         not known",
        "{} дней от среза {} выходят за данные, которые кончаются раньше {}: кто там молчит, неизвестно",
    ),
    ("the latest possible cutoff is {}", "самый поздний возможный срез {}"),
    ("there is no customer to score as of {}", "на {} некого оценивать"),
    (
        "every contract has ended, or `--as-of` is too early",
        "все договоры кончились, или `--as-of` слишком ранний",
    ),
    (
        "`{}` carries the future: alone it tells who leaves with an AUC of {}, as no honest feature does",
        "`{}` знает будущее: один этот признак указывает ушедших с AUC {}, чего честный признак не может",
    ),
    (
        "`{}` carries the future: it is filled for {} customers, all of whom left",
        "`{}` знает будущее: заполнен у {} клиентов, и все они ушли",
    ),
    (
        "`{}` carries the future: it is filled for {} customers, all of whom stayed",
        "`{}` знает будущее: заполнен у {} клиентов, и все они остались",
    ),
    (
        "`{}` carries the future: it is missing for {} customers, all of whom left",
        "`{}` знает будущее: не заполнен у {} клиентов, и все они ушли",
    ),
    (
        "`{}` carries the future: it is missing for {} customers, all of whom stayed",
        "`{}` знает будущее: не заполнен у {} клиентов, и все они остались",
    ),
    (
        "it was filled in after the customers left, or computed after the cutoff; leave it out: \
         `--features {}`",
        "его заполнили после ухода клиентов или вычислили после среза; уберите его: `--features {}`",
    ),
    (
        "{} rows are labelled as churned, too few for {} folds",
        "ушедших всего {}, на проверку в {} частей их мало",
    ),
    (
        "{} rows are labelled as not churned, too few for {} folds",
        "оставшихся всего {}, на проверку в {} частей их мало",
    ),
    ("no row is labelled as churned", "среди клиентов нет ушедших"),
    ("take a longer horizon or more cutoffs", "возьмите горизонт длиннее или больше срезов"),
    ("every row is labelled as churned", "ушли все клиенты"),
    (
        "take a longer horizon or an earlier cutoff",
        "возьмите горизонт длиннее или более ранний срез",
    ),
    ("no column varies with the label", "ни один признак не связан с уходом"),
    // Customer lifetime value.
    ("no customer has a repeat order", "ни у одного клиента нет повторного заказа"),
    (
        "observe longer: the rate of orders cannot be told from first orders",
        "наблюдайте дольше: по первым заказам частоту не узнать",
    ),
    (
        "{} customers have repeat orders of positive mean value, at least 2 are needed",
        "повторные заказы на положительную сумму есть у {} клиентов, а нужно хотя бы у 2",
    ),
    (
        "the likelihood is not finite at any starting point",
        "правдоподобие не вычисляется ни в одной начальной точке",
    ),
    ("check the unit of time and the amounts", "проверьте единицу времени и суммы"),
    ("the parameters have no covariance", "у параметров нет ковариаций"),
    (
        "the parameters are too uncertain to draw them",
        "параметры слишком неопределённы, чтобы их разыгрывать",
    ),
    (
        "fit the model to more customers, or ask for values without intervals",
        "дайте выгрузку с большим числом клиентов",
    ),
];

#[cfg(test)]
mod tests {
    use super::{SENTENCES, said};
    use crate::{Lang, text::assert_paired};

    #[test]
    fn both_sides_have_the_same_holes() {
        assert_paired(SENTENCES);
    }

    #[test]
    fn what_varies_is_carried_over() {
        let refusal = "nobody of the 20 customers known on 2025-01-01 ordered in the 90d after it";
        let russian = "из 20 клиентов, известных на 2025-01-01, в горизонте 90d не заказал никто";
        assert_eq!(said(refusal, Lang::Ru), russian);
        assert_eq!(said(refusal, Lang::En), refusal);
    }
}
