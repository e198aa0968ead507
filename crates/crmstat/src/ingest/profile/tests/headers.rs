//! Headers of each CRM and of plain tables, and the fields that must be found in them.

use super::{named, plain};
use crate::data::TableKind;

/// A profile, the kind of its table, headers, and some fields with the header that must be found.
type CrmCase<'a> = (&'a str, TableKind, &'a [&'a str], &'a [(&'a str, &'a str)]);
/// The same with the headers in one text, commas between them.
type ListedCase<'a> = (&'a str, TableKind, &'a str, &'a [(&'a str, &'a str)]);
/// The same for the generic profile.
type PlainCase<'a> = (TableKind, &'a [&'a str], &'a [(&'a str, &'a str)]);

/// Headers of the CRMs as their sources and public importers have them, and what must be found in them.
#[test]
fn each_crm_is_recognised_by_its_headers() {
    let cases: &[CrmCase] = &[
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

/// Further exports; of some of them the headers are from memory, as their profiles say.
#[test]
fn shops_books_and_further_tables_are_recognised_by_their_headers() {
    let cases: &[ListedCase] = &[
        (
            "shopify",
            TableKind::Orders,
            "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,Refunded Amount,Source",
            &[
                ("order_id", "Name"),
                ("customer_id", "Email"),
                ("ordered_at", "Created at"),
                ("amount", "Total"),
                ("refunded", "Refunded Amount"),
                ("status", "Financial Status"),
            ],
        ),
        (
            "woocommerce",
            TableKind::Orders,
            "Order Number,Order Status,Order Date,Email (Billing),Payment Method Title,Order Subtotal Amount,Order Refund Amount,Order Total Amount,SKU,Item Name,Quantity (- Refund),Item Cost",
            &[
                ("amount", "Order Total Amount"),
                ("customer_id", "Email (Billing)"),
                ("refunded", "Order Refund Amount"),
            ],
        ),
        (
            "woocommerce",
            TableKind::Orders,
            "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Net Sales",
            &[("amount", "Net Sales"), ("order_id", "Order #")],
        ),
        (
            "stripe",
            TableKind::Orders,
            "id,Seller Message,Created date (UTC),Amount,Amount Refunded,Currency,Converted Amount,Converted Amount Refunded,Converted Currency,Status,Customer ID,Customer Email,Captured",
            &[
                ("amount", "Converted Amount"),
                ("refunded", "Converted Amount Refunded"),
                ("currency", "Converted Currency"),
                ("customer_id", "Customer ID"),
            ],
        ),
        (
            "onec",
            TableKind::Orders,
            "Дата,Номер,Сумма,Валюта,Контрагент,Вид операции,Склад,Организация,Проведен,Ответственный",
            &[("customer_id", "Контрагент"), ("amount", "Сумма"), ("ordered_at", "Дата")],
        ),
        (
            "onec-crm",
            TableKind::Deals,
            "Номер,Дата,Тема интереса,Клиент,Состояние интереса,Потенциальная сумма,Ответственный,Дата закрытия",
            &[
                ("stage", "Состояние интереса"),
                ("amount", "Потенциальная сумма"),
                ("customer_id", "Клиент"),
            ],
        ),
        (
            "bitcrm",
            TableKind::Deals,
            "Номер,Дата,Наименование сделки,Состояние сделки,Клиент,Сумма,Ответственный",
            &[("stage", "Состояние сделки"), ("title", "Наименование сделки")],
        ),
        (
            "retailcrm",
            TableKind::Orders,
            "Номер заказа,Статус,Дата и время создания,Магазин,Клиент,Телефон,Сумма заказа,Менеджер",
            &[("amount", "Сумма заказа"), ("channel", "Магазин"), ("customer_id", "Телефон")],
        ),
        (
            "moysklad",
            TableKind::Orders,
            "№,Время,Контрагент,Организация,Сумма,Валюта,Выставлено счетов,Оплачено,Отгружено,Статус",
            &[
                ("order_id", "№"),
                ("customer_id", "Контрагент"),
                ("amount", "Сумма"),
                ("status", "Статус"),
            ],
        ),
        (
            "creatio",
            TableKind::Deals,
            "Название,Клиент,Стадия,Сумма продажи,Дата закрытия,Ответственный",
            &[("amount", "Сумма продажи"), ("stage", "Стадия"), ("customer_id", "Клиент")],
        ),
        (
            "planfix",
            TableKind::Deals,
            "Номер задачи,Название задачи,Статус,Контрагент,Дата создания,Дата завершения,Сумма сделки",
            &[("stage", "Статус"), ("closed_at", "Дата завершения"), ("amount", "Сумма сделки")],
        ),
        (
            "tilda",
            TableKind::Orders,
            "name,email,phone,products,price,paymentid,orderid,formid,formname,tranid,created",
            &[
                ("order_id", "orderid"),
                ("customer_id", "email"),
                ("amount", "price"),
                ("ordered_at", "created"),
            ],
        ),
        (
            "ozon",
            TableKind::Orders,
            "Номер заказа,Номер отправления,Принят в обработку,Дата отгрузки,Статус,Сумма отправления,Код валюты отправления,Название товара,Артикул,Количество",
            &[
                ("order_id", "Номер отправления"),
                ("amount", "Сумма отправления"),
                ("status", "Статус"),
            ],
        ),
        (
            "wildberries",
            TableKind::Orders,
            "№,Предмет,Артикул поставщика,Тип документа,Обоснование для оплаты,Дата заказа покупателем,Дата продажи,Кол-во,Цена розничная,Вайлдберриз реализовал Товар (Пр),К перечислению Продавцу за реализованный Товар",
            &[
                ("ordered_at", "Дата продажи"),
                ("status", "Обоснование для оплаты"),
                ("amount", "Вайлдберриз реализовал Товар (Пр)"),
            ],
        ),
        (
            "amocrm",
            TableKind::Customers,
            "ID,Тип,Полное имя,Компания,Кем создан,Ответственный,Рабочий телефон,Рабочий email",
            &[("customer_id", "Полное имя")],
        ),
        (
            "amocrm",
            TableKind::Activities,
            "Дата исполнения,Ответственный,Сделка,Контакт,Тип задачи,Результат",
            &[("at", "Дата исполнения"), ("kind", "Тип задачи")],
        ),
        (
            "amocrm",
            TableKind::Activities,
            "Дата,Автор,Объект,Название,Событие,Значение до,Значение после",
            &[("at", "Дата"), ("kind", "Событие")],
        ),
        (
            "bitrix24",
            TableKind::Customers,
            "ID,Название компании,Тип компании,Сфера деятельности,Ответственный,Дата создания",
            &[("customer_id", "Название компании"), ("segment", "Сфера деятельности")],
        ),
        (
            "bitrix24",
            TableKind::Leads,
            "ID,Название лида,Стадия,Источник,Дата создания,Компания,Контакт,Ответственный",
            &[("created_at", "Дата создания"), ("status", "Стадия"), ("source", "Источник")],
        ),
        (
            "salesforce",
            TableKind::Leads,
            "Id,Company,LeadSource,Status,OwnerId,CreatedDate,IsConverted,ConvertedDate,ConvertedOpportunityId",
            &[
                ("order_id", "ConvertedOpportunityId"),
                ("status", "Status"),
                ("source", "LeadSource"),
            ],
        ),
        (
            "zendesk",
            TableKind::Tickets,
            "Id,Requester id,Assignee,Via,Ticket type,Created at,Organization,Due date,Solved at,Satisfaction Score,First reply time in minutes",
            &[
                ("opened_at", "Created at"),
                ("first_answer_minutes", "First reply time in minutes"),
                ("resolved_at", "Solved at"),
                ("kind", "Ticket type"),
            ],
        ),
        (
            "freshdesk",
            TableKind::Tickets,
            "Ticket ID,Status,Agent,Type,Created time,Initial response time,Resolved time,Closed time",
            &[("first_answer_at", "Initial response time"), ("resolved_at", "Resolved time")],
        ),
        (
            "hubspot",
            TableKind::Tickets,
            "Ticket ID,Ticket name,Ticket status,Create date,Ticket owner",
            &[("opened_at", "Create date"), ("status", "Ticket status")],
        ),
        (
            "bitrix24",
            TableKind::Activities,
            "Тип дела,Крайний срок,Сделка,Компания,Ответственный",
            &[("at", "Крайний срок"), ("kind", "Тип дела")],
        ),
        (
            "bitrix24",
            TableKind::Orders,
            "ID,Номер счёта,Тема счёта,Статус,Сумма,Валюта,Дата выставления,Срок оплаты,Компания",
            &[("order_id", "Номер счёта"), ("amount", "Сумма"), ("ordered_at", "Дата выставления")],
        ),
        (
            "zoho",
            TableKind::Customers,
            "Record Id,Account Name,Account Owner,Account Type,Industry,Billing City",
            &[("customer_id", "Record Id"), ("segment", "Industry")],
        ),
        (
            "zoho",
            TableKind::Activities,
            "Record Id,Subject,Call Type,Call Start Time,Contact Name.id,Contact Name,Related To.id,Call Owner",
            &[("at", "Call Start Time"), ("order_id", "Related To.id")],
        ),
        (
            "dynamics365",
            TableKind::Customers,
            "(Do Not Modify) Account,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Account Name,Main Phone,Address 1: City,Industry",
            &[("customer_id", "Account Name")],
        ),
        (
            "dynamics365",
            TableKind::Activities,
            "(Do Not Modify) Activity,(Do Not Modify) Row Checksum,Subject,Regarding,Activity Type,Activity Status,Owner,Due Date",
            &[("at", "Due Date"), ("kind", "Activity Type"), ("customer_id", "Regarding")],
        ),
    ];
    for (profile, kind, headers, expected) in cases {
        let headers: Vec<&str> = headers.split(',').collect();
        let mapping = plain(&headers);
        assert_eq!((&*mapping.profile.name, mapping.kind), (*profile, *kind), "{headers:?}");
        let found = named(&mapping, &headers);
        for (field, header) in *expected {
            assert_eq!(found.get(field), Some(header), "{profile} {field}: {found:?}");
        }
    }
}

#[test]
fn plain_tables_need_no_option() {
    let cases: &[PlainCase] = &[
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
        (
            TableKind::Series,
            &["series", "date", "value"],
            &[("series", "series"), ("date", "date"), ("value", "value")],
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
