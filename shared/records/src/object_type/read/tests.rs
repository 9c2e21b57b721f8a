//! Each type of field with what it takes, as what, and what it refuses.

use serde_json::{Value as Json, json};

use super::*;

mod phone;

fn field(r#type: &str, settings: Json) -> Field {
    let json = json!({"slug": "f", "label": "F", "type": r#type, "settings": settings}).to_string();
    serde_json::from_str(&json).unwrap()
}

fn read(field: &Field, json: &str) -> Result<Option<String>, Vec<String>> {
    let raw = RawValue::from_string(json.to_owned()).unwrap();
    let faults = |faults: Vec<Fault>| {
        faults
            .into_iter()
            .map(|fault| format!("{}{}", &fault.pointer[9..], fault.code.name()))
            .collect::<Vec<_>>()
    };
    let sent = parse_value(field, "/fields/f", &raw).map_err(faults)?;
    Ok(sent.value.map(|value| {
        assert_eq!(Value::from_attribute(&value.to_attribute()).as_ref(), Some(&value));
        serde_json::to_string(&value).unwrap()
    }))
}

fn accepts(field: &Field, cases: &[(&str, &str)]) {
    for (json, kept) in cases {
        assert_eq!(read(field, json), Ok(Some((*kept).to_owned())), "{json}");
        assert_eq!(read(field, kept), Ok(Some((*kept).to_owned())), "{kept} is not kept as it is");
    }
    assert_eq!(read(field, "null"), Ok(None));
}

fn refuses(field: &Field, cases: &[(&str, &str)]) {
    for (json, code) in cases {
        assert_eq!(read(field, json), Err(vec![(*code).to_owned()]), "{json}");
    }
}

#[test]
fn texts_are_clean_lines() {
    let text = field("text", json!({"max_length": 3}));
    accepts(&text, &[(r#"" a ""#, r#""a""#), (r#""e\u0301""#, r#""é""#)]);
    refuses(
        &text,
        &[
            (r#""a\nb""#, "control_character"),
            (r#""abcd""#, "too_long"),
            ("1", "wrong_type"),
            ("[]", "wrong_type"),
        ],
    );
    assert_eq!(read(&text, r#""""#), Ok(None));
    accepts(&field("textarea", json!({})), &[(r#""a\nb ""#, r#""a\nb ""#)]);
}

#[test]
fn addresses_of_mail_keep_their_case() {
    let email = field("email", json!({}));
    accepts(&email, &[(r#""Ada@Example.com""#, r#""Ada@Example.com""#)]);
    accepts(
        &email,
        &[
            (r#""ada@Bücher.example""#, r#""ada@Bücher.example""#),
            (r#""ada@xn--bcher-kva.example""#, r#""ada@xn--bcher-kva.example""#),
        ],
    );
    let label = "a".repeat(64);
    let over = format!("a@{label}.de");
    for address in [
        "ada",
        "a@b@c",
        "a b@c.de",
        "Ada <ada@example.com>",
        "a@[127.0.0.1]",
        "a@.de",
        "a@b..de",
        "a@xn--a.de",
        &over,
    ] {
        refuses(&email, &[(&json!(address).to_string(), "not_an_email")]);
    }
    refuses(&email, &[("\"a\\u200f@b.de\"", "control_character")]);
}

#[test]
fn texts_have_the_marks_of_their_direction() {
    let hebrew = "\u{200f}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{2066}API\u{2069}\u{200e} \u{61c}1";
    let sent = json!(hebrew).to_string();
    for r#type in ["text", "name", "textarea"] {
        let field = field(r#type, json!({}));
        accepts(&field, &[(&sent, &sent)]);
        assert_eq!(read(&field, "\"\u{200f}\""), Ok(None));
        for turned in ["\u{202e}a", "a\u{202d}", "a\u{202a}b\u{202c}", "\u{2028}a"] {
            let turned = format!("x{turned}x");
            refuses(&field, &[(&json!(turned).to_string(), "control_character")]);
        }
    }
    let part = json!({"city": hebrew}).to_string();
    accepts(&field("address", json!({})), &[(&part, &part)]);
}

#[test]
fn options_are_the_same_however_their_letters_are_composed() {
    let (composed, apart) = ("\"Caf\u{e9}\"", "\"Cafe\u{301}\"");
    for options in [json!({"options": ["Caf\u{e9}", "Tea"]}), json!({"options": ["Cafe\u{301}", "Tea"]})] {
        for r#type in ["dropdown", "radio"] {
            accepts(&field(r#type, options.clone()), &[(composed, composed), (apart, composed)]);
        }
        let several = field("checkboxes", options);
        let kept = format!("[{composed},\"Tea\"]");
        accepts(&several, &[(&format!("[\"Tea\",{apart}]"), &kept), (&kept, &kept)]);
        refuses(&several, &[(&format!("[{apart},{composed}]"), "/1duplicate")]);
    }
}

#[test]
fn urls_are_of_the_web() {
    let url = field("url", json!({}));
    accepts(
        &url,
        &[
            (r#""example.com""#, r#""https://example.com/""#),
            (r#""HTTP://Example.COM/A?b=C#d""#, r#""http://example.com/A?b=C#d""#),
            (r#""example.com:8080/x y""#, r#""https://example.com:8080/x%20y""#),
            (r#""https://bücher.example/ä""#, r#""https://xn--bcher-kva.example/%C3%A4""#),
            (r#""http://intranet/wiki""#, r#""http://intranet/wiki""#),
        ],
    );
    accepts(&url, &[(r#""https://example.com./""#, r#""https://example.com./""#)]);
    let (label, domain) = ("a".repeat(64), vec!["a".repeat(63); 4].join("."));
    for sent in [
        "https://.com",
        "http://a..b",
        "https://example..",
        "https://.",
        ".com",
        &format!("https://{label}.com"),
        &format!("https://{}.com", "\u{fc}".repeat(60)),
        &format!("https://{domain}/"),
        "ftp://example.com",
        "javascript:alert(1)",
        "mailto:ada@example.com",
        "https://ada:secret@example.com",
        "word",
        "https://",
        "exa mple.com",
    ] {
        refuses(&url, &[(&json!(sent).to_string(), "not_a_url")]);
    }
    refuses(&url, &[(&json!(format!("a.de/{}", "ä".repeat(1_000))).to_string(), "too_long")]);
}

#[test]
fn numbers_are_exact() {
    let long = "0.1234567890123456789012345678901234567";
    let number = field("number", json!({}));
    accepts(&number, &[("12.30", "12.30"), ("1e3", "1000"), (long, long)]);
    refuses(&number, &[(r#""12""#, "wrong_type"), ("true", "wrong_type"), ("1e400", "out_of_range")]);
}

#[test]
fn money_has_the_currency_of_its_field_and_no_more_decimals() {
    let euro = field("money", json!({"currency": "EUR"}));
    accepts(
        &euro,
        &[
            (r#"{"amount": "12.30", "currency": "EUR"}"#, r#"{"amount":"12.30","currency":"EUR"}"#),
            (r#"{"amount": "-7"}"#, r#"{"amount":"-7","currency":"EUR"}"#),
            (r#"{"amount": 0.5}"#, r#"{"amount":"0.5","currency":"EUR"}"#),
            (
                r#"{"amount": "123456789012345678901234567890123456.78"}"#,
                r#"{"amount":"123456789012345678901234567890123456.78","currency":"EUR"}"#,
            ),
        ],
    );
    refuses(
        &euro,
        &[
            ("12.30", "wrong_type"),
            (r#""12.30""#, "wrong_type"),
            (r#"{"currency": "EUR"}"#, "wrong_type"),
            (r#"{"amount": "1", "note": "x"}"#, "wrong_type"),
            (r#"{"amount": "1", "currency": "USD"}"#, "/currencywrong_currency"),
            (r#"{"amount": "1.234"}"#, "/amounttoo_many_decimals"),
            (r#"{"amount": "1,5"}"#, "/amountwrong_type"),
            (r#"{"amount": "1e3"}"#, "/amountwrong_type"),
            (r#"{"amount": null}"#, "/amountwrong_type"),
            (r#"{"amount": "123456789012345678901234567890123456789"}"#, "/amountout_of_range"),
        ],
    );
    refuses(
        &field("money", json!({"currency": "JPY"})),
        &[(r#"{"amount": "1.5"}"#, "/amounttoo_many_decimals")],
    );
    accepts(
        &field("money", json!({"currency": "KWD"})),
        &[(r#"{"amount": "1.500"}"#, r#"{"amount":"1.500","currency":"KWD"}"#)],
    );
    accepts(&field("money", json!({})), &[(r#"{"amount": "1"}"#, r#"{"amount":"1","currency":"USD"}"#)]);
}

#[test]
fn amounts_are_compared_with_or_without_their_currency() {
    let euro = field("money", json!({"currency": "EUR"}));
    let compared = |json: &str| {
        let value = check_value(&euro, "", &RawValue::from_string(json.to_owned()).unwrap());
        euro.sort_key(&value.unwrap().unwrap())
    };
    assert_eq!(compared("12.3"), compared(r#"{"amount": "12.30"}"#));
    assert_eq!(compared(r#""12.3""#), compared("12.30"));
}

#[test]
fn dates_exist() {
    let date = field("date", json!({}));
    accepts(&date, &[(r#""2028-02-29""#, r#""2028-02-29""#)]);
    for sent in ["2026-02-29", "20260101", "2026-W01-1", "2026-1-1"] {
        refuses(&date, &[(&json!(sent).to_string(), "not_a_date")]);
    }
    let with_time = field("date", json!({"precision": "date-time"}));
    accepts(&with_time, &[(r#""2026-11-23T10:30:00+02:00""#, r#""2026-11-23T08:30:00.000Z""#)]);
    refuses(&with_time, &[(r#""2026-11-23""#, "not_a_date")]);
}

#[test]
fn options_have_a_case_and_an_order_and_checkboxes_two_states() {
    let options = json!({"options": ["New", "Won", "Lost"]});
    for r#type in ["dropdown", "radio"] {
        accepts(&field(r#type, options.clone()), &[(r#""New""#, r#""New""#)]);
        refuses(&field(r#type, options.clone()), &[(r#""new""#, "not_an_option"), ("[]", "wrong_type")]);
    }
    let several = field("checkboxes", options);
    accepts(&several, &[(r#"["Lost", "New"]"#, r#"["New","Lost"]"#), (r#"["Won"]"#, r#"["Won"]"#)]);
    assert_eq!(read(&several, "[]"), Ok(None));
    refuses(
        &several,
        &[
            (r#""New""#, "wrong_type"),
            (r#"["New", "New"]"#, "/1duplicate"),
            (r#"["new"]"#, "/0not_an_option"),
        ],
    );
    let two = read(&several, r#"["a", "New", "b"]"#).unwrap_err();
    assert_eq!(two, ["/0not_an_option", "/2not_an_option"]);
    accepts(&field("checkbox", json!({})), &[("true", "true"), ("false", "false")]);
    refuses(&field("checkbox", json!({})), &[("1", "wrong_type"), (r#""true""#, "wrong_type")]);
}

#[test]
fn colors_have_one_spelling() {
    let color = field("color", json!({}));
    accepts(
        &color,
        &[
            (r##""#1A2b3C""##, r##""#1a2b3c""##),
            (r#""HSL( 210 ,50%,40.5% )""#, r#""hsl(210, 50%, 40.5%)""#),
            (r#""rgba(26,43,60,0.50)""#, r#""rgba(26, 43, 60, 0.50)""#),
        ],
    );
    for sent in [
        "red",
        "#abc",
        "#12345g",
        "1a2b3c",
        "hsl(361, 1%, 1%)",
        "hsl(1, 1, 1)",
        "hsl(1, 101%, 1%)",
        "rgba(256, 0, 0, 1)",
        "rgba(1, 2, 3)",
        "rgba(1, 2, 3, 1.1)",
        "rgba(+1, 2, 3, 1)",
        "rgba(1, 2, 3, 1e0)",
        "rgb(1, 2, 3)",
    ] {
        refuses(&color, &[(&json!(sent).to_string(), "not_a_color")]);
    }
}

#[test]
fn an_address_has_its_parts() {
    let address = field("address", json!({"required_parts": ["line_1", "city"]}));
    accepts(
        &address,
        &[(
            r#"{"city": " Ulm ", "line_1": "Münsterplatz 1", "zip": "", "state": null}"#,
            r#"{"city":"Ulm","line_1":"Münsterplatz 1"}"#,
        )],
    );
    for nothing in ["{}", r#"{"city": " "}"#] {
        assert_eq!(read(&address, nothing), Ok(None));
    }
    refuses(
        &address,
        &[
            (r#""Ulm""#, "wrong_type"),
            (r#"{"city": "Ulm"}"#, "/line_1required"),
            (r#"{"city": "Ulm", "line_1": "x", "town": "y"}"#, "/townunknown_field"),
            (r#"{"city": 1, "line_1": "x"}"#, "/citywrong_type"),
        ],
    );
    let long = json!({"city": "x".repeat(201), "planet": "Earth"}).to_string();
    assert_eq!(
        read(&address, &long).unwrap_err(),
        ["/citytoo_long", "/planetunknown_field", "/line_1required"]
    );
}

#[test]
fn a_composite_has_the_fields_of_its_field() {
    let composite = field(
        "composite",
        json!({"fields": [
            {"slug": "width", "label": "Width", "type": "number", "required": "always"},
            {"slug": "unit", "label": "Unit", "type": "dropdown", "settings": {"options": ["cm", "in"]}},
            {"slug": "price", "label": "Price", "type": "money"},
        ]}),
    );
    accepts(
        &composite,
        &[(
            r#"{"width": 1.50, "unit": "cm", "price": {"amount": "1.10"}}"#,
            r#"{"price":{"amount":"1.10","currency":"USD"},"unit":"cm","width":1.50}"#,
        )],
    );
    assert_eq!(read(&composite, r#"{"unit": null}"#), Ok(None));
    let faults = read(&composite, r#"{"unit": "m", "x/y": 1, "price": {"amount": "1.234"}}"#).unwrap_err();
    assert_eq!(
        faults,
        ["/price/amounttoo_many_decimals", "/unitnot_an_option", "/x~1yunknown_field", "/widthrequired"]
    );
}

#[test]
fn what_comes_by_itself_is_not_sent_but_compared() {
    let numbered = field("autogenerated", json!({"prefix": "INV-", "postfix": "-X"}));
    refuses(&numbered, &[(r#""INV-7-X""#, "read_only"), ("null", "read_only")]);
    let compared = |json: &str| check_value(&numbered, "", &RawValue::from_string(json.to_owned()).unwrap());
    assert_eq!(compared(r#""INV-7-X""#).unwrap(), Some(Value::Numbered { n: 7, text: "INV-7-X".into() }));
    for text in ["7", "INV-07-X", "INV--X", "inv-7-X"] {
        assert_eq!(
            compared(&json!(text).to_string()).unwrap_err().code,
            Violation::NotANumberOfThisField,
            "{text}"
        );
    }
    let json = json!({"slug": "f", "label": "F", "type": "date", "semantics": "date-created"}).to_string();
    refuses(&serde_json::from_str(&json).unwrap(), &[(r#""2026-11-23""#, "read_only")]);
}

#[test]
fn references_are_told_for_the_caller_to_look_up() {
    let references = |field: &Field, json: &str| {
        parse_value(field, "/f", &RawValue::from_string(json.to_owned()).unwrap())
            .map(|sent| sent.references)
            .ok()
    };
    let relationship = field("relationship", json!({"object_type": "companies"}));
    let target = ReferenceTarget::Object { object_type: "companies".into(), id: "obj_1".into() };
    assert_eq!(
        references(&relationship, r#"" obj_1 ""#),
        Some(vec![Reference { pointer: "/f".into(), target }])
    );
    for r#type in ["file", "image", "media"] {
        let file = field(r#type, json!({}));
        let upload = |at: &str, id: &str| Reference {
            pointer: at.into(),
            target: ReferenceTarget::Upload { id: id.into(), rule: file.upload_rule() },
        };
        assert_eq!(
            references(&file, r#"["upl_1", "upl_2"]"#),
            Some(vec![upload("/f/0", "upl_1"), upload("/f/1", "upl_2")])
        );
        refuses(
            &file,
            &[
                (r#""upl_1""#, "wrong_type"),
                (&json!(vec!["upl_1"; 21]).to_string(), "too_many"),
                (r#"["upl_1", "upl_2", "upl_1"]"#, "/2duplicate"),
            ],
        );
    }
}
