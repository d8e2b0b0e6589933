//! The tables against ARM's published types: each path exists, has the shape that the row's kind and spelling say, and is
//! writable unless the row is read-only; words that a row allows are words that ARM knows.
//!
//! Types are of the newest version, which is often newer than the one a table asks for: what a version took away or a hook
//! brings into another shape stands in the list of exceptions, each with its reason.
//!
//! Invariant: an exception that is needed no longer fails the test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::arm_exceptions_tests::{EXCEPTIONS, GIVEN_OTHERWISE};
use crate::catalogue::{DATA_SOURCES, RESOURCES};
use crate::resource_type::{Arm, Call, CallMethod, Plane, Target};
use crate::row::{Blocks, Check, Kind, Place, Presence, Row, Shape};
use crate::spelling::Spelling;

/// How many rows fit; it may not go down.
const FITTING_MIN: usize = 1714;

/// A property must be given.
const REQUIRED: u64 = 1;

/// A property of a type is read-only.
const READ_ONLY: u64 = 2;

/// The types of one resource type.
struct Types {
    all: Vec<Json>,
    root: usize,
}

/// A place in the types: one type, or several where a discriminator decides; and whether it may be written.
#[derive(Clone)]
struct Spot<'a> {
    types: &'a Types,
    at: Vec<usize>,
    writable: Writable,
}

/// Whether a place may be written.
#[derive(Clone, Copy, PartialEq)]
enum Writable {
    Yes,
    No,
}

fn number(json: &Json) -> usize {
    json["$ref"].as_u64().and_then(|number| usize::try_from(number).ok()).expect("a reference is a number")
}

impl<'a> Spot<'a> {
    fn body(types: &'a Types) -> Spot<'a> {
        let body = number(&types.all[types.root]["body"]);
        Spot { types, at: vec![body], writable: Writable::Yes }
    }

    /// The types here, with those that a discriminator chooses from and the members of a union.
    fn alternatives(&self) -> Vec<&'a Json> {
        let (mut seen, mut open) = (Vec::new(), self.at.clone());
        while let Some(next) = open.pop() {
            let found = &self.types.all[next];
            seen.push(found);
            match &found["elements"] {
                Json::Array(elements) => open.extend(elements.iter().map(number)),
                Json::Object(elements) => open.extend(elements.values().map(number)),
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
            }
        }
        seen
    }

    fn kinds(&self) -> Vec<&'a str> {
        self.alternatives().into_iter().filter_map(|one| one["$type"].as_str()).collect()
    }

    fn is(&self, kind: &str) -> bool {
        self.kinds().iter().any(|one| *one == kind || *one == "AnyType")
    }

    fn is_text(&self) -> bool {
        self.is("StringType") || self.is("StringLiteralType")
    }

    fn is_object(&self) -> bool {
        self.is("ObjectType") || self.is("DiscriminatedObjectType")
    }

    /// The words of a closed or open enum.
    fn words(&self) -> Vec<&'a str> {
        let literals = self.alternatives().into_iter().filter(|one| one["$type"] == "StringLiteralType");
        literals.filter_map(|one| one["value"].as_str()).collect()
    }

    /// What is one step below: a property, an element, or anything of a map.
    fn step(&self, step: &str) -> Option<Spot<'a>> {
        let mut found = Spot { types: self.types, at: Vec::new(), writable: Writable::No };
        for one in self.alternatives() {
            if one["$type"] == "AnyType" {
                return Some(self.clone());
            }
            let property = ["properties", "baseProperties"].iter().find_map(|key| one[*key].get(step));
            if let Some(property) = property {
                found.at.push(number(&property["type"]));
                if property["flags"].as_u64().unwrap_or(0) & READ_ONLY == 0 {
                    found.writable = self.writable;
                }
            } else if one["additionalProperties"].is_object() {
                found.at.push(number(&one["additionalProperties"]));
                found.writable = self.writable;
            }
            if step.parse::<usize>().is_ok() && one["itemType"].is_object() {
                found.at.push(number(&one["itemType"]));
                found.writable = self.writable;
            }
        }
        (!found.at.is_empty()).then_some(found)
    }

    /// The properties that whoever writes must give.
    fn required(&self) -> Vec<&'a str> {
        let [only] = self.at.as_slice() else { return Vec::new() };
        let one = &self.types.all[*only];
        let members =
            ["properties", "baseProperties"].iter().filter_map(|key| one[*key].as_object()).flatten();
        let wanted = |fact: &Json| {
            fact["flags"].as_u64().is_some_and(|flags| flags & (REQUIRED | READ_ONLY) == REQUIRED)
        };
        members.filter(|(_, fact)| wanted(fact)).map(|(name, _)| name.as_str()).collect()
    }

    fn walk(&self, path: &str, by: char) -> Option<Spot<'a>> {
        // The discriminator of metric alerts has a dot in its name.
        if path == "odata.type" {
            return self.step(path);
        }
        path.split(by).filter(|step| !step.is_empty()).try_fold(self.clone(), |spot, step| spot.step(step))
    }

    fn item(&self) -> Option<Spot<'a>> {
        self.is("ArrayType").then(|| self.step("0")).flatten()
    }

    /// What stands behind any name of a map.
    fn any_member(&self) -> Option<Spot<'a>> {
        let maps = self.alternatives().into_iter().filter(|one| one["additionalProperties"].is_object());
        let at: Vec<usize> = maps.map(|one| number(&one["additionalProperties"])).collect();
        if self.kinds().contains(&"AnyType") {
            return Some(self.clone());
        }
        (!at.is_empty()).then(|| Spot { at, ..self.clone() })
    }
}

/// What is compared, and what was found.
struct Comparison {
    folder: PathBuf,
    files: BTreeMap<String, String>,
    loaded: BTreeMap<String, &'static Types>,
    fitting: usize,
    untyped: Vec<String>,
    wrong: BTreeMap<String, String>,
}

impl Comparison {
    fn open(shared: &Path) -> Comparison {
        let folder = shared.join("arm-types");
        let index = std::fs::read_to_string(folder.join("index.json")).expect("the index of types is there");
        let index: Json = serde_json::from_str(&index).expect("the index is JSON");
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let entry = |one: &Json| (text(&one["type"]).to_lowercase(), text(&one["file"]));
        let files = index.as_array().into_iter().flatten().map(entry).collect();
        let (loaded, wrong) = (BTreeMap::new(), BTreeMap::new());
        Comparison { folder, files, loaded, fitting: 0, untyped: Vec::new(), wrong }
    }

    fn types(&mut self, kind: &str) -> Option<&'static Types> {
        let kind = kind.to_lowercase();
        if let Some(types) = self.loaded.get(&kind) {
            return Some(types);
        }
        let text = std::fs::read_to_string(self.folder.join(self.files.get(&kind)?))
            .expect("a type's file is there");
        let mut json: Json = serde_json::from_str(&text).expect("a type's file is JSON");
        let root =
            json["root"].as_u64().and_then(|root| usize::try_from(root).ok()).expect("a file has a root");
        let Json::Array(all) = json["types"].take() else { panic!("a file has types") };
        // A test compares every table with them and ends.
        let types: &'static Types = Box::leak(Box::new(Types { all, root }));
        self.loaded.insert(kind, types);
        Some(types)
    }

    fn table(&mut self, name: &str, arm: Arm, rows: &[Row], calls: &[Call]) {
        let Some(types) = self.types(arm.kind) else {
            self.untyped.push(format!("{name}: {}", arm.kind));
            return;
        };
        let body = Spot::body(types);
        if let (Some(properties), false) = (body.step("properties"), name.starts_with("data.")) {
            let below = rows.iter().filter(
                |row| !matches!(row.place, Place::Body(path) if path.starts_with('/') || path.contains(":/")),
            );
            self.requirements(name, &below.copied().collect::<Vec<_>>(), &properties);
        }
        for row in rows {
            let Place::Body(path) = row.place else { continue };
            let here = format!("{name}.{}", row.name);
            if let Some((key, rest)) = path.split_once(":/") {
                self.of_call(&here, arm, calls, key, rest, row);
                continue;
            }
            let found = match path.strip_prefix('/') {
                Some(rest) => body.walk(rest, '/'),
                None => body.step("properties").and_then(|properties| properties.walk(path, '.')),
            };
            self.row(&here, row, found);
        }
    }

    /// A row of another answer: of an object or a list below this one, if its type is published.
    fn of_call(&mut self, here: &str, arm: Arm, calls: &[Call], key: &str, rest: &str, row: &Row) {
        let Some(call) = calls.iter().find(|call| call.key == key) else {
            self.wrong.insert(here.to_owned(), "no call of the type has the path's key".into());
            return;
        };
        let (Target::Below(suffix), true) = (call.target, call.method != CallMethod::Post) else {
            self.untyped.push(here.to_owned());
            return;
        };
        let part = suffix.split(['/', '?']).next().unwrap_or_default();
        let Some(types) = self.types(&format!("{}/{part}", arm.kind)) else {
            self.untyped.push(here.to_owned());
            return;
        };
        let body = Spot::body(types);
        match (rest, row.kind) {
            ("value", Kind::Block(blocks) | Kind::Objects(blocks)) => self.rows(here, blocks.rows, &body),
            _ => self.row(here, row, body.walk(rest, '/')),
        }
    }

    /// What ARM requires is a row that always has a value.
    fn requirements(&mut self, place: &str, rows: &[Row], spot: &Spot<'_>) {
        for name in spot.required() {
            let begins = |row: &&Row| matches!(row.place, Place::Body(path) if path.split(['.', '/']).find(|step| !step.is_empty()) == Some(name));
            let given = |row: &Row| {
                let repeats =
                    matches!(row.kind, Kind::Block(blocks) | Kind::Objects(blocks) if blocks.min > 0);
                row.presence == Presence::Required || row.default != crate::row::Default::None || repeats
            };
            if !rows.iter().filter(begins).any(given) {
                self.wrong
                    .insert(format!("{place}: {name}"), "ARM requires it, no row always gives it".into());
            }
        }
    }

    fn rows(&mut self, place: &str, rows: &[Row], spot: &Spot<'_>) {
        if rows.iter().any(Row::is_settable) {
            self.requirements(place, rows, spot);
        }
        for row in rows {
            let Place::Body(path) = row.place else { continue };
            let by = if path.starts_with('/') { '/' } else { '.' };
            self.row(&format!("{place}.{}", row.name), row, spot.walk(path, by));
        }
    }

    fn row(&mut self, here: &str, row: &Row, found: Option<Spot<'_>>) {
        let Some(spot) = found else {
            self.wrong.insert(here.to_owned(), "there is no such path".into());
            return;
        };
        if let Some(reason) = misfit(row, &spot) {
            self.wrong.insert(here.to_owned(), reason);
            return;
        }
        self.fitting += 1;
        if let Kind::Block(blocks) | Kind::Objects(blocks) = row.kind {
            self.inner(here, blocks, &spot);
        }
    }

    fn inner(&mut self, here: &str, blocks: Blocks, spot: &Spot<'_>) {
        let inside = match blocks.shape {
            Shape::Single => Some(spot.clone()),
            Shape::Many => spot.item(),
            Shape::Named(_) | Shape::Keyed(_) => spot.any_member(),
            Shape::Pairs => None,
        };
        let Some(inside) = inside else { return };
        let keyed: Vec<Row> = match blocks.shape {
            Shape::Keyed(name) => blocks.rows.iter().filter(|row| row.name != name).copied().collect(),
            Shape::Single | Shape::Many | Shape::Named(_) | Shape::Pairs => blocks.rows.to_vec(),
        };
        self.rows(here, &keyed, &inside);
    }
}

/// Why a row does not fit what ARM has at its path.
fn misfit(row: &Row, spot: &Spot<'_>) -> Option<String> {
    let shaped = match row.kind {
        Kind::Block(blocks) | Kind::Objects(blocks) => block_fits(blocks, spot),
        Kind::Text
        | Kind::Flag
        | Kind::Number
        | Kind::Texts
        | Kind::TextSet
        | Kind::Map
        | Kind::NumberSet => plain_fits(row, spot),
    };
    if !shaped {
        return Some(format!("ARM has {:?} there, the row reads it as {:?}", spot.kinds(), row.spelling));
    }
    if row.presence != Presence::ReadOnly && spot.writable == Writable::No {
        return Some("ARM alone writes it".into());
    }
    unknown_words(row, spot)
}

fn block_fits(blocks: Blocks, spot: &Spot<'_>) -> bool {
    match blocks.shape {
        Shape::Single => spot.is_object(),
        Shape::Many => spot.item().is_some_and(|item| item.is_object()),
        Shape::Named(_) | Shape::Keyed(_) => spot.any_member().is_some_and(|member| member.is_object()),
        Shape::Pairs => spot.any_member().is_some_and(|member| member.is_text()),
    }
}

fn plain_fits(row: &Row, spot: &Spot<'_>) -> bool {
    let texts = |spot: &Spot<'_>| spot.item().is_some_and(|item| item.is_text());
    let of_items =
        |name: &str| spot.item().and_then(|item| item.walk(name, '.')).is_some_and(|member| member.is_text());
    match row.spelling {
        Spelling::Words(yes, no) => {
            let words = spot.words();
            spot.is_text() && (words.is_empty() || words.contains(&yes) && words.contains(&no))
        }
        Spelling::NumberAsText
        | Spelling::FlagAsText
        | Spelling::Commas
        | Spelling::Semicolons
        | Spelling::Host => spot.is_text(),
        Spelling::Keys => spot.any_member().is_some_and(|member| member.is_object()),
        Spelling::Each(name) => of_items(name),
        Spelling::EachAt(outer, name) => of_items(&format!("{outer}.{name}")),
        Spelling::Tagged(name, tag) => of_items(name) && of_items(tag),
        Spelling::VaultKey => spot.step("keyvaulturi").is_some(),
        Spelling::JsonText => spot.is_object(),
        Spelling::Only | Spelling::CriticalTaint => texts(spot),
        Spelling::Plain
        | Spelling::Location
        | Spelling::Id
        | Spelling::Inverted
        | Spelling::EmptyIs(_)
        | Spelling::Pairs(_)
        | Spelling::AnyCase
        | Spelling::Base64
        | Spelling::Positive
        | Spelling::Duration => match row.kind {
            Kind::Text => spot.is_text(),
            Kind::Flag => spot.is("BooleanType"),
            Kind::Number => spot.is("IntegerType"),
            Kind::Texts | Kind::TextSet => texts(spot),
            Kind::NumberSet => spot.item().is_some_and(|item| item.is("IntegerType")),
            Kind::Map => spot.any_member().is_some_and(|member| member.is_text()),
            Kind::Block(_) | Kind::Objects(_) => false,
        },
    }
}

/// Words that the row allows, or falls back to, and ARM does not know.
fn unknown_words(row: &Row, spot: &Spot<'_>) -> Option<String> {
    let known = spot.words();
    let mut words: Vec<&str> = match row.check {
        Check::OneOf(words) => words.to_vec(),
        Check::Any
        | Check::Matching(..)
        | Check::Between(..)
        | Check::AtLeast(_)
        | Check::OneNumber(_)
        | Check::Length(..)
        | Check::Form(_) => Vec::new(),
    };
    if let crate::row::Default::Text(text) = row.default {
        words.push(text);
    }
    let spelled = |word: &&str| {
        let written = row.spelling.write(Json::from(*word));
        written.as_str().is_some_and(|word| !known.contains(&word))
    };
    let unknown: Vec<&str> = words.into_iter().filter(spelled).collect();
    (row.kind_is_text() && !known.is_empty() && !unknown.is_empty())
        .then(|| format!("ARM has {known:?} there, the row allows {unknown:?}"))
}

impl Row {
    fn kind_is_text(&self) -> bool {
        matches!(self.kind, Kind::Text)
    }
}

#[test]
fn every_path_of_a_table_is_one_of_arms() {
    let Some(shared) = std::env::var_os("AKSEL_SHARED") else {
        println!("AKSEL_SHARED is not set: nothing is compared");
        return;
    };
    let mut comparison = Comparison::open(Path::new(&shared));
    for resource in RESOURCES.iter().filter(|resource| resource.hooks.plane == Plane::Arm) {
        comparison.table(resource.name, resource.arm, resource.attributes, resource.calls);
    }
    for source in DATA_SOURCES {
        comparison.table(&format!("data.{}", source.name), source.arm, source.attributes, source.calls);
    }
    let Comparison { fitting, untyped, mut wrong, .. } = comparison;
    let mut idle = Vec::new();
    for (place, _reason) in EXCEPTIONS.iter().chain(GIVEN_OTHERWISE) {
        let before = wrong.len();
        wrong.retain(|here, _| here != place && !here.starts_with(&format!("{place}.")));
        if wrong.len() == before {
            idle.push(*place);
        }
    }
    println!("{fitting} rows fit, {} are of types that are not published: {untyped:#?}", untyped.len());
    assert!(wrong.is_empty(), "{} rows do not fit: {wrong:#?}", wrong.len());
    assert!(idle.is_empty(), "exceptions that nothing needs: {idle:#?}");
    assert!(fitting >= FITTING_MIN, "{fitting} rows fit");
}
