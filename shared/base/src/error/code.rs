//! What can go wrong, declared once: name, status, meaning.

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $status:literal $name:literal;)+) => {
        /// What went wrong, as far as a client would act differently. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// All codes, by status.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The HTTP status it comes with.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)+ }
            }

            /// Its stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// What it means and what to do, for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc,)+),)+ }
            }
        }
    };
}

codes! {
    /// The request is not well formed; `errors` names each place.
    InvalidRequest = 400 "invalid_request";
    /// The cursor was changed, belongs to another query or is too old: ask for the first page again.
    InvalidCursor = 400 "invalid_cursor";
    /// No valid credential: send `Authorization: Bearer` with a token or a session that is active.
    InvalidToken = 401 "invalid_token";
    /// The token lacks a permission, named in `required_permissions`: make a token that has it.
    InsufficientScope = 403 "insufficient_scope";
    /// The role of the user in this team does not allow it: ask an owner of the team.
    InsufficientRole = 403 "insufficient_role";
    /// No access to this team, or there is no such team.
    NoAccess = 403 "no_access";
    /// A token may not do this; sign in and use a session.
    SessionRequired = 403 "session_required";
    /// Only a token may ask this, about itself.
    TokenRequired = 403 "token_required";
    /// A rule of a firewall in front of the API refuses the request.
    Filtered = 403 "filtered";
    /// Pages of this origin may not send the form: add it to `allowed_origins`.
    OriginNotAllowed = 403 "origin_not_allowed";
    /// There is no such thing here.
    NotFound = 404 "not_found";
    /// The path exists, the method does not; `Allow` lists those that do.
    MethodNotAllowed = 405 "method_not_allowed";
    /// The name is in use already: choose another one.
    NameTaken = 409 "name_taken";
    /// The slug is in use already: choose another one.
    SlugTaken = 409 "slug_taken";
    /// Another object has this value in a unique field; `errors` names the field.
    NotUnique = 409 "not_unique";
    /// A team needs an owner: make somebody else an owner first.
    LastOwner = 409 "last_owner";
    /// The person is a member of the team already.
    AlreadyMember = 409 "already_member";
    /// There are as many as there may be: remove one first.
    LimitReached = 409 "limit_reached";
    /// Objects contradict this change; `detail` tells how many: change them first.
    Contradicted = 409 "contradicted";
    /// The view needs fields that are gone or cannot be searched by, and so shows nothing; its `problems` name them: change the
    /// view.
    ViewBroken = 409 "view_broken";
    /// The view is locked: unlock it first, with `{"locked": false}` alone.
    Locked = 409 "locked";
    /// The thing is not in the state that this needs.
    WrongState = 409 "wrong_state";
    /// The form takes no submissions now: it is closed, not open yet, or full.
    FormClosed = 409 "form_closed";
    /// The form cannot be filled in, as its object type is not what it was: the `problems` of the form say what is wrong.
    FormUnavailable = 409 "form_unavailable";
    /// Another submission was sent with this token before: ask for the form again.
    AlreadySubmitted = 409 "already_submitted";
    /// A request with this `Idempotency-Key` is still running: wait, then send it again.
    IdempotencyInProgress = 409 "idempotency_in_progress";
    /// The thing has changed since the version in `If-Match`; `current_version` has the new one. Or it is there, and
    /// `If-None-Match` says that it must not be.
    Stale = 412 "stale";
    /// The body is larger than 1 MiB.
    TooLarge = 413 "too_large";
    /// The path and the query are longer than about 10 KB: send less, or a query in a body where there is one.
    UriTooLong = 414 "uri_too_long";
    /// The body must be JSON, sent with `Content-Type: application/json` and without a `Content-Encoding`.
    UnsupportedMediaType = 415 "unsupported_media_type";
    /// The request is well formed, but the data breaks a rule; `errors` names each place.
    InvalidData = 422 "invalid_data";
    /// The permissions of a token are fixed: create another one, then delete this one.
    PermissionsFixed = 422 "permissions_fixed";
    /// This `Idempotency-Key` came with another request before: use a new key.
    IdempotencyKeyReused = 422 "idempotency_key_reused";
    /// Too many requests: wait as long as `Retry-After` says.
    RateLimited = 429 "rate_limited";
    /// A fault on this side; it is logged under the `request_id`.
    Internal = 500 "internal";
    /// Out of service for a moment: wait as long as `Retry-After` says.
    Unavailable = 503 "unavailable";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ordered_by_status() {
        let names: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().map(|code| code.status()).is_sorted());
    }
}
