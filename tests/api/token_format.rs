//! `docs/secure/token-format.md` tells the truth: its expression, its vectors and its Python agree with the parser.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use base::secret::{Secret, SecretKind};
use regex::Regex;

use crate::tree::read;

fn document() -> String {
    read("docs/secure/token-format.md")
}

/// The one block of that language.
fn block(language: &str) -> String {
    let text = document();
    let begun = text.split(&format!("```{language}\n")).collect::<Vec<_>>();
    assert_eq!(begun.len(), 2, "one block of {language}");
    begun[1].split("```").next().unwrap().trim().to_owned()
}

fn valid() -> Vec<String> {
    block("vectors").lines().map(str::to_owned).collect()
}

/// Each text that is none, with the first word of its reason.
fn invalid() -> Vec<(String, String)> {
    let text = document();
    let rows = text.split("| text | reason |").nth(1).unwrap().lines().skip(2);
    let cells = rows.map_while(|row| row.strip_prefix("| `")?.split_once("` | "));
    cells.map(|(text, reason)| (text.to_owned(), reason.split(':').next().unwrap().to_owned())).collect()
}

/// Whether it is a secret of either kind.
fn is_secret(text: &str) -> bool {
    [SecretKind::Token, SecretKind::Invitation].into_iter().any(|kind| Secret::parse(kind, text).is_some())
}

fn expression() -> Regex {
    Regex::new(&block("regex")).unwrap()
}

fn whole(text: &str) -> bool {
    expression().find(text).is_some_and(|found| found.as_str() == text)
}

#[test]
fn the_parser_takes_every_valid_text_and_no_other() {
    assert!(valid().len() >= 5 && invalid().len() >= 5);
    for text in valid() {
        assert!(is_secret(&text) && whole(&text), "{text}");
    }
    for (text, reason) in invalid() {
        assert!(!is_secret(&text), "{text}");
        assert_eq!(whole(&text), reason == "checksum", "{text}: {reason}");
    }
}

#[test]
fn the_expression_finds_a_token_between_other_characters() {
    for text in valid() {
        for (before, after) in
            [("", ""), ("token=", "&x=1"), ("\"", "\","), ("Bearer ", "\n"), ("(", ")."), ("é ", "…")]
        {
            let all = format!("{before}{text}{after}");
            assert_eq!(
                expression().find_iter(&all).map(|found| found.as_str()).collect::<Vec<_>>(),
                [&text],
                "{all}"
            );
        }
        for (before, after) in [("x", ""), ("", "x"), ("_", ""), ("", "_")] {
            assert!(!expression().is_match(&format!("{before}{text}{after}")), "{before}{text}{after}");
        }
    }
}

#[test]
fn the_python_agrees() {
    let texts = valid().into_iter().chain(invalid().into_iter().map(|(text, _)| text)).collect::<Vec<_>>();
    let program = format!(
        "{}\n\nimport sys\nfor line in sys.stdin.read().splitlines():\n    print(is_credential(line))\n",
        block("python")
    );
    let mut python = Command::new("python3")
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed: the document's check is run with it");
    python.stdin.take().unwrap().write_all(texts.join("\n").as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers = answers.lines().map(|line| line == "True").collect::<Vec<_>>();
    assert_eq!(answers, texts.iter().map(|text| is_secret(text)).collect::<Vec<_>>());
}

#[test]
fn the_rules_of_scanners_have_the_same_expression() {
    let expression = block("regex");
    for (language, quoted) in [("toml", format!("'''{expression}'''")), ("yaml", format!("'{expression}'"))] {
        assert!(block(language).contains(&quoted), "{language}");
    }
    let rule: serde_yaml_ng::Value = serde_yaml_ng::from_str(&block("yaml")).unwrap();
    assert_eq!(rule["detectors"][0]["regex"]["token"].as_str(), Some(expression.as_str()));
}
