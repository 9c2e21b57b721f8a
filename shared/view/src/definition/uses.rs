//! Which fields a part of a definition names, where, and what for.

use base::text::Slug;
use search::{FilterBody, Measure};

use super::{ChartSettings, ColorRule, DateFields, GroupSettings, StatSettings, ViewField};

/// A field that a part names.
pub struct NamedField<'a> {
    /// Where.
    pub pointer: String,
    /// Its name.
    pub name: &'a str,
    /// Whether it is filtered, sorted or grouped by.
    pub is_searched: bool,
}

/// A part of a definition.
pub trait Part {
    /// The fields that it names. The part itself stands at that place.
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>>;
}

fn shown(pointer: String, name: &str) -> NamedField<'_> {
    NamedField { pointer, name, is_searched: false }
}

fn searched(pointer: String, name: &str) -> NamedField<'_> {
    NamedField { pointer, name, is_searched: true }
}

impl Part for FilterBody {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        self.names(pointer).into_iter().map(|(pointer, name)| searched(pointer, name)).collect()
    }
}

/// An order.
impl Part for String {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        vec![searched(pointer.to_owned(), self.strip_prefix('-').unwrap_or(self))]
    }
}

/// A cover.
impl Part for Slug {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        vec![shown(pointer.to_owned(), self.as_str())]
    }
}

impl Part for Vec<ViewField> {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        let fields = self.iter().enumerate();
        fields.map(|(index, one)| shown(format!("{pointer}/{index}/field"), one.field.as_str())).collect()
    }
}

impl Part for GroupSettings {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        let aggregates = self.aggregates.iter().flatten().enumerate();
        let measured = aggregates.filter_map(|(index, text)| {
            Some(searched(format!("{pointer}/aggregates/{index}"), Measure::field_in(text)?))
        });
        std::iter::once(searched(format!("{pointer}/field"), self.field.as_str())).chain(measured).collect()
    }
}

impl Part for DateFields {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        let end = self.end.iter().map(|end| searched(format!("{pointer}/end"), end.as_str()));
        std::iter::once(searched(format!("{pointer}/start"), self.start.as_str())).chain(end).collect()
    }
}

impl Part for Vec<ColorRule> {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        let rules = self.iter().enumerate();
        rules.flat_map(|(index, rule)| rule.named_at(&format!("{pointer}/{index}"))).collect()
    }
}

impl ColorRule {
    /// The fields that the rule at that place names.
    pub fn named_at(&self, pointer: &str) -> Vec<NamedField<'_>> {
        let colored = self.field.iter().map(|field| shown(format!("{pointer}/field"), field.as_str()));
        self.r#if.named(&format!("{pointer}/if")).into_iter().chain(colored).collect()
    }
}

impl Part for ChartSettings {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        let x = self.x.iter().map(|x| searched(format!("{pointer}/x/field"), x.field.as_str()));
        let split = self.split.iter().map(|split| searched(format!("{pointer}/split"), split.as_str()));
        let series = self.series.iter().enumerate().filter_map(|(index, series)| {
            Some(searched(format!("{pointer}/series/{index}/field"), series.field.as_ref()?.as_str()))
        });
        x.chain(split).chain(series).collect()
    }
}

impl Part for StatSettings {
    fn named(&self, pointer: &str) -> Vec<NamedField<'_>> {
        self.field.iter().map(|field| searched(format!("{pointer}/field"), field.as_str())).collect()
    }
}
