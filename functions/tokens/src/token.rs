//! What a token is, and which tokens may be made.

use std::net::IpAddr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use shared::{
    Code, Error, Fault, Permission, Permissions, Result, Timestamp,
    id::{TeamId, TokenId},
    identity::{LastUsed, StoredToken},
    secret::Secret,
    text,
};

const NAME_LENGTH_MAX: usize = 100;
const DESCRIPTION_LENGTH_MAX: usize = 1_000;
/// Teams and address ranges are kept on the token, which is read with each request: they stay few.
const RESTRICTIONS_MAX: usize = 50;

/// A token to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What tells it apart from your other tokens: 1 to 100 characters, unique without case.
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// What it may do: at least one permission, fixed for good.
    #[schemars(with = "Vec<Permission>")]
    permissions: Vec<String>,
    /// When it ends; never, if absent.
    expires_at: Option<Timestamp>,
    /// The teams it is limited to; all of yours, if absent.
    team_ids: Option<Vec<TeamId>>,
    /// The addresses it may be used from, as CIDR ranges; any, if absent.
    #[schemars(with = "Option<Vec<String>>")]
    allowed_cidrs: Option<Vec<String>>,
}

/// A token that may be made.
pub(crate) struct CheckedToken {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) permissions: Permissions,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) team_ids: Option<Vec<TeamId>>,
    pub(crate) allowed_cidrs: Option<Vec<IpNet>>,
}

impl NewToken {
    /// The token, if it keeps to the rules; all faults at once if not.
    pub(crate) fn checked(self, now: Timestamp) -> Result<CheckedToken> {
        let NewToken { name, description, permissions, expires_at, team_ids, allowed_cidrs } = self;
        let mut faults = Vec::new();
        let name = collect(&mut faults, text::name("/name", &name, NAME_LENGTH_MAX));
        let description =
            collect(&mut faults, text::lines("/description", &description, DESCRIPTION_LENGTH_MAX));
        let permissions = check_permissions(&permissions, &mut faults);
        faults.extend(expires_at.and_then(|end| expiry_fault(end, now)));
        faults.extend(team_ids.as_deref().and_then(|teams| count_fault("/team_ids", teams.len())));
        let allowed_cidrs = allowed_cidrs.map(|ranges| check_ranges(&ranges, &mut faults));
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(CheckedToken { name, description, permissions, expires_at, team_ids, allowed_cidrs })
    }
}

/// What changes of a token. Absent leaves as it is, null removes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenPatch {
    /// A new name.
    name: Option<String>,
    /// A new description; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    description: Option<Option<String>>,
    /// False switches the token off, true on again.
    active: Option<bool>,
    /// Permissions are fixed: anything here is refused.
    #[schemars(with = "Option<Vec<Permission>>")]
    permissions: Option<serde_json::Value>,
    /// A new end.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<Timestamp>")]
    expires_at: Option<Option<Timestamp>>,
    /// Other teams to be limited to.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<Vec<TeamId>>")]
    team_ids: Option<Option<Vec<TeamId>>>,
    /// Other addresses to be limited to.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<Vec<String>>")]
    allowed_cidrs: Option<Option<Vec<String>>>,
}

/// Changes that may be made.
pub(crate) struct CheckedPatch {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) active: Option<bool>,
    pub(crate) expires_at: Option<Option<Timestamp>>,
    pub(crate) team_ids: Option<Option<Vec<TeamId>>>,
    pub(crate) allowed_cidrs: Option<Option<Vec<IpNet>>>,
}

impl TokenPatch {
    /// The changes, if they keep to the rules; all faults at once if not.
    pub(crate) fn checked(self, now: Timestamp) -> Result<CheckedPatch> {
        let TokenPatch { name, description, active, permissions, expires_at, team_ids, allowed_cidrs } = self;
        if permissions.is_some() {
            let detail = "The permissions of a token are fixed. Delete it and create a new one with other permissions.";
            let fault = Fault::new("/permissions", "permissions_fixed", detail);
            return Err(Error::new(Code::PermissionsFixed, detail).with_faults(vec![fault]));
        }
        let mut faults = Vec::new();
        let name = name.map(|name| collect(&mut faults, text::name("/name", &name, NAME_LENGTH_MAX)));
        let description = description.map(|about| {
            let about = about.unwrap_or_default();
            collect(&mut faults, text::lines("/description", &about, DESCRIPTION_LENGTH_MAX))
        });
        faults.extend(expires_at.flatten().and_then(|end| expiry_fault(end, now)));
        faults.extend(team_ids.iter().flatten().find_map(|teams| count_fault("/team_ids", teams.len())));
        let allowed_cidrs =
            allowed_cidrs.map(|ranges| ranges.map(|ranges| check_ranges(&ranges, &mut faults)));
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(CheckedPatch { name, description, active, expires_at, team_ids, allowed_cidrs })
    }
}

/// The query of a list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListFilter {
    /// Only tokens of this status.
    pub(crate) status: Option<Status>,
}

/// Whether a token can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It can.
    Active,
    /// It is switched off.
    Inactive,
    /// It has ended.
    Expired,
}

/// A token, without its secret.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Token {
    id: TokenId,
    name: String,
    description: String,
    permissions: Permissions,
    active: bool,
    pub(crate) status: Status,
    /// Its prefix and last four characters.
    hint: String,
    expires_at: Option<Timestamp>,
    team_ids: Option<Vec<TeamId>>,
    #[schemars(with = "Option<Vec<String>>")]
    allowed_cidrs: Option<Vec<IpNet>>,
    /// The last use, to the minute; null if there was none.
    last_used: Option<LastUsed>,
    created_at: Timestamp,
    updated_at: Timestamp,
    pub(crate) version: u64,
}

impl Token {
    /// The stored token as its owner may see it.
    pub(crate) fn of(stored: StoredToken, now: Timestamp) -> Self {
        let status = match stored {
            _ if stored.expires_at.is_some_and(|end| end <= now) => Status::Expired,
            _ if stored.active => Status::Active,
            _ => Status::Inactive,
        };
        let StoredToken { id, user: _, name, description, permissions, active, hint, expires_at, .. } =
            stored;
        let StoredToken { team_ids, allowed_cidrs, last_used, created_at, updated_at, version, .. } = stored;
        Self {
            id,
            name,
            description,
            permissions,
            active,
            status,
            hint,
            expires_at,
            team_ids,
            allowed_cidrs,
            last_used,
            created_at,
            updated_at,
            version,
        }
    }
}

/// A new token with its secret, this once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TokenWithSecret {
    #[serde(flatten)]
    about: Token,
    /// The token itself. Keep it now: it is never shown again.
    token: String,
}

impl TokenWithSecret {
    pub(crate) fn new(about: Token, secret: &Secret) -> Self {
        Self { about, token: secret.reveal().to_owned() }
    }

    pub(crate) fn token_id(&self) -> &TokenId {
        &self.about.id
    }

    pub(crate) fn version(&self) -> u64 {
        self.about.version
    }
}

fn collect<T: Default>(faults: &mut Vec<Fault>, outcome: Result<T, Fault>) -> T {
    outcome.unwrap_or_else(|fault| {
        faults.push(fault);
        T::default()
    })
}

fn check_permissions(names: &[String], faults: &mut Vec<Fault>) -> Permissions {
    if names.is_empty() {
        faults.push(Fault::new("/permissions", "required", "Give at least one permission."));
    }
    let check = |(place, name): (usize, &String)| {
        let permission = Permission::parse(name);
        if permission.is_none() {
            let detail = "There is no such permission; GET /v1/permissions lists them all.";
            faults.push(Fault::new(format!("/permissions/{place}"), "unknown_permission", detail));
        }
        permission
    };
    names.iter().enumerate().filter_map(check).collect()
}

fn expiry_fault(end: Timestamp, now: Timestamp) -> Option<Fault> {
    (end <= now).then(|| Fault::new("/expires_at", "in_the_past", "Give a time in the future."))
}

fn count_fault(pointer: &str, count: usize) -> Option<Fault> {
    let detail = format!("Give 1 to {RESTRICTIONS_MAX}, or leave it out for no restriction.");
    (!(1..=RESTRICTIONS_MAX).contains(&count)).then(|| Fault::new(pointer, "out_of_range", detail))
}

/// An address alone is a range of one.
fn check_ranges(ranges: &[String], faults: &mut Vec<Fault>) -> Vec<IpNet> {
    faults.extend(count_fault("/allowed_cidrs", ranges.len()));
    let check = |(place, range): (usize, &String)| {
        let net = range.parse::<IpNet>().ok().or_else(|| range.parse::<IpAddr>().ok().map(IpNet::from));
        if net.is_none() {
            let detail = "Give a range such as 192.0.2.0/24 or 2001:db8::/32.";
            faults.push(Fault::new(format!("/allowed_cidrs/{place}"), "not_a_range", detail));
        }
        net.map(|net| net.trunc())
    };
    ranges.iter().enumerate().filter_map(check).collect()
}

/// Tells a member that is null from one that is absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: serde_json::Value) -> Vec<(String, &'static str)> {
        let new: NewToken = serde_json::from_value(json).unwrap();
        match new.checked(Timestamp::now()) {
            Ok(_) => Vec::new(),
            Err(error) => {
                error.problem("").errors.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
            }
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let found = faults(serde_json::json!({
            "name": " ", "permissions": ["object:read", "object:*"], "expires_at": "2020-01-01T00:00:00Z",
            "team_ids": [], "allowed_cidrs": ["10.0.0.0/8", "10.0.0.0/33"],
        }));
        let places: Vec<_> = found.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
        assert_eq!(
            places,
            [
                ("/name", "required"),
                ("/permissions/1", "unknown_permission"),
                ("/expires_at", "in_the_past"),
                ("/team_ids", "out_of_range"),
                ("/allowed_cidrs/1", "not_a_range"),
            ]
        );
    }

    #[test]
    fn a_token_needs_a_permission() {
        assert_eq!(faults(serde_json::json!({"name": "a", "permissions": []}))[0].1, "required");
    }

    #[test]
    fn an_address_is_a_range_and_a_range_begins_at_its_first_address() {
        let mut faults = Vec::new();
        let ranges = ["192.0.2.7", "10.1.2.3/8", "2001:db8::1"].map(str::to_owned);
        let read: Vec<_> = check_ranges(&ranges, &mut faults).iter().map(ToString::to_string).collect();
        assert_eq!(
            (read, faults),
            (["192.0.2.7/32", "10.0.0.0/8", "2001:db8::1/128"].map(str::to_owned).to_vec(), vec![])
        );
    }

    #[test]
    fn null_and_absent_differ() {
        let patch: TokenPatch = serde_json::from_str(r#"{"expires_at": null}"#).unwrap();
        assert_eq!((patch.expires_at, patch.team_ids), (Some(None), None));
    }
}
