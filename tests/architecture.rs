//! The rooms of the code and who may import whom, as `ARCHITECTURE.md` says.
//!
//! Every path that begins with `crate::`, or with enough `super::` to leave its room, is an import of the room it
//! names; a name that the crate root re-exports counts as the room it comes from. Tests are left out: they may
//! look anywhere. Where the table of rooms has no circle and every import is in the table, no two files of two
//! rooms can import each other in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Crates that have a table of rooms, and the heading above it in `ARCHITECTURE.md`.
const CRATES: &[(&str, &str)] = &[("crmstat", "Rooms"), ("crmstat-models", "Rooms of the models")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One word or sign of a source file.
type Token = String;

/// The words and the signs `:{},;*` of a source, without comments, literals and attributes.
fn tokens(source: &str) -> Vec<Token> {
    let bytes: Vec<char> = source.chars().collect();
    let (mut at, mut tokens) = (0, Vec::<Token>::new());
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    while at < bytes.len() {
        let letter = bytes[at];
        let next = bytes.get(at + 1).copied().unwrap_or(' ');
        if letter == '/' && next == '/' {
            at += bytes[at..].iter().take_while(|&&own| own != '\n').count();
        } else if letter == '/' && next == '*' {
            let mut depth = 0;
            loop {
                match (bytes[at], bytes.get(at + 1)) {
                    ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
                    ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
                    _ => at += 1,
                }
                if depth == 0 {
                    break;
                }
            }
        } else if letter == 'r'
            && (next == '"' || next == '#')
            && raw_signs(&bytes, at + 1).is_some()
        {
            let signs = raw_signs(&bytes, at + 1).unwrap();
            let end: Vec<char> =
                std::iter::once('"').chain(std::iter::repeat_n('#', signs)).collect();
            at += 2 + signs;
            while !bytes[at..].starts_with(&end) {
                at += 1;
            }
            at += end.len();
        } else if letter == '"' {
            at += 1;
            while bytes[at] != '"' {
                at += if bytes[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if letter == '\'' {
            // A letter in quotes, or a lifetime.
            at += match (next, bytes.get(at + 2)) {
                ('\\', _) => 3 + bytes[at + 3..].iter().take_while(|&&own| own != '\'').count() + 1,
                (_, Some('\'')) => 3,
                _ => 1,
            };
        } else if is_word(letter) {
            let word: String = bytes[at..].iter().take_while(|&&own| is_word(own)).collect();
            at += word.chars().count();
            tokens.push(word);
        } else {
            if letter == ':' && next == ':' {
                tokens.push("::".to_owned());
                at += 2;
                continue;
            }
            if !letter.is_whitespace() {
                tokens.push(letter.to_string());
            }
            at += 1;
        }
    }
    tokens
}

/// The number of `#` of a raw string that begins at `at`.
fn raw_signs(letters: &[char], at: usize) -> Option<usize> {
    let signs = letters[at..].iter().take_while(|&&own| own == '#').count();
    (letters.get(at + signs) == Some(&'"')).then_some(signs)
}

/// The place behind the bracket that closes the one at `at`.
fn behind(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "{" | "[" | "(" => depth += 1,
            "}" | "]" | ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    tokens.len()
}

/// The tokens without the items behind `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let test: Vec<&str> = vec!["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut at, mut kept) = (0, Vec::new());
    while at < tokens.len() {
        if tokens[at..].len() >= test.len()
            && tokens[at..].iter().zip(&test).all(|(own, sign)| own == sign)
        {
            at += test.len();
            while at < tokens.len() && tokens[at] != ";" && tokens[at] != "{" {
                at = if tokens[at] == "[" || tokens[at] == "(" {
                    behind(tokens, at)
                } else {
                    at + 1
                };
            }
            at = if at < tokens.len() && tokens[at] == "{" { behind(tokens, at) } else { at + 1 };
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Reads the path or the tree of paths at `at`: the first name of each, behind `above` steps up, where a file stands
/// `depth` modules below the crate root. Only names directly below the root matter.
fn names_below_root(tokens: &[Token], at: usize, depth: usize, found: &mut BTreeSet<String>) {
    match tokens.get(at).map(String::as_str) {
        Some("super") if depth > 0 && tokens.get(at + 1).is_some_and(|own| own == "::") => {
            names_below_root(tokens, at + 2, depth - 1, found);
        }
        Some("self") if depth == 0 && tokens.get(at + 1).is_some_and(|own| own == "::") => {
            names_below_root(tokens, at + 2, 0, found);
        }
        Some("{") => {
            let end = behind(tokens, at) - 1;
            let mut place = at + 1;
            while place < end {
                names_below_root(tokens, place, depth, found);
                while place < end && tokens[place] != "," {
                    place = if tokens[place] == "{" { behind(tokens, place) } else { place + 1 };
                }
                place += 1;
            }
        }
        Some(name)
            if depth == 0
                && name.chars().next().is_some_and(|own| own.is_alphanumeric() || own == '*') =>
        {
            found.insert(name.to_owned());
        }
        _ => {}
    }
}

/// The names below the crate root that a file names, where its module stands `depth` levels below the root.
fn imports(source: &str, depth: usize) -> BTreeSet<String> {
    let tokens = without_tests(&tokens(source));
    let mut found = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let begins = at == 0 || tokens[at - 1] != "::";
        let is_path = tokens.get(at + 1).is_some_and(|own| own == "::");
        match token.as_str() {
            "crate" if begins && is_path => names_below_root(&tokens, at + 2, 0, &mut found),
            "super" if begins && is_path => names_below_root(&tokens, at, depth, &mut found),
            _ => {}
        }
    }
    found
}

/// Every file below `folder` that is not a test, with its place below it.
fn sources(folder: &Path) -> BTreeMap<String, PathBuf> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            let is_test = name.split('/').any(|part| part == "tests" || part.ends_with("tests.rs"));
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == "rs") && !is_test {
                found.insert(name, path);
            }
        }
    }
    found
}

/// The modules of a file from the crate root: `data/money.rs` is `data`, `money`.
fn modules(file: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if matches!(parts.last(), Some(&("mod" | "lib"))) {
        parts.pop();
    }
    parts
}

/// What the crate root re-exports from its rooms, by name: the room.
fn re_exports(root: &str, rooms: &BTreeSet<String>) -> BTreeMap<String, String> {
    let tokens = tokens(root);
    let mut found = BTreeMap::new();
    for at in 0..tokens.len() {
        if tokens[at] != "use" || !tokens.get(at + 1).is_some_and(|room| rooms.contains(room)) {
            continue;
        }
        let room = &tokens[at + 1];
        let end = at + tokens[at..].iter().position(|own| own == ";").unwrap();
        for place in at + 2..end {
            // The last name of a path is what is exported.
            if !matches!(tokens[place].as_str(), "::" | "{" | "}" | ",")
                && tokens[place + 1] != "::"
            {
                found.insert(tokens[place].clone(), room.clone());
            }
        }
    }
    found
}

/// Who imports whom in a crate, with the files that do.
fn edges(name: &str) -> BTreeMap<(String, String), BTreeSet<String>> {
    let folder = root().join("crates").join(name).join("src");
    let files = sources(&folder);
    let rooms: BTreeSet<String> =
        files.keys().filter_map(|file| Some((*modules(file).first()?).to_owned())).collect();
    let exported = re_exports(&fs::read_to_string(folder.join("lib.rs")).unwrap(), &rooms);
    let mut edges: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for (file, path) in &files {
        let modules = modules(file);
        let Some(own) = modules.first() else { continue };
        for import in imports(&fs::read_to_string(path).unwrap(), modules.len()) {
            let room = if rooms.contains(&import) { Some(&import) } else { exported.get(&import) };
            if let Some(room) = room.filter(|room| room != own) {
                edges.entry(((*own).to_owned(), room.clone())).or_default().insert(file.clone());
            }
        }
    }
    edges
}

/// The table below `heading` in `ARCHITECTURE.md`: each room, and in the last column those that it may import.
fn allowed(heading: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let heading = format!("\n## {heading}\n");
    let part = text.split(&heading).nth(1).unwrap_or_else(|| panic!("no `{heading}`"));
    let part = part.split("\n## ").next().unwrap();
    let quoted = |cell: &str| -> BTreeSet<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let mut table = BTreeMap::new();
    for line in part.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').collect();
        let (room, may) = (quoted(cells[1]), quoted(cells[cells.len() - 2]));
        assert_eq!(room.len(), 1, "one room a line: {line}");
        let room = room.into_iter().next().unwrap();
        assert!(table.insert(room, may).is_none(), "twice in the table: {line}");
    }
    assert!(!table.is_empty(), "no table below `{heading}`");
    table
}

#[test]
fn every_import_is_in_the_table() {
    let mut breaches = Vec::new();
    for (name, heading) in CRATES {
        let allowed = allowed(heading);
        for ((from, to), files) in edges(name) {
            let Some(may) = allowed.get(&from) else {
                breaches.push(format!("{name}: the room `{from}` is not in the table"));
                continue;
            };
            if !may.contains(&to) {
                breaches.push(format!("{name}: `{from}` imports `{to}` in {files:?}"));
            }
        }
    }
    assert!(breaches.is_empty(), "not in ARCHITECTURE.md:\n{}", breaches.join("\n"));
}

#[test]
fn the_table_holds_no_room_that_is_gone() {
    for (name, heading) in CRATES {
        let files = sources(&root().join("crates").join(name).join("src"));
        for (room, may) in allowed(heading) {
            for room in may.iter().chain([&room]) {
                let stands = files.keys().any(|file| modules(file).first() == Some(&room.as_str()));
                assert!(stands, "{name}: there is no room `{room}`");
            }
        }
    }
}

#[test]
fn the_table_has_no_circle() {
    for (name, heading) in CRATES {
        let mut left = allowed(heading);
        // Rooms that import none of those left are taken away, until none is left.
        while !left.is_empty() {
            let names: BTreeSet<String> = left.keys().cloned().collect();
            let free: Vec<String> = left
                .iter()
                .filter(|(_, may)| may.is_disjoint(&names))
                .map(|(room, _)| room.clone())
                .collect();
            assert!(!free.is_empty(), "{name}: a circle among {names:?}");
            for room in free {
                left.remove(&room);
            }
        }
    }
}

/// The checks above can fail: imports of every form are found, those of tests are not.
#[test]
fn imports_are_found_in_every_form() {
    let source = r##"
        //! crate::comment
        use crate::{data::{Money, Date}, Error, text};
        use super::{super::write::Table, beside};
        /* use crate::block; */
        fn answer() -> crate::analysis::Answer {
            let text = "crate::quoted"; let sign = '"'; let raw = r#"crate::raw"#;
            super::super::report::run::<'static>(text)
        }
        #[cfg(test)]
        mod tests { use crate::generate::World; }
        #[cfg(test)] use crate::only_in_tests;
        pub(in crate::features) struct Inner;
    "##;
    let found: Vec<String> = imports(source, 2).into_iter().collect();
    assert_eq!(found, ["Error", "analysis", "data", "features", "report", "text", "write"]);
    let rooms = BTreeSet::from(["data".to_owned(), "error".to_owned()]);
    let exported = re_exports("pub use data::{money::Money, Date}; pub use error::Error;", &rooms);
    let exported: Vec<(&str, &str)> =
        exported.iter().map(|(name, room)| (name.as_str(), room.as_str())).collect();
    assert_eq!(exported, [("Date", "data"), ("Error", "error"), ("Money", "data")]);
}
