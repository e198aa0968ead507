//! What the workspace depends on: licences as `deny.toml` allows them, packages of the registry alone, and none that is
//! not used. `cargo deny check` adds the advisories, which need a database from the network.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(crmstat_testkit::checkout())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The licences in the list of `deny.toml`.
fn allowed() -> BTreeSet<String> {
    let deny = fs::read_to_string(crmstat_testkit::checkout().join("deny.toml")).unwrap();
    let list = deny.split("allow = [").nth(1).unwrap().split(']').next().unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met: `OR` needs one of its sides, `AND` both, brackets first.
fn is_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.trim();
    let mut depth = 0;
    let mut split = |word: &str| {
        let place = expression.char_indices().find(|(at, sign)| {
            match sign {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0 && expression[*at..].starts_with(word)
        });
        depth = 0;
        place.map(|(at, _)| (&expression[..at], &expression[at + word.len()..]))
    };
    if let Some((left, right)) = split(" OR ").or_else(|| split("/")) {
        is_met(left, allowed) || is_met(right, allowed)
    } else if let Some((left, right)) = split(" AND ") {
        is_met(left, allowed) && is_met(right, allowed)
    } else if let Some(inside) =
        expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
    {
        is_met(inside, allowed)
    } else {
        allowed.contains(expression)
    }
}

#[test]
fn expressions_are_met_as_spdx_says() {
    let allowed: BTreeSet<String> = ["MIT", "Zlib"].map(str::to_owned).into();
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND Zlib", true),
        ("(GPL-3.0 OR MIT) AND (ISC AND Zlib)", false),
        ("", false),
    ] {
        assert_eq!(is_met(expression, &allowed), met, "{expression}");
    }
}

#[test]
fn every_package_has_an_allowed_licence_and_comes_from_the_registry() {
    let metadata = metadata();
    let allowed = allowed();
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        let source = text(package, "source");
        if !source.is_empty()
            && !source.starts_with("registry+https://github.com/rust-lang/crates.io-index")
        {
            faults.push(format!("{name} comes from {source}"));
        }
        if !is_met(text(package, "license"), &allowed) {
            faults.push(format!("{name} is under `{}`", text(package, "license")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// All Rust below `folders`.
fn sources(folders: &[&Path]) -> String {
    let mut all = String::new();
    let mut left: Vec<_> = folders.iter().map(|folder| (*folder).to_owned()).collect();
    while let Some(folder) = left.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|own| own == "rs") {
                all += &fs::read_to_string(path).unwrap();
            }
        }
    }
    all
}

#[test]
fn every_dependency_is_used() {
    let metadata = metadata();
    let root = crmstat_testkit::checkout();
    let members: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["source"].is_null())
        .map(|package| (text(package, "name"), package))
        .collect();
    let mut unused = Vec::new();
    for (name, package) in members {
        let manifest = Path::new(text(package, "manifest_path"));
        let folder = manifest.parent().unwrap();
        let code = sources(&[folder, &root.join("tests")]);
        let listed = fs::read_to_string(manifest).unwrap();
        // What stands below this remark is there for its features or its version.
        let excepted = listed
            .split("# Not called")
            .nth(1)
            .unwrap_or_default()
            .split("\n\n")
            .next()
            .unwrap_or_default();
        for dependency in package["dependencies"].as_array().unwrap() {
            let own = text(dependency, "name");
            let as_written = dependency["rename"].as_str().unwrap_or(own).replace('-', "_");
            let called = ["::", "!", ";", " as ", "}"]
                .iter()
                .any(|sign| code.contains(&format!("{as_written}{sign}")));
            if !called && !excepted.contains(own) {
                unused.push(format!("{name}: {own}"));
            }
        }
    }
    assert!(unused.is_empty(), "not called: {unused:?}");
}
