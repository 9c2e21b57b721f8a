//! The vocabulary of the audit log: events, and kinds of resources. The names are stored and public, so they
//! never change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! vocabulary {
    ($(#[$about:meta])+ $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        $(#[$about])+
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name that is stored and that clients see.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

vocabulary! {
    /// What happened.
    #[schemars(rename = "Event")]
    AuditEvent {
        /// A resource was created.
        Created = "created",
        /// A resource was changed.
        Updated = "updated",
        /// A resource was moved to the trash.
        Deleted = "deleted",
        /// A resource was restored from the trash.
        Restored = "restored",
        /// A resource was destroyed for good.
        Destroyed = "destroyed",
        /// An object was sent to webhooks on request, without being changed.
        Sent = "sent",
        /// The bytes of an upload were not what they were told to be.
        Rejected = "rejected",
        /// An upload was fetched: one entry for each upload, person, token and hour.
        Downloaded = "downloaded",
        /// A user became a member of the team.
        Joined = "joined",
        /// A member left the team.
        Left = "left",
        /// A member was removed from the team.
        Removed = "removed",
        /// An invitation was withdrawn.
        Withdrawn = "withdrawn",
        /// A token or webhook was switched on, or a form was opened.
        Activated = "activated",
        /// A token or webhook was switched off, or a form was closed.
        Deactivated = "deactivated",
        /// A token or webhook got a new secret, or a form a new key.
        Rotated = "rotated",
        /// The new secret of a token was used for the first time.
        Confirmed = "confirmed",
        /// A token was revoked.
        Revoked = "revoked",
        /// An owner of the team blocked a token in the team.
        Blocked = "blocked",
        /// That block was undone.
        Unblocked = "unblocked",
        /// Requests with a token were refused: one entry for each token, IP address and hour.
        Refused = "refused",
    }
}

vocabulary! {
    /// A kind of resource.
    Kind {
        /// An object.
        Object = "object",
        /// An object type.
        ObjectType = "object-type",
        /// A webhook.
        Webhook = "webhook",
        /// A file that somebody has sent.
        Upload = "upload",
        /// A form.
        Form = "form",
        /// A view or a dashboard.
        View = "view",
        /// The team itself.
        Team = "team",
        /// A member.
        Member = "member",
        /// An invitation.
        Invitation = "invitation",
        /// A token that has access to the team, or was used to try.
        Token = "token",
    }
}

impl Kind {
    /// The events that can happen to this kind of resource: entries of others are never written, and so never
    /// looked for.
    pub const fn events(self) -> &'static [AuditEvent] {
        use AuditEvent::{
            Activated, Blocked, Confirmed, Created, Deactivated, Deleted, Destroyed, Downloaded, Joined,
            Left, Refused, Rejected, Removed, Restored, Revoked, Rotated, Sent, Unblocked, Updated,
            Withdrawn,
        };
        match self {
            Kind::Object => &[Created, Updated, Deleted, Restored, Destroyed, Sent],
            Kind::ObjectType | Kind::View => &[Created, Updated, Deleted, Restored, Destroyed],
            Kind::Webhook | Kind::Form => {
                &[Created, Updated, Deleted, Restored, Destroyed, Activated, Deactivated, Rotated]
            }
            Kind::Upload => &[Created, Updated, Rejected, Downloaded, Restored, Destroyed],
            Kind::Team => &[Created, Updated],
            Kind::Member => &[Joined, Updated, Left, Removed],
            Kind::Invitation => &[Created, Withdrawn],
            Kind::Token => &[
                Created,
                Updated,
                Activated,
                Deactivated,
                Rotated,
                Confirmed,
                Revoked,
                Blocked,
                Unblocked,
                Refused,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_what_is_stored_and_returned() {
        for event in AuditEvent::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.name());
        }
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert!(kind.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
        }
    }

    #[test]
    fn every_event_can_happen_to_something() {
        for event in AuditEvent::ALL {
            assert!(Kind::ALL.iter().any(|kind| kind.events().contains(event)), "{}", event.name());
        }
    }
}
