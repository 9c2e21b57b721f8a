//! Types and objects of chance, in the system and beside it in memory.

use std::collections::BTreeMap;

use serde_json::{Value, json, value::RawValue};

use crate::harness::{Answer, World};

/// Texts as they are sent, and as they compare: without case, composed.
pub(super) const TEXTS: &[(&str, &str)] = &[
    ("Ada", "ada"),
    ("ADA", "ada"),
    ("Ada Lovelace", "ada lovelace"),
    ("Adam", "adam"),
    ("Àb", "àb"),
    ("a\u{300}B", "àb"),
    ("STRASSE", "strasse"),
    ("straße", "strasse"),
    ("Ωmega", "ωmega"),
    ("日本", "日本"),
    ("z, y", "z, y"),
    ("100% a_b", "100% a_b"),
    ("🦀", "🦀"),
    ("\u{10fffd}x", "\u{10fffd}x"),
];
/// Parts of texts.
pub(super) const PARTS: &[(&str, &str)] = &[
    ("a", "a"),
    ("AD", "ad"),
    ("ada ", "ada "),
    ("ß", "ss"),
    ("S", "s"),
    ("日", "日"),
    ("À", "à"),
    ("Ω", "ω"),
    ("\u{10fffd}", "\u{10fffd}"),
    ("%", "%"),
    (", ", ", "),
];
const OPTIONS: &[&str] = &["New", "new", "Won", "lost"];
const OBJECTS_MAX: usize = 30;

/// Numbers that look like chance (`SplitMix64`).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// So many times in a hundred.
    pub(crate) fn hits(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A field, known by its type.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) slug: String,
    pub(super) r#type: &'static str,
}

impl Field {
    pub(super) fn is_number(&self) -> bool {
        self.r#type == "number"
    }

    pub(super) fn is_text(&self) -> bool {
        ["text", "dropdown"].contains(&self.r#type)
    }

    pub(super) fn has_order(&self) -> bool {
        self.r#type != "checkbox"
    }

    fn definition(&self) -> Value {
        let settings = if self.r#type == "dropdown" { json!({"options": OPTIONS}) } else { json!({}) };
        json!({"slug": self.slug, "label": "F", "type": self.r#type, "searchable": true, "settings": settings})
    }

    /// A value of the field.
    pub(super) fn sample(&self, dice: &mut Dice) -> Sample {
        match self.r#type {
            "text" => {
                let (sent, folded) = dice.of(TEXTS);
                Sample::text(sent, Plain::Text(folded.to_owned()))
            }
            "dropdown" => {
                let option = dice.of(OPTIONS);
                Sample::text(option, Plain::Choice(option.to_lowercase(), option.to_owned()))
            }
            "date" => {
                let date = format!("2026-01-{:02}", 1 + dice.below(9));
                Sample::text(&date, Plain::Text(date.clone()))
            }
            "checkbox" => {
                let flag = dice.hits(50);
                Sample { json: flag.to_string(), text: flag.to_string(), plain: Plain::Flag(flag) }
            }
            _ => number(dice),
        }
    }
}

/// A value as it is compared. Of one field all are of one variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plain {
    Text(String),
    /// Without case, and with it.
    Choice(String, String),
    Thousandths(i128),
    Flag(bool),
}

impl Plain {
    /// What its parts are looked for in.
    pub(super) fn folded(&self) -> &str {
        match self {
            Plain::Text(text) | Plain::Choice(text, _) => text,
            Plain::Thousandths(_) | Plain::Flag(_) => "",
        }
    }
}

/// A value as it is sent in a body, as it stands in a query, and as it is compared.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) json: String,
    pub(super) text: String,
    pub(super) plain: Plain,
}

impl Sample {
    pub(super) fn text(text: &str, plain: Plain) -> Self {
        Self { json: json!(text).to_string(), text: text.to_owned(), plain }
    }
}

/// Numbers small and large, of some scale, with zeros at their end or an exponent.
fn number(dice: &mut Dice) -> Sample {
    let places = dice.below(4);
    let large = if dice.hits(10) { 1_000_000_000_000_000_000_003_i128 } else { 1 };
    let digits = (i128::try_from(dice.below(60)).unwrap() - 30) * large;
    let mut text = decimal(digits, places);
    if !text.contains('.') && dice.hits(30) {
        text.push_str(dice.of(&[".0", ".000", "e0", "E+0"]));
    }
    let scale = 10_i128.pow(u32::try_from(3 - places).unwrap());
    Sample { json: text.clone(), text, plain: Plain::Thousandths(digits * scale) }
}

/// The decimal of that many places, without zeros that mean nothing.
pub(super) fn decimal(digits: i128, places: usize) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = places + 1);
    let (whole, rest) = text.split_at(text.len() - places);
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// An object.
#[derive(Clone, Debug)]
pub(super) struct Deal {
    pub(super) id: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) values: BTreeMap<String, Plain>,
}

impl Deal {
    pub(super) fn thousandths(&self, slug: &str) -> Option<i128> {
        match self.values.get(slug)? {
            Plain::Thousandths(value) => Some(*value),
            _ => None,
        }
    }

    /// What it is compared by under that name.
    pub(super) fn key(&self, name: &str) -> Option<Plain> {
        match name {
            "created_at" => Some(Plain::Text(self.created_at.clone())),
            "updated_at" => Some(Plain::Text(self.updated_at.clone())),
            slug => self.values.get(slug).cloned(),
        }
    }
}

/// A type with its objects, in the order of their creation.
pub(super) struct Deals {
    pub(super) world: World,
    path: String,
    pub(super) fields: Vec<Field>,
    pub(super) live: Vec<Deal>,
    trashed: Vec<Deal>,
}

impl Deals {
    pub(super) async fn new(dice: &mut Dice) -> Self {
        let world = World::new().await;
        let types = ["text", "number", "date", "checkbox", "dropdown"];
        let field = |n: usize, dice: &mut Dice| Field { slug: format!("f{n}"), r#type: dice.of(&types) };
        let fields: Vec<_> = (0..=dice.below(6)).map(|n| field(n, dice)).collect();
        let definitions: Vec<_> = fields.iter().map(Field::definition).collect();
        let body =
            json!({"slug": "deals", "singular_label": "D", "plural_label": "D", "fields": definitions});
        world.owner.api.post(&world.types(), body).await.expect(201);
        let path = format!("/v1/teams/{}/objects/deals", world.team);
        let mut deals = Self { world, path, fields, live: Vec::new(), trashed: Vec::new() };
        for _ in 0..dice.below(OBJECTS_MAX) {
            deals.create(dice).await;
        }
        deals
    }

    async fn send(&self, method: &str, path: &str, body: String) -> Answer {
        self.world.owner.api.send(method, &format!("{}{path}", self.path), Some(body)).await
    }

    pub(super) async fn get(&self, query: &str, limit: usize, cursor: &Value) -> Value {
        let cursor = cursor.as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let path = format!("{}?{query}&limit={limit}{cursor}", self.path);
        self.world.owner.api.get(&path.replace("?&", "?")).await.expect(200)
    }

    pub(super) async fn query(&self, body: String, limit: usize, cursor: &Value) -> Value {
        let body = format!(r#"{{{body}"limit": {limit}, "cursor": {cursor}}}"#);
        self.send("POST", "/query", body).await.expect(200)
    }

    /// Statistics, their numbers as texts to the last digit.
    pub(super) async fn stats(&self, query: &str) -> Value {
        let path = format!("{}/stats?{}", self.path, query.trim_start_matches('&'));
        let answer = self.world.owner.api.get(path.trim_end_matches('?')).await;
        assert_eq!(answer.status, 200, "{path} {}", answer.text);
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&answer.text).unwrap();
        let read = |(name, raw): (String, Box<RawValue>)| {
            let is_decimal = ["sum", "min", "max"].contains(&name.as_str()) && raw.get() != "null";
            let value = if is_decimal { json!(raw.get()) } else { serde_json::from_str(raw.get()).unwrap() };
            (name, value)
        };
        members.into_iter().map(read).collect::<serde_json::Map<_, _>>().into()
    }

    /// Writes something, and notes which object it touched, and in which field if not as a whole.
    pub(super) async fn write(&mut self, dice: &mut Dice, touched: &mut Vec<(String, String)>) {
        let (live, trashed) = (self.live.len(), self.trashed.len());
        match dice.below(10) {
            0..3 => touched.push((self.create(dice).await, String::new())),
            3..7 if live > 0 => {
                let place = dice.below(live);
                let slug = self.change(dice, place).await;
                touched.push((self.live[place].id.clone(), slug));
            }
            7 | 8 if live > 5 => {
                let deal = self.live.remove(dice.below(live));
                touched.push((deal.id.clone(), String::new()));
                self.world.owner.api.delete(&format!("{}/{}", self.path, deal.id)).await.expect(204);
                self.trashed.push(deal);
            }
            _ if trashed > 0 => {
                let mut deal = self.trashed.remove(dice.below(trashed));
                touched.push((deal.id.clone(), String::new()));
                let back = self.send("POST", &format!("/{}/restore", deal.id), "{}".to_owned()).await;
                deal.updated_at = text(&back.expect(200), "updated_at");
                let place = self.live.partition_point(|other| other.id < deal.id);
                self.live.insert(place, deal);
            }
            _ => {}
        }
    }

    async fn create(&mut self, dice: &mut Dice) -> String {
        let (mut sent, mut values) = (Vec::new(), BTreeMap::new());
        for field in &self.fields {
            if dice.hits(25) {
                continue;
            }
            let sample = field.sample(dice);
            sent.push(format!(r#""{}": {}"#, field.slug, sample.json));
            values.insert(field.slug.clone(), sample.plain);
        }
        let body = format!(r#"{{"fields": {{{}}}}}"#, sent.join(", "));
        let made = self.send("POST", "", body).await.expect(201);
        let (id, at) = (text(&made, "id"), text(&made, "created_at"));
        self.live.push(Deal { id: id.clone(), updated_at: at.clone(), created_at: at, values });
        id
    }

    /// Changes one field of an object, or clears it; the answer is which.
    async fn change(&mut self, dice: &mut Dice, place: usize) -> String {
        let field = self.fields[dice.below(self.fields.len())].clone();
        let sample = Some(field.sample(dice)).filter(|_| dice.hits(70));
        let json = sample.as_ref().map_or("null", |sample| &sample.json);
        let body = format!(r#"{{"fields": {{"{}": {json}}}}}"#, field.slug);
        let id = self.live[place].id.clone();
        let changed = self.send("PATCH", &format!("/{id}"), body).await.expect(200);
        let deal = &mut self.live[place];
        deal.updated_at = text(&changed, "updated_at");
        match sample {
            Some(sample) => drop(deal.values.insert(field.slug.clone(), sample.plain)),
            None => drop(deal.values.remove(&field.slug)),
        }
        field.slug
    }
}

fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap().to_owned()
}
