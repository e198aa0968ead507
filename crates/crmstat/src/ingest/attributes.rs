//! A table joined to an export by whatever column its key equals, such as teams by the agent of each deal.

use super::{
    Export, ExportFile, Imported, ReadOptions, columns::FieldPart, customer_table::collect_texts,
    field_of, pass::input::Input, profile::header_key,
};
use crate::{
    Error, Place, Result,
    collections::interner::Interner,
    data::{ColumnKey, Labels, Records, Texts},
};

/// By what a table is joined to an export, and how its rows find their partners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedBy {
    /// What the table is called: its file without folder and ending.
    pub table: String,
    /// The column of the table that names each of its rows once.
    pub key: String,
    /// The column of the export that holds these names.
    pub column: String,
    /// The rows of the table.
    pub rows: u64,
    /// Different values of the column of the export.
    pub keys: u64,
    /// Those of them without a row in the table.
    pub unmatched_keys: u64,
    /// Some of these, in the order of their bytes.
    pub unmatched_examples: Vec<String>,
}

/// Values without a partner that are shown.
const EXAMPLES: usize = 3;

impl Records {
    /// Reads the table in `file` and joins it to `export` by content: one of its columns names each of its rows
    /// once, and among these names are all values of one column of the export. `by` names that column of the export
    /// where the content leaves it open, or where some of its values are missing in the table.
    ///
    /// Sales are divided by its columns as by those of the export: see [`Dimension`](super::Dimension).
    ///
    /// ```
    /// use crmstat::{data::Records, ingest::{Export, ExportFile, ReadOptions}};
    ///
    /// let deals = "order_id,customer_id,order_date,amount,agent\n1,A,2025-01-05,10,Ann\n2,B,2025-01-31,30,Bob\n";
    /// let export = Export::from_bytes("deals.csv", deals, ReadOptions::default())?;
    /// let teams = ExportFile::bytes("teams.csv", "agent,office\nAnn,East\nBob,West\nEve,West\n");
    /// let (_, joined) = Records::joined(&export, teams, None, ReadOptions::default())?.result;
    /// assert_eq!((joined.column.as_str(), joined.unmatched_keys), ("agent", 0));
    /// # Ok::<(), crmstat::Error>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be read, no column that names each row once, no column of the export whose values are
    /// all there, or several of these.
    pub fn joined(
        export: &Export,
        file: impl Into<ExportFile>,
        by: Option<&str>,
        options: ReadOptions,
    ) -> Result<Imported<(Self, JoinedBy)>> {
        let file = file.into();
        let place = Place { file: file.name().to_owned(), ..Place::default() };
        collect_texts(&file, options)?
            .try_map(|columns| join(export, &file, by, columns).map_err(|error| error.at(place)))
    }
}

/// A column of the table that names each row once, and the column of the export that it is joined to.
struct Found {
    key: usize,
    column: ColumnKey,
    header: String,
    values: Texts,
}

fn join(
    export: &Export,
    file: &ExportFile,
    by: Option<&str>,
    columns: Vec<(String, Labels)>,
) -> Result<(Records, JoinedBy)> {
    let rows = columns.first().map_or(0, |(_, labels)| labels.len());
    let is_key = |at: &usize| {
        let (_, labels) = &columns[*at];
        labels.labels().len() == rows && (0..rows).all(|row| labels.code(row).is_some())
    };
    let keys: Vec<usize> = (0..columns.len()).filter(is_key).collect();
    if rows == 0 || keys.is_empty() {
        return Err(Error::data("no column names each row of the table once")
            .with_hint("a joined table has one row per value of a column of the export"));
    }
    let found = match by {
        Some(by) => named(export, by, &columns, &keys)?,
        None => by_content(export, &columns, &keys)?,
    };
    let known = &columns[found.key].1;
    let values = &found.values;
    let texts = (0..values.len()).filter_map(|at| values.get(at));
    let unmatched: Vec<&str> = texts.filter(|text| !has(known.labels(), text)).collect();
    let joined = JoinedBy {
        table: stem(file.name()).to_owned(),
        key: columns[found.key].0.clone(),
        column: found.header,
        rows: rows as u64,
        keys: values.len() as u64,
        unmatched_keys: unmatched.len() as u64,
        unmatched_examples: unmatched
            .iter()
            .take(EXAMPLES)
            .map(|text| (*text).to_owned())
            .collect(),
    };
    let key = ColumnKey::Header(joined.key.clone());
    Ok((Records::joined_by(&joined.table, columns, key, found.column), joined))
}

/// The column of `export` called `by`, and the key among whose names most of its values are.
fn named(export: &Export, by: &str, columns: &[(String, Labels)], keys: &[usize]) -> Result<Found> {
    let headers = headers(export);
    let of = |key: &ColumnKey| export.inputs().iter().find_map(|input| input.column_of(key));
    let header = ColumnKey::Header(by.trim().to_owned());
    let field = field_of(by).map(ColumnKey::Field);
    let column = [Some(header), field].into_iter().flatten().find_map(|key| of(&key));
    let header = column.and_then(|column| headers.get(column)).ok_or_else(|| {
        Error::usage(format!("the export has no column `{by}` to join by"))
            .with_hint(format!("the columns are {}", headers.join(", ")))
    })?;
    let column = ColumnKey::Header(header.clone());
    let values = values(export.inputs(), &column, &|_| true)?.unwrap_or_default();
    let count = |key: &usize| {
        let known = columns[*key].1.labels();
        (0..values.len()).filter(|at| values.get(*at).is_some_and(|text| has(known, text))).count()
    };
    // Of equals the first.
    let best = keys.iter().rev().max_by_key(|key| count(key)).copied().unwrap_or_default();
    if count(&best) == 0 {
        return Err(Error::data(format!(
            "no value of `{header}` of the export is in a column of the table that names each row once"
        ))
        .with_hint("name another column, or another table"));
    }
    Ok(Found { key: best, column, header: header.clone(), values })
}

/// The column of `export` all of whose values are among the names of one of the `keys`.
fn by_content(export: &Export, columns: &[(String, Labels)], keys: &[usize]) -> Result<Found> {
    let Some(first) = export.inputs().first() else {
        return Err(Error::data("there is no export to join to"));
    };
    let headers = headers(export);
    let mut found: Vec<Found> = Vec::new();
    for (at, header) in headers.iter().enumerate().filter(|(_, header)| !header.is_empty()) {
        let cells = first.sample().iter().filter_map(|row| row.get(at)).map(|cell| cell.trim());
        let seen: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
        let column = ColumnKey::Header(header.clone());
        for key in keys {
            let known = columns[*key].1.labels();
            // The first rows tell of most columns that they are others.
            if seen.is_empty() || !seen.iter().all(|cell| has(known, cell)) {
                continue;
            }
            let values = values(export.inputs(), &column, &|text| has(known, text))?;
            if let Some(values) = values.filter(|values| !values.is_empty()) {
                let (column, header) = (column.clone(), header.clone());
                found.push(Found { key: *key, column, header, values });
            }
        }
    }
    if found.len() > 1 {
        let is_named_alike =
            |own: &Found| header_key(&own.header) == header_key(&columns[own.key].0);
        if found.iter().filter(|own| is_named_alike(own)).count() == 1 {
            found.retain(is_named_alike);
        }
    }
    let mut names: Vec<String> = found.iter().map(|own| own.header.clone()).collect();
    names.dedup();
    match (found.pop(), &names[..]) {
        (Some(one), [_]) if found.is_empty() => Ok(one),
        (Some(_), [_]) => Err(Error::data("several columns of the table name each row once")
            .with_hint("leave one of them in the table")),
        (Some(_), names) => {
            let listed = names.join("`, `");
            Err(Error::data(format!("it can be joined by any of `{listed}` of the export"))
                .with_hint(format!("say which with `--join-by {}`", names[0])))
        }
        (None, _) => {
            let keys: Vec<&str> = keys.iter().map(|key| columns[*key].0.as_str()).collect();
            Err(Error::data(format!(
                "no column of the export has all of its values in `{}` of the table",
                keys.join("` or `")
            ))
            .with_hint("name the column of the export with `--join-by COLUMN`; values without a row are told"))
        }
    }
}

/// The headers of the first file.
fn headers(export: &Export) -> Vec<String> {
    let of = |input: &Input| input.headers.iter().map(|header| header.trim().to_owned()).collect();
    export.inputs().first().map(of).unwrap_or_default()
}

/// Whether `text` is among `texts`, which are in the order of their bytes.
fn has(texts: &Texts, text: &str) -> bool {
    let (mut low, mut high) = (0, texts.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        match texts.get(middle).unwrap_or_default().cmp(text) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

/// The different texts of the column `key`; `None` where one of them is not accepted.
fn values(
    inputs: &[Input],
    key: &ColumnKey,
    is_accepted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Option<Texts>> {
    let mut all = Interner::<()>::new();
    for input in inputs {
        let Some(column) = input.column_of(key) else { continue };
        let wanted = input.wanted(vec![column]);
        let part = FieldPart::new(input, &wanted, column);
        let start = vec![(Interner::<()>::new(), true); rayon::current_num_threads()];
        let found = input.scan(&wanted, start, &|_| {}, |(texts, is_whole), records| {
            for row in records.first..records.batch.len() {
                if !*is_whole {
                    break;
                }
                let Some(text) = part.text(part.cell(&records, row)) else { continue };
                let known = texts.len();
                texts.intern(text);
                // New texts alone have to be looked up.
                if texts.len() > known {
                    *is_whole = std::str::from_utf8(text).is_ok_and(is_accepted);
                }
            }
            Ok(())
        })?;
        for (texts, is_whole) in found {
            if !is_whole {
                return Ok(None);
            }
            all.adopt(&texts);
        }
    }
    let mut texts = Texts::default();
    let mut scratch = [0; 16];
    for id in all.sorted() {
        texts.push(Some(all.text(id, &mut scratch)));
    }
    Ok(Some(texts))
}

/// The name of a file without its folder and its ending.
fn stem(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.split_once('.').map_or(file, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::JoinedBy;
    use crate::{
        Result,
        analysis::sales::{self, Query},
        data::Records,
        ingest::{Export, ExportFile, ReadOptions},
    };

    const DEALS: &str = "\
order_id,customer_id,order_date,amount,agent,second agent
1,A,2025-01-05,10,Ann,Bob
2,B,2025-01-06,20,Bob,Cid
3,A,2025-02-05,30,Ann,Bob
4,C,2025-02-06,40,,Bob
";

    fn export() -> Export {
        Export::from_bytes("deals.csv", DEALS, ReadOptions::default()).unwrap()
    }

    fn joined(table: &str, by: Option<&str>) -> Result<(Records, JoinedBy)> {
        let file = ExportFile::bytes("data/teams.2025.csv", table);
        Ok(Records::joined(&export(), file, by, ReadOptions::default())?.result)
    }

    fn revenue(by: &str, table: Records) -> Vec<(String, f64)> {
        let query = Query { by: vec![by.to_owned()], ..Query::default() };
        let found = sales::sales(&mut export(), &query, &[table]).unwrap().result;
        let of = |(at, labels): (usize, &Vec<Option<String>>)| {
            let label = labels[0].clone().unwrap_or_default();
            (label, found.overall(at)[0].unwrap().to_f64())
        };
        found.groups().iter().enumerate().map(of).collect()
    }

    #[test]
    fn the_column_is_found_by_its_values_and_sales_are_divided_by_the_others() {
        let teams = "agent,manager,office\nAnn,Max,East\nBob,Max,West\n";
        let (table, found) = joined(teams, None).unwrap();
        assert_eq!(
            (&found.table[..], &found.key[..], &found.column[..]),
            ("teams", "agent", "agent")
        );
        assert_eq!((found.rows, found.keys, found.unmatched_keys), (2, 2, 0));
        let shown = |rows: &[(&str, f64)]| -> Vec<(String, f64)> {
            rows.iter().map(|(label, value)| ((*label).to_owned(), *value)).collect()
        };
        let by_office = shown(&[("East", 40.0), ("West", 20.0), ("(none)", 40.0)]);
        assert_eq!(revenue("office", table.clone()), by_office);
        assert_eq!(revenue("teams.office", table.clone()), by_office);
        // The header of a joined table comes before a word for a field of the export.
        assert_eq!(revenue("manager", table.clone()), shown(&[("Max", 60.0), ("(none)", 40.0)]));
        assert_eq!(revenue("agent", table)[0].0, "Ann");
    }

    #[test]
    fn what_the_content_leaves_open_is_refused_with_the_option() {
        let names = "name,office\nAnn,East\nBob,West\nCid,West\n";
        let error = joined(names, None).unwrap_err();
        assert!(error.to_string().contains("`agent`, `second agent`"), "{error}");
        assert_eq!(error.hint(), Some("say which with `--join-by agent`"));
        let (_, found) = joined(names, Some("second agent")).unwrap();
        assert_eq!((&found.key[..], &found.column[..]), ("name", "second agent"));
    }

    #[test]
    fn values_without_a_row_are_told() {
        let ann = "name,office\nAnn,East\nZoe,West\n";
        let error = joined(ann, None).unwrap_err();
        assert!(error.hint().unwrap().contains("--join-by"), "{error}");
        let (_, found) = joined(ann, Some("agent")).unwrap();
        assert_eq!((found.keys, found.unmatched_keys), (2, 1));
        assert_eq!(found.unmatched_examples, ["Bob"]);
        assert!(joined(ann, Some("order_id")).unwrap_err().is_data());
        assert!(joined(ann, Some("weather")).unwrap_err().is_usage());
        assert!(joined("name,office\nAnn,East\nAnn,East\n", None).unwrap_err().is_data());
    }
}
