//! Types against texts: what is taken, and where and how all else is refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{nullable, present, read, read_query};
use crate::error::Error;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Outer {
    list: Vec<Inner>,
    choice: Option<Choice>,
    rule: Option<Rule>,
    text: Option<String>,
    flag: bool,
    pair: Option<(u8, u8)>,
    #[serde(deserialize_with = "nullable")]
    end: Option<u8>,
    #[serde(deserialize_with = "present")]
    change: Option<Option<Inner>>,
    raw: Option<Box<RawValue>>,
    map: BTreeMap<String, u8>,
    size: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    number: i8,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Left,
    Right,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Rule {
    Never,
    If(Vec<u8>),
}

fn refused(body: &[u8]) -> (u16, String, &'static str, String) {
    told(&read::<Outer>(body).unwrap_err().in_body())
}

fn told(error: &Error) -> (u16, String, &'static str, String) {
    let fault = error.faults()[0].clone();
    (error.code.status(), fault.pointer, fault.code.name(), fault.detail)
}

#[test]
fn what_keeps_to_its_type_is_read() {
    let body = "\u{feff} {\"list\": [ {\"number\": -1}, {\"number\": 1e1} ], \"choice\": \"left\", \"rule\": {\"if\": [1]}, \
                \"text\": \"a\\u00e9\\\"é\", \"flag\": true, \"pair\": [1, 2], \"end\": null, \"change\": null, \
                \"raw\": { \"a\": [1e400, \"]\\\"}\"] } , \"map\": {\"a/b\": 1}, \"size\": 1e-400}\n";
    let read = read::<Outer>(body.as_bytes()).unwrap();
    assert_eq!(read.list.iter().map(|inner| inner.number).collect::<Vec<_>>(), [-1, 10]);
    assert_eq!((read.choice, read.rule), (Some(Choice::Left), Some(Rule::If(vec![1]))));
    assert_eq!((read.text.as_deref(), read.flag, read.pair), (Some("aé\"é"), true, Some((1, 2))));
    assert!(read.end.is_none() && read.change.is_some_and(|change| change.is_none()));
    assert_eq!(read.raw.unwrap().get(), "{ \"a\": [1e400, \"]\\\"}\"] }");
    assert_eq!((read.map["a/b"], read.size), (1, Some(0.0)));
    let read = super::read::<Outer>(br#"{"end": 1, "change": {"number": 1}, "raw": null}"#).unwrap();
    assert_eq!((read.end, read.change.flatten().map(|inner| inner.number)), (Some(1), Some(1)));
    assert_eq!(read.raw.unwrap().get(), "null");
}

#[test]
fn a_value_of_another_type_is_refused_at_its_place() {
    for (body, pointer, detail) in [
        ("[]", "", "Send an object."),
        (r#"{"list": {}}"#, "/list", "Send an array."),
        (r#"{"list": [{"number": 1}, [1]]}"#, "/list/1", "Send an object."),
        (r#"{"list": [{"number": "1"}]}"#, "/list/0/number", "Send a whole number."),
        (r#"{"list": [{"number": 1.5}]}"#, "/list/0/number", "Send a whole number."),
        (r#"{"list": [{"number": 1e-400}]}"#, "/list/0/number", "Send a whole number."),
        (r#"{"choice": {"left": null}}"#, "/choice", "Send one of left or right."),
        (r#"{"choice": {}}"#, "/choice", "Send one of left or right."),
        (r#"{"choice": ["left"]}"#, "/choice", "Send one of left or right."),
        (r#"{"rule": {"never": null}}"#, "/rule", "Send one of never or if."),
        (r#"{"rule": {"if": [1], "never": null}}"#, "/rule", "Send one of never or if."),
        (r#"{"rule": {"if": null}}"#, "/rule/if", "Send an array."),
        (r#"{"rule": "if"}"#, "/rule", "Send an object with the member if."),
        (r#"{"text": null}"#, "/text", "Send a text."),
        (r#"{"flag": null}"#, "/flag", "Send true or false."),
        (r#"{"choice": null}"#, "/choice", "Send one of left or right."),
        (r#"{"pair": [1, 2, 3]}"#, "/pair", "Send fewer items."),
        (r#"{"pair": [1]}"#, "/pair", "Send as many items as there are to be."),
        (r#"{"end": "1"}"#, "/end", "Send a whole number."),
        (r#"{"change": [1]}"#, "/change", "Send an object."),
        (r#"{"map": {"a/b": null}}"#, "/map/a~1b", "Send a whole number."),
        (r#"{"size": "1"}"#, "/size", "Send a number."),
    ] {
        let expected = (400, pointer.to_owned(), "wrong_type", detail.to_owned());
        assert_eq!(refused(body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn members_are_known_and_there() {
    for (body, pointer, code) in [
        (r#"{"list": [{"number": 1, "a~b": 1}]}"#, "/list/0/a~0b", "unknown_member"),
        (r#"{"list": [{}]}"#, "/list/0/number", "missing_member"),
    ] {
        let (status, place, found, _) = refused(body.as_bytes());
        assert_eq!((status, place.as_str(), found), (400, pointer, code), "{body}");
    }
}

#[test]
fn a_value_of_the_right_type_that_breaks_a_rule_is_of_the_data() {
    for (body, pointer, code, detail) in [
        (r#"{"list": [{"number": 128}]}"#, "/list/0/number", "out_of_range", "Send a smaller number."),
        (r#"{"list": [{"number": 1e400}]}"#, "/list/0/number", "out_of_range", "Send a smaller number."),
        (r#"{"list": [{"number": -129}]}"#, "/list/0/number", "out_of_range", "Send a larger number."),
        (r#"{"end": -1}"#, "/end", "out_of_range", "Send a larger number."),
        (r#"{"size": -1e400}"#, "/size", "out_of_range", "Send a larger number."),
        (r#"{"choice": "Left"}"#, "/choice", "unknown_choice", "Send one of left or right."),
    ] {
        let expected = (422, pointer.to_owned(), code, detail.to_owned());
        assert_eq!(refused(body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn what_is_no_json_is_refused_where_it_ends_to_be() {
    let (deep, objects) = ("[".repeat(100_000), r#"{"a":"#.repeat(100_000));
    for (body, pointer, code) in [
        (&b"{\"a\": [{\"b/c\": 1, \"b/c\": 2}]}"[..], "/a/0/b~1c", "duplicate_member"),
        (b"{\"a\": 1, \"\\u0061\": 2}", "/a", "duplicate_member"),
        (b"{\"a\": {\"b\": tru}}", "/a/b", "invalid_json"),
        (b"{\"a\": 1", "", "invalid_json"),
        (b"{\"a\": 1,}", "", "invalid_json"),
        (b"{\"a\" 1}", "/a", "invalid_json"),
        (b"{'a': 1}", "", "invalid_json"),
        (b"{\"a\": [1 2]}", "/a", "invalid_json"),
        (b"{\"a\": nullx}", "", "invalid_json"),
        (b"{} {}", "", "invalid_json"),
        (b"{\"a\": \"\xff\"}", "/a", "invalid_json"),
        (b"{\"a\": 1} \xff", "", "invalid_json"),
        (b"{\"a\": \"\\ud800\"}", "/a", "invalid_json"),
        (b"{\"a\": \"\n\"}", "/a", "invalid_json"),
        (b"{\"a\": 01}", "/a", "invalid_json"),
        (b"{\"a\": 1.}", "/a", "invalid_json"),
        (b"{\"a\": -}", "/a", "invalid_json"),
        (b"{\"a\": +1}", "/a", "invalid_json"),
        (b"{\"a\": NaN}", "/a", "invalid_json"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "", "invalid_json"),
        (b"\xef\xbb\xbf", "", "invalid_json"),
        (b"", "", "invalid_json"),
    ] {
        let (status, place, found, detail) = refused(body);
        assert_eq!((status, place.as_str(), found), (400, pointer, code), "{detail}");
    }
    for body in [&deep, &objects, &format!("{}{}", "[".repeat(128), "]".repeat(128))] {
        assert_eq!(refused(body.as_bytes()).2, "invalid_json");
    }
    let deepest = format!("{{\"raw\": {}{}}}", "[".repeat(126), "]".repeat(126));
    assert!(read::<Outer>(deepest.as_bytes()).is_ok());
}

#[test]
fn a_query_is_read_by_the_same_rules_and_always_400() {
    let query = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let read = read_query::<Outer>(&query("choice", "right")).unwrap();
    assert_eq!(read.choice, Some(Choice::Right));
    for (name, value, code) in [
        ("choice", "up", "unknown_choice"),
        ("chioce", "left", "unknown_member"),
        ("rule", "if", "wrong_type"),
    ] {
        let (status, pointer, found, _) =
            told(&read_query::<Outer>(&query(name, value)).unwrap_err().in_query());
        assert_eq!((status, pointer, found), (400, format!("?{name}"), code));
    }
}
