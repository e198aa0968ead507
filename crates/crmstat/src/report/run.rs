//! The record of a run: what it was made from, what became of it, and how to get it again.
//!
//! `run.json` stands beside the page. It holds the version, the arguments, size and SHA-256 of every input
//! and of every file of the report, the ledger and the decisions. The same version, arguments and inputs
//! give the same files, byte for byte, and the same record but for its last entry, the timings.
//!
//! Paths are kept as they were given: relative ones count from the folder in which the command is run. A
//! key of pseudonyms is not kept, only whether a key is the same one.

use super::{Absent, Options, Report, Results, Stage, TableFormat};
use crate::{
    Error, Lang, Place, Pseudonyms, Result,
    data::{Decision, Ledger, Notice},
    ingest::{Inputs, ReadFile, source::expand},
    write::write_atomically,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufReader, Read},
    path::Path,
};

/// The layout of the record.
const SCHEMA: u32 = 2;
/// The name of the record in a report's folder.
pub(super) const NAME: &str = "run.json";
/// Standard input among names of files.
const STANDARD_INPUT: &str = "-";
/// Bytes that are hashed at a time.
const BLOCK: usize = 1 << 18;
/// What is hashed under a key of pseudonyms to know it again: no id has a control character in front.
const KEY_CHECK: &str = "\u{1}crmstat run";

/// The record of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The version of crmstat.
    pub crmstat: String,
    /// The layout of the record.
    schema: u32,
    /// The arguments as given, but for the output, the threads, the key of pseudonyms and what is said on
    /// the way, which change nothing in a report.
    pub arguments: Vec<String>,
    /// What they meant.
    pub meant: Meant,
    /// Tells whether a key of pseudonyms is the same one; `None` without pseudonyms.
    pub key_check: Option<String>,
    /// Every file that was read, in the order of reading.
    pub inputs: Vec<InputFile>,
    /// Where every row of the orders or deals went.
    pub ledger: Account,
    /// Rejected rows by reason.
    pub rejected: Vec<Rejected>,
    /// What was decided by itself.
    pub decisions: Vec<Decided>,
    /// What changed the answers without having been asked for, the worst first.
    pub notices: Vec<Noticed>,
    /// The sections, and why those are absent that are.
    pub sections: Vec<SectionRecord>,
    /// Every other file of the report, by path.
    pub outputs: Vec<OutputFile>,
    /// How long the steps took: no part of what is the same in the same run.
    pub timings: Vec<Timing>,
}

/// Arguments as meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meant {
    /// The title.
    pub title: String,
    /// The exclusive instant of observation.
    pub as_of: String,
    /// The seed of every random choice.
    pub seed: u64,
    /// The language.
    pub lang: String,
    /// The profile by which the files were read.
    pub profile: Option<String>,
    /// What their rows are.
    pub rows: String,
    /// The currency of amounts, where it is known.
    pub currency: Option<String>,
    /// The format of the tables.
    pub tables: String,
    /// Whether names of customers stand beside their ids.
    pub with_names: bool,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// What it is for: `export`, `customers`, `rates` …
    pub role: String,
    /// Its path as given; `-` is standard input.
    pub file: String,
    /// Its size; `None` where it is not known.
    pub bytes: Option<u64>,
    /// The SHA-256 of its content in hexadecimal; `None` where it is not known.
    pub sha256: Option<String>,
}

/// A file of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputFile {
    /// Its path in the folder, parts joined by `/`.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content in hexadecimal.
    pub sha256: String,
}

/// The ledger: `read = accepted + quarantined + ignored`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Records behind the header.
    pub read: u64,
    /// Rows that were used.
    pub accepted: u64,
    /// Rows that could not be used.
    pub quarantined: u64,
    /// Rows left out, by rule.
    pub ignored: BTreeMap<String, u64>,
}

/// Rejected rows that share a column and a reason. The values themselves are not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejected {
    /// How many rows.
    pub rows: u64,
    /// What is wrong with them.
    pub reason: String,
    /// Where the first of them is.
    pub first: String,
}

/// A decision that was taken automatically.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The file it is about.
    pub file: String,
    /// What was decided.
    pub topic: String,
    /// What it was decided to be.
    pub value: String,
    /// The evidence.
    pub reason: String,
    /// The option that overrides it.
    pub option: Option<String>,
}

/// What changed the answers without having been asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noticed {
    /// How far the answer may be from the right one: `note`, `warning` or `grave`.
    pub severity: String,
    /// The file it is about; empty for the whole data set.
    pub file: String,
    /// What was found and what was made of it.
    pub text: String,
    /// The rows concerned.
    pub rows: u64,
    /// The money that depends on it, where that is known.
    pub amount: Option<String>,
    /// What settles it, as the command line takes it: each by itself.
    pub settings: Vec<String>,
}

impl Noticed {
    fn of(notice: &Notice) -> Self {
        Self {
            severity: notice.severity.name().to_owned(),
            file: notice.file.clone(),
            text: notice.text(Lang::En),
            rows: notice.rows,
            amount: notice.money.map(|money| money.to_string()),
            settings: notice.options(),
        }
    }
}

/// A section, or why it is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionRecord {
    /// Its name.
    pub section: String,
    /// Why it is absent; `None` where it is there.
    pub absent: Option<String>,
}

/// How long a step took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// The step; see [`Stage::name`].
    pub step: String,
    /// Seconds of wall time.
    pub seconds: f64,
}

impl Stage {
    /// The name under which a record tells how long it took.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Section(section) => section.name(),
            Self::Writing => "writing",
        }
    }
}

impl InputFile {
    /// The files that `inputs` have read, with the size and the hash of what was read of each.
    ///
    /// # Errors
    /// A file that changed while it was read.
    pub fn all(inputs: &Inputs) -> Result<Vec<Self>> {
        let read = inputs.read_files()?.into_iter();
        Ok(read
            .map(|ReadFile { role, name, fingerprint }| Self {
                role,
                file: name,
                bytes: Some(fingerprint.bytes),
                sha256: Some(fingerprint.sha256),
            })
            .collect())
    }

    /// The files that `patterns` name, as [`Export::open`](crate::ingest::Export::open) takes them, with
    /// the size and the hash of each; of a pipe, which can be read once only, neither is known.
    ///
    /// # Errors
    /// A pattern without a file, or a file that cannot be read.
    pub fn of(role: &str, patterns: &[String]) -> Result<Vec<Self>> {
        expand(patterns)?
            .into_iter()
            .map(|file| {
                let path = Path::new(&file);
                let is_pipe = file == STANDARD_INPUT
                    || path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir());
                let (bytes, sha256) = if is_pipe {
                    (None, None)
                } else {
                    let (bytes, hash) = hashed(path)?;
                    (Some(bytes), Some(hash))
                };
                Ok(Self { role: role.to_owned(), file, bytes, sha256 })
            })
            .collect()
    }

    fn is_same_file(&self, other: &Self) -> bool {
        self.role == other.role && self.file == other.file
    }
}

impl Run {
    /// The record of the run that gave `report`, before its files are written: `arguments` are those that
    /// would give it again, `inputs` what it was made from.
    pub fn new(
        arguments: Vec<String>,
        inputs: Vec<InputFile>,
        (results, options, report): (&Results, &Options, &Report),
        tables: TableFormat,
    ) -> Self {
        let account = &results.account;
        Self {
            crmstat: env!("CARGO_PKG_VERSION").to_owned(),
            schema: SCHEMA,
            arguments,
            meant: Meant {
                title: report.title.clone(),
                as_of: report.as_of.to_string(),
                seed: results.seed,
                lang: report.lang().pick("en", "ru").to_owned(),
                profile: results.profile.clone(),
                rows: results.kind.to_string(),
                currency: account.currency.map(|currency| currency.code().to_owned()),
                tables: tables.format().name().to_owned(),
                with_names: options.with_names,
            },
            key_check: options.pseudonyms.as_ref().map(|key| key.of(KEY_CHECK)),
            inputs,
            ledger: Account::of(&account.ledger),
            rejected: account
                .rejections
                .groups()
                .into_iter()
                .map(|group| Rejected {
                    rows: group.rows,
                    reason: group.first.reason.to_owned(),
                    first: group.first.place.to_string(),
                })
                .collect(),
            decisions: account.decisions.iter().map(Decided::of).collect(),
            notices: account.notices.iter().map(Noticed::of).collect(),
            sections: report
                .sections
                .iter()
                .map(|section| SectionRecord {
                    section: section.id.name().to_owned(),
                    absent: section
                        .content
                        .as_ref()
                        .err()
                        .map(|Absent { reason, .. }| reason.clone()),
                })
                .collect(),
            outputs: Vec::new(),
            timings: Vec::new(),
        }
    }

    /// Reads the record at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is no record, or was made by another version, which may count otherwise.
    pub fn load(path: &Path) -> Result<Self> {
        let place = || Place { file: path.display().to_string(), ..Place::default() };
        let text =
            fs::read_to_string(path).map_err(|cause| Error::io("cannot read", path, cause))?;
        let version: Version = serde_json::from_str(&text).map_err(|cause| {
            Error::data("not the record of a report")
                .at(place())
                .with_hint("give the `run.json` of an earlier report")
                .with_source(cause)
        })?;
        let ours = env!("CARGO_PKG_VERSION");
        if version.crmstat != ours || version.schema != SCHEMA {
            return Err(Error::data(format!(
                "made by crmstat {}; this is {ours}, which may count otherwise",
                version.crmstat
            ))
            .at(place())
            .with_hint("repeat it with that version, or make a new report from the export"));
        }
        serde_json::from_str(&text).map_err(|cause| {
            Error::data(format!("damaged: {cause}")).at(place()).with_source(cause)
        })
    }

    /// The files that a record of any version in `folder` lists; none where there is no record.
    pub(super) fn outputs_in(folder: &Path) -> Vec<String> {
        #[derive(Deserialize)]
        struct Outputs {
            outputs: Vec<Output>,
        }
        #[derive(Deserialize)]
        struct Output {
            file: String,
        }
        let text = fs::read_to_string(folder.join(NAME)).unwrap_or_default();
        let found = serde_json::from_str::<Outputs>(&text);
        found.map_or_else(
            |_| Vec::new(),
            |found| found.outputs.into_iter().map(|out| out.file).collect(),
        )
    }

    /// Refuses to repeat this run on other inputs than `now`, or under another key of pseudonyms. What the
    /// hash of an input is not known yet, because it is a pipe, may be the same.
    ///
    /// # Errors
    /// The first input that is new, missing, or has changed; one whose hash was not recorded;
    /// a key that is missing, not wanted, or another one.
    pub fn check(&self, now: &[InputFile], key: Option<&Pseudonyms>) -> Result<()> {
        let refused = |file: &str, what: &str| {
            Error::data(what)
                .at(Place { file: file.to_owned(), ..Place::default() })
                .with_hint("make a new report: `crmstat report EXPORT -o DIR`")
        };
        if self.inputs.iter().any(|input| input.sha256.is_none()) {
            return Err(refused(STANDARD_INPUT, "the record does not tell what was read"));
        }
        for then in &self.inputs {
            match now.iter().find(|input| input.is_same_file(then)) {
                None => return Err(refused(&then.file, "is not among the inputs any more")),
                Some(input) if input.sha256.is_some() && input != then => {
                    return Err(refused(&then.file, "has changed since the run"));
                }
                Some(_) => {}
            }
        }
        let is_new = |input: &&InputFile| !self.inputs.iter().any(|then| input.is_same_file(then));
        if let Some(input) = now.iter().find(is_new) {
            return Err(refused(&input.file, "was not among the inputs of the run"));
        }
        match (&self.key_check, key.map(|key| key.of(KEY_CHECK))) {
            (Some(_), None) => Err(Error::usage("the run put pseudonyms in the place of ids")
                .with_hint("give its key with `--pseudonymize KEY`")),
            (None, Some(_)) => Err(Error::usage("the run put no pseudonyms in the place of ids")
                .with_hint("leave out `--pseudonymize`")),
            (Some(then), Some(now)) if *then != now => {
                Err(Error::usage("the run put pseudonyms under another key"))
            }
            _ => Ok(()),
        }
    }

    /// Hashes the files of the report in `folder` and writes the record beside them.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn save(&mut self, folder: &Path) -> Result<()> {
        self.outputs = outputs(folder)?;
        let path = folder.join(NAME);
        let text = serde_json::to_string_pretty(self).map_err(|cause| {
            Error::data("the record of the run cannot be written as JSON").with_source(cause)
        })?;
        write_atomically(&path, |out| {
            writeln!(out, "{text}").map_err(|cause| Error::io("cannot write", &path, cause))
        })
    }

    /// Whether `again` gave the same files.
    ///
    /// # Errors
    /// The first file that differs.
    pub fn same_outputs(&self, again: &Self) -> Result<()> {
        let differs = |one: &[OutputFile], other: &[OutputFile]| {
            one.iter().find(|output| !other.contains(output)).map(|output| output.file.clone())
        };
        let found = differs(&self.outputs, &again.outputs);
        match found.or_else(|| differs(&again.outputs, &self.outputs)) {
            None => Ok(()),
            Some(file) => Err(Error::data("the same run gave another file")
                .at(Place { file, ..Place::default() })
                .with_hint("repeat it with the build of crmstat that made the record")),
        }
    }
}

/// What tells whether the rest can be understood.
#[derive(Deserialize)]
struct Version {
    crmstat: String,
    schema: u32,
}

impl Account {
    fn of(ledger: &Ledger) -> Self {
        Self {
            read: ledger.read,
            accepted: ledger.accepted,
            quarantined: ledger.quarantined,
            ignored: ledger.ignored().map(|(rule, rows)| (rule.rule().to_owned(), rows)).collect(),
        }
    }
}

impl Decided {
    fn of(decision: &Decision) -> Self {
        let Decision { file, topic, value, reason, option } = decision.clone();
        Self { file, topic, value, reason, option: option.map(str::to_owned) }
    }
}

/// Every file in `folder` and the folders in it, by path.
fn outputs(folder: &Path) -> Result<Vec<OutputFile>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        let failed = |cause| Error::io("cannot read", &folder, cause);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let file = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(failed)?.is_dir() {
                open.push((entry.path(), format!("{file}/")));
            } else if file != NAME {
                found.push((file, entry.path()));
            }
        }
    }
    found.sort();
    found
        .into_par_iter()
        .map(|(file, path)| {
            let (bytes, sha256) = hashed(&path)?;
            Ok(OutputFile { file, bytes, sha256 })
        })
        .collect()
}

/// The size of a file and the SHA-256 of its content.
fn hashed(path: &Path) -> Result<(u64, String)> {
    let failed = |cause| Error::io("cannot read", path, cause);
    let mut file = BufReader::with_capacity(BLOCK, File::open(path).map_err(failed)?);
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        match file.read(&mut block).map_err(failed)? {
            0 => break,
            read => {
                hash.update(&block[..read]);
                bytes += read as u64;
            }
        }
    }
    let mut written = String::new();
    for byte in hash.finalize() {
        written.push_str(&format!("{byte:02x}"));
    }
    Ok((bytes, written))
}

/// Whether `key` is the one that a record's `check` tells of; no key is that of no check.
pub(super) fn is_key_of(check: Option<&str>, key: Option<&Pseudonyms>) -> bool {
    check == key.map(|key| key.of(KEY_CHECK)).as_deref()
}

#[cfg(test)]
mod tests {
    use super::{InputFile, Run, hashed};
    use crate::{
        Pseudonyms,
        ingest::{Export, ReadOptions},
        report::{Options, Report, Results, Stage, TableFormat},
    };
    use std::{fs, path::Path};

    const ORDERS: &str =
        "customer_id,order_date,amount\nA,2024-01-05,10\nB,2024-02-01,20\nA,never,5\n";

    fn record(folder: &Path, options: &Options) -> Run {
        let path = folder.join("orders.csv").display().to_string();
        let inputs = InputFile::of("export", std::slice::from_ref(&path)).unwrap();
        let mut export = Export::open(&[path], ReadOptions::default()).unwrap();
        let results = Results::of(&mut export, &[], options, &|_| {}).unwrap();
        let report = Report::new(&results, options).unwrap();
        let made = (&results, options, &report);
        Run::new(vec!["orders.csv".to_owned()], inputs, made, TableFormat::Csv)
    }

    #[test]
    fn a_record_comes_back_and_knows_its_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let orders = folder.path().join("orders.csv");
        fs::write(&orders, ORDERS).unwrap();
        let mut run = record(folder.path(), &Options::default());
        fs::create_dir(folder.path().join("tables")).unwrap();
        fs::write(folder.path().join("tables/t.csv"), "a\n").unwrap();
        run.save(folder.path()).unwrap();
        let files: Vec<&str> = run.outputs.iter().map(|output| output.file.as_str()).collect();
        assert_eq!(files, ["orders.csv", "tables/t.csv"]);
        assert_eq!((run.ledger.read, run.ledger.quarantined, run.rejected.len()), (3, 1, 1));

        let loaded = Run::load(&folder.path().join("run.json")).unwrap();
        assert_eq!(loaded, run);
        loaded.check(&run.inputs, None).unwrap();
        loaded.same_outputs(&run).unwrap();

        let role = InputFile { role: "customers".to_owned(), ..run.inputs[0].clone() };
        let error = loaded.check(&[run.inputs[0].clone(), role], None).unwrap_err();
        assert!(error.is_data() && error.to_string().contains("was not among"), "{error}");
        let error = loaded.check(&[], None).unwrap_err();
        assert!(error.to_string().contains("not among the inputs any more"), "{error}");
        fs::write(&orders, ORDERS.replace("20\n", "21\n")).unwrap();
        let now = InputFile::of("export", &[orders.display().to_string()]).unwrap();
        let error = loaded.check(&now, None).unwrap_err();
        assert!(error.is_data() && error.to_string().ends_with("has changed since the run"));
        assert!(error.to_string().contains("orders.csv"), "{error}");

        fs::write(folder.path().join("tables/t.csv"), "b\n").unwrap();
        run.save(folder.path()).unwrap();
        assert!(loaded.same_outputs(&run).unwrap_err().to_string().contains("orders.csv"));
    }

    #[test]
    fn a_key_is_known_again_but_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("orders.csv"), ORDERS).unwrap();
        let key = |key: &str| Pseudonyms::new(key).unwrap();
        let options =
            Options { pseudonyms: Some(key("correct horse battery")), ..Options::default() };
        let run = record(folder.path(), &options);
        run.check(&run.inputs, Some(&key("correct horse battery"))).unwrap();
        assert!(run.check(&run.inputs, Some(&key("wrong horse battery"))).unwrap_err().is_usage());
        assert!(run.check(&run.inputs, None).unwrap_err().hint().unwrap().contains("KEY"));
        let plain = record(folder.path(), &Options::default());
        assert!(plain.check(&run.inputs, Some(&key("correct horse battery"))).is_err());
        assert!(!format!("{run:?}").contains("correct horse"));
    }

    #[test]
    fn a_pipe_is_compared_once_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("orders.csv"), ORDERS).unwrap();
        let before = InputFile::of("export", &["-".to_owned()]).unwrap();
        assert_eq!((before[0].bytes, &before[0].sha256), (None, &None));
        let run = record(folder.path(), &Options::default());
        let read = vec![InputFile { file: "-".to_owned(), ..run.inputs[0].clone() }];
        let run = Run { inputs: read.clone(), ..run };
        run.check(&before, None).unwrap();
        run.check(&read, None).unwrap();
        let other = vec![InputFile { bytes: Some(1), ..read[0].clone() }];
        assert!(run.check(&other, None).unwrap_err().to_string().contains("has changed"));
        let unknown = Run { inputs: before.clone(), ..run };
        let error = unknown.check(&before, None).unwrap_err();
        assert!(error.to_string().contains("does not tell what was read"), "{error}");
    }

    #[test]
    fn what_is_no_record_of_this_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        for (text, said) in [
            ("", "not the record of a report"),
            ("{}", "not the record of a report"),
            ("{\"crmstat\": \"0.0.1\", \"schema\": 1}", "made by crmstat 0.0.1"),
            (
                concat!("{\"crmstat\": \"", env!("CARGO_PKG_VERSION"), "\", \"schema\": 2}"),
                "damaged: missing field",
            ),
        ] {
            fs::write(&path, text).unwrap();
            let error = Run::load(&path).unwrap_err();
            assert!(error.is_data() && error.to_string().contains(said), "{error}");
        }
        assert!(Run::load(&folder.path().join("none.json")).unwrap_err().is_io());
    }

    #[test]
    fn files_are_hashed_as_others_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs::write(&path, "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hashed(&path).unwrap(), (3, hash.to_owned()));
        assert_eq!(Stage::Writing.name(), "writing");
    }
}
