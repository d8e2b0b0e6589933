//! The provider `random`: values of chance that stay until a keeper changes.
//!
//! Invariant: with a seed the result depends on seed and arguments alone.
//! Rule: <https://registry.terraform.io/providers/hashicorp/random/latest/docs>

use aksel_lang::code::Code;
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{PlanRequest, Planned};
use aksel_provider::world::World;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::family::Family;
use crate::kind::Preset::{Flag, Number, Text as TextPreset};
use crate::kind::{
    Attributes, Kind, Row, Shape, Surroundings, computed, invalid, optional, plan_by_rows, required,
};
use crate::passing_password::PassingPassword;
use crate::pets;
use crate::terraform::uuid;

/// The provider.
pub(crate) fn family() -> Family {
    let kinds: Vec<Box<dyn Kind>> = vec![
        Box::new(Id),
        Box::new(Bytes),
        Box::new(Characters { name: "random_string", version: 2, rows: STRING }),
        Box::new(PASSWORD_KIND),
        Box::new(Uuid),
        Box::new(Integer),
        Box::new(Pet),
        Box::new(Shuffle),
    ];
    Family::new("registry.terraform.io/hashicorp/random", kinds, Vec::new())
        .opening(vec![Box::new(PassingPassword)])
}

const KEEPERS: Row = optional("keepers", Shape::TextMap).replaces_unless_null();
const ID: Row = computed("id", Shape::Text);

/// Where a choice comes from: the world, or a seed.
enum Chance<'a> {
    World(&'a dyn World),
    Seed(u64),
}

impl<'a> Chance<'a> {
    fn new(world: &'a dyn World, seed: Option<&str>) -> Chance<'a> {
        match seed.filter(|seed| !seed.is_empty()) {
            None => Chance::World(world),
            // FNV-1a: any spreading of the seed's bytes will do.
            Some(seed) => Chance::Seed(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })),
        }
    }

    fn next(&mut self) -> u64 {
        match self {
            Chance::World(world) => {
                let mut bytes = [0; 8];
                world.random(&mut bytes);
                u64::from_le_bytes(bytes)
            }
            // SplitMix64.
            Chance::Seed(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
        }
    }

    /// A number below the limit, each equally likely.
    fn below(&mut self, limit: u64) -> u64 {
        let fair = u64::MAX - u64::MAX % limit;
        loop {
            let drawn = self.next();
            if drawn < fair {
                return drawn % limit;
            }
        }
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[usize::try_from(self.below(items.len() as u64)).unwrap_or(0)]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, usize::try_from(self.below(place as u64 + 1)).unwrap_or(0));
        }
    }
}

fn draw(world: &dyn World, length: i64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    world.random(&mut bytes);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes as one decimal number.
fn decimal(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = vec![0];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let sum = u32::from(*digit) * 256 + carry;
            *digit = (sum % 10) as u8;
            carry = sum / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

fn bad_import(id_form: &str) -> Finding {
    Finding::error(Code::InvalidImport, "Invalid import id", format!("The id has the form {id_form}."))
}

fn at_least(config: &Attributes, name: &str, least: i64) -> Vec<Finding> {
    match config.number(name) {
        Some(number) if number < least => {
            let detail = format!("Attribute {name} value must be at least {least}, got: {number}");
            vec![invalid(name, "Invalid Attribute Value", detail)]
        }
        Some(_) | None => Vec::new(),
    }
}

struct Id;

impl Id {
    fn spelled(mut to: Attributes, bytes: &[u8]) -> Attributes {
        let prefix = to.text("prefix").unwrap_or_default().to_owned();
        let id = URL_SAFE_NO_PAD.encode(bytes);
        to.set_text("b64_url", format!("{prefix}{id}"));
        to.set_text("b64_std", format!("{prefix}{}", STANDARD.encode(bytes)));
        to.set_text("hex", format!("{prefix}{}", hex(bytes)));
        to.set_text("dec", format!("{prefix}{}", decimal(bytes)));
        to.set_text("id", id);
        to
    }
}

#[async_trait]
impl Kind for Id {
    fn name(&self) -> &'static str {
        "random_id"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                KEEPERS,
                required("byte_length", Shape::Number).replaces(),
                optional("prefix", Shape::Text).replaces(),
                computed("b64_url", Shape::Text),
                computed("b64_std", Shape::Text),
                computed("hex", Shape::Text),
                computed("dec", Shape::Text),
                ID,
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        at_least(config, "byte_length", 1)
    }

    async fn create(&self, planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let bytes = draw(around.world, planned.number("byte_length").unwrap_or_default());
        Ok(Id::spelled(planned, &bytes))
    }

    fn import(&self, id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        let (prefix, id) = id.rsplit_once(',').map_or((None, id), |(prefix, id)| (Some(prefix), id));
        let bytes = URL_SAFE_NO_PAD.decode(id).map_err(|_| bad_import("`[prefix,]base64url`"))?;
        let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
        attributes.set("byte_length", bytes.len() as i64);
        if let Some(prefix) = prefix {
            attributes.set_text("prefix", prefix);
        }
        Ok(Id::spelled(attributes, &bytes))
    }
}

struct Bytes;

impl Bytes {
    fn spelled(mut to: Attributes, bytes: &[u8]) -> Attributes {
        to.set_text("base64", STANDARD.encode(bytes));
        to.set_text("hex", hex(bytes));
        to
    }
}

#[async_trait]
impl Kind for Bytes {
    fn name(&self) -> &'static str {
        "random_bytes"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                KEEPERS,
                required("length", Shape::Number).replaces(),
                computed("base64", Shape::Text).sensitive(),
                computed("hex", Shape::Text).sensitive(),
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        at_least(config, "length", 1)
    }

    async fn create(&self, planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let bytes = draw(around.world, planned.number("length").unwrap_or_default());
        Ok(Bytes::spelled(planned, &bytes))
    }

    fn import(&self, id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        let bytes = STANDARD.decode(id).map_err(|_| bad_import("`base64`"))?;
        let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
        attributes.set("length", bytes.len() as i64);
        Ok(Bytes::spelled(attributes, &bytes))
    }
}

/// `random_string` and `random_password` differ in who may see the result.
pub(crate) struct Characters {
    name: &'static str,
    version: u64,
    rows: &'static [Row],
}

/// `random_password`, which is kept in state.
pub(crate) const PASSWORD_KIND: Characters =
    Characters { name: "random_password", version: 3, rows: PASSWORD };

const fn minimum(name: &'static str) -> Row {
    optional(name, Shape::Number).or(Number(0)).replaces()
}

const fn class(name: &'static str) -> Row {
    optional(name, Shape::Flag).or(Flag(true)).replaces()
}

const STRING: &[Row] = &[
    KEEPERS,
    required("length", Shape::Number).replaces(),
    class("special"),
    class("upper"),
    class("lower"),
    // `number` is the former name of `numeric`: each follows the other.
    optional("number", Shape::Flag).or_computed().replaces().deprecated("use `numeric`"),
    optional("numeric", Shape::Flag).or_computed().replaces(),
    minimum("min_numeric"),
    minimum("min_upper"),
    minimum("min_lower"),
    minimum("min_special"),
    optional("override_special", Shape::Text).replaces(),
    computed("result", Shape::Text),
    ID,
];

const PASSWORD: &[Row] = &[
    KEEPERS,
    required("length", Shape::Number).replaces(),
    class("special"),
    class("upper"),
    class("lower"),
    optional("number", Shape::Flag).or_computed().replaces().deprecated("use `numeric`"),
    optional("numeric", Shape::Flag).or_computed().replaces(),
    minimum("min_numeric"),
    minimum("min_upper"),
    minimum("min_lower"),
    minimum("min_special"),
    optional("override_special", Shape::Text).replaces(),
    computed("bcrypt_hash", Shape::Text).sensitive(),
    computed("result", Shape::Text).sensitive(),
    ID,
];

const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";

/// The classes of characters: argument, minimum, characters.
const CLASSES: [(&str, &str, &str); 4] = [
    ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
    ("numeric", "min_numeric", "0123456789"),
    ("special", "min_special", SPECIAL),
];

/// What `numeric` is, by either of its names.
fn numeric(config: &Attributes) -> Option<Value> {
    config.get("numeric").or_else(|| config.get("number")).cloned()
}

impl Characters {
    fn is_password(&self) -> bool {
        self.name == "random_password"
    }

    pub(crate) fn draw(&self, planned: &Attributes, world: &dyn World) -> String {
        let mut chance = Chance::World(world);
        let (mut all, mut drawn) = (Vec::new(), Vec::new());
        for (class, minimum, characters) in CLASSES {
            let special =
                planned.text("override_special").filter(|text| class == "special" && !text.is_empty());
            let characters: Vec<char> = special.unwrap_or(characters).chars().collect();
            let least = planned.number(minimum).unwrap_or(0);
            drawn.extend((0..least).map(|_| chance.one_of(&characters)));
            if planned.flag(class).unwrap_or(true) {
                all.extend(characters);
            }
        }
        let length = usize::try_from(planned.number("length").unwrap_or(0)).unwrap_or(0);
        while drawn.len() < length && !all.is_empty() {
            drawn.push(chance.one_of(&all));
        }
        chance.shuffle(&mut drawn);
        drawn.into_iter().collect()
    }

    pub(crate) fn finish(
        &self,
        mut planned: Attributes,
        result: &str,
        world: &dyn World,
    ) -> Result<Attributes, Finding> {
        if self.is_password() {
            let mut salt = [0; 16];
            world.random(&mut salt);
            // The hash is of the first 72 bytes: bcrypt takes no more.
            let bytes = &result.as_bytes()[..result.len().min(72)];
            let hash = bcrypt::hash_with_salt(bytes, 10, salt).map_err(|error| {
                Finding::error(Code::Provider, "Hash Generation Error", error.to_string())
            })?;
            planned.set_text("bcrypt_hash", hash.format_for_version(bcrypt::Version::TwoA));
        }
        let id = if self.is_password() { "none" } else { result };
        planned.set_text("id", id);
        planned.set_text("result", result);
        Ok(planned)
    }
}

#[async_trait]
impl Kind for Characters {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rows(&self) -> &'static [Row] {
        self.rows
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        let mut findings = at_least(config, "length", 1);
        let numeric = numeric(config).map_or(Some(true), |value| value.as_bool().or(Some(true)));
        let off = |name: &str| config.get(name).is_some_and(|value| value.as_bool() == Some(false));
        if numeric == Some(false) && ["special", "upper", "lower"].iter().all(|name| off(name)) {
            let detail = "At least one of special, upper, lower, numeric must be true.";
            findings.push(invalid("numeric", "Invalid Attribute Combination", detail));
        }
        let least: i64 = CLASSES.iter().filter_map(|(_, minimum, _)| config.number(minimum)).sum();
        if let Some(length) = config.number("length").filter(|length| *length < least) {
            let detail = format!(
                "Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special, got: {length}"
            );
            findings.push(invalid("length", "Invalid Attribute Value", detail));
        }
        findings
    }

    fn plan(&self, request: &PlanRequest<'_>, _world: &dyn World) -> Result<Planned, Vec<Finding>> {
        let config = Attributes::of(request.config);
        let numeric = numeric(&config).unwrap_or(Value::from(true));
        // Both names are decided before the rows look at them.
        let both = |value: &Value| {
            let mut attributes = Attributes::of(value);
            attributes.set("number", numeric.clone());
            attributes.set("numeric", numeric.clone());
            attributes.into_value()
        };
        let (config, proposed) = (both(request.config), both(request.proposed));
        Ok(plan_by_rows(self.rows, &PlanRequest { config: &config, proposed: &proposed, ..*request }))
    }

    async fn create(&self, planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let result = self.draw(&planned, around.world);
        self.finish(planned, &result, around.world)
    }

    fn import(&self, id: &str, world: &dyn World) -> Result<Attributes, Finding> {
        let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
        attributes.set("length", id.chars().count() as i64);
        for (class, minimum, _) in CLASSES {
            attributes.set(class, true);
            attributes.set(minimum, 0);
        }
        attributes.set("number", true);
        self.finish(attributes, id, world)
    }
}

struct Uuid;

#[async_trait]
impl Kind for Uuid {
    fn name(&self) -> &'static str {
        "random_uuid"
    }

    fn rows(&self) -> &'static [Row] {
        const { &[KEEPERS, computed("result", Shape::Text), ID] }
    }

    async fn create(&self, mut planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let result = uuid(around.world);
        planned.set_text("id", &result);
        planned.set_text("result", &result);
        Ok(planned)
    }

    fn import(&self, id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        let id = id.parse::<uuid::Uuid>().map_err(|_| bad_import("of a UUID"))?.to_string();
        let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
        attributes.set_text("id", &id);
        attributes.set_text("result", &id);
        Ok(attributes)
    }
}

struct Integer;

#[async_trait]
impl Kind for Integer {
    fn name(&self) -> &'static str {
        "random_integer"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                KEEPERS,
                required("min", Shape::Number).replaces(),
                required("max", Shape::Number).replaces(),
                optional("seed", Shape::Text).replaces(),
                computed("result", Shape::Number),
                ID,
            ]
        }
    }

    fn validate(&self, config: &Attributes) -> Vec<Finding> {
        match (config.number("min"), config.number("max")) {
            (Some(min), Some(max)) if max < min => {
                let detail =
                    "The minimum (min) value needs to be smaller than or equal to maximum (max) value.";
                vec![invalid("min", "Create Random Integer Error", detail)]
            }
            _ => Vec::new(),
        }
    }

    async fn create(&self, mut planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let (min, max) = (planned.number("min").unwrap_or(0), planned.number("max").unwrap_or(0));
        let mut chance = Chance::new(around.world, planned.text("seed"));
        let span = u64::try_from(i128::from(max) - i128::from(min)).unwrap_or(0);
        let drawn = if span == u64::MAX { chance.next() } else { chance.below(span + 1) };
        let result = min.wrapping_add_unsigned(drawn);
        planned.set("result", result);
        planned.set_text("id", result.to_string());
        Ok(planned)
    }

    fn import(&self, id: &str, _world: &dyn World) -> Result<Attributes, Finding> {
        let wrong = || bad_import("`result,min,max[,seed]`");
        let parts: Vec<&str> = id.split(',').collect();
        let mut attributes = Attributes::of(&Value::null(Type::Dynamic));
        for (name, part) in ["result", "min", "max"].iter().zip(&parts) {
            attributes.set(name, part.parse::<i64>().map_err(|_| wrong())?);
        }
        match parts[..] {
            [result, _, _] => attributes.set_text("id", result),
            [result, _, _, seed] => {
                attributes.set_text("id", result);
                attributes.set_text("seed", seed);
            }
            _ => return Err(wrong()),
        }
        Ok(attributes)
    }
}

struct Pet;

#[async_trait]
impl Kind for Pet {
    fn name(&self) -> &'static str {
        "random_pet"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                KEEPERS,
                optional("length", Shape::Number).or(Number(2)).replaces(),
                optional("prefix", Shape::Text).replaces(),
                optional("separator", Shape::Text).or(TextPreset("-")).replaces(),
                ID,
            ]
        }
    }

    async fn create(&self, mut planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let mut chance = Chance::World(around.world);
        let length = planned.number("length").unwrap_or(2);
        let separator = planned.text("separator").unwrap_or("-").to_owned();
        let mut words: Vec<&str> = planned.text("prefix").filter(|p| !p.is_empty()).into_iter().collect();
        words.extend((2..length).map(|_| chance.one_of(pets::ADVERBS)));
        if length > 1 {
            words.push(chance.one_of(pets::ADJECTIVES));
        }
        words.push(chance.one_of(pets::NAMES));
        let id = words.join(&separator);
        planned.set_text("id", id);
        Ok(planned)
    }
}

struct Shuffle;

#[async_trait]
impl Kind for Shuffle {
    fn name(&self) -> &'static str {
        "random_shuffle"
    }

    fn rows(&self) -> &'static [Row] {
        const {
            &[
                KEEPERS,
                optional("seed", Shape::Text).replaces(),
                required("input", Shape::Texts).replaces(),
                optional("result_count", Shape::Number).replaces(),
                computed("result", Shape::Texts),
                ID,
            ]
        }
    }

    async fn create(&self, mut planned: Attributes, around: Surroundings<'_>) -> Result<Attributes, Finding> {
        let input: Vec<Value> = planned.get("input").into_iter().flat_map(Value::elements).cloned().collect();
        let count = planned.number("result_count").map_or(input.len(), |n| usize::try_from(n).unwrap_or(0));
        let mut chance = Chance::new(around.world, planned.text("seed"));
        let mut result = Vec::new();
        while result.len() < count && !input.is_empty() {
            let mut batch = input.clone();
            chance.shuffle(&mut batch);
            result.extend(batch.into_iter().take(count - result.len()));
        }
        planned.set("result", Value::list(Type::String, result));
        planned.set_text("id", "-");
        Ok(planned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_as_a_decimal_number() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[1, 0, 255]), "65791");
        assert_eq!(decimal(&[255; 16]), u128::MAX.to_string());
    }

    #[test]
    fn a_seed_decides() {
        let world = aksel_provider::world::Machine::default();
        let draw = |seed| (0..4).map(|_| Chance::new(&world, Some(seed)).below(1000)).collect::<Vec<_>>();
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
    }
}
