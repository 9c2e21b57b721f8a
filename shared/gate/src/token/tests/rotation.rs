//! Rotation: which secrets count when, and for how long.

use super::*;

#[test]
fn without_overlap_the_old_secret_ends_at_once_and_the_new_one_counts() {
    let it = rotated(token("one"), "two", 0, 0);
    assert_eq!(validate(&it, "one", 0), Err(Refusal::Retired));
    assert_eq!(validate(&it, "two", 0), Ok(()));
}

#[test]
fn both_count_until_the_overlap_ends() {
    let it = rotated(token("one"), "two", 60, 0);
    assert_eq!((validate(&it, "one", 59), validate(&it, "two", 59)), (Ok(()), Ok(())));
    assert_eq!((validate(&it, "one", 60), validate(&it, "two", 60)), (Err(Refusal::Retired), Ok(())));
}

#[test]
fn the_old_secret_works_for_its_time_although_the_new_one_is_used() {
    let it = used(rotated(token("one"), "two", 60, 0), 10);
    assert!(it.pending.is_none() && it.retired_secrets.is_empty());
    assert_eq!((validate(&it, "one", 59), validate(&it, "two", 59)), (Ok(()), Ok(())));
    assert_eq!((validate(&it, "one", 60), validate(&it, "two", 60)), (Err(Refusal::Retired), Ok(())));
    // Used for the first time when the old one is over already.
    let it = used(rotated(token("one"), "two", 60, 0), 60);
    assert_eq!((it.replaced.len(), it.retired_secrets.len()), (0, 1));
}

#[test]
fn no_old_secret_works_longer_than_the_latest_rotation_says() {
    let it = used(rotated(token("one"), "two", 600, 0), 0);
    let shorter = rotated(it.clone(), "three", 60, 0);
    for old in ["one", "two"] {
        assert_eq!(
            (validate(&shorter, old, 59), validate(&shorter, old, 60)),
            (Ok(()), Err(Refusal::Retired))
        );
    }
    let longer = rotated(it.clone(), "three", 6_000, 0);
    assert_eq!(
        (validate(&longer, "one", 600), validate(&longer, "two", 600)),
        (Err(Refusal::Retired), Ok(()))
    );
    let at_once = rotated(it.clone(), "three", 0, 0);
    for old in ["one", "two"] {
        assert_eq!(validate(&at_once, old, 0), Err(Refusal::Retired));
    }
    let ended_by_use = confirmed(rotated(it, "three", 600, 0));
    for old in ["one", "two"] {
        assert_eq!(validate(&ended_by_use, old, 0), Err(Refusal::Retired));
    }
    assert_eq!(ended_by_use.retired_secrets.len(), 2);
}

#[test]
fn a_repeat_keeps_what_ends_the_overlap_first() {
    let mut it = rotated(token("one"), "lost", 60, 0);
    it.pending.as_mut().unwrap().until = Until::FirstUse;
    let it = used(rotated(it, "two", 60, 1), 1);
    assert_eq!(validate(&it, "one", 1), Err(Refusal::Retired));
}

#[test]
fn so_many_secrets_that_were_replaced_work_at_a_time_and_no_more() {
    let mut it = token("0");
    for next in 1..=REPLACED_SECRETS_MAX {
        it = rotated(it, &next.to_string(), 60, 0);
        assert!(it.may_replace());
        it = used(it, 0);
    }
    assert!(!rotated(it.clone(), "more", 60, 0).may_replace());
    assert!(rotated(it.clone(), "more", 0, 0).may_replace(), "it ends all of them");
    assert!(rotated(it.clone(), "more", 60, 60).may_replace(), "they are over");
    let mut by_use = rotated(it, "more", 60, 0);
    by_use.pending.as_mut().unwrap().until = Until::FirstUse;
    assert!(by_use.may_replace());
}

#[test]
fn what_was_pending_before_there_was_a_choice_ends_with_the_first_use() {
    let stored = serde_json::json!({
        "secret": ring(BOTH).hash("two"), "hint": "hint", "created_at": now(), "by": "session",
        "overlap_until": now().plus_seconds(60),
    });
    let pending: Pending = serde_json::from_value(stored).unwrap();
    assert_eq!(pending.until, Until::FirstUse);
    let it = used(StoredToken { pending: Some(pending), ..token("one") }, 0);
    assert_eq!(validate(&it, "one", 0), Err(Refusal::Retired));
}

#[test]
fn the_first_use_of_the_new_secret_ends_the_old_one() {
    let it = confirmed(rotated(token("one"), "two", 60, 0));
    assert_eq!((validate(&it, "one", 1), validate(&it, "two", 1)), (Err(Refusal::Retired), Ok(())));
    assert!(it.pending.is_none());
    assert_eq!(it.hint, "hint");
}

#[test]
fn a_repeat_replaces_the_unused_secret_and_lengthens_no_overlap() {
    let it = rotated(rotated(token("one"), "lost", 60, 0), "two", 60, 30);
    assert_eq!((validate(&it, "one", 59), validate(&it, "two", 59)), (Ok(()), Ok(())));
    assert_eq!(validate(&it, "one", 60), Err(Refusal::Retired));
    assert_eq!(validate(&it, "lost", 59), Err(Refusal::Retired));
    let shorter = rotated(it, "three", 10, 30);
    assert_eq!(
        (validate(&shorter, "one", 39), validate(&shorter, "one", 40)),
        (Ok(()), Err(Refusal::Retired))
    );
}

#[test]
fn what_a_session_has_rotated_no_token_rotates_again_before_it_is_used() {
    let it = token("one");
    assert!(it.may_rotate(Credential::Token) && it.may_rotate(Credential::Session));
    let by_session = rotated(it.clone(), "two", 60, 0);
    assert!(!by_session.may_rotate(Credential::Token) && by_session.may_rotate(Credential::Session));
    assert!(confirmed(by_session.clone()).may_rotate(Credential::Token));
    let by = Pending { by: Credential::Token, ..by_session.pending.unwrap() };
    let by_itself = it.rotated(by);
    assert!(by_itself.may_rotate(Credential::Token) && by_itself.may_rotate(Credential::Session));
}

#[test]
fn each_secret_has_the_time_of_its_issue() {
    let it = rotated(token("one"), "two", 60, 30);
    let issued_at = |it: &StoredToken, presented| it.issued_at(presented).seconds() - now().seconds();
    assert_eq!((issued_at(&it, PresentedSecret::Current), issued_at(&it, PresentedSecret::Pending)), (0, 30));
    assert_eq!(it.latest_issued_at(), now().plus_seconds(30));
    let it = used(it, 30);
    assert_eq!(
        (issued_at(&it, PresentedSecret::Current), it.latest_issued_at()),
        (30, now().plus_seconds(30))
    );
    assert_eq!(issued_at(&it, PresentedSecret::Replaced(0)), 0);
}

#[test]
fn a_repeat_brings_no_secret_back_that_has_ended() {
    let it = rotated(rotated(token("one"), "lost", 60, 0), "two", 60, 60);
    assert_eq!(validate(&it, "one", 61), Err(Refusal::Retired));
    assert_eq!(validate(&it, "two", 61), Ok(()));
}

#[test]
fn end_and_switch_hold_for_both_secrets() {
    let mut it =
        StoredToken { expires_at: Some(now().plus_seconds(30)), ..rotated(token("one"), "two", 60, 0) };
    assert_eq!(
        (validate(&it, "one", 30), validate(&it, "two", 30)),
        (Err(Refusal::Expired), Err(Refusal::Expired))
    );
    it = StoredToken { expires_at: None, active: false, ..it };
    assert_eq!(
        (validate(&it, "one", 1), validate(&it, "two", 1)),
        (Err(Refusal::Inactive), Err(Refusal::Inactive))
    );
    it.active = true;
    assert_eq!((validate(&it, "one", 1), validate(&it, "two", 1)), (Ok(()), Ok(())));
}

#[test]
fn a_token_that_is_not_rotating_has_nothing_to_confirm() {
    let it = token("one").confirmed(ring(BOTH).hash("two"), now());
    assert_eq!(validate(&it, "one", 0), Ok(()));
}
