//! Measured figures stand in `docs/evidence`, once each; what a README shows of them is a copy of the same block.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The blocks between `<!-- figure NAME -->` and `<!-- end -->`, and the lines of tables outside of them.
fn blocks(text: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (mut blocks, mut tables, mut open) = (Vec::new(), Vec::new(), None::<(String, String)>);
    for line in text.lines() {
        if let Some(name) =
            line.strip_prefix("<!-- figure ").and_then(|rest| rest.strip_suffix(" -->"))
        {
            assert!(open.is_none(), "a figure within a figure: {line}");
            open = Some((name.to_owned(), String::new()));
        } else if line == "<!-- end -->" {
            blocks.push(open.take().expect("an end behind a figure"));
        } else if let Some((_, block)) = &mut open {
            *block += &format!("{line}\n");
        } else if line.starts_with('|') {
            tables.push(line.to_owned());
        }
    }
    assert!(open.is_none(), "a figure without an end");
    (blocks, tables)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn evidence() -> BTreeMap<String, String> {
    let folder = crmstat_testkit::checkout().join("docs/evidence");
    let mut all = BTreeMap::new();
    let files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in files.iter().filter(|file| file.extension().is_some_and(|own| own == "md")) {
        for (name, block) in blocks(&read(file)).0 {
            assert!(all.insert(name.clone(), block).is_none(), "the figure `{name}` stands twice");
        }
    }
    all
}

#[test]
fn figures_of_the_readmes_are_those_of_the_evidence() {
    let evidence = evidence();
    let mut copies = 0;
    for name in ["README.md", "benches/README.md"] {
        for (figure, block) in blocks(&read(&crmstat_testkit::checkout().join(name))).0 {
            copies += 1;
            let measured = evidence.get(&figure);
            assert_eq!(measured, Some(&block), "{name}: the figure `{figure}` is stale");
        }
    }
    assert!(copies > 0);
}

/// A table of decimals outside of a block has been typed.
#[test]
fn no_table_of_figures_is_typed_into_the_readme() {
    let is_decimal = |cell: &str| {
        let cell = cell.trim().trim_end_matches(" s").replace(',', "");
        cell.contains('.') && cell.parse::<f64>().is_ok()
    };
    let (_, tables) = blocks(&read(&crmstat_testkit::checkout().join("README.md")));
    let typed: Vec<&String> =
        tables.iter().filter(|line| line.split('|').any(is_decimal)).collect();
    assert!(typed.is_empty(), "{typed:#?}");
}
