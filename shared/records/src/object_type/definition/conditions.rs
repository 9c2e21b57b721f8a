//! Whether the conditions of a field's rules can be evaluated.

use serde_json::value::RawValue;

use super::super::{
    Field, FieldCondition, FieldTest, FieldType, Locked, Op, Required, Visible, check_value,
    limits::{CONDITION_DEPTH_MAX, CONDITIONS_MAX, IN_VALUES_MAX},
};
use base::{
    error::{Fault, Violation},
    text::Slug,
};

pub(super) fn check(field: &Field, fields: &[Field], pointer: &str, faults: &mut Vec<Fault>) {
    let Field { required, locked, visible, .. } = field;
    let rules = [
        ("required", if let Required::If(condition) = required { Some(condition) } else { None }),
        ("locked", if let Locked::If(condition) = locked { Some(condition) } else { None }),
        ("visible", if let Visible::If(condition) = visible { Some(condition) } else { None }),
    ];
    for (name, condition) in rules {
        let Some(condition) = condition else { continue };
        check_condition(condition, (Some(&field.slug), fields), &format!("{pointer}/{name}/if"), faults);
    }
}

/// Finds all that is wrong with a condition on these fields, which may not look at the one that it is a rule of.
pub fn check_condition(
    condition: &FieldCondition,
    (own, fields): (Option<&Slug>, &[Field]),
    pointer: &str,
    faults: &mut Vec<Fault>,
) {
    let mut rule = Rule { own, fields, tests: 0, faults };
    rule.check(condition, pointer, 1);
    if rule.tests > CONDITIONS_MAX {
        let detail = format!("Give at most {CONDITIONS_MAX} conditions.");
        faults.push(Fault::new(pointer, Violation::TooMany, detail));
    }
}

struct Rule<'a> {
    /// The field that it is a rule of.
    own: Option<&'a Slug>,
    fields: &'a [Field],
    tests: usize,
    faults: &'a mut Vec<Fault>,
}

impl Rule<'_> {
    fn refuse(&mut self, pointer: &str, code: Violation, detail: impl Into<String>) {
        self.faults.push(Fault::new(pointer, code, detail));
    }

    fn check(&mut self, condition: &FieldCondition, pointer: &str, depth: usize) {
        if depth > CONDITION_DEPTH_MAX {
            self.refuse(pointer, Violation::TooDeep, format!("Nest at most {CONDITION_DEPTH_MAX} deep."));
            return;
        }
        let (name, parts) = match condition {
            FieldCondition::All(parts) => ("all", parts),
            FieldCondition::Any(parts) => ("any", parts),
            FieldCondition::Test(test) => {
                self.tests += 1;
                return self.check_test(test, pointer);
            }
        };
        if parts.is_empty() {
            self.refuse(&format!("{pointer}/{name}"), Violation::Required, "Give at least one condition.");
        }
        for (index, part) in parts.iter().enumerate() {
            self.check(part, &format!("{pointer}/{name}/{index}"), depth + 1);
        }
    }

    fn check_test(&mut self, test: &FieldTest, pointer: &str) {
        let Some(field) = self.fields.iter().find(|field| field.slug == test.field) else {
            let detail = "Name another field of this type.";
            return self.refuse(&format!("{pointer}/field"), Violation::UnknownField, detail);
        };
        if Some(&field.slug) == self.own {
            let detail = "A rule cannot look at its own field.";
            return self.refuse(&format!("{pointer}/field"), Violation::NotPossible, detail);
        }
        if field.is_read_only() {
            let detail = "A value that comes by itself is the same for every rule: look at another field.";
            return self.refuse(&format!("{pointer}/field"), Violation::NotPossible, detail);
        }
        let fits = match test.op {
            Op::Empty | Op::NotEmpty => true,
            Op::Checked => field.r#type == FieldType::Checkbox,
            Op::Eq | Op::Ne | Op::In => field.r#type.is_comparable(),
        };
        if !fits {
            let detail = "Values of this type cannot be looked at in this way.";
            return self.refuse(&format!("{pointer}/op"), Violation::NotPossible, detail);
        }
        self.check_operand(field, test, &format!("{pointer}/value"));
    }

    fn check_operand(&mut self, field: &Field, test: &FieldTest, pointer: &str) {
        match (test.op, &test.value) {
            (Op::Empty | Op::NotEmpty | Op::Checked, None) => {}
            (Op::Empty | Op::NotEmpty | Op::Checked, Some(_)) => {
                self.refuse(pointer, Violation::NotPossible, "Leave the value out: this needs none.");
            }
            (Op::Eq | Op::Ne, Some(value)) => self.check_value(field, value, pointer),
            (Op::In, Some(value)) if !value.get().starts_with('[') => {
                self.refuse(pointer, Violation::WrongType, "Give an array of values.");
            }
            (Op::In, Some(_)) => {
                let values = test.values();
                if !(1..=IN_VALUES_MAX).contains(&values.len()) {
                    let detail = format!("Give an array of 1 to {IN_VALUES_MAX} values.");
                    self.refuse(pointer, Violation::OutOfRange, detail);
                }
                for (index, value) in values.iter().enumerate().take(IN_VALUES_MAX) {
                    self.check_value(field, value, &format!("{pointer}/{index}"));
                }
            }
            (Op::Eq | Op::Ne | Op::In, None) => {
                self.refuse(pointer, Violation::Required, "Give a value to compare with.");
            }
        }
    }

    fn check_value(&mut self, field: &Field, value: &RawValue, pointer: &str) {
        match check_value(field, pointer, value) {
            Ok(Some(_)) => {}
            Ok(None) => {
                self.refuse(pointer, Violation::Required, "Give a value; to look for none there is empty.");
            }
            Err(fault) => self.faults.push(fault),
        }
    }
}
