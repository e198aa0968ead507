use super::{
    BUILTIN, CloseDate, DealSigns, DealStatus, Mapping, Profile, Resolution, Stages, recognise,
};
use crate::{
    Money,
    ingest::{
        Field, TableKind,
        cells::{
            Parsed, Verdict,
            date::{DateEvidence, DateFormat},
            number::{NumberEvidence, NumberFormat},
            text::{boolean, is_missing, says_nothing},
        },
    },
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn plain(headers: &[&str]) -> Mapping {
    recognise(headers, None, None, &[]).unwrap()
}

/// The header of each field, to be read in a failed assertion.
fn named<'a>(mapping: &Mapping, headers: &[&'a str]) -> BTreeMap<&'static str, &'a str> {
    mapping.columns.iter().map(|(field, &column)| (field.name(), headers[column])).collect()
}

#[test]
fn every_built_in_profile_is_read_and_written() {
    for text in BUILTIN {
        let profile = Profile::from_toml(text).unwrap();
        assert_eq!(Profile::from_toml(&profile.to_toml()).unwrap(), profile, "{}", profile.name);
    }
    let names: BTreeSet<&str> = Profile::builtin().iter().map(|profile| &*profile.name).collect();
    assert_eq!(names.len(), BUILTIN.len());
}

#[test]
fn a_wrong_profile_is_refused_with_the_line() {
    let error = Profile::from_toml("name = \"x\"\ntitle = \"X\"\ncolour = \"red\"\n").unwrap_err();
    assert!(error.is_data() && error.to_string().contains("line 3"), "{error}");
    assert!(Profile::from_toml("name = \"x\"\ntitle = \"X\"\ntables = []\n").is_err());
}

/// Headers of the CRMs as their sources and public importers have them, and what must be found in them.
#[test]
fn each_crm_is_recognised_by_its_headers() {
    let cases: &[(&str, TableKind, &[&str], &[(&str, &str)])] = &[
        (
            "amocrm",
            TableKind::Deals,
            &[
                "ID",
                "Название сделки",
                "Бюджет ",
                "Ответственный",
                "Дата создания сделки",
                "Кем создана сделка",
                "Дата закрытия",
                "Теги",
                "Этап сделки",
                "Воронка",
                "Полное имя контакта",
                "Компания контакта",
                "Компания",
                "Источник",
                "roistat",
                "roistat",
            ],
            &[
                ("order_id", "ID"),
                ("amount", "Бюджет "),
                ("customer_id", "Компания"),
                ("closed_at", "Дата закрытия"),
                ("stage", "Этап сделки"),
            ],
        ),
        (
            "amocrm",
            TableKind::Deals,
            &[
                "\u{FEFF}ID",
                "Название сделки",
                "Основной контакт",
                "Ответственный",
                "Этап сделки",
                "Воронка",
                "Бюджет ₽",
                "Дата создания",
                "Дата закрытия",
                "Рабочий телефон (контакт)",
            ],
            &[("amount", "Бюджет ₽"), ("customer_id", "Основной контакт")],
        ),
        (
            "kommo",
            TableKind::Deals,
            &[
                "ID",
                "Lead title",
                "Sale",
                "Lead status",
                "Pipeline",
                "Company",
                "Main contact",
                "Closed at",
            ],
            &[("amount", "Sale"), ("stage", "Lead status"), ("customer_id", "Company")],
        ),
        (
            "bitrix24",
            TableKind::Deals,
            &[
                "ID",
                "Название сделки",
                "Стадия сделки",
                "Сумма",
                "Валюта",
                "Товар",
                "Вероятность",
                "Тип",
                "Сделка закрыта",
                "Дата начала",
                "Дата создания",
                "Ответственный",
                "Компания",
                "Контакт",
                "Дата закрытия",
                "",
            ],
            &[
                ("amount", "Сумма"),
                ("product", "Товар"),
                ("is_closed", "Сделка закрыта"),
                ("closed_at", "Дата закрытия"),
                ("customer_id", "Компания"),
            ],
        ),
        (
            "bitrix24",
            TableKind::Deals,
            &["ID", "STAGE_ID", "OPPORTUNITY", "CURRENCY_ID", "COMPANY_ID", "CLOSED", "CLOSEDATE"],
            &[("amount", "OPPORTUNITY"), ("stage", "STAGE_ID")],
        ),
        (
            "hubspot",
            TableKind::Deals,
            &[
                "Record ID",
                "Deal Name",
                "Deal Stage",
                "Pipeline",
                "Amount",
                "Currency",
                "Close Date",
                "Create Date",
                "Last Activity Date",
                "Deal owner",
                "Is Closed Won",
                "Is closed lost",
                "Is Open (numeric)",
                "Closed Lost Reason",
                "Associated Company IDs (Primary)",
                "Associated Contact IDs",
            ],
            &[
                ("order_id", "Record ID"),
                ("is_won", "Is Closed Won"),
                ("is_lost", "Is closed lost"),
                ("customer_id", "Associated Company IDs (Primary)"),
                ("lost_reason", "Closed Lost Reason"),
            ],
        ),
        (
            "hubspot",
            TableKind::Deals,
            &[
                "hs_object_id",
                "dealname",
                "dealstage",
                "amount",
                "closedate",
                "createdate",
                "hubspot_owner_id",
                "hs_is_closed_won",
            ],
            &[("order_id", "hs_object_id"), ("stage", "dealstage"), ("is_won", "hs_is_closed_won")],
        ),
        (
            "hubspot",
            TableKind::Activities,
            &["Activity type", "Activity date", "Activity assigned to", "Associated Contact IDs"],
            &[("kind", "Activity type"), ("at", "Activity date")],
        ),
        (
            "salesforce",
            TableKind::Deals,
            &[
                "ID",
                "ACCOUNTID",
                "NAME",
                "STAGENAME",
                "AMOUNT",
                "PROBABILITY",
                "CLOSEDATE",
                "ISCLOSED",
                "ISWON",
                "FORECASTCATEGORY",
                "OWNERID",
                "CURRENCYISOCODE",
                "CREATEDDATE",
            ],
            &[("order_id", "ID"), ("customer_id", "ACCOUNTID"), ("is_won", "ISWON")],
        ),
        (
            "salesforce",
            TableKind::Activities,
            &["Id", "WhoId", "WhatId", "ActivityDate", "Status"],
            &[("order_id", "WhatId"), ("at", "ActivityDate")],
        ),
        (
            "salesforce-report",
            TableKind::Deals,
            &[
                "Opportunity Owner",
                "Account Name",
                "Opportunity Name",
                "Stage",
                "Amount Currency",
                "Amount",
                "Close Date",
                "Created Date",
            ],
            &[
                ("amount", "Amount"),
                ("currency", "Amount Currency"),
                ("customer_id", "Account Name"),
            ],
        ),
        (
            "pipedrive",
            TableKind::Deals,
            &[
                "Deal - ID",
                "Deal - Title",
                "Deal - Owner",
                "Deal - Value",
                "Deal - Currency of Value",
                "Deal - Organization",
                "Deal - Organization ID",
                "Deal - Stage",
                "Deal - Status",
                "Deal - Deal created",
                "Deal - Won time",
                "Deal - Lost time",
            ],
            &[
                ("customer_id", "Deal - Organization ID"),
                ("won_at", "Deal - Won time"),
                ("status", "Deal - Status"),
                ("amount", "Deal - Value"),
            ],
        ),
        (
            "zoho",
            TableKind::Deals,
            &[
                "Record Id",
                "Deal Owner.id",
                "Deal Owner",
                "Amount",
                "Deal Name",
                "Closing Date",
                "Account Name.id",
                "Account Name",
                "Stage",
                "Probability (%)",
                "Pipeline",
                "Reason For Loss",
                "Contact Name.id",
                "Created Time",
            ],
            &[
                ("order_id", "Record Id"),
                ("customer_id", "Account Name.id"),
                ("owner", "Deal Owner"),
                ("closed_at", "Closing Date"),
            ],
        ),
        (
            "dynamics365",
            TableKind::Deals,
            &[
                "(Do Not Modify) Opportunity",
                "(Do Not Modify) Row Checksum",
                "(Do Not Modify) Modified On",
                "Topic",
                "Account",
                "Contact",
                "Est. close date",
                "Est. revenue",
                "Actual Revenue",
                "Actual Close Date",
                "Sales Stage",
                "Probability",
                "Status",
                "Status Reason",
                "Created On",
            ],
            &[
                ("order_id", "(Do Not Modify) Opportunity"),
                ("amount", "Actual Revenue"),
                ("closed_at", "Actual Close Date"),
                ("status", "Status"),
            ],
        ),
        (
            "odoo",
            TableKind::Deals,
            &[
                "Opportunity",
                "Customer",
                "Expected Revenue",
                "Stage",
                "Salesperson",
                "Created on",
                "Closed Date",
                "Lost Reason",
            ],
            &[
                ("amount", "Expected Revenue"),
                ("closed_at", "Closed Date"),
                ("customer_id", "Customer"),
            ],
        ),
        (
            "odoo",
            TableKind::Orders,
            &["Order Reference", "Creation Date", "Customer", "Salesperson", "Total", "Status"],
            &[
                ("order_id", "Order Reference"),
                ("amount", "Total"),
                ("ordered_at", "Creation Date"),
            ],
        ),
        (
            "espocrm",
            TableKind::Deals,
            &[
                "id",
                "name",
                "accountId",
                "accountName",
                "stage",
                "amount",
                "amountCurrency",
                "closeDate",
                "createdAt",
                "assignedUserName",
            ],
            &[("customer_id", "accountId"), ("currency", "amountCurrency"), ("stage", "stage")],
        ),
        (
            "suitecrm",
            TableKind::Deals,
            &[
                "Opportunity Name",
                "Account Name",
                "Opportunity Amount",
                "Expected Close Date",
                "Sales Stage",
                "Assigned to",
                "Date Created",
            ],
            &[("amount", "Opportunity Amount"), ("closed_at", "Expected Close Date")],
        ),
    ];
    for (profile, kind, headers, expected) in cases {
        let mapping = plain(headers);
        assert_eq!((&*mapping.profile.name, mapping.kind), (*profile, *kind), "{headers:?}");
        let found = named(&mapping, headers);
        for (field, header) in *expected {
            assert_eq!(found.get(field), Some(header), "{profile} {field}: {found:?}");
        }
    }
}

#[test]
fn plain_tables_need_no_option() {
    let cases: &[(TableKind, &[&str], &[(&str, &str)])] = &[
        (
            TableKind::Orders,
            &["customer_id", "order_date", "amount"],
            &[("customer_id", "customer_id"), ("ordered_at", "order_date"), ("amount", "amount")],
        ),
        (
            TableKind::Orders,
            &["customer_id", "order_date", "revenue", "first_name", "last_name", "email"],
            &[("customer_id", "customer_id"), ("amount", "revenue")],
        ),
        (
            TableKind::Orders,
            &[
                "Invoice",
                "StockCode",
                "Description",
                "Quantity",
                "InvoiceDate",
                "Price",
                "Customer ID",
                "Country",
            ],
            &[
                ("order_id", "Invoice"),
                ("product", "StockCode"),
                ("quantity", "Quantity"),
                ("price", "Price"),
                ("ordered_at", "InvoiceDate"),
                ("customer_id", "Customer ID"),
            ],
        ),
        (
            TableKind::Orders,
            &["customer_id", "InvoiceDate", "lines", "gross", "refund", "net", "country"],
            &[("amount", "net"), ("ordered_at", "InvoiceDate")],
        ),
        (
            TableKind::Orders,
            &["masterid", "sampleid", "date", "cds", "sales"],
            &[("customer_id", "masterid"), ("quantity", "cds"), ("amount", "sales")],
        ),
        (
            TableKind::Orders,
            &["Номер заказа", "Контрагент", "Дата", "Сумма, руб.", "Менеджер"],
            &[("customer_id", "Контрагент"), ("ordered_at", "Дата"), ("amount", "Сумма, руб.")],
        ),
        (
            TableKind::Orders,
            &["Покупатель", "Дата оплаты", "Цена", "Кол-во", "Статус"],
            &[("price", "Цена"), ("quantity", "Кол-во"), ("status", "Статус")],
        ),
        (
            TableKind::Deals,
            &[
                "opportunity_id",
                "sales_agent",
                "product",
                "account",
                "deal_stage",
                "engage_date",
                "close_date",
                "close_value",
            ],
            &[
                ("order_id", "opportunity_id"),
                ("owner", "sales_agent"),
                ("customer_id", "account"),
                ("created_at", "engage_date"),
                ("closed_at", "close_date"),
                ("amount", "close_value"),
            ],
        ),
        (
            TableKind::Deals,
            &[
                "id", "customer", "cust_id", "owner", "product", "stage", "status", "created",
                "closed", "amount",
            ],
            &[
                ("order_id", "id"),
                ("customer_id", "cust_id"),
                ("created_at", "created"),
                ("status", "status"),
            ],
        ),
        (
            TableKind::Customers,
            &[
                "account",
                "sector",
                "year_established",
                "revenue",
                "employees",
                "office_location",
                "subsidiary_of",
            ],
            &[("customer_id", "account"), ("segment", "sector"), ("region", "office_location")],
        ),
        (
            TableKind::Products,
            &["product", "series", "sales_price"],
            &[("product", "product"), ("category", "series"), ("price", "sales_price")],
        ),
        (
            TableKind::Activities,
            &["customer_id", "at", "kind", "outcome"],
            &[("at", "at"), ("kind", "kind"), ("outcome", "outcome")],
        ),
        (
            TableKind::Lines,
            &["order_id", "product", "category", "quantity", "price", "discount", "cost"],
            &[("order_id", "order_id"), ("price", "price"), ("cost", "cost")],
        ),
        (
            TableKind::History,
            &["deal_id", "stage", "entered_at"],
            &[("order_id", "deal_id"), ("entered_at", "entered_at")],
        ),
        (
            TableKind::Spend,
            &["period", "channel", "amount"],
            &[("period", "period"), ("channel", "channel"), ("amount", "amount")],
        ),
    ];
    for (kind, headers, expected) in cases {
        let mapping = plain(headers);
        let found = named(&mapping, headers);
        assert_eq!((&*mapping.profile.name, mapping.kind), ("generic", *kind), "{found:?}");
        for (field, header) in *expected {
            assert_eq!(found.get(field), Some(header), "{kind} {field}: {found:?}");
        }
    }
}

#[test]
fn the_callers_columns_come_first() {
    let headers = ["customer_id", "order_date", "amount", "profit"];
    let given = [(Field::Amount, "PROFIT".to_owned())];
    let mapping = recognise(&headers, None, None, &given).unwrap();
    assert_eq!(mapping.column(Field::Amount), Some(3));
    assert!(mapping.decisions.iter().any(|decision| {
        decision.topic == "column amount" && decision.reason == "given by `--map`"
    }));
    assert_eq!(mapping.unmapped, [2]);
}

#[test]
fn columns_that_crmstat_cannot_guess_are_mapped_by_hand() {
    let headers = ["who", "when", "how_much"];
    let error = recognise(&headers, None, None, &[]).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("`how_much`"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--map")));
    let given = [
        (Field::CustomerId, "who".to_owned()),
        (Field::OrderedAt, "when".to_owned()),
        (Field::Amount, "how_much".to_owned()),
    ];
    let mapping = recognise(&headers, None, None, &given).unwrap();
    assert_eq!((mapping.kind, mapping.customer[0].column), (TableKind::Orders, 0));
}

#[test]
fn an_absent_column_names_the_nearest() {
    let headers = ["customer_id", "order_date", "amount"];
    let given = [(Field::Amount, "amuont".to_owned())];
    let error = recognise(&headers, None, None, &given).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("the nearest is `amount`"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("`order_date`")));
    let twice = [(Field::Amount, "amount".to_owned()), (Field::Amount, "order_date".to_owned())];
    assert!(recognise(&headers, None, None, &twice).unwrap_err().is_usage());
}

#[test]
fn a_chosen_profile_needs_no_signature_but_its_columns() {
    let amocrm = Profile::named("amocrm");
    let headers = ["Компания", "Бюджет, руб", "Статус сделки", "Дата закрытия"];
    let mapping = recognise(&headers, None, amocrm, &[]).unwrap();
    assert_eq!(mapping.profile.name, "amocrm");
    assert!(recognise(&["a", "b"], None, amocrm, &[]).is_err());
    assert!(recognise(&["", " "], None, None, &[]).is_err());
    assert!(recognise(&[], None, None, &[]).is_err());
}

#[test]
fn competing_columns_are_said() {
    let mapping = plain(&["customer_id", "customer", "date", "total", "amount"]);
    let of = |topic: &str| mapping.decisions.iter().find(|d| d.topic == topic).unwrap();
    assert_eq!(of("column amount").reason, "preferred to `total` (column 4)");
    assert_eq!(of("column customer_id").reason, "preferred to `customer` (column 2)");
}

#[test]
fn repeated_headers_follow_the_data() {
    let headers = [
        "ID",
        "Название сделки",
        "Бюджет",
        "Этап сделки",
        "Дата закрытия",
        "Компания",
        "Товар",
        "Товар",
    ];
    let mut mapping = plain(&headers);
    assert_eq!(mapping.column(Field::Product), Some(6));
    mapping.prefer_filled(|column| column != 6);
    assert_eq!(mapping.column(Field::Product), Some(7));
    assert_eq!(mapping.unmapped, [6]);
    assert!(
        mapping
            .decisions
            .iter()
            .any(|d| d.topic == "column product" && d.value == "Товар (column 8)")
    );
    mapping.prefer_filled(|_| false);
    assert_eq!(mapping.column(Field::Product), Some(7));
}

#[test]
fn amounts_of_bitrix24_are_of_lines_when_the_product_is_shown() {
    let with = ["ID", "Стадия сделки", "Название сделки", "Сумма", "Товар", "Дата создания"];
    assert!(plain(&with).lines);
    let without = ["ID", "Стадия сделки", "Название сделки", "Сумма", "Дата создания"];
    let mapping = plain(&without);
    assert!(!mapping.lines);
    assert_eq!(mapping.close_date, CloseDate::Planned);
    assert!(mapping.require(&[Field::Amount]).is_ok());
    let error = mapping.require(&[Field::Amount, Field::Owner]).unwrap_err();
    assert!(error.to_string().starts_with("no column for owner"), "{error}");
}

fn resolve(profile: &str, signs: DealSigns<'_>) -> Resolution {
    Stages::new(Profile::named(profile).unwrap(), &[]).resolve(&signs)
}

#[test]
fn stages_resolve_in_the_stated_order() {
    use DealStatus::{Lost, Open, Won};
    let known = Resolution::Known;
    let unknown = |label: &str| Resolution::Unknown(label.to_owned());
    let stage = |label| DealSigns { stage: Some(label), ..DealSigns::default() };
    let closed = |label| DealSigns { has_closed_at: true, ..stage(label) };
    let flag = |label, is_closed| DealSigns { is_closed: Some(is_closed), ..stage(label) };
    for (profile, signs, expected) in [
        ("amocrm", closed("успешно  реализовано"), known(Won)),
        ("amocrm", closed("143"), known(Lost)),
        ("amocrm", closed("Отгружено"), unknown("Отгружено")),
        ("amocrm", stage("Замер"), known(Open)),
        ("bitrix24", flag("C9:WON", true), known(Won)),
        ("bitrix24", flag("C12:LOSE", true), known(Lost)),
        ("bitrix24", flag("Сделка сорвалась", true), unknown("Сделка сорвалась")),
        ("bitrix24", DealSigns { has_closed_at: true, ..flag("Замер", false) }, known(Open)),
        ("bitrix24", flag("В работе", true), unknown("В работе")),
        ("hubspot", closed("closedwon"), known(Won)),
        (
            "hubspot",
            DealSigns { is_won: Some(false), is_lost: Some(true), ..closed("Gone") },
            known(Lost),
        ),
        (
            "hubspot",
            DealSigns { is_won: Some(false), is_lost: Some(false), ..closed("Demo booked") },
            known(Open),
        ),
        (
            "salesforce",
            DealSigns { is_won: Some(false), is_closed: Some(true), ..closed("Gone") },
            known(Lost),
        ),
        (
            "salesforce-report",
            DealSigns { probability: Some(40.0), ..closed("Pilot") },
            known(Open),
        ),
        (
            "salesforce-report",
            DealSigns { probability: Some(100.0), ..closed("Signed") },
            unknown("Signed"),
        ),
        ("pipedrive", DealSigns { status: Some("Won"), ..closed("Contract") }, known(Won)),
        ("pipedrive", DealSigns { has_lost_at: true, ..closed("Contract") }, known(Lost)),
        ("pipedrive", DealSigns { has_won_at: true, ..closed("Contract") }, known(Won)),
        ("dynamics365", DealSigns { status: Some("LOST"), ..DealSigns::default() }, known(Lost)),
        ("generic", stage("Engaging"), known(Open)),
        ("generic", DealSigns::default(), Resolution::Missing),
        ("generic", stage("  "), Resolution::Missing),
    ] {
        assert_eq!(resolve(profile, signs), expected, "{profile} {signs:?}");
    }
}

#[test]
fn the_callers_labels_and_a_pipelines_own_win() {
    let mut profile = Profile::named("amocrm").unwrap().clone();
    profile.pipelines = toml::from_str("\"Опт\" = { won = [\"Переговоры\"] }").unwrap();
    let stages = Stages::new(&profile, &[("Замер".to_owned(), DealStatus::Lost)]);
    let signs =
        |pipeline, stage| DealSigns { pipeline, stage: Some(stage), ..DealSigns::default() };
    for (pipeline, stage, expected) in [
        (Some("опт"), "Переговоры", DealStatus::Won),
        (Some("Розница"), "Переговоры", DealStatus::Open),
        (None, "Переговоры", DealStatus::Open),
        (None, "замер", DealStatus::Lost),
    ] {
        assert_eq!(stages.resolve(&signs(pipeline, stage)), Resolution::Known(expected));
    }
}

#[test]
fn footers_and_words_for_nothing() {
    let report = Profile::named("salesforce-report").unwrap();
    assert!(report.is_footer("Grand Totals (300 records)"));
    assert!(report.is_footer("Confidential Information - Do Not Distribute"));
    assert!(!report.is_footer("Konex"));
    assert!(Profile::named("amocrm").unwrap().is_null("Не закрыта"));
}

proptest! {
    #[test]
    fn any_headers_are_mapped_or_refused(headers in prop::collection::vec("\\PC{0,12}|ID|Stage|Amount|Date|Customer", 0..8)) {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        if let Ok(mapping) = recognise(&headers, None, None, &[]) {
            let taken: BTreeSet<usize> = mapping.columns.values().copied().collect();
            prop_assert_eq!(taken.len(), mapping.columns.len(), "no column serves two fields");
            prop_assert!(mapping.unmapped.iter().all(|column| !taken.contains(column)));
        }
    }
}

/// One deal as an export tells it.
#[derive(Debug, Default, PartialEq)]
struct Deal {
    customer: String,
    status: Option<DealStatus>,
    amount: Money,
    created: String,
    closed: String,
}

fn shared(path: &str) -> Option<Vec<u8>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/");
    let found = std::fs::read(format!("{root}{path}")).ok();
    if found.is_none() {
        eprintln!("skipped: needs shared data `{path}`");
    }
    found
}

/// Reads rows with the `csv` crate: the tests of the importer's own reader are elsewhere.
fn rows(bytes: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader.records().map(|record| cells(record.unwrap())).collect()
}

/// The cells of the HTML table that Bitrix24 calls `.xls`.
fn html_rows(text: &str) -> Vec<Vec<String>> {
    let cell = |cell: &str| {
        cell[..cell.find("</t").unwrap()].replace("&quot;", "\"").replace("&amp;", "&")
    };
    let row =
        |row: &str| row.replace("<th>", "<td>").split("<td>").skip(1).map(cell).collect::<Vec<_>>();
    text.split("<tr>").skip(1).map(row).collect()
}

/// Reads deals by everything that this folder and `cells` decide. Deals without an id are keyed by place.
fn deals(rows: &[Vec<String>]) -> (Mapping, BTreeMap<String, Deal>) {
    let headers: Vec<&str> = rows[0].iter().map(String::as_str).collect();
    let mut mapping = plain(&headers);
    let body: Vec<&Vec<String>> = rows[1..]
        .iter()
        .filter(|row| row.iter().any(|cell| !cell.is_empty()))
        .filter(|row| !mapping.profile.is_footer(&row[0]))
        .collect();
    mapping.prefer_filled(|column| body.iter().any(|row| !row[column].is_empty()));
    let dates = |column: usize| -> DateFormat {
        let mut evidence = DateEvidence::default();
        body.iter().for_each(|row| evidence.observe(row[column].as_bytes()));
        match evidence.decide(None, mapping.profile.date_order) {
            Verdict::Decided { format, .. } => format,
            verdict => panic!("{}: {verdict:?}", headers[column]),
        }
    };
    let amount = mapping.column(Field::Amount).unwrap();
    let mut evidence = NumberEvidence::default();
    body.iter().for_each(|row| evidence.observe(row[amount].as_bytes()));
    let Verdict::Decided { format, .. } = evidence.decide(None, mapping.profile.decimal) else {
        panic!("the amounts are readable");
    };
    let format: NumberFormat = format;
    let stages = Stages::new(&mapping.profile, &[]);
    let formats: BTreeMap<Field, (usize, DateFormat)> =
        [Field::CreatedAt, Field::WonAt, Field::LostAt, Field::ClosedAt]
            .into_iter()
            .filter_map(|field| Some((field, mapping.column(field)?)))
            .map(|(field, column)| (field, (column, dates(column))))
            .collect();
    let mut deals: BTreeMap<String, Deal> = BTreeMap::new();
    for (place, row) in body.iter().enumerate() {
        let cell = |field| mapping.column(field).map(|column| row[column].as_str());
        let filled = |field| cell(field).filter(|cell| !says_nothing(cell));
        let flag = |field| match cell(field).map(|cell| boolean(cell.as_bytes())) {
            Some(Parsed::Value(value)) => Some(value),
            _ => None,
        };
        let stamp = |field| match formats.get(&field).map(|(at, f)| f.parse(row[*at].as_bytes())) {
            Some(Parsed::Value(stamp)) => stamp.to_string(),
            Some(Parsed::Invalid(reason)) => panic!("{field}: {reason}"),
            _ => String::new(),
        };
        let Resolution::Known(status) = stages.resolve(&DealSigns {
            pipeline: filled(Field::Pipeline),
            stage: filled(Field::Stage),
            status: filled(Field::Status),
            is_closed: flag(Field::IsClosed),
            is_won: flag(Field::IsWon),
            is_lost: flag(Field::IsLost),
            probability: None,
            has_won_at: filled(Field::WonAt).is_some(),
            has_lost_at: filled(Field::LostAt).is_some(),
            has_closed_at: filled(Field::ClosedAt).is_some(),
        }) else {
            panic!("{row:?}");
        };
        let money = match format.money(row[amount].as_bytes()) {
            Parsed::Value(amount) => amount.money,
            Parsed::Missing => Money::ZERO,
            Parsed::Invalid(reason) => panic!("{row:?}: {reason}"),
        };
        let id = cell(Field::OrderId).map_or(format!("{:06}", 900_001 + place), str::to_owned);
        let customer = mapping
            .customer
            .iter()
            .map(|source| row[source.column].as_str())
            .find(|cell| !is_missing(cell.as_bytes()))
            .unwrap_or_default();
        let deal = deals.entry(id).or_default();
        deal.customer = customer.to_owned();
        deal.status = Some(status);
        assert!(mapping.lines || deal.amount == Money::ZERO);
        deal.amount = deal.amount.checked_add(money).unwrap();
        deal.created = stamp(Field::CreatedAt);
        deal.closed =
            if status == DealStatus::Open { String::new() } else { stamp(Field::ClosedAt) };
    }
    (mapping, deals)
}

#[test]
fn the_five_exports_are_the_same_three_hundred_deals_needs_shared_data() {
    let Some(truth) = shared("crm/exports/ground_truth.csv") else { return };
    let truth = rows(&truth, b',');
    let read = |name: &str| shared(&format!("crm/exports/{name}")).unwrap();
    let text = |name: &str| String::from_utf8(read(name)).unwrap();
    let exports = [
        ("amocrm", rows(&read("amocrm_old_comma_utf8.csv"), b',')),
        (
            "amocrm",
            rows(
                encoding_rs::WINDOWS_1251
                    .decode(&read("amocrm_new_semicolon_cp1251.csv"))
                    .0
                    .as_bytes(),
                b';',
            ),
        ),
        ("bitrix24", rows(&read("bitrix24_DEAL.csv"), b';')),
        ("bitrix24", html_rows(&text("bitrix24_DEAL_20261122_1245eb64.xls"))),
        ("pipedrive", rows(&read("pipedrive_deals.csv"), b',')),
        ("salesforce-report", rows(&read("salesforce_report.csv"), b',')),
        ("generic", truth.clone()),
    ];
    for (profile, rows) in exports {
        let (mapping, deals) = deals(&rows);
        assert_eq!((&*mapping.profile.name, deals.len()), (profile, 300));
        let has_ids = mapping.columns.contains_key(&Field::CustomerId)
            && matches!(profile, "pipedrive" | "generic");
        for expected in &truth[1..] {
            let [id, name, customer_id, .., status, created, closed, amount] = &expected[..] else {
                panic!("{expected:?}");
            };
            let deal = &deals[id];
            let status: DealStatus = status.parse().unwrap();
            assert_eq!(deal.customer, *if has_ids { customer_id } else { name }, "{profile} {id}");
            assert_eq!(deal.status, Some(status), "{profile} {id}");
            // Dialects without a time of day, or without one for this date, carry the day.
            let same = |got: &str, want: &str| {
                got == want || (got.ends_with("T00:00:00") && got.get(..10) == want.get(..10))
            };
            assert!(same(&deal.created, created), "{profile} {id}: {} {created}", deal.created);
            assert!(same(&deal.closed, closed), "{profile} {id}: {} {closed}", deal.closed);
            let scaled = NumberFormat::new(super::Decimal::Point).money(amount.as_bytes());
            let Parsed::Value(amount) = scaled else { panic!("{amount}") };
            assert_eq!(deal.amount, amount.money, "{profile} {id}");
        }
        let won = deals.values().filter(|deal| deal.status == Some(DealStatus::Won));
        let revenue: Option<Money> = won.map(|deal| deal.amount).sum();
        assert_eq!(revenue.unwrap().to_string(), "464226.50", "{profile}");
    }
}

#[test]
fn the_maven_deals_add_up_in_both_date_orders_needs_shared_data() {
    for name in ["sales_pipeline.csv", "sales_pipeline_mdy.csv"] {
        let Some(bytes) = shared(&format!("crm/maven/{name}")) else { return };
        let (mapping, deals) = deals(&rows(&bytes, b','));
        assert_eq!((&*mapping.profile.name, mapping.kind), ("generic", TableKind::Deals));
        let count = |status| deals.values().filter(|deal| deal.status == Some(status)).count();
        // The figures of the shared README: 1,589 engaging and 500 prospecting deals are open.
        assert_eq!(
            [DealStatus::Won, DealStatus::Lost, DealStatus::Open].map(count),
            [4_238, 2_473, 2_089]
        );
        let won = deals.values().filter(|deal| deal.status == Some(DealStatus::Won));
        let revenue: Option<Money> = won.map(|deal| deal.amount).sum();
        assert_eq!(revenue.unwrap().to_string(), "10005534.00");
    }
}
