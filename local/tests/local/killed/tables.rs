//! What the table of objects holds, and that its unique index agrees with it.

use std::collections::BTreeMap;

use table::{AttributeValue, Item, Key, Table, number, text};

use super::place::{Thing, UNIQUE};
use crate::tables;

/// The table of objects, and the partition of a type in it.
pub(super) struct Tables {
    objects: Table,
    partition: String,
}

/// Objects and unique entries as they are stored.
pub(super) struct Stored {
    objects: Vec<Item>,
    /// The object that each entry names, by field and key.
    unique: BTreeMap<(String, String), String>,
}

impl Tables {
    pub(super) fn new(dynamodb: &str, partition: String) -> Self {
        Self { objects: tables::table(dynamodb, "objects"), partition }
    }

    pub(super) async fn read(&self) -> Stored {
        let mut unique = BTreeMap::new();
        for field in UNIQUE {
            for entry in tables::items(&self.objects, &self.unique(field)).await {
                unique.insert((field.to_owned(), told(&entry, "sk")), told(&entry, "id"));
            }
        }
        Stored { objects: tables::items(&self.objects, &self.partition).await, unique }
    }

    /// The first step of a destruction: the entries are released and the object is marked.
    pub(super) async fn mark(&self, id: &str) {
        let key = Key::new(&*self.partition, id);
        let item = self.objects.get(key.clone()).await.unwrap().unwrap();
        let mark = self.objects.update(key).set("destroyed", AttributeValue::Bool(true)).add("version", 1);
        let mut writes = vec![mark.remove("ix")];
        for (field, key) in held(&item) {
            writes.push(self.objects.delete(Key::new(self.unique(&field), key)));
        }
        assert_eq!(writes.len(), 3);
        self.objects.transact(writes).await.unwrap();
    }

    fn unique(&self, field: &str) -> String {
        format!("{}#unique#{field}", self.partition)
    }
}

impl Stored {
    /// The objects that are destroyed half way.
    pub(super) fn marked(&self) -> Vec<String> {
        self.objects.iter().filter(|item| is_marked(item)).map(|item| told(item, "sk")).collect()
    }

    /// The API shows just what is stored; each live object has the unique entries of its values; and there are
    /// no other entries.
    pub(super) fn agree_with(&self, things: &BTreeMap<String, Thing>) {
        let (mut unique, mut keys, mut values) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut count = 0;
        for item in &self.objects {
            let is_in = ["ix", "tx"].map(|index| item.contains_key(index));
            if is_marked(item) {
                assert_eq!(is_in, [false, false], "it is destroyed and in an index: {item:?}");
                continue;
            }
            let id = told(item, "sk");
            let thing = things.get(&id).unwrap_or_else(|| panic!("it is stored and not shown: {item:?}"));
            count += 1;
            assert_eq!(number(item, "version"), Some(thing.version));
            assert_eq!(item.contains_key("trashed_at"), !thing.is_live, "{item:?}");
            assert_eq!(is_in, [thing.is_live, !thing.is_live], "{item:?}");
            let fields: Vec<_> = UNIQUE.into_iter().filter(|field| !thing.fields[*field].is_null()).collect();
            let held = held(item);
            assert_eq!(held.keys().map(String::as_str).collect::<Vec<_>>(), fields, "{item:?}");
            for (field, key) in held {
                let value = thing.fields[&field].as_str().unwrap().to_lowercase();
                let place = (field.clone(), key.clone());
                assert_eq!(
                    *values.entry(place.clone()).or_insert(value.clone()),
                    value,
                    "one key of two values"
                );
                assert_eq!(*keys.entry((field, value)).or_insert(key.clone()), key, "two keys of one value");
                if thing.is_live {
                    let other = unique.insert(place, id.clone());
                    assert_eq!(other, None, "two objects have the same value: {item:?}");
                }
            }
        }
        assert_eq!(count, things.len(), "something is shown that is not stored");
        assert_eq!(
            self.unique, unique,
            "what is in the unique index (left) is not what objects have (right)"
        );
    }
}

/// The keys of an object's unique values, by field.
fn held(item: &Item) -> BTreeMap<String, String> {
    let held = item["unique"].as_m().unwrap().iter();
    held.map(|(field, key)| (field.clone(), key.as_s().unwrap().clone())).collect()
}

fn is_marked(item: &Item) -> bool {
    item.contains_key("destroyed")
}

fn told(item: &Item, name: &str) -> String {
    text(item, name).unwrap().to_owned()
}
