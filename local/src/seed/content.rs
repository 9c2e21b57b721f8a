//! What the demo team begins with: companies and contacts that point at each other, with invented names.

use serde_json::{Value, json};

/// Name, industry, town, and how many work there.
const COMPANIES: [(&str, &str, &str, u32); 20] = [
    ("Alder & Ash", "Furniture", "Leeds", 48),
    ("Bright Harbour", "Shipping", "Rotterdam", 310),
    ("Cedar Analytics", "Software", "Berlin", 74),
    ("Dovetail Press", "Publishing", "Dublin", 23),
    ("Ember Foods", "Food", "Lyon", 190),
    ("Fernhill Clinic", "Health", "Bristol", 86),
    ("Granite Works", "Construction", "Aberdeen", 420),
    ("Hazel Studio", "Design", "Lisbon", 12),
    ("Ironbridge Tools", "Manufacturing", "Telford", 265),
    ("Juniper Travel", "Travel", "Vienna", 57),
    ("Kestrel Energy", "Energy", "Aarhus", 530),
    ("Larkspur Garden", "Retail", "Ghent", 31),
    ("Meridian Maps", "Software", "Tallinn", 44),
    ("Northlight Films", "Media", "Glasgow", 19),
    ("Orchard Bank", "Finance", "Zurich", 880),
    ("Pinewood School", "Education", "Malmö", 64),
    ("Quarry Lane Audio", "Media", "Kraków", 8),
    ("Rowan Logistics", "Shipping", "Hamburg", 720),
    ("Saltmarsh Seafood", "Food", "Porto", 95),
    ("Thistle Textiles", "Manufacturing", "Turin", 140),
];

/// People, two for each company.
const PEOPLE: [&str; 40] = [
    "Amara Okafor",
    "Bruno Keller",
    "Carla Mendes",
    "Dmitri Volkov",
    "Elif Demir",
    "Farid Haddad",
    "Greta Lindqvist",
    "Hiro Tanaka",
    "Ines Moreau",
    "Jonas Berg",
    "Katya Sokolova",
    "Liam O'Brien",
    "Mei Lin",
    "Noah Fischer",
    "Olga Nowak",
    "Pedro Alvarez",
    "Quinn Murphy",
    "Rosa Bianchi",
    "Sven Larsen",
    "Tara Singh",
    "Ulrich Weber",
    "Vera Horvat",
    "Wanda Kowalska",
    "Xavier Dubois",
    "Yara Costa",
    "Zoltan Kiss",
    "Anna Jansen",
    "Ben Carter",
    "Chloe Martin",
    "Daniel Novak",
    "Esra Yilmaz",
    "Finn Petersen",
    "Giulia Romano",
    "Hanna Virtanen",
    "Ivan Petrov",
    "Julia Schmidt",
    "Kofi Mensah",
    "Lena Bauer",
    "Marco Rossi",
    "Nadia Rahman",
];

/// The type of the people.
pub(super) fn contacts() -> Value {
    json!({
        "slug": "contacts",
        "singular_label": "Contact",
        "plural_label": "Contacts",
        "item_label_fields": ["name"],
        "fields": [
            {"slug": "email", "label": "E-mail", "type": "email", "unique": true, "searchable": true, "required": "always"},
            {"slug": "name", "label": "Name", "type": "name", "searchable": true},
            {"slug": "company", "label": "Company", "type": "text", "searchable": true},
            {"slug": "newsletter", "label": "Newsletter", "type": "checkbox"},
            {"slug": "notes", "label": "Notes", "type": "textarea"},
        ],
    })
}

/// The type of their companies.
pub(super) fn companies() -> Value {
    let mut industries: Vec<_> = COMPANIES.iter().map(|(_, industry, ..)| industry).collect();
    industries.sort_unstable();
    industries.dedup();
    json!({
        "slug": "companies",
        "singular_label": "Company",
        "plural_label": "Companies",
        "item_label_fields": ["name"],
        "fields": [
            {"slug": "name", "label": "Name", "type": "text", "unique": true, "searchable": true, "required": "always"},
            {"slug": "industry", "label": "Industry", "type": "dropdown", "searchable": true, "settings": {"options": industries}},
            {"slug": "town", "label": "Town", "type": "text", "searchable": true},
            {"slug": "people", "label": "People", "type": "number", "searchable": true},
            {"slug": "main_contact", "label": "Main contact", "type": "relationship", "settings": {"object_type": "contacts"}},
        ],
    })
}

/// What leads back from a contact to its company.
pub(super) fn employer() -> Value {
    json!({"slug": "employer", "label": "Employer", "type": "relationship", "settings": {"object_type": "companies"}})
}

/// A webhook that leads to the receiver of this machine.
pub(super) fn webhook(receiver: &str) -> Value {
    json!({
        "name": "Demo receiver",
        "description": "Leads to a page of this engine that shows what came.",
        "url": receiver,
        "topics": ["object.created", "object.updated", "object.deleted", "object.send"],
    })
}

/// Operations that create the companies.
pub(super) fn new_companies() -> Value {
    let creates = COMPANIES.iter().map(|(name, industry, town, people)| {
        create(json!({"name": name, "industry": industry, "town": town, "people": people}))
    });
    json!({"operations": creates.collect::<Vec<_>>()})
}

/// Operations that create the contacts, two at each of the companies.
pub(super) fn new_contacts(companies: &[String]) -> Value {
    let creates = PEOPLE.iter().enumerate().map(|(index, name)| {
        let at = index / 2 % companies.len();
        let company = COMPANIES[at % COMPANIES.len()].0;
        create(json!({
            "email": address(name, company),
            "name": name,
            "company": company,
            "newsletter": index % 3 == 0,
            "employer": companies[at],
        }))
    });
    json!({"operations": creates.collect::<Vec<_>>()})
}

/// Operations that make the first contact of each company its main one.
pub(super) fn main_contacts(companies: &[String], contacts: &[String]) -> Value {
    let pairs = companies.iter().zip(contacts.iter().step_by(2));
    let updates =
        pairs.map(|(id, contact)| json!({"op": "update", "id": id, "fields": {"main_contact": contact}}));
    json!({"operations": updates.collect::<Vec<_>>()})
}

/// Some changes, so that there is a history to look at.
pub(super) fn changes(contacts: &[String]) -> Value {
    let notes = ["Met at the fair in Porto.", "Prefers to be called in the morning.", "Asked for an offer."];
    let updates = contacts
        .iter()
        .zip(notes)
        .map(|(id, note)| json!({"op": "update", "id": id, "fields": {"notes": note, "newsletter": true}}));
    json!({"operations": updates.collect::<Vec<_>>()})
}

fn create(fields: Value) -> Value {
    json!({"op": "create", "fields": fields})
}

/// An address that leads nowhere (RFC 2606).
fn address(name: &str, company: &str) -> String {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let first = name.split(' ').next().unwrap_or_default();
    format!("{}@{}.example", plain(first), plain(company))
}
