//! Markup at the start of a text. What is not certain is the less trusted: a page.

use file_types::TextKind;

/// Which kind of text this is. `whole` says that the text ends where this does.
pub(crate) fn kind(text: &str, whole: bool) -> TextKind {
    let mut rest = Rest { text, is_xml: false, has_prologue: false };
    loop {
        rest.text = rest.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        match rest.step() {
            Step::On => {}
            Step::Found(kind) => return kind,
            Step::End if whole && !rest.has_prologue => return TextKind::Plain,
            Step::End => return TextKind::Html,
        }
    }
}

struct Rest<'a> {
    text: &'a str,
    is_xml: bool,
    has_prologue: bool,
}

enum Step {
    On,
    Found(TextKind),
    End,
}

impl Rest<'_> {
    fn step(&mut self) -> Step {
        let Some(inside) = self.text.strip_prefix('<') else {
            return self.without_markup();
        };
        if let Some(comment) = inside.strip_prefix("!--") {
            // A browser ends a comment at once if it begins with the end of one.
            if comment.starts_with('>') || comment.starts_with("->") {
                return self.skip(">");
            }
            return self.skip("-->");
        }
        if let Some(instruction) = inside.strip_prefix('?') {
            self.is_xml |= has_prefix(instruction, "xml");
            // Pages end it at the first bracket, and XML at the first question mark with one.
            return self.skip(">");
        }
        if has_prefix(inside, "!doctype") {
            return self.doctype();
        }
        if inside.starts_with('!') {
            return self.skip(">");
        }
        match inside.strip_prefix('/').unwrap_or(inside).chars().next() {
            Some(first) if first.is_alphabetic() || first == '_' || first == ':' => {
                Step::Found(self.of_root(inside))
            }
            Some(_) => self.without_markup(),
            None => Step::End,
        }
    }

    fn without_markup(&self) -> Step {
        if self.text.is_empty() {
            Step::End
        } else if self.has_prologue {
            // Text after a comment or an instruction: a browser that looks makes a page of it.
            Step::Found(TextKind::Html)
        } else {
            Step::Found(TextKind::Plain)
        }
    }

    fn skip(&mut self, end: &str) -> Step {
        self.has_prologue = true;
        match self.text.split_once(end) {
            Some((_, rest)) => {
                self.text = rest;
                Step::On
            }
            None => Step::Found(TextKind::Html),
        }
    }

    /// Declarations inside a document type can hold brackets: what they say is not read.
    fn doctype(&mut self) -> Step {
        let declared = self.text.split_once('>').map_or(self.text, |(declared, _)| declared);
        let name = declared.split_whitespace().nth(1).unwrap_or_default().to_ascii_lowercase();
        match name.split('[').next().unwrap_or_default() {
            "svg" => Step::Found(TextKind::Svg),
            "html" | "" => Step::Found(TextKind::Html),
            _ if declared.contains('[') => {
                Step::Found(if self.is_xml { TextKind::Xml } else { TextKind::Html })
            }
            _ => self.skip(">"),
        }
    }

    fn of_root(&self, inside: &str) -> TextKind {
        let name =
            inside.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next().unwrap_or_default();
        let local = name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        match local.as_str() {
            "svg" => TextKind::Svg,
            "html" => TextKind::Html,
            _ if self.is_xml => TextKind::Xml,
            _ => TextKind::Html,
        }
    }
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
