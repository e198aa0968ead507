//! The plain table of orders and the English systems.

use super::{
    Amounts, Dates, Encoding,
    Field::{
        Always, Amount, Category, Channel, CloseOn, ClosedAt, Company, CreatedAt, CreatedOn,
        Currency, CustomerId, CustomerNumber, ExpectedOn, Id, IsClosed, IsLost, IsWon, LostAt,
        LostReason, OrderDate, Owner, Pipeline, Probability, Product, Region, Stage, Status, Title,
        WonAmount, WonAt,
    },
    Layout, Shape, Words,
};
use crate::Lang;

/// The words that most systems come with.
const WORDS: Words = Words {
    lang: Lang::En,
    pipeline: "Sales Pipeline",
    stages: &["Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review"],
    won_stage: "Closed Won",
    lost_stage: "Closed Lost",
    statuses: ["Open", "Won", "Lost"],
    yes_no: ["true", "false"],
    not_closed: "",
    currency: "USD",
};

/// Most systems write CSV with commas, in UTF-8, with ISO dates.
const PLAIN: Layout = Layout {
    columns: &[],
    shape: Shape::COMMA,
    encoding: Encoding::Utf8,
    dates: Dates::Iso,
    amounts: Amounts::Point,
    words: &WORDS,
};

pub(super) const ORDERS: Layout = Layout {
    columns: &[
        ("order_id", Id),
        ("customer_id", CustomerId),
        ("order_date", OrderDate),
        ("amount", Amount),
        ("product", Product),
        ("region", Region),
        ("manager", Owner),
        ("channel", Channel),
    ],
    ..PLAIN
};

pub(super) const KOMMO: Layout = Layout {
    columns: &[
        ("ID", Id),
        ("Lead name", Title),
        ("Sale", Amount),
        ("Responsible", Owner),
        ("Created at", CreatedAt),
        ("Closed at", ClosedAt),
        ("Lead tags", Always("")),
        ("Lead status", Stage),
        ("Pipeline", Pipeline),
        ("Main contact", Company),
        ("Company", Company),
        ("Source", Channel),
        ("Loss reason", LostReason),
    ],
    dates: Dates::Dotted,
    words: &Words {
        stages: &["Initial contact", "Discussions", "Decision making", "Contract discussion"],
        won_stage: "Closed - won",
        lost_stage: "Closed - lost",
        ..WORDS
    },
    ..PLAIN
};

pub(super) const HUBSPOT: Layout = Layout {
    columns: &[
        ("Record ID", Id),
        ("Deal Name", Title),
        ("Deal Stage", Stage),
        ("Pipeline", Pipeline),
        ("Amount", Amount),
        ("Currency", Currency),
        ("Close Date", ClosedAt),
        ("Create Date", CreatedAt),
        ("Deal owner", Owner),
        ("Is Closed Won", IsWon),
        ("Is closed lost", IsLost),
        ("Closed Lost Reason", LostReason),
        ("Original Source Type", Channel),
        ("Associated Company", Company),
        ("Associated Company IDs", CustomerNumber),
    ],
    encoding: Encoding::Utf8Bom,
    words: &Words {
        stages: &[
            "Appointment Scheduled",
            "Qualified To Buy",
            "Presentation Scheduled",
            "Contract Sent",
        ],
        ..WORDS
    },
    ..PLAIN
};

pub(super) const SALESFORCE: Layout = Layout {
    columns: &[
        ("Id", Id),
        ("AccountId", CustomerId),
        ("Name", Title),
        ("StageName", Stage),
        ("Amount", Amount),
        ("Probability", Probability),
        ("CloseDate", CloseOn),
        ("IsClosed", IsClosed),
        ("IsWon", IsWon),
        ("LeadSource", Channel),
        ("OwnerId", Owner),
        ("CurrencyIsoCode", Currency),
        ("CreatedDate", CreatedAt),
    ],
    shape: Shape::Delimited {
        delimiter: b',',
        quote_all: true,
        line_end: "\n",
        trailing: false,
        footer: "",
    },
    dates: Dates::IsoZulu,
    ..PLAIN
};

pub(super) const SALESFORCE_REPORT: Layout = Layout {
    columns: &[
        ("Opportunity Owner", Owner),
        ("Account Name", Company),
        ("Opportunity Name", Title),
        ("Stage", Stage),
        ("Amount Currency", Currency),
        ("Amount", Amount),
        ("Probability (%)", Probability),
        ("Close Date", CloseOn),
        ("Created Date", CreatedOn),
        ("Lead Source", Channel),
        ("Type", Always("New Customer")),
        ("Opportunity ID", Id),
    ],
    shape: Shape::Delimited {
        delimiter: b',',
        quote_all: true,
        line_end: "\n",
        trailing: false,
        footer: "\n\"Grand Totals\"\n\n\"Confidential Information - Do Not Distribute\"\n\
                 \"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved.\"\n",
    },
    dates: Dates::Us,
    amounts: Amounts::UsGrouped,
    ..PLAIN
};

pub(super) const PIPEDRIVE: Layout = Layout {
    columns: &[
        ("Deal - ID", Id),
        ("Deal - Title", Title),
        ("Deal - Owner", Owner),
        ("Deal - Value", Amount),
        ("Deal - Currency of Value", Currency),
        ("Deal - Organization", Company),
        ("Deal - Organization ID", CustomerNumber),
        ("Deal - Pipeline", Pipeline),
        ("Deal - Stage", Stage),
        ("Deal - Status", Status),
        ("Deal - Deal created", CreatedAt),
        ("Deal - Won time", WonAt),
        ("Deal - Lost time", LostAt),
        ("Deal - Deal closed on", ClosedAt),
        ("Deal - Lost reason", LostReason),
        ("Deal - Expected close date", ExpectedOn),
        ("Deal - Source channel", Channel),
        ("Deal - Product name", Product),
    ],
    words: &Words {
        stages: &["Qualified", "Contact Made", "Demo Scheduled", "Proposal Made"],
        // A closed deal stays in the stage where it was closed; its status says how.
        won_stage: "Proposal Made",
        lost_stage: "Contact Made",
        ..WORDS
    },
    ..PLAIN
};

pub(super) const ZOHO: Layout = Layout {
    columns: &[
        ("Record Id", Id),
        ("Deal Owner", Owner),
        ("Amount", Amount),
        ("Deal Name", Title),
        ("Closing Date", CloseOn),
        ("Account Name.id", CustomerNumber),
        ("Account Name", Company),
        ("Stage", Stage),
        ("Probability (%)", Probability),
        ("Pipeline", Pipeline),
        ("Reason For Loss", LostReason),
        ("Lead Source", Channel),
        ("Created Time", CreatedAt),
    ],
    ..PLAIN
};

pub(super) const DYNAMICS: Layout = Layout {
    columns: &[
        ("(Do Not Modify) Opportunity", Id),
        ("(Do Not Modify) Row Checksum", Always("")),
        ("(Do Not Modify) Modified On", CreatedAt),
        ("Topic", Title),
        ("Account", Company),
        ("Est. close date", ExpectedOn),
        ("Est. revenue", Amount),
        ("Actual Revenue", WonAmount),
        ("Actual Close Date", ClosedAt),
        ("Sales Stage", Stage),
        ("Probability", Probability),
        ("Status", Status),
        ("Status Reason", LostReason),
        ("Owner", Owner),
        ("Source", Channel),
        ("Created On", CreatedAt),
    ],
    words: &Words {
        stages: &["Qualify", "Develop", "Propose", "Close"],
        // A closed deal stays in the stage where it was closed; its status says how.
        won_stage: "Close",
        lost_stage: "Develop",
        ..WORDS
    },
    ..PLAIN
};

pub(super) const ODOO: Layout = Layout {
    columns: &[
        ("ID", Id),
        ("Opportunity", Title),
        ("Customer", Company),
        ("Expected Revenue", Amount),
        ("Stage", Stage),
        ("Probability", Probability),
        ("Salesperson", Owner),
        ("Created on", CreatedAt),
        ("Closed Date", ClosedAt),
        ("Expected Closing", ExpectedOn),
        ("Lost Reason", LostReason),
        ("Source", Channel),
    ],
    shape: Shape::Delimited {
        delimiter: b',',
        quote_all: true,
        line_end: "\n",
        trailing: false,
        footer: "",
    },
    words: &Words {
        stages: &["New", "Qualified", "Proposition", "Negotiation"],
        won_stage: "Won",
        lost_stage: "Lost",
        ..WORDS
    },
    ..PLAIN
};

pub(super) const ESPOCRM: Layout = Layout {
    columns: &[
        ("id", Id),
        ("name", Title),
        ("amount", Amount),
        ("amountCurrency", Currency),
        ("stage", Stage),
        ("probability", Probability),
        ("closeDate", CloseOn),
        ("accountId", CustomerId),
        ("accountName", Company),
        ("leadSource", Channel),
        ("assignedUserName", Owner),
        ("createdAt", CreatedAt),
    ],
    words: &Words { stages: &["Prospecting", "Qualification", "Proposal", "Negotiation"], ..WORDS },
    ..PLAIN
};

pub(super) const SUITECRM: Layout = Layout {
    columns: &[
        ("ID", Id),
        ("Opportunity Name", Title),
        ("Account Name", Company),
        ("Opportunity Amount", Amount),
        ("Currency", Currency),
        ("Expected Close Date", CloseOn),
        ("Sales Stage", Stage),
        ("Probability (%)", Probability),
        ("Lead Source", Channel),
        ("Product Category", Category),
        ("Assigned to", Owner),
        ("Date Created", CreatedAt),
    ],
    shape: Shape::Delimited {
        delimiter: b',',
        quote_all: true,
        line_end: "\r\n",
        trailing: false,
        footer: "",
    },
    dates: Dates::UsPadded,
    ..PLAIN
};
