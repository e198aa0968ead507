//! What the libraries offer, item by item, as the texts beside this file have it.
//!
//! `.ci/run` writes the documentation as JSON and names its folder by `CRMSTAT_DOCS`; `CRMSTAT_BLESS=1` writes the texts
//! anew after a wanted change, which belongs into the changelog where it takes something away.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

/// Whose types may stand in a public signature.
const OURS: &[&str] = &["std", "core", "alloc", "crmstat", "crmstat_models"];

/// Lines in which a dependency's type may stand.
const EXCEPTED: &[&str] = &[
    // The rooms of numerics promise nothing to others.
    "type crmstat_models::random::Generator",
    // What serde derives for a type that checks itself while it is read.
    "fn crmstat_models::forecast::arima::FittedArima::serialize",
    "fn crmstat_models::forecast::arima::FittedArima::deserialize",
];

/// The documentation of a crate.
struct Docs {
    json: Value,
    lines: BTreeSet<String>,
    /// Types of others in signatures, with the lines they stand in.
    foreign: BTreeMap<String, BTreeSet<String>>,
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The one key and the value of an object that says what something is.
fn variant(value: &Value) -> (&str, &Value) {
    match value {
        Value::Object(object) => {
            object.iter().next().map_or(("", value), |(key, value)| (key, value))
        }
        other => (text(other), other),
    }
}

impl Docs {
    fn item(&self, id: &Value) -> Option<&Value> {
        self.json["index"].get(id.to_string())
    }

    /// Follows modules and re-exports from `item`, whose path is `path`.
    fn walk(&mut self, id: &Value, path: &str, named: Option<&str>) {
        let Some(item) = self.item(id).cloned() else { return };
        let (kind, inner) = variant(&item["inner"]);
        let name = named.unwrap_or_else(|| text(&item["name"])).to_owned();
        let own = if path.is_empty() { name.clone() } else { format!("{path}::{name}") };
        match kind {
            "module" => {
                self.lines.insert(format!("mod {own}"));
                for inside in array(&inner["items"]) {
                    self.walk(inside, &own, None);
                }
            }
            "use" => {
                if inner["is_glob"].as_bool() == Some(true) {
                    let target = self.item(&inner["id"]).cloned().unwrap_or_default();
                    for inside in array(&target["inner"]["module"]["items"]) {
                        self.walk(inside, path, None);
                    }
                } else if self.item(&inner["id"]).is_some() {
                    self.walk(&inner["id"], path, Some(text(&inner["name"])));
                } else {
                    self.lines.insert(format!("use {own} = {}", text(&inner["source"])));
                }
            }
            "struct" | "enum" | "union" => self.data(kind, inner, &own),
            "trait" => {
                self.lines.insert(format!("trait {own}{}", self.generics(&inner["generics"])));
                for inside in array(&inner["items"]) {
                    self.member(inside, &own);
                }
            }
            _ => self.member(id, path),
        }
    }

    /// A type: what it is, its fields or variants, its own functions, and the traits it has.
    fn data(&mut self, kind: &str, inner: &Value, own: &str) {
        self.lines.insert(format!("{kind} {own}{}", self.generics(&inner["generics"])));
        let (_, fields) = variant(&inner["kind"]);
        let fields = if fields.is_array() { array(fields) } else { array(&fields["fields"]) };
        for field in fields.iter().chain(array(&inner["variants"])) {
            self.member(field, own);
        }
        let mut traits = BTreeSet::new();
        for id in array(&inner["impls"]) {
            let Some(item) = self.item(id).cloned() else { continue };
            let found = &item["inner"]["impl"];
            if found["is_synthetic"] == true || !found["blanket_impl"].is_null() {
                continue;
            }
            if found["trait"].is_null() {
                for inside in array(&found["items"]) {
                    self.member(inside, own);
                }
            } else {
                let name = text(&found["trait"]["path"]).rsplit("::").next().unwrap_or_default();
                traits.insert(format!("{name}{}", self.arguments(&found["trait"]["args"])));
            }
        }
        // What the compiler adds to `PartialEq` and `Eq` is no trait of its own.
        traits.remove("StructuralPartialEq");
        if !traits.is_empty() {
            let traits: Vec<String> = traits.into_iter().collect();
            self.lines.insert(format!("{kind} {own}: {}", traits.join(" + ")));
        }
    }

    /// A function, a field, a variant, a constant.
    fn member(&mut self, id: &Value, path: &str) {
        let Some(item) = self.item(id).cloned() else { return };
        let (kind, inner) = variant(&item["inner"]);
        let own = format!("{path}::{}", text(&item["name"]));
        let line = match kind {
            "function" => {
                let header = &inner["header"];
                let mut line = String::new();
                for word in ["const", "unsafe", "async"] {
                    if header[format!("is_{word}")] == true {
                        line += word;
                        line.push(' ');
                    }
                }
                line += &format!("fn {own}{}(", self.generics(&inner["generics"]));
                let inputs: Vec<String> = array(&inner["sig"]["inputs"])
                    .iter()
                    .map(|input| format!("{}: {}", text(&input[0]), self.kind(&input[1])))
                    .collect();
                line += &inputs.join(", ");
                line.push(')');
                if !inner["sig"]["output"].is_null() {
                    line += &format!(" -> {}", self.kind(&inner["sig"]["output"]));
                }
                line
            }
            "struct_field" => format!("field {own}: {}", self.kind(inner)),
            "variant" => {
                let (form, inside) = variant(&inner["kind"]);
                let fields = if form == "tuple" { array(inside) } else { array(&inside["fields"]) };
                for field in fields.iter().filter(|field| !field.is_null()) {
                    self.member(field, &own);
                }
                format!("variant {own}")
            }
            "constant" | "assoc_const" | "static" => {
                format!("const {own}: {}", self.kind(&inner["type"]))
            }
            "assoc_type" => format!("type {own}"),
            "type_alias" => {
                format!(
                    "type {own}{} = {}",
                    self.generics(&inner["generics"]),
                    self.kind(&inner["type"])
                )
            }
            other => format!("{other} {own}"),
        };
        let mut ids = Vec::new();
        collect_ids(inner, &mut ids);
        for id in ids {
            let crate_id = self.json["paths"][id.to_string()]["crate_id"].as_u64().unwrap_or(0);
            let name = &self.json["external_crates"][crate_id.to_string()]["name"];
            let excepted = EXCEPTED.iter().any(|own| line.starts_with(own));
            if crate_id != 0 && !excepted && !OURS.contains(&text(name)) {
                self.foreign.entry(text(name).to_owned()).or_default().insert(line.clone());
            }
        }
        self.lines.insert(line);
    }

    /// The parameters of a generic item with their bounds.
    fn generics(&self, generics: &Value) -> String {
        let mut parameters: Vec<String> = Vec::new();
        for parameter in array(&generics["params"]) {
            let name = text(&parameter["name"]);
            let (kind, inner) = variant(&parameter["kind"]);
            if name.starts_with("impl ") || inner["is_synthetic"] == true {
                continue;
            }
            let bounds = if kind == "type" { self.bounds(&inner["bounds"]) } else { String::new() };
            parameters.push(if bounds.is_empty() {
                name.to_owned()
            } else {
                format!("{name}: {bounds}")
            });
        }
        let mut line = if parameters.is_empty() {
            String::new()
        } else {
            format!("<{}>", parameters.join(", "))
        };
        for predicate in array(&generics["where_predicates"]) {
            if let Some(bound) = predicate.get("bound_predicate") {
                line += &format!(
                    " where {}: {}",
                    self.kind(&bound["type"]),
                    self.bounds(&bound["bounds"])
                );
            }
        }
        line
    }

    fn bounds(&self, bounds: &Value) -> String {
        let one = |bound: &Value| match variant(bound) {
            ("trait_bound", bound) => {
                format!(
                    "{}{}",
                    short(text(&bound["trait"]["path"])),
                    self.arguments(&bound["trait"]["args"])
                )
            }
            ("outlives", lifetime) => text(lifetime).to_owned(),
            (other, _) => other.to_owned(),
        };
        array(bounds).iter().map(one).collect::<Vec<_>>().join(" + ")
    }

    fn arguments(&self, arguments: &Value) -> String {
        let (kind, inner) = variant(arguments);
        let mut told: Vec<String> = Vec::new();
        if kind == "parenthesized" {
            let inputs: Vec<String> =
                array(&inner["inputs"]).iter().map(|one| self.kind(one)).collect();
            let output = if inner["output"].is_null() {
                String::new()
            } else {
                format!(" -> {}", self.kind(&inner["output"]))
            };
            return format!("({}){output}", inputs.join(", "));
        }
        for argument in array(&inner["args"]) {
            told.push(match variant(argument) {
                ("type", one) => self.kind(one),
                ("lifetime", one) => text(one).to_owned(),
                ("const", one) => text(&one["expr"]).to_owned(),
                (other, _) => other.to_owned(),
            });
        }
        for constraint in array(&inner["constraints"]) {
            let (_, binding) = variant(&constraint["binding"]);
            told.push(format!(
                "{} = {}",
                text(&constraint["name"]),
                self.kind(variant_or(binding, "type"))
            ));
        }
        if told.is_empty() { String::new() } else { format!("<{}>", told.join(", ")) }
    }

    /// A type as it is written, by the last names of its paths.
    fn kind(&self, value: &Value) -> String {
        let (kind, inner) = variant(value);
        let all = |values: &Value| {
            array(values).iter().map(|one| self.kind(one)).collect::<Vec<_>>().join(", ")
        };
        match kind {
            "resolved_path" => {
                format!("{}{}", short(text(&inner["path"])), self.arguments(&inner["args"]))
            }
            "generic" | "primitive" => text(inner).to_owned(),
            "borrowed_ref" => {
                let lifetime = text(&inner["lifetime"]);
                let space = if lifetime.is_empty() { "" } else { " " };
                let mutable = if inner["is_mutable"] == true { "mut " } else { "" };
                format!("&{lifetime}{space}{mutable}{}", self.kind(&inner["type"]))
            }
            "slice" => format!("[{}]", self.kind(inner)),
            "array" => format!("[{}; {}]", self.kind(&inner["type"]), text(&inner["len"])),
            "tuple" => format!("({})", all(inner)),
            "impl_trait" => format!("impl {}", self.bounds(inner)),
            "dyn_trait" => {
                let one = |bound: &Value| {
                    let path = &bound["trait"];
                    format!("{}{}", short(text(&path["path"])), self.arguments(&path["args"]))
                };
                format!(
                    "dyn {}",
                    array(&inner["traits"]).iter().map(one).collect::<Vec<_>>().join(" + ")
                )
            }
            "qualified_path" => {
                format!("{}::{}", self.kind(&inner["self_type"]), text(&inner["name"]))
            }
            "function_pointer" => {
                let inputs: Vec<String> = array(&inner["sig"]["inputs"])
                    .iter()
                    .map(|input| self.kind(&input[1]))
                    .collect();
                format!("fn({}) -> {}", inputs.join(", "), self.kind(&inner["sig"]["output"]))
            }
            "raw_pointer" => format!("*{}", self.kind(&inner["type"])),
            _ => "()".to_owned(),
        }
    }
}

fn variant_or<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(value)
}

fn short(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// The ids of all types that stand below `value`.
fn collect_ids<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => {
            if let (Some(id), Some(_)) = (object.get("id"), object.get("path")) {
                found.push(id);
            }
            object.values().for_each(|inside| collect_ids(inside, found));
        }
        Value::Array(array) => array.iter().for_each(|inside| collect_ids(inside, found)),
        _ => {}
    }
}

fn docs(name: &str) -> Docs {
    let folder = env::var_os("CRMSTAT_DOCS")
        .expect("CRMSTAT_DOCS names the folder of the documentation as JSON");
    let path = Path::new(&folder).join(name).with_extension("json");
    let json: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let root = json["root"].clone();
    let mut docs = Docs { json, lines: BTreeSet::new(), foreign: BTreeMap::new() };
    docs.walk(&root, "", None);
    docs
}

#[test]
#[ignore = "needs CRMSTAT_DOCS, which .ci/run writes"]
fn what_is_public_is_what_is_written_down() {
    for name in ["crmstat", "crmstat_models"] {
        let docs = docs(name);
        assert!(docs.lines.len() > 300, "{name}: {} items", docs.lines.len());
        let path =
            crmstat_testkit::checkout().join("tests/public_api").join(name).with_extension("txt");
        let found: String = docs.lines.iter().map(|line| format!("{line}\n")).collect();
        if env::var_os("CRMSTAT_BLESS").is_some() {
            fs::write(&path, found).unwrap();
            continue;
        }
        let written = fs::read_to_string(&path).unwrap();
        let written: BTreeSet<String> = written.lines().map(str::to_owned).collect();
        let gone: Vec<_> = written.difference(&docs.lines).collect();
        let new: Vec<_> = docs.lines.difference(&written).collect();
        assert!(gone.is_empty() && new.is_empty(), "{name}: gone {gone:#?}\nnew {new:#?}");
    }
}

#[test]
#[ignore = "needs CRMSTAT_DOCS, which .ci/run writes"]
fn no_type_of_a_dependency_stands_in_a_signature() {
    let foreign: Vec<_> = ["crmstat", "crmstat_models"].map(|name| docs(name).foreign).into();
    assert!(foreign.iter().all(BTreeMap::is_empty), "{foreign:#?}");
}
