//! Tokens in every state, and what is told of them.

mod rotation;

use super::*;
use base::{access::Credential, actor::Source, permission::Permission, testing::Silent};
use keys::{
    KeyRing,
    testing::{BOTH, OLD},
};

pub(crate) const NOW: i64 = 1_800_000_000_000;

pub(crate) fn ring(text: &str) -> KeyRing {
    KeyRing::parse(text).unwrap()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(NOW).unwrap()
}

/// A token whose secret is that text.
pub(crate) fn token(secret: &str) -> StoredToken {
    let user = UserId::of_subject("issuer", "subject");
    StoredToken {
        id: TokenId::new(),
        user: user.clone(),
        name: "name".into(),
        description: String::new(),
        permissions: Permissions::of(&[Permission::ObjectRead]),
        active: true,
        secret: ring(BOTH).hash(secret),
        hint: "ea_pat_…hint".into(),
        pending: None,
        replaced: Vec::new(),
        retired_secrets: Vec::new(),
        rotated_itself_at: Vec::new(),
        on_reuse: OnReuse::Record,
        secret_created_at: now(),
        expires_at: None,
        team_ids: None,
        blocked_team_ids: Vec::new(),
        blocks: Vec::new(),
        allowed_cidrs: None,
        rate_limit: None,
        last_used: None,
        used: Used::default(),
        revoked_at: None,
        created_at: now(),
        updated_at: now(),
        version: 1,
        actor: Actor {
            user: Some(user),
            credential: Some(Credential::Session),
            token: None,
            form: None,
            ip: "192.0.2.1".into(),
            source: Source::App,
            request_id: "r".into(),
        },
    }
}

fn validate(token: &StoredToken, secret: &str, seconds: i64) -> Result<(), Refusal> {
    let presented = StoredToken::recognise(Some(token), &ring(BOTH).candidate_hashes(secret)).unwrap();
    token.validate(presented, now().plus_seconds(seconds), None)
}

/// The token with that secret pending, made so many seconds later.
pub(crate) fn rotated(token: StoredToken, secret: &str, overlap: u32, seconds: i64) -> StoredToken {
    let now = now().plus_seconds(seconds);
    token.rotated(Pending {
        secret: ring(BOTH).hash(secret),
        hint: "hint".into(),
        created_at: now,
        by: Credential::Session,
        overlap_until: now.plus_seconds(overlap.into()),
        until: Until::Time,
    })
}

/// The token with its pending secret in use from that second on.
fn used(token: StoredToken, seconds: i64) -> StoredToken {
    let secret = token.pending.clone().unwrap().secret;
    token.confirmed(secret, now().plus_seconds(seconds))
}

/// The same of a rotation that ends with the first use of the new secret.
fn confirmed(mut token: StoredToken) -> StoredToken {
    token.pending.as_mut().unwrap().until = Until::FirstUse;
    used(token, 0)
}

#[test]
fn what_is_stored_of_a_token_cannot_be_printed() {
    <StoredToken as Silent<_>>::is();
    <Pending as Silent<_>>::is();
}

mod recognise {
    use super::*;
    use keys::testing::{COMPARED, HASHED};

    #[test]
    fn every_credential_takes_the_same_steps() {
        let mut known = rotated(token("one"), "two", 60, 0);
        known = rotated(confirmed(known), "three", 60, 0);
        let mut steps = Vec::new();
        for (stored, sent) in
            [(None, "one"), (Some(&known), "none"), (Some(&known), "one"), (Some(&known), "three")]
        {
            HASHED.set(0);
            COMPARED.set(0);
            StoredToken::recognise(stored, &ring(BOTH).candidate_hashes(sent));
            steps.push((HASHED.get(), COMPARED.get()));
        }
        // One hash for each key of the ring, one comparison for each place a token has.
        assert_eq!(steps, [(2, crate::token::rotation::PLACES); 4]);
    }

    #[test]
    fn a_secret_that_was_replaced_is_known_by_its_place() {
        let mut known = token("0");
        for next in 1..=REPLACED_SECRETS_MAX {
            known = used(rotated(known, &next.to_string(), 60, 0), 0);
        }
        for place in 0..REPLACED_SECRETS_MAX {
            let sent = (REPLACED_SECRETS_MAX - 1 - place).to_string();
            let found = StoredToken::recognise(Some(&known), &ring(BOTH).candidate_hashes(&sent));
            assert_eq!(found, Some(PresentedSecret::Replaced(place)));
        }
    }

    #[test]
    fn each_secret_is_known_for_what_it_is() {
        let known = rotated(confirmed(rotated(token("one"), "two", 60, 0)), "three", 60, 0);
        let which = |sent: &str| StoredToken::recognise(Some(&known), &ring(BOTH).candidate_hashes(sent));
        assert_eq!(which("one"), Some(PresentedSecret::Retired));
        assert_eq!(which("two"), Some(PresentedSecret::Current));
        assert_eq!(which("three"), Some(PresentedSecret::Pending));
        assert_eq!(which("four"), None);
        assert_eq!(StoredToken::recognise(None, &ring(BOTH).candidate_hashes("one")), None);
    }

    #[test]
    fn all_secrets_are_known_that_earlier_versions_kept_on_a_token() {
        let mut known = token("in use");
        known.retired_secrets = (0..8).map(|before: u32| ring(BOTH).hash(&before.to_string())).collect();
        let which = |sent: &str| StoredToken::recognise(Some(&known), &ring(BOTH).candidate_hashes(sent));
        assert!((0..8).all(|before| which(&before.to_string()) == Some(PresentedSecret::Retired)));
        let before = known.retired_secrets.clone();
        let rotated = confirmed(rotated(known, "next", 0, 0));
        assert_eq!(rotated.retired_secrets.len(), RETIRED_SECRETS_MAX);
        let displaced = rotated.displaced(&before);
        assert!(displaced == before[RETIRED_SECRETS_MAX - 1..], "they are kept apart from now on");
    }

    #[test]
    fn the_latest_of_many_secrets_are_remembered() {
        let mut known = token("0");
        for next in 1..=RETIRED_SECRETS_MAX + 2 {
            known = confirmed(rotated(known, &next.to_string(), 0, 0));
        }
        let which = |sent: usize| {
            StoredToken::recognise(Some(&known), &ring(BOTH).candidate_hashes(&sent.to_string()))
        };
        assert_eq!((which(0), which(1)), (None, None));
        assert!((2..RETIRED_SECRETS_MAX + 2).all(|sent| which(sent) == Some(PresentedSecret::Retired)));
    }
}

mod validation {
    use super::*;

    #[test]
    fn the_first_reason_is_told() {
        let ended = Some(now());
        let mut it = StoredToken {
            active: false,
            expires_at: ended,
            allowed_cidrs: Some(vec![parse_range("10.0.0.0/8").unwrap()]),
            revoked_at: ended,
            ..token("one")
        };
        assert_eq!(validate(&it, "one", 0), Err(Refusal::Revoked));
        it.revoked_at = None;
        assert_eq!(validate(&it, "one", 0), Err(Refusal::Expired));
        it.expires_at = Some(now().plus_seconds(1));
        assert_eq!(validate(&it, "one", 0), Err(Refusal::Inactive));
        it.active = true;
        assert_eq!(validate(&it, "one", 0), Err(Refusal::Address));
        it.allowed_cidrs = None;
        assert_eq!(validate(&it, "one", 0), Ok(()));
        assert_eq!(validate(&it, "one", 1), Err(Refusal::Expired));
    }

    #[test]
    fn an_address_counts_in_any_of_its_forms() {
        for (range, ip, is_allowed) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("192.0.2.0/24", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.0/120", "192.0.2.1", true),
            ("::ffff:192.0.2.0/120", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.0/120", "192.0.3.1", false),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:ffff::", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("2001:db8::1", "2001:db8::1", true),
        ] {
            let it = StoredToken { allowed_cidrs: Some(vec![parse_range(range).unwrap()]), ..token("one") };
            let outcome = it.validate(PresentedSecret::Current, now(), Some(ip.parse().unwrap()));
            assert_eq!(outcome.is_ok(), is_allowed, "{ip} in {range}");
        }
        let it = StoredToken { allowed_cidrs: Some(Vec::new()), ..token("one") };
        assert_eq!(
            it.validate(PresentedSecret::Current, now(), None),
            Err(Refusal::Address),
            "no address is in no range"
        );
    }

    #[test]
    fn a_range_begins_at_its_first_address() {
        for (text, range) in [
            ("192.0.2.7", Some("192.0.2.7/32")),
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("2001:db8::1", Some("2001:db8::1/128")),
            ("::ffff:10.1.2.3", Some("10.1.2.3/32")),
            ("::ffff:10.1.2.3/104", Some("10.0.0.0/8")),
            ("::ffff:0:0/96", Some("0.0.0.0/0")),
            ("::/0", Some("::/0")),
            ("10.0.0.0/33", None),
            ("10.0.0", None),
            ("", None),
        ] {
            assert_eq!(parse_range(text).map(|range| range.to_string()).as_deref(), range, "{text}");
        }
    }
}

mod reach {
    use super::*;

    #[test]
    fn a_token_can_access_the_teams_it_is_limited_to_but_for_those_that_block_it() {
        let (one, other) = (TeamId::new(), TeamId::new());
        let mut it = token("one");
        assert!(it.can_access(&one, None, now()));
        it.team_ids = Some(vec![one.clone()]);
        assert!(it.can_access(&one, None, now()) && !it.can_access(&other, None, now()));
        it.blocked_team_ids = vec![one.clone()];
        assert!(!it.can_access(&one, None, now()));
    }

    #[test]
    fn a_team_may_want_short_lives() {
        let team = TeamId::new();
        let living = |seconds: Option<i64>| StoredToken {
            expires_at: seconds.map(|seconds| now().plus_seconds(seconds)),
            ..token("one")
        };
        assert!(
            living(None).can_access(&team, None, now()) && !living(None).can_access(&team, Some(30), now())
        );
        let days = 30 * DAY_SECONDS;
        assert!(living(Some(days)).can_access(&team, Some(30), now()));
        assert!(!living(Some(days + 1)).can_access(&team, Some(30), now()));
        let it = rotated(living(Some(days + 1)), "two", 0, 1);
        assert!(!it.can_access(&team, Some(30), it.issued_at(PresentedSecret::Current)));
        assert!(
            it.can_access(&team, Some(30), it.latest_issued_at()),
            "a life counts from its own secret on"
        );
    }
}

mod usage {
    use super::*;

    #[test]
    fn a_use_is_due_once_a_minute() {
        let last = LastUsed { at: now(), ip: None, user_agent: None };
        assert!(LastUsed::is_due(None, now()));
        assert!(!LastUsed::is_due(Some(&last), now().plus_seconds(59)));
        assert!(LastUsed::is_due(Some(&last), now().plus_seconds(60)));
    }

    #[test]
    fn a_permission_is_rare_until_it_was_used_and_again_after_a_day() {
        let seconds = now().seconds();
        let used: Used =
            serde_json::from_value(serde_json::json!({Permission::ObjectRead.name(): seconds, "gone": 1}))
                .unwrap();
        let both = Permissions::of(&[Permission::ObjectRead, Permission::ObjectCreate]);
        assert_eq!(used.rare(both, now()), Permissions::of(&[Permission::ObjectCreate]));
        assert_eq!(
            used.rare(both, now().plus_seconds(DAY_SECONDS - 1)),
            Permissions::of(&[Permission::ObjectCreate])
        );
        assert_eq!(used.rare(both, now().plus_seconds(DAY_SECONDS)), both);
        assert_eq!(used.iter().collect::<Vec<_>>(), [(Permission::ObjectRead, now())]);
    }
}

#[test]
fn the_status_is_that_of_the_moment() {
    let it = StoredToken { expires_at: Some(now().plus_seconds(1)), ..token("one") };
    assert_eq!(it.status(now()), TokenStatus::Active);
    assert_eq!(it.status(now().plus_seconds(1)), TokenStatus::Expired);
    assert_eq!(StoredToken { active: false, ..it.clone() }.status(now()), TokenStatus::Inactive);
    assert_eq!(StoredToken { active: false, ..it }.status(now().plus_seconds(1)), TokenStatus::Expired);
}

#[test]
fn each_reason_has_a_name_of_its_own() {
    let all = [Refusal::Revoked, Refusal::Retired, Refusal::Inactive, Refusal::Expired, Refusal::Address];
    assert_eq!(all.map(Refusal::name), ["revoked", "rotated_away", "inactive", "expired", "address"]);
}

#[test]
fn a_day_has_86_400_seconds_and_what_is_left_stays_90_of_them() {
    assert_eq!((DAY_SECONDS, REVOKED_SECONDS), (86_400, 7_776_000));
}

#[test]
fn the_keys_of_the_secrets_that_may_count_are_known() {
    let keys = |it: Option<&StoredToken>, seconds: i64| -> Vec<String> {
        let keys = StoredToken::key_ids(it, now().plus_seconds(seconds));
        keys.into_iter().map(str::to_owned).collect()
    };
    let older = StoredToken { secret: ring(OLD).hash("one"), ..rotated(token("one"), "two", 60, 0) };
    assert_eq!(keys(Some(&older), 0), ["k1", "k2"]);
    let in_use = used(older, 0);
    assert_eq!(
        (keys(Some(&in_use), 59), keys(Some(&in_use), 60)),
        (vec!["k2".into(), "k1".into()], vec!["k2".into()])
    );
    assert_eq!(keys(Some(&token("one")), 0), ["k2"]);
    assert!(keys(None, 0).is_empty());
}
