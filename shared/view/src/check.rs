//! The rules of the parts of a definition when they are saved: every fault, each at its place.

use std::collections::BTreeSet;

use base::{Fault, Violation, text, text::Slug};
use records::object_type::{Field, FieldType, Precision};
use search::{Column, Filter, FilterBody, Function, Measure, Scope};

use crate::{
    bucket::is_zone,
    definition::{
        ChartSettings, ChartType, ColorRule, ColorTarget, DateFields, GroupOrder, GroupSettings, Part,
        StatSettings, ViewField,
    },
    limits::{
        AGGREGATES_MAX, COLORS_MAX, FIELDS_MAX, LABEL_LENGTH_MAX, MAX_DAYS_MAX, SERIES_MAX, TOP_MAX,
        WIDTH_MAX, WIDTH_MIN,
    },
};

/// The digits of a color behind `#`.
const COLOR_DIGITS: usize = 6;

/// A part that can be saved if it keeps to the rules.
pub trait Checked: Part {
    /// What is wrong with it, at that place, by the type as it is.
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault>;

    /// What has no form. It comes before all else.
    fn form_faults(&self, _: &str) -> Vec<Fault> {
        Vec::new()
    }
}

/// Whether objects can stand in columns by this field: it has few values, which are chosen and not written.
fn has_choices(field: &Field) -> bool {
    matches!(
        field.r#type,
        FieldType::Dropdown | FieldType::Radio | FieldType::Checkbox | FieldType::Relationship
    )
}

impl Checked for FilterBody {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        Filter::read(self, pointer, scope).err().unwrap_or_default()
    }

    fn form_faults(&self, pointer: &str) -> Vec<Fault> {
        self.check_form(pointer).err().unwrap_or_default()
    }
}

/// An order.
impl Checked for String {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        scope.column(pointer, self.strip_prefix('-').unwrap_or(self)).err().into_iter().collect()
    }
}

/// A cover.
impl Checked for Slug {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        let fault = match scope.field(self.as_str()) {
            None => Some(scope.unknown_field(pointer)),
            Some(field) if !field.r#type.holds_uploads() => {
                let detail = "A cover is a file, image or media field.";
                Some(Fault::new(pointer, Violation::NotPossible, detail))
            }
            Some(_) => None,
        };
        fault.into_iter().collect()
    }
}

impl Checked for Vec<ViewField> {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        let mut faults = too_many(pointer, self.len(), FIELDS_MAX);
        let mut seen = BTreeSet::new();
        for (index, ViewField { field, width, label }) in self.iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            if scope.field(field.as_str()).is_none() {
                faults.push(scope.unknown_field(&format!("{pointer}/field")));
            }
            if !seen.insert(field) {
                let detail = "Name each field once.";
                faults.push(Fault::new(format!("{pointer}/field"), Violation::Duplicate, detail));
            }
            faults.extend(outside(&format!("{pointer}/width"), *width, WIDTH_MIN, WIDTH_MAX));
            faults.extend(label_fault(&format!("{pointer}/label"), label.as_deref()));
        }
        faults
    }
}

impl Checked for GroupSettings {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        let aggregates = self.aggregates.as_deref().unwrap_or_default();
        let mut faults = too_many(&format!("{pointer}/aggregates"), aggregates.len(), AGGREGATES_MAX);
        faults.extend(grouping_fault(&format!("{pointer}/field"), self.field.as_str(), scope));
        let has_options =
            scope.field(self.field.as_str()).is_some_and(|field| field.settings.options.is_some());
        if self.order == Some(GroupOrder::Options) && !has_options {
            let detail = "The field has no options: order by value.";
            faults.push(Fault::new(format!("{pointer}/order"), Violation::NotPossible, detail));
        }
        for (index, text) in aggregates.iter().enumerate() {
            faults.extend(Measure::parse(scope, &format!("{pointer}/aggregates/{index}"), text).err());
        }
        faults
    }
}

impl Checked for DateFields {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        let start = (format!("{pointer}/start"), &self.start);
        let end = self.end.as_ref().map(|end| (format!("{pointer}/end"), end));
        let named = std::iter::once(&start).chain(&end);
        let mut faults: Vec<_> =
            named.filter_map(|(pointer, name)| date_fault(pointer, name.as_str(), scope)).collect();
        let precision = |name: &Slug| scope.field(name.as_str()).map(precision_of);
        if let (true, Some((pointer, end))) = (faults.is_empty(), end)
            && precision(end) != precision(&self.start)
        {
            let detail = "Both dates have a time, or neither has.";
            faults.push(Fault::new(pointer, Violation::NotPossible, detail));
        }
        faults.extend(outside(&format!("{pointer}/max_days"), self.max_days, 1, MAX_DAYS_MAX));
        faults
    }
}

impl Checked for Vec<ColorRule> {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        let mut faults = too_many(pointer, self.len(), COLORS_MAX);
        for (index, rule) in self.iter().enumerate() {
            faults.extend(rule.faults(&format!("{pointer}/{index}"), scope));
        }
        faults
    }

    fn form_faults(&self, pointer: &str) -> Vec<Fault> {
        let rules = self.iter().enumerate();
        rules.flat_map(|(index, rule)| rule.r#if.form_faults(&format!("{pointer}/{index}/if"))).collect()
    }
}

impl ColorRule {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        let mut faults = self.r#if.faults(&format!("{pointer}/if"), scope);
        let digits = self.color.strip_prefix('#').unwrap_or_default();
        if digits.len() != COLOR_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let detail = "Send a color such as #1a2b3c.";
            faults.push(Fault::new(format!("{pointer}/color"), Violation::NotAColor, detail));
        }
        let place = format!("{pointer}/field");
        match (self.target.unwrap_or(ColorTarget::Row), &self.field) {
            (ColorTarget::Row, Some(_)) => {
                let detail = "Only with the target field.";
                faults.push(Fault::new(place, Violation::NotPossible, detail));
            }
            (ColorTarget::Field, None) => {
                faults.push(Fault::new(place, Violation::MissingMember, "Say which field is colored."));
            }
            (ColorTarget::Field, Some(field)) if scope.field(field.as_str()).is_none() => {
                faults.push(scope.unknown_field(&place));
            }
            _ => {}
        }
        faults
    }
}

impl Checked for ChartSettings {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        let mut faults = self.axis_faults(&format!("{pointer}/x"), scope);
        if self.series.is_empty() {
            let detail = "Say what is counted or added up.";
            faults.push(Fault::new(format!("{pointer}/series"), Violation::Required, detail));
        }
        faults.extend(too_many(&format!("{pointer}/series"), self.series.len(), SERIES_MAX));
        for (index, series) in self.series.iter().enumerate() {
            let pointer = format!("{pointer}/series/{index}");
            faults.extend(measure_fault(&pointer, series.r#fn, series.field.as_ref(), scope));
            faults.extend(label_fault(&format!("{pointer}/label"), series.label.as_deref()));
        }
        if let Some(split) = &self.split {
            faults.extend(choice_fault(&format!("{pointer}/split"), split.as_str(), scope));
        }
        faults.extend(outside(&format!("{pointer}/top"), self.top, 1, TOP_MAX));
        faults
    }
}

impl ChartSettings {
    fn axis_faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        let Some(x) = &self.x else {
            let detail = "Say what stands along the chart.";
            let is_needed = self.r#type != ChartType::Number;
            return is_needed
                .then(|| Fault::new(pointer, Violation::MissingMember, detail))
                .into_iter()
                .collect();
        };
        let column = match scope.column(&format!("{pointer}/field"), x.field.as_str()) {
            Ok(column) => column,
            Err(fault) => return vec![fault],
        };
        let field = scope.field(x.field.as_str()).filter(|_| matches!(column, Column::Field(..)));
        let is_date = field.is_none_or(|field| field.r#type == FieldType::Date);
        let is_moment = is_date && field.is_none_or(|field| precision_of(field) == Precision::DateTime);
        let mut faults = Vec::new();
        if x.bucket.is_some() && !is_date {
            let detail = "Only dates stand together by days and longer.";
            faults.push(Fault::new(format!("{pointer}/bucket"), Violation::NotPossible, detail));
        }
        let place = format!("{pointer}/timezone");
        match &x.timezone {
            Some(_) if !is_moment || x.bucket.is_none() => {
                let detail = "Only dates with a time fall on days by a zone, and only with a bucket.";
                faults.push(Fault::new(place, Violation::NotPossible, detail));
            }
            Some(zone) if !is_zone(zone) => {
                let detail = "Send the name of a time zone such as Europe/Berlin.";
                faults.push(Fault::new(place, Violation::UnknownChoice, detail));
            }
            _ => {}
        }
        faults
    }
}

impl Checked for StatSettings {
    fn faults(&self, pointer: &str, scope: Scope<'_>) -> Vec<Fault> {
        measure_fault(pointer, self.r#fn, self.field.as_ref(), scope).into_iter().collect()
    }
}

/// Whether a date has a time.
pub(crate) fn precision_of(field: &Field) -> Precision {
    field.settings.precision.unwrap_or_default()
}

fn measure_fault(pointer: &str, function: Function, field: Option<&Slug>, scope: Scope<'_>) -> Option<Fault> {
    Measure::of(scope, function, (&format!("{pointer}/field"), field.map(Slug::as_str))).err()
}

/// The fault of a field by which nothing can be grouped.
pub(crate) fn grouping_fault(pointer: &str, name: &str, scope: Scope<'_>) -> Option<Fault> {
    match scope.column(pointer, name) {
        Ok(Column::Field(..)) => None,
        Ok(_) => Some(Fault::new(pointer, Violation::NotPossible, "Group by a field.")),
        Err(fault) => Some(fault),
    }
}

/// The fault of a field that has no choices.
pub fn choice_fault(pointer: &str, name: &str, scope: Scope<'_>) -> Option<Fault> {
    grouping_fault(pointer, name, scope).or_else(|| {
        let detail = "Name a dropdown, radio, checkbox or relationship.";
        let has_choices = scope.field(name).is_some_and(has_choices);
        (!has_choices).then(|| Fault::new(pointer, Violation::NotPossible, detail))
    })
}

fn date_fault(pointer: &str, name: &str, scope: Scope<'_>) -> Option<Fault> {
    grouping_fault(pointer, name, scope).or_else(|| {
        let is_date = scope.field(name).is_some_and(|field| field.r#type == FieldType::Date);
        (!is_date).then(|| Fault::new(pointer, Violation::NotPossible, "Name a date."))
    })
}

/// The fault of a label.
pub fn label_fault(pointer: &str, label: Option<&str>) -> Option<Fault> {
    match text::label(pointer, label?, LABEL_LENGTH_MAX) {
        Ok(tidy) if Some(tidy.as_str()) == label => None,
        Ok(_) => Some(Fault::new(pointer, Violation::NotTidy, "Leave out the spaces around it.")),
        Err(fault) => Some(fault),
    }
}

fn too_many(pointer: &str, count: usize, most: usize) -> Vec<Fault> {
    let fault = || Fault::new(pointer, Violation::TooMany, format!("Give at most {most}."));
    (count > most).then(fault).into_iter().collect()
}

/// The fault of a number outside of its bounds.
pub fn outside(pointer: &str, number: Option<u16>, least: u16, most: u16) -> Option<Fault> {
    let is_outside = number.is_some_and(|number| !(least..=most).contains(&number));
    let detail = || format!("Send a whole number from {least} to {most}.");
    is_outside.then(|| Fault::new(pointer, Violation::OutOfRange, detail()))
}
