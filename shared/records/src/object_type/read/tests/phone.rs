//! Telephone numbers: the forms that are taken, and what is refused.

use super::*;

#[test]
fn telephone_numbers_come_out_in_one_form() {
    let cases = |field: &Field, cases: &[(&str, &str)]| {
        for (sent, kept) in cases {
            accepts(field, &[(&json!(sent).to_string(), &json!(kept).to_string())]);
        }
    };
    let refused = |field: &Field, cases: &[&str]| {
        for sent in cases {
            refuses(field, &[(&json!(sent).to_string(), "not_a_phone")]);
        }
    };
    let anywhere = field("phone", json!({}));
    cases(
        &anywhere,
        &[
            ("+49 30 123456", "+4930123456"),
            ("+49 (0)30 / 123-456", "+4930123456"),
            ("+49 030 123456", "+4930123456"),
            ("0049.30.123456", "+4930123456"),
            ("00 1 (212) 555-0123", "+12125550123"),
            ("+39 06 12345678", "+390612345678"),
            ("＋1\u{a0}212\u{2011}555\u{2011}0123", "+12125550123"),
            ("+800 1234 5678", "+80012345678"),
        ],
    );
    refused(
        &anywhere,
        &[
            "030 123456",
            "+49",
            "+999 123456789",
            "+49 30 12x",
            "+1234567890123456",
            "call me",
            "+ +49",
            "++49301234",
        ],
    );
    cases(
        &field("phone", json!({"default_country": "DE"})),
        &[("030 123456", "+4930123456"), ("(030) 12 34 56", "+4930123456")],
    );
    cases(
        &field("phone", json!({"default_country": "US"})),
        &[("(212) 555-0123", "+12125550123"), ("1-212-555-0123", "+12125550123")],
    );
    cases(&field("phone", json!({"default_country": "IT"})), &[("06 12345678", "+390612345678")]);
    cases(&field("phone", json!({"default_country": "HU"})), &[("06 1 234 5678", "+3612345678")]);
}

#[test]
fn telephone_numbers_lose_what_cannot_be_seen() {
    let phone = field("phone", json!({}));
    for (sent, kept) in [
        ("\u{202a}+49 30 123456\u{202c}", "+4930123456"),
        ("\u{200e}+49\u{a0}30\u{202f}12\u{2009}34\u{3000}56\u{200f}", "+4930123456"),
        ("\u{feff}+49\u{200b} 30\u{2060} 12\u{ad}34\u{200d}56\u{2069}", "+4930123456"),
        ("\u{202d}+49\u{202e} 30 12\u{61c}3456", "+4930123456"),
        ("tel:+49-30-123456", "+4930123456"),
        ("TEL: 0049 (30) 123456", "+4930123456"),
        ("\u{200e}tel:\u{200e}+49\u{a0}30 123456", "+4930123456"),
    ] {
        accepts(&phone, &[(&json!(sent).to_string(), &json!(kept).to_string())]);
    }
}

#[test]
fn an_extension_of_a_telephone_number_is_refused_by_name() {
    let phone = field("phone", json!({"default_country": "US"}));
    for (number, extension) in [
        ("+1 212 555 0123 ext. 12", "ext. 12"),
        ("+1 212 555 0123 Ext 12", "Ext 12"),
        ("(212) 555-0123, extension: 9", "extension: 9"),
        ("212-555-0123x4567", "x4567"),
        ("212-555-0123 X 4567", "X 4567"),
        ("tel:+1-212-555-0123;ext=12", ";ext=12"),
        ("+1 212 555 0123 #12", "#12"),
        ("+1 212 555 0123\u{a0}\u{202a}ext\u{202c}\u{a0}12", "ext\u{a0}12"),
    ] {
        let raw = RawValue::from_string(json!(number).to_string()).unwrap();
        let faults = parse_value(&phone, "/fields/f", &raw).err().unwrap();
        let [fault] = faults.as_slice() else { panic!("{number}: {faults:?}") };
        assert_eq!(fault.code, Violation::NotAPhone, "{number}");
        assert!(
            fault.detail.contains("extension") && fault.detail.contains(&format!("\"{extension}\"")),
            "{number}: {}",
            fault.detail
        );
    }
    for number in ["+1 212 555 0123 x", "+1 212 555 0123;phone-context=a", "+1 212 ext", "x-ray 12"] {
        let raw = RawValue::from_string(json!(number).to_string()).unwrap();
        let faults = parse_value(&phone, "/fields/f", &raw).err().unwrap();
        assert!(!faults[0].detail.contains("extension"), "{number}");
    }
}

#[test]
fn countries_are_named_by_two_capitals() {
    assert!(is_country("DE") && is_country("XK") && !is_country("de") && !is_country("EU"));
}
