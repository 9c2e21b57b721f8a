//! Validation of new tokens and of patches.

use base::{
    Code, Error, Fault, Permission, Permissions, Result, Timestamp, Violation,
    id::TeamId,
    json::{self, Nullable},
    rate_limit::RateLimit,
    text,
};
use gate::token::{OnReuse, Until, parse_range};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;

const NAME_LENGTH_MAX: usize = 100;
const DESCRIPTION_LENGTH_MAX: usize = 1_000;
/// Teams and address ranges are kept on the token, which is read with each request: they stay few.
const RESTRICTIONS_MAX: usize = 50;
/// The old secret works this long beside the new one, unless the request says otherwise: a day.
const OVERLAP_SECONDS_DEFAULT: i64 = 24 * 60 * 60;
/// The longest that it may: a week.
const OVERLAP_SECONDS_MAX: u32 = 7 * 24 * 60 * 60;

/// A token to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(crate) struct NewToken {
    /// What tells it apart from your other tokens, unique without case.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = text::NAME_FORM))]
    name: String,
    /// What it is for.
    #[serde(default)]
    #[schemars(length(max = DESCRIPTION_LENGTH_MAX), regex(pattern = text::LINES_FORM))]
    description: String,
    /// What it may do: at least one permission, fixed for good.
    #[schemars(with = "Vec<Permission>", length(min = 1))]
    permissions: Vec<String>,
    /// When it ends; never, if absent or null.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Timestamp>")]
    expires_at: Option<Timestamp>,
    /// The teams it is limited to; all of yours, if absent or null.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<TeamId>>", length(min = 1, max = RESTRICTIONS_MAX))]
    team_ids: Option<Vec<TeamId>>,
    /// The addresses it may be used from, as CIDR ranges; any, if absent or null.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<String>>", length(min = 1, max = RESTRICTIONS_MAX))]
    allowed_cidrs: Option<Vec<String>>,
    /// How often it may be used; without limit, if absent or null.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<RateLimit>")]
    rate_limit: Option<RateLimit>,
    /// What happens when a secret is used that was rotated away.
    #[serde(default)]
    on_reuse: OnReuse,
}

/// A token as it may be sent, for the documents.
fn example() -> serde_json::Value {
    let permissions = [Permission::ObjectCreate, Permission::ObjectUpdate];
    serde_json::json!({"name": "Zapier", "description": "Keeps customers up to date.", "permissions": permissions})
}

/// A token that may be made.
pub(crate) struct CheckedToken {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) permissions: Permissions,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) team_ids: Option<Vec<TeamId>>,
    pub(crate) allowed_cidrs: Option<Vec<IpNet>>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) on_reuse: OnReuse,
}

impl NewToken {
    /// The token, if it keeps to the rules; all faults at once if not.
    pub(crate) fn checked(self, now: Timestamp) -> Result<CheckedToken> {
        let NewToken { name, description, permissions, expires_at, .. } = self;
        let NewToken { team_ids, allowed_cidrs, rate_limit, on_reuse, .. } = self;
        let mut faults = Vec::new();
        let name = collect(&mut faults, text::name("/name", &name, NAME_LENGTH_MAX));
        let description =
            collect(&mut faults, text::lines("/description", &description, DESCRIPTION_LENGTH_MAX));
        let permissions = check_permissions(&permissions, &mut faults);
        faults.extend(expires_at.and_then(|end| expiry_fault(end, now)));
        faults.extend(team_ids.as_deref().and_then(|teams| count_fault("/team_ids", teams.len())));
        let allowed_cidrs = allowed_cidrs.map(|ranges| check_ranges(&ranges, &mut faults));
        faults.extend(rate_limit.into_iter().flat_map(rate_faults));
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(CheckedToken {
            name,
            description,
            permissions,
            expires_at,
            team_ids,
            allowed_cidrs,
            rate_limit,
            on_reuse,
        })
    }
}

/// What changes of a token. Absent leaves as it is, null removes.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenPatch {
    /// A new name.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = text::NAME_FORM))]
    pub(crate) name: Option<String>,
    /// A new description; null for none.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<String>", length(max = DESCRIPTION_LENGTH_MAX), regex(pattern = text::LINES_FORM))]
    pub(crate) description: Option<Option<String>>,
    /// False switches the token off, true on again.
    pub(crate) active: Option<bool>,
    /// Permissions are fixed: only the same may be sent.
    #[schemars(with = "Option<Vec<Permission>>")]
    pub(crate) permissions: Option<Vec<String>>,
    /// A new end.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Timestamp>")]
    pub(crate) expires_at: Option<Option<Timestamp>>,
    /// Other teams to be limited to.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Vec<TeamId>>", length(min = 1, max = RESTRICTIONS_MAX))]
    pub(crate) team_ids: Option<Option<Vec<TeamId>>>,
    /// Other addresses to be limited to.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Vec<String>>", length(min = 1, max = RESTRICTIONS_MAX))]
    pub(crate) allowed_cidrs: Option<Option<Vec<String>>>,
    /// Another limit of its use; null for none.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<RateLimit>")]
    pub(crate) rate_limit: Option<Option<RateLimit>>,
    /// What happens when a secret is used that was rotated away.
    pub(crate) on_reuse: Option<OnReuse>,
}

/// Changes that may be made.
#[derive(Clone)]
pub(crate) struct CheckedPatch {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) active: Option<bool>,
    pub(crate) expires_at: Option<Option<Timestamp>>,
    pub(crate) team_ids: Option<Option<Vec<TeamId>>>,
    pub(crate) allowed_cidrs: Option<Option<Vec<IpNet>>>,
    pub(crate) rate_limit: Option<Option<RateLimit>>,
    pub(crate) on_reuse: Option<OnReuse>,
}

impl CheckedPatch {
    /// Whether it changes which teams the token reaches.
    pub(crate) fn changes_reach(&self) -> bool {
        self.expires_at.is_some() || self.team_ids.is_some()
    }
}

impl TokenPatch {
    /// The changes, if they keep to the rules; all faults at once if not.
    pub(crate) fn checked(self, now: Timestamp) -> Result<CheckedPatch> {
        let TokenPatch { name, description, active, permissions, expires_at, .. } = self;
        let TokenPatch { team_ids, allowed_cidrs, rate_limit, on_reuse, .. } = self;
        if permissions.is_some() {
            let detail = "The permissions of a token are fixed. Create another one with other permissions, then delete this one.";
            let fault = Fault::new("/permissions", Violation::PermissionsFixed, detail);
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
        faults.extend(rate_limit.flatten().into_iter().flat_map(rate_faults));
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(CheckedPatch {
            name,
            description,
            active,
            expires_at,
            team_ids,
            allowed_cidrs,
            rate_limit,
            on_reuse,
        })
    }
}

/// A new secret for a token.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenRotation")]
pub(crate) struct Rotation {
    /// How long the old secret works beside the new one: 0 seconds, for a secret that has leaked, to a week. A day, if it is left
    /// out, in which the workers of a service learn the new one.
    #[schemars(with = "Option<u32>", range(max = OVERLAP_SECONDS_MAX))]
    overlap_seconds: Option<i64>,
    /// What ends that: its time, or the first use of the new secret if that comes before. Its time, if it is left out.
    until: Option<Until>,
}

/// How long an old secret works beside a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    pub(crate) seconds: u32,
    pub(crate) until: Until,
}

impl Rotation {
    /// The overlap, if it is not too long.
    pub(crate) fn checked(self) -> Result<Overlap> {
        let until = self.until.unwrap_or_default();
        let seconds = u32::try_from(self.overlap_seconds.unwrap_or(OVERLAP_SECONDS_DEFAULT)).ok();
        if let Some(seconds) = seconds.filter(|seconds| *seconds <= OVERLAP_SECONDS_MAX) {
            return Ok(Overlap { seconds, until });
        }
        let detail = format!("Give a number from 0 to {OVERLAP_SECONDS_MAX}.");
        Err(Error::unprocessable(vec![Fault::new("/overlap_seconds", Violation::OutOfRange, detail)]))
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
        faults.push(Fault::new("/permissions", Violation::Required, "Give at least one permission."));
    }
    let check = |(index, name): (usize, &String)| {
        let permission = Permission::parse(name);
        if permission.is_none() {
            let detail = "There is no such permission; GET /v1/permissions lists them all.";
            faults.push(Fault::new(format!("/permissions/{index}"), Violation::UnknownPermission, detail));
        }
        permission
    };
    names.iter().enumerate().filter_map(check).collect()
}

fn expiry_fault(end: Timestamp, now: Timestamp) -> Option<Fault> {
    (end <= now).then(|| Fault::new("/expires_at", Violation::InThePast, "Give a time in the future."))
}

fn rate_faults(rate: RateLimit) -> impl Iterator<Item = Fault> {
    let RateLimit { limit, window_seconds } = rate;
    [
        ("/rate_limit/limit", limit, RateLimit::LIMIT_MAX),
        ("/rate_limit/window_seconds", window_seconds, RateLimit::WINDOW_SECONDS_MAX),
    ]
    .into_iter()
    .filter(|(_, number, most)| !(1..=*most).contains(number))
    .map(|(pointer, _, most)| {
        Fault::new(pointer, Violation::OutOfRange, format!("Give a number from 1 to {most}."))
    })
}

fn count_fault(pointer: &str, count: usize) -> Option<Fault> {
    let detail = format!("Give 1 to {RESTRICTIONS_MAX}, or leave it out for no restriction.");
    (!(1..=RESTRICTIONS_MAX).contains(&count)).then(|| Fault::new(pointer, Violation::OutOfRange, detail))
}

fn check_ranges(ranges: &[String], faults: &mut Vec<Fault>) -> Vec<IpNet> {
    faults.extend(count_fault("/allowed_cidrs", ranges.len()));
    let check = |(index, range): (usize, &String)| {
        let net = parse_range(range);
        if net.is_none() {
            let detail = "Give a range such as 192.0.2.0/24 or 2001:db8::/32.";
            faults.push(Fault::new(format!("/allowed_cidrs/{index}"), Violation::NotARange, detail));
        }
        net
    };
    ranges.iter().enumerate().filter_map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Report;

    fn faults(json: serde_json::Value) -> Vec<(String, &'static str)> {
        let new: NewToken = serde_json::from_value(json).unwrap();
        match new.checked(Timestamp::now()) {
            Ok(_) => Vec::new(),
            Err(error) => {
                error.problem("").errors.into_iter().map(|fault| (fault.pointer, fault.code.name())).collect()
            }
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let found = faults(serde_json::json!({
            "name": " ", "permissions": ["object:read", "object:*"], "expires_at": "2020-01-01T00:00:00Z",
            "team_ids": [], "allowed_cidrs": ["10.0.0.0/8", "10.0.0.0/33"],
            "rate_limit": {"limit": 0, "window_seconds": 86_401},
        }));
        let pointers: Vec<_> = found.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
        assert_eq!(
            pointers,
            [
                ("/name", "required"),
                ("/permissions/1", "unknown_permission"),
                ("/expires_at", "in_the_past"),
                ("/team_ids", "out_of_range"),
                ("/allowed_cidrs/1", "not_a_range"),
                ("/rate_limit/limit", "out_of_range"),
                ("/rate_limit/window_seconds", "out_of_range"),
            ]
        );
    }

    #[test]
    fn a_token_needs_a_permission() {
        assert_eq!(faults(serde_json::json!({"name": "a", "permissions": []}))[0].1, "required");
    }

    #[test]
    fn ranges_are_kept_as_they_are_meant() {
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

    #[test]
    fn an_overlap_and_a_report_have_their_bounds() {
        let rotation = |json: serde_json::Value| {
            let overlap = serde_json::from_value::<Rotation>(json).unwrap().checked().ok()?;
            Some((overlap.seconds, overlap.until))
        };
        let seconds = |seconds: i64| rotation(serde_json::json!({"overlap_seconds": seconds}));
        assert_eq!(
            [-1, 0, 604_800, 604_801].map(seconds),
            [None, Some((0, Until::Time)), Some((604_800, Until::Time)), None]
        );
        assert_eq!(rotation(serde_json::json!({})), Some((86_400, Until::Time)), "a day, whatever is used");
        let by_use = serde_json::json!({"until": "first_use"});
        assert_eq!(rotation(by_use), Some((86_400, Until::FirstUse)));
        let report = |count: usize| Report { credentials: vec![String::new(); count] }.checked().is_ok();
        assert_eq!([0, 1, 1_000, 1_001].map(report), [false, true, true, false]);
    }

    #[test]
    fn what_changes_the_reach_is_known() {
        let patch =
            |json: &str| serde_json::from_str::<TokenPatch>(json).unwrap().checked(Timestamp::now()).unwrap();
        assert!(
            patch(r#"{"expires_at": null}"#).changes_reach()
                && patch(r#"{"team_ids": null}"#).changes_reach()
        );
        assert!(!patch(r#"{"name": "a", "active": false, "on_reuse": "deactivate"}"#).changes_reach());
    }

    #[test]
    fn a_number_at_its_bound_is_taken_and_the_next_one_is_not() {
        let told = |change: serde_json::Value| {
            let mut new = serde_json::json!({"name": "a", "permissions": [Permission::ObjectRead]});
            new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            faults(new).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>()
        };
        let rate = |limit: u32, window: u32| {
            told(serde_json::json!({"rate_limit": {"limit": limit, "window_seconds": window}}))
        };
        assert!(rate(1, 1).is_empty() && rate(1_000_000, 86_400).is_empty());
        assert_eq!(rate(1_000_001, 86_401), ["/rate_limit/limit", "/rate_limit/window_seconds"]);
        assert_eq!(rate(0, 0), ["/rate_limit/limit", "/rate_limit/window_seconds"]);
        let many = |count: usize| {
            let (team, range) = (TeamId::new(), "192.0.2.0/24");
            told(serde_json::json!({"team_ids": vec![team; count], "allowed_cidrs": vec![range; count]}))
        };
        assert!(many(1).is_empty() && many(50).is_empty());
        assert_eq!((many(0), many(51)), (vec!["/team_ids".into(), "/allowed_cidrs".into()], many(0)));
    }

    #[test]
    fn what_keeps_to_the_rules_is_kept_whole() {
        let end = Timestamp::now().plus_seconds(60);
        let new: NewToken = serde_json::from_value(serde_json::json!({
            "name": "a", "description": "b", "permissions": [Permission::ObjectRead], "expires_at": end,
            "team_ids": ["team_0000000000000000000000"], "allowed_cidrs": ["192.0.2.0/24"],
            "rate_limit": {"limit": 1, "window_seconds": 2}, "on_reuse": "deactivate",
        }))
        .unwrap();
        let it = new.checked(Timestamp::now()).unwrap();
        assert_eq!((it.name.as_str(), it.description.as_str(), it.expires_at), ("a", "b", Some(end)));
        assert_eq!(
            (it.permissions, it.on_reuse),
            (Permissions::of(&[Permission::ObjectRead]), OnReuse::Deactivate)
        );
        assert_eq!((it.team_ids.unwrap().len(), it.allowed_cidrs.unwrap().len()), (1, 1));
        assert_eq!(it.rate_limit, Some(RateLimit { limit: 1, window_seconds: 2 }));
        let end_is = |seconds: i64| expiry_fault(end.plus_seconds(seconds), end).is_some();
        assert_eq!([-1, 0, 1].map(end_is), [true, true, false]);
    }

    #[test]
    fn a_change_is_held_to_the_same_rules() {
        let found = |json: &str| {
            let outcome = serde_json::from_str::<TokenPatch>(json).unwrap().checked(Timestamp::now());
            let faults = outcome.err().map(|error| (error.code, error.faults().to_vec()));
            faults.map(|(code, faults)| {
                (code, faults.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>())
            })
        };
        assert_eq!(
            found(r#"{"permissions": []}"#),
            Some((Code::PermissionsFixed, vec!["/permissions".into()]))
        );
        let all = r#"{"name": "", "expires_at": "2020-01-01T00:00:00Z", "team_ids": [], "allowed_cidrs": ["x"],
            "rate_limit": {"limit": 0, "window_seconds": 1}}"#;
        let pointers = ["/name", "/expires_at", "/team_ids", "/allowed_cidrs/0", "/rate_limit/limit"];
        assert_eq!(found(all), Some((Code::InvalidData, pointers.map(str::to_owned).to_vec())));
    }

    #[test]
    fn a_report_is_taken_as_it_is() {
        let report = Report { credentials: vec!["a".into(), "b".into()] };
        assert_eq!(report.checked().unwrap(), ["a", "b"]);
    }
}
