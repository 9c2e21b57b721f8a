//! What a team has a limited amount of: each resource says what it takes, and the amounts are counted with every write of one.

use std::collections::BTreeMap;

use base::{Code, Error, id::TeamId};
use table::{AttributeValue, Condition, ConditionFailed, Key, Table, Write};

use crate::workspace_partition;

/// The attribute with the amount that is taken.
const TAKEN: &str = "taken";

/// What a resource takes as long as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaClaim {
    /// The sort key of the item that counts it, in the partition of the team.
    pub key: String,
    /// How much it takes.
    pub amount: u64,
    /// How much there is for the whole team.
    pub max: u64,
    /// What a client is told if that is not left.
    pub refusal: &'static str,
}

impl QuotaClaim {
    /// The write that takes it, if that much is left.
    fn write(&self, workspace: &Table, team: &TeamId) -> Write {
        let taken = |most: u64| Condition::AtMost(TAKEN.to_owned(), AttributeValue::N(most.to_string()));
        let is_left = match self.max.checked_sub(self.amount) {
            Some(most) => Condition::Any(vec![Condition::AttributeMissing(TAKEN.to_owned()), taken(most)]),
            None => Condition::ItemExists.and(Condition::ItemMissing),
        };
        change(workspace, team, &self.key, signed(self.amount)).when(is_left)
    }
}

/// The writes by which a new resource takes what it needs.
pub(super) fn take(claims: Vec<QuotaClaim>, workspace: &Table, team: &TeamId) -> Vec<Write> {
    claims.into_iter().map(|claim| claim.write(workspace, team)).collect()
}

/// Why a new one could not take what it needs; its writes began at that place.
pub(super) fn not_taken(claims: &[QuotaClaim], refused: &ConditionFailed, first: usize) -> Option<Error> {
    let claim = claims.iter().enumerate().find(|(index, _)| refused.at(first + index));
    claim.map(|(_, claim)| Error::new(Code::LimitReached, claim.refusal))
}

/// The writes that bring the amounts from what a resource takes to what it will take. Nobody is refused a change for them.
pub(super) fn retake(
    before: Vec<QuotaClaim>,
    after: Vec<QuotaClaim>,
    workspace: &Table,
    team: &TeamId,
) -> Vec<Write> {
    let mut amounts = BTreeMap::new();
    for claim in before {
        *amounts.entry(claim.key).or_insert(0) -= signed(claim.amount);
    }
    for claim in after {
        *amounts.entry(claim.key).or_insert(0) += signed(claim.amount);
    }
    let changed = amounts.iter().filter(|(_, amount)| **amount != 0);
    changed.map(|(key, amount)| change(workspace, team, key, *amount)).collect()
}

fn change(workspace: &Table, team: &TeamId, key: &str, amount: i64) -> Write {
    workspace.update(Key::new(workspace_partition(team), key)).add(TAKEN, amount)
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}
