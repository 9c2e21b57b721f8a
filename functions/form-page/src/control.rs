//! How a field is asked for: the control that fits its type, with what stands in it and what is wrong with that.

use askama::Template;
use base::{Fault, Violation};
use form::{ItemWidth, ShownField};
use records::object_type::{AddressPart, Field, FieldType, Precision, Required, Settings};

use crate::{
    inputs::{Inputs, text_of, texts_of},
    markdown,
};

/// What a field without a currency of its own is in.
const CURRENCY: &str = "USD";

/// A control with its name, its help, and what is wrong with what stands in it.
#[derive(Template)]
#[template(path = "control.html")]
pub(crate) struct Control {
    pub(crate) id: String,
    /// The name of its input, and what those of its parts begin with.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
    pub(crate) note: Option<&'static str>,
    pub(crate) faults: Vec<String>,
    pub(crate) is_required: bool,
    pub(crate) is_half: bool,
    pub(crate) entry: Entry,
}

/// What is filled in.
pub(crate) enum Entry {
    /// One line.
    Line(Line),
    /// Several lines.
    Area(Line),
    /// One of several, in a list that opens.
    Select(Vec<Choice>),
    /// One or any of several, which all stand there.
    Choices { kind: &'static str, choices: Vec<Choice> },
    /// Yes or no.
    Checkbox { is_checked: bool },
    /// An amount, with its currency behind it.
    Money { line: Line, currency: String },
    /// Several controls that are one value.
    Parts(Vec<Control>),
}

/// A text that is typed.
#[derive(Default)]
pub(crate) struct Line {
    kind: &'static str,
    inputmode: Option<&'static str>,
    value: String,
    placeholder: Option<String>,
    autocomplete: Option<String>,
    length_max: Option<usize>,
}

/// One of the options of a field.
pub(crate) struct Choice {
    id: String,
    value: String,
    is_chosen: bool,
}

/// What is known of a page while its controls are made.
pub(crate) struct Filled<'a> {
    /// What stands in its inputs.
    pub(crate) inputs: &'a Inputs,
    /// What is wrong with it.
    pub(crate) faults: &'a [Fault],
    /// What is told of a field beside it.
    pub(crate) note: &'a dyn Fn(&str) -> Option<&'static str>,
}

/// What a field is in a form or in a composite.
struct Asked<'a> {
    name: String,
    label: &'a str,
    r#type: FieldType,
    settings: &'a Settings,
    is_required: bool,
    placeholder: Option<&'a str>,
    autocomplete: Option<&'a str>,
}

impl Control {
    /// The control of a field.
    pub(crate) fn of(shown: &ShownField, filled: &Filled<'_>) -> Self {
        let asked = Asked {
            name: shown.field.to_string(),
            label: &shown.label,
            r#type: shown.r#type,
            settings: &shown.settings,
            is_required: matches!(shown.required, Required::Always),
            placeholder: shown.placeholder.as_deref(),
            autocomplete: shown.autocomplete.as_deref(),
        };
        Self {
            help: shown.help.as_deref().map(markdown::to_html),
            note: (filled.note)(shown.field.as_str()),
            is_half: shown.width == ItemWidth::Half,
            ..Self::asked(&asked, filled)
        }
    }

    fn asked(asked: &Asked<'_>, filled: &Filled<'_>) -> Self {
        let pointer = format!("/fields/{}", asked.name.replace('.', "/"));
        let is_own = |fault: &&Fault| match asked.r#type {
            FieldType::Address | FieldType::Composite => fault.pointer == pointer,
            _ => fault
                .pointer
                .strip_prefix(&pointer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        Self {
            id: id_of(&asked.name),
            name: asked.name.clone(),
            label: label_of(asked),
            help: None,
            note: None,
            faults: filled.faults.iter().filter(is_own).map(words_of).collect(),
            is_required: asked.is_required,
            is_half: false,
            entry: entry(asked, filled),
        }
    }

    /// Whether it is a group of inputs, which has a name of its own.
    fn is_group(&self) -> bool {
        matches!(self.entry, Entry::Choices { .. } | Entry::Parts(_))
    }

    fn is_checkbox(&self) -> bool {
        matches!(self.entry, Entry::Checkbox { .. })
    }

    /// The attributes that tell what is known of it to who does not see it.
    fn state(&self) -> String {
        let help = self.help.as_ref().map(|_| format!("{}-help ", self.id)).unwrap_or_default();
        let described = format!("aria-describedby=\"{help}{}-faults\"", self.id);
        let is_input = !matches!(self.entry, Entry::Parts(_) | Entry::Choices { kind: "checkbox", .. });
        let required = if self.is_required && is_input { " aria-required=\"true\"" } else { "" };
        let is_faulty = !self.faults.is_empty() && !self.is_group();
        let invalid = if is_faulty { " aria-invalid=\"true\"" } else { "" };
        format!("{described}{required}{invalid}")
    }
}

/// What is wrong, in the words of a page: the name of a field stands there already.
pub(crate) fn words_of(fault: &Fault) -> String {
    match fault.code {
        Violation::Required => "This needs a value.".to_owned(),
        _ => fault.detail.clone(),
    }
}

/// The name of a control; of a moment with its zone, as browsers send none.
fn label_of(asked: &Asked<'_>) -> String {
    let is_moment = asked.r#type == FieldType::Date && asked.settings.precision == Some(Precision::DateTime);
    if is_moment { format!("{} (UTC)", asked.label) } else { asked.label.to_owned() }
}

/// The id of the control of that name, which links lead to.
pub(crate) fn id_of(name: &str) -> String {
    format!("f-{name}")
}

fn entry(asked: &Asked<'_>, filled: &Filled<'_>) -> Entry {
    let Asked { name, settings, .. } = asked;
    let line = |kind: &'static str, inputmode: Option<&'static str>| Line {
        kind,
        inputmode,
        value: text_of(filled.inputs, name).to_owned(),
        placeholder: asked.placeholder.map(str::to_owned),
        autocomplete: asked.autocomplete.map(str::to_owned),
        length_max: settings.max_length,
    };
    match asked.r#type {
        FieldType::Textarea => Entry::Area(line("", None)),
        FieldType::Email => Entry::Line(line("email", None)),
        FieldType::Phone => Entry::Line(line("tel", None)),
        FieldType::Url => Entry::Line(line("text", Some("url"))),
        FieldType::Number => Entry::Line(line("text", Some("decimal"))),
        FieldType::Date if settings.precision == Some(Precision::DateTime) => {
            Entry::Line(line("datetime-local", None))
        }
        FieldType::Date => Entry::Line(line("date", None)),
        FieldType::Money => {
            let currency = settings.currency.clone().unwrap_or_else(|| CURRENCY.to_owned());
            Entry::Money { line: line("text", Some("decimal")), currency }
        }
        FieldType::Dropdown => Entry::Select(choices(asked, filled)),
        FieldType::Radio => Entry::Choices { kind: "radio", choices: choices(asked, filled) },
        FieldType::Checkboxes => Entry::Choices { kind: "checkbox", choices: choices(asked, filled) },
        FieldType::Checkbox => Entry::Checkbox { is_checked: text_of(filled.inputs, name) == "true" },
        FieldType::Address => Entry::Parts(address_parts(asked, filled)),
        FieldType::Composite => Entry::Parts(composite_parts(asked, filled)),
        // Of what is left a form asks for texts, names and colours.
        _ => Entry::Line(line("text", None)),
    }
}

fn choices(asked: &Asked<'_>, filled: &Filled<'_>) -> Vec<Choice> {
    let chosen = texts_of(filled.inputs, &asked.name);
    let options = asked.settings.options.iter().flatten().enumerate();
    let choice = |(index, option): (usize, &String)| Choice {
        id: format!("{}-{index}", id_of(&asked.name)),
        value: option.clone(),
        is_chosen: chosen.contains(&option.as_str()),
    };
    options.map(choice).collect()
}

fn address_parts(asked: &Asked<'_>, filled: &Filled<'_>) -> Vec<Control> {
    let required = asked.settings.required_parts.as_deref().unwrap_or_default();
    let settings = Settings::default();
    let part = |part: AddressPart| {
        let (label, autocomplete) = part_words(part);
        let asked = Asked {
            name: format!("{}.{}", asked.name, part.name()),
            label,
            r#type: FieldType::Text,
            settings: &settings,
            is_required: required.contains(&part),
            placeholder: None,
            autocomplete,
        };
        Control::asked(&asked, filled)
    };
    AddressPart::ALL.map(part).into()
}

/// What a part of an address is called, and what a browser knows it as (HTML, section 4.10.18.7).
fn part_words(part: AddressPart) -> (&'static str, Option<&'static str>) {
    match part {
        AddressPart::Line1 => ("Street and number", Some("address-line1")),
        AddressPart::Line2 => ("Second line", Some("address-line2")),
        AddressPart::PoBox => ("PO box", None),
        AddressPart::City => ("City", Some("address-level2")),
        AddressPart::State => ("State", Some("address-level1")),
        AddressPart::Zip => ("Postal code", Some("postal-code")),
        AddressPart::Country => ("Country", Some("country-name")),
    }
}

fn composite_parts(asked: &Asked<'_>, filled: &Filled<'_>) -> Vec<Control> {
    let part = |field: &Field| {
        let asked = Asked {
            name: format!("{}.{}", asked.name, field.slug),
            label: &field.label,
            r#type: field.r#type,
            settings: &field.settings,
            is_required: matches!(field.required, Required::Always),
            placeholder: None,
            autocomplete: None,
        };
        Control::asked(&asked, filled)
    };
    asked.settings.fields.iter().flatten().map(part).collect()
}
