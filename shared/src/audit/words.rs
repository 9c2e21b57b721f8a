//! The words of the audit log: what happened, and what sort of thing it happened to. They are stable.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

words! {
    /// What happened.
    Event {
        /// It was made.
        Created = "created",
        /// It has changed.
        Updated = "updated",
        /// It was moved to the trash.
        Deleted = "deleted",
        /// It came back from the trash.
        Restored = "restored",
        /// It was destroyed.
        Destroyed = "destroyed",
        /// It was sent to webhooks, and has not changed.
        Sent = "sent",
        /// Somebody became a member.
        Joined = "joined",
        /// A member left.
        Left = "left",
        /// A member was removed.
        Removed = "removed",
        /// An invitation was withdrawn.
        Withdrawn = "withdrawn",
        /// It was switched on.
        Activated = "activated",
        /// It was switched off.
        Deactivated = "deactivated",
        /// It got a new secret.
        Rotated = "rotated",
        /// The new secret was used for the first time: from then on the old one is refused.
        Confirmed = "confirmed",
        /// A token was revoked.
        Revoked = "revoked",
        /// An owner has blocked a token in the team.
        Blocked = "blocked",
        /// A token was refused, so often from one address within an hour.
        Refused = "refused",
    }
}

words! {
    /// What sort of thing it happened to.
    Kind {
        /// An object.
        Object = "object",
        /// An object type.
        ObjectType = "object-type",
        /// A webhook.
        Webhook = "webhook",
        /// The team itself.
        Team = "team",
        /// A member.
        Member = "member",
        /// An invitation.
        Invitation = "invitation",
        /// A token that reaches the team, or was to.
        Token = "token",
    }
}

impl Kind {
    /// What can happen to such a thing: an entry of another event is never written, and so never looked for.
    pub const fn events(self) -> &'static [Event] {
        use Event::{
            Activated, Blocked, Confirmed, Created, Deactivated, Deleted, Destroyed, Joined, Left, Refused,
            Removed, Restored, Revoked, Rotated, Sent, Updated, Withdrawn,
        };
        match self {
            Kind::Object => &[Created, Updated, Deleted, Restored, Destroyed, Sent],
            Kind::ObjectType => &[Created, Updated, Deleted, Restored, Destroyed],
            Kind::Webhook => {
                &[Created, Updated, Deleted, Restored, Destroyed, Activated, Deactivated, Rotated]
            }
            Kind::Team => &[Created, Updated],
            Kind::Member => &[Joined, Updated, Left, Removed],
            Kind::Invitation => &[Created, Withdrawn],
            Kind::Token => {
                &[Created, Updated, Activated, Deactivated, Rotated, Confirmed, Revoked, Blocked, Refused]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_is_stored_and_told() {
        for event in Event::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.name());
        }
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert!(kind.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
        }
    }

    #[test]
    fn every_event_can_happen_to_something() {
        for event in Event::ALL {
            assert!(Kind::ALL.iter().any(|kind| kind.events().contains(event)), "{}", event.name());
        }
    }
}
