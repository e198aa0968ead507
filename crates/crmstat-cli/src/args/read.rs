//! How exports are read: the options of every command that takes them.

use clap::Args;
use std::path::PathBuf;

/// Options of reading.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadArgs {
    /// Files, glob patterns, or `-` for standard input; several are one data set
    #[arg(required = true, value_name = "EXPORT", help_heading = None)]
    pub(crate) exports: Vec<String>,
    /// The profile of the CRM, by name or as a TOML file [default: recognised by the header]
    #[arg(long, value_name = "NAME|FILE.toml")]
    pub(crate) profile: Option<String>,
    /// The column of a field, as in `--map amount=Total`, by its place, as in `--map amount=#3`, or of
    /// another table, as in `--map lines.price=Cost` (repeatable)
    #[arg(long, value_name = "FIELD=COLUMN")]
    pub(crate) map: Vec<String>,
    /// A column that is left out: it does not say what it seems to say (repeatable)
    #[arg(long, value_name = "COLUMN")]
    pub(crate) ignore: Vec<String>,
    /// The rows that count, by what a column says, as in `--where region=North` (repeatable: one of the values of a
    /// column, and all of several columns)
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub(crate) only: Vec<String>,
    /// A label that is read as another one, as in `--merge "GTXPro=GTX Pro"`, in every column but those of ids, or a
    /// table of such pairs in two columns; `crmstat inspect` proposes some (repeatable)
    #[arg(long, value_name = "LABEL=MEANT|FILE")]
    pub(crate) merge: Vec<String>,
    /// Rows that repeat another one in every cell: count them once, count them all, or refuse them
    /// [default: once where they are in several files, all within a file]
    #[arg(long, value_name = "drop|keep|refuse")]
    pub(crate) duplicates: Option<String>,
    /// An amount that is the same on all rows of an order: the order's, counted once, or the row's, summed
    /// [default: decided from the amounts]
    #[arg(long, value_name = "once|sum")]
    pub(crate) order_total: Option<String>,
    /// What a stage means, as in `--stage "Contract signed=won"` (repeatable)
    #[arg(long, value_name = "LABEL=won|lost|open")]
    pub(crate) stage: Vec<String>,
    /// The order of dates [default: decided per column from evidence]
    #[arg(long, value_name = "dmy|mdy|ymd")]
    pub(crate) date_order: Option<String>,
    /// The decimal sign [default: decided per column from evidence]
    #[arg(long, value_name = "comma|point")]
    pub(crate) decimal: Option<String>,
    /// The encoding, such as `windows-1251` [default: recognised]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// The delimiter; `tab` for a tab, `space` for runs of spaces [default: recognised]
    #[arg(long, value_name = "C")]
    pub(crate) delimiter: Option<String>,
    /// The sheet of a workbook [default: the first with a table]
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// The zone, such as `Europe/Moscow` or `+03:00`, to which stamps that carry a zone are moved
    /// [default: the zone is left aside and the wall time kept]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub(crate) tz: Option<String>,
    /// What a column of discounts holds [default: decided from its cells]
    #[arg(long, value_name = "amount|percent|fraction|none")]
    pub(crate) discounts: Option<String>,
    /// A customer's id that stands for nobody in particular, such as that of all guests (repeatable)
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) guest: Vec<String>,
    /// Rows whose dates are far from all others, such as 1970 or 2042 [default: dropped and told]
    #[arg(long, value_name = "drop|keep")]
    pub(crate) far_dates: Option<String>,
    /// Orders that were refunded in full within a day, with their refunds [default: dropped and told]
    #[arg(long, value_name = "drop|keep")]
    pub(crate) cancelled: Option<String>,
    /// Exchange rates, needed where amounts are in several currencies
    #[arg(long, value_name = "FILE")]
    pub(crate) rates: Option<PathBuf>,
    /// Calls, meetings, e-mails, inquiries: `customer_id`, `at`, `kind`, `outcome`
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) activities: Vec<String>,
    /// Customers and their attributes, such as region, segment, satisfaction
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) customers: Vec<String>,
    /// Lines of orders: product, category, quantity, price, discount, cost; they give the amounts of
    /// orders that have none
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) lines: Vec<String>,
    /// Products: category, price, cost; they give the prices of orders and lines that have none
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) products: Vec<String>,
    /// Stages that deals went through: `deal_id`, `stage`, `entered_at`
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) history: Vec<String>,
    /// Spend: period, channel, amount
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) spend: Vec<String>,
    /// Leads: created, source, status, manager, deal
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) leads: Vec<String>,
    /// Tickets: opened, first answer, resolved, kind
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) tickets: Vec<String>,
    /// Write every rejected row with its reason to this CSV file
    #[arg(long, value_name = "FILE")]
    pub(crate) quarantine: Option<PathBuf>,
    /// Treat any rejected row as an error
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Further tables by whose columns an export is divided.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reading")]
pub(crate) struct JoinArgs {
    /// A further table whose columns --by may name, such as the teams of agents: one of its columns names each row once,
    /// and among these names are all values of one column of the export (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) join: Vec<String>,
    /// The column of the export by which --join is joined, one for each [default: decided from the values]
    #[arg(long, value_name = "COLUMN", requires = "join")]
    pub(crate) join_by: Vec<String>,
}
