//! The providers as the engine uses them: plan, apply, plan again.

use std::collections::BTreeMap;
use std::time::Duration;

use aksel_lang::types::Type;
use aksel_provider::propose::propose;
use aksel_provider::world::World;
use aksel_state::journal::{Journal, Undertaking};
use jiff::Timestamp;

use super::*;

/// A world in which it is always noon and chance repeats itself.
struct Still;

#[async_trait]
impl World for Still {
    fn now(&self) -> Timestamp {
        "2024-01-31T12:00:00Z".parse().unwrap()
    }

    async fn pause(&self, _duration: Duration) {}

    fn random(&self, bytes: &mut [u8]) {
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(place % 251).unwrap();
        }
    }
}

struct Silent;

impl Progress for Silent {
    fn says(&self, _words: &str) {}
}

/// A scene with one resource type.
struct Scene {
    type_name: &'static str,
    schema: Arc<Schema>,
    session: Arc<dyn Session>,
    provider: Arc<dyn Provider>,
}

impl Scene {
    fn of(type_name: &'static str) -> Scene {
        let mut providers = crate::providers().into_iter();
        let provider = providers.find(|p| p.schema(Mode::Managed, type_name).is_some()).unwrap();
        let schema = provider.schema(Mode::Managed, type_name).unwrap();
        let config = Value::object::<&str>([]);
        let session = provider.configure(&config, Arc::new(Still));
        Scene { type_name, schema, session: block_on(session).unwrap(), provider }
    }

    fn config(&self, written: &[(&str, Value)]) -> Value {
        let written: BTreeMap<&str, &Value> = written.iter().map(|(name, value)| (*name, value)).collect();
        Value::object(self.schema.block.attributes.iter().map(|(name, attribute)| {
            let value = written.get(&**name).map(|value| (*value).clone());
            (name.clone(), value.unwrap_or_else(|| Value::null(attribute.ty.clone())))
        }))
    }

    fn plan(&self, prior: &Value, config: &Value) -> Planned {
        let proposed = propose(&self.schema.block, prior, config);
        let request =
            PlanRequest { type_name: self.type_name, prior, config, proposed: &proposed, private: &None };
        block_on(self.session.plan(request, &Stop::never())).unwrap()
    }

    fn apply(&self, deed: Deed, prior: &Value, planned: &Value) -> Applied {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(folder.path().join("j"), "r").unwrap();
        let address = format!("{}.a", self.type_name).parse().unwrap();
        let undertaking =
            Undertaking { address: &address, deposed: None, deed, identity: None, provider: "p" };
        let intent = journal.intend(&undertaking).unwrap();
        let config = Value::null(Type::Dynamic);
        let change =
            Change { type_name: self.type_name, deed, prior, planned, config: &config, private: &None };
        block_on(self.session.apply(&intent, change, &Silent, &Stop::never()))
    }

    fn none(&self) -> Value {
        Value::null(self.schema.block.ty())
    }

    /// Makes it, and checks that nothing is left to plan.
    fn made(&self, written: &[(&str, Value)]) -> Value {
        let config = self.config(written);
        assert_eq!(self.provider.validate(Mode::Managed, self.type_name, &config), []);
        let planned = self.plan(&self.none(), &config);
        let made = self.apply(Deed::Create, &self.none(), &planned.value).object.unwrap().value;
        assert!(made.is_wholly_known());
        assert_eq!(self.plan(&made, &config).value, made, "what was applied has nothing left to plan");
        made
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn text(text: &str) -> Value {
    Value::string(text)
}

#[test]
fn data_is_planned_as_terraform_plans_it() {
    let scene = Scene::of("terraform_data");
    let config = scene.config(&[("input", text("v"))]);
    let planned = scene.plan(&scene.none(), &config).value;
    assert_eq!(planned.attribute("id"), Some(&Value::unknown_not_null(Type::String)));
    assert_eq!(planned.attribute("output"), Some(&Value::unknown(Type::String)));

    let made = scene.made(&[("input", Value::tuple([text("a")])), ("triggers_replace", 1.into())]);
    let list = Value::list(Type::String, [text("a")]);
    let changed =
        scene.plan(&made, &scene.config(&[("input", list.clone()), ("triggers_replace", 1.into())]));
    assert_eq!(changed.replace, []);
    assert_eq!(changed.value.attribute("output"), Some(&Value::unknown(list.ty())), "a list is no tuple");
    assert_eq!(changed.value.attribute("id"), made.attribute("id"));

    let replaced = scene.plan(&made, &scene.config(&[("input", Value::tuple([text("a")]))]));
    assert_eq!(replaced.replace, [crate::kind::path("triggers_replace")]);
    assert!(!replaced.value.attribute("id").unwrap().is_known());
}

#[test]
fn each_kind_is_made_and_then_stays() {
    let list = Value::list(Type::String, [text("a"), text("b")]);
    let scenes: Vec<(&str, Vec<(&str, Value)>)> = vec![
        ("random_id", vec![("byte_length", 4.into()), ("prefix", text("p-"))]),
        ("random_bytes", vec![("length", 4.into())]),
        ("random_string", vec![("length", 12.into()), ("numeric", false.into())]),
        ("random_password", vec![("length", 12.into()), ("min_special", 2.into())]),
        ("random_uuid", vec![]),
        ("random_integer", vec![("min", (-5).into()), ("max", 5.into()), ("seed", text("s"))]),
        ("random_pet", vec![("length", 3.into())]),
        ("random_shuffle", vec![("input", list), ("result_count", 5.into())]),
        ("time_sleep", vec![("create_duration", text("30s"))]),
        ("time_static", vec![]),
        ("time_offset", vec![("offset_months", 1.into())]),
        ("time_rotating", vec![("rotation_days", 30.into())]),
        ("null_resource", vec![]),
    ];
    for (type_name, written) in scenes {
        Scene::of(type_name).made(&written);
    }
}

#[test]
fn a_keeper_replaces_unless_it_was_null() {
    let scene = Scene::of("random_pet");
    let keepers = |value: Value| Value::map(Type::String, [("k", value)]);
    let made = scene.made(&[("keepers", keepers(Value::null(Type::String)))]);
    assert_eq!(scene.plan(&made, &scene.config(&[])).replace, []);
    assert_eq!(scene.plan(&made, &scene.config(&[("keepers", keepers(text("x")))])).replace.len(), 1);
}

#[test]
fn a_changed_offset_is_known_while_planning() {
    let scene = Scene::of("time_offset");
    let made = scene.made(&[("offset_months", 1.into())]);
    assert_eq!(made.attribute("rfc3339"), Some(&text("2024-03-02T12:00:00Z")));
    let planned = scene.plan(&made, &scene.config(&[("offset_days", 1.into())]));
    assert_eq!(planned.value.attribute("rfc3339"), Some(&text("2024-02-01T12:00:00Z")));
    assert_eq!(planned.replace, []);
}

#[test]
fn a_file_that_was_changed_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/file.txt");
    let scene = Scene::of("local_file");
    let name = text(file.to_str().unwrap());
    let made = scene.made(&[("filename", name), ("content", text("hello"))]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "hello");
    let read = || {
        let request = ReadRequest { type_name: "local_file".into(), state: made.clone(), private: None };
        block_on(scene.session.read_many(&[request], &Stop::never())).remove(0).unwrap()
    };
    assert!(read().is_some());
    std::fs::write(&file, "changed").unwrap();
    assert_eq!(read(), None);
    assert_eq!(scene.apply(Deed::Delete, &made, &scene.none()).object, None);
    assert!(!file.exists());
}

#[test]
fn ids_are_imported_in_the_providers_forms() {
    let imported = |type_name, id: &str| {
        block_on(Scene::of(type_name).session.import(type_name, id, &Stop::never()))
            .map(|object| object.value)
    };
    let id = imported("random_id", "p-,AAEC").unwrap();
    assert_eq!((id.attribute("hex"), id.attribute("dec")), (Some(&text("p-000102")), Some(&text("p-258"))));
    let integer = imported("random_integer", "3,1,5").unwrap();
    assert_eq!(integer.attribute("result"), Some(&3.into()));
    assert!(imported("random_integer", "3,1").is_err());
    let rotating = imported("time_rotating", "2020-02-12T06:36:13Z,0,0,,,").unwrap();
    assert_eq!(rotating.attribute("rotation_rfc3339"), Some(&text("2020-02-12T06:36:13Z")));
}
