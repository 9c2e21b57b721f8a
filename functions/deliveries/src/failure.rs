//! Why a receiver gave no response.

use std::{error::Error, io};

use tokio_rustls::rustls;

/// Why there was no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    RefusedTarget,
    NameNotFound,
    Connect,
    Tls,
    Timeout,
    InvalidResponse,
    Closed,
}

impl Failure {
    /// The stable name that the `error` of an attempt has.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RefusedTarget => "refused_target",
            Self::NameNotFound => "name_not_found",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::InvalidResponse => "invalid_response",
            Self::Closed => "closed",
        }
    }

    /// The cause when the exchange over a connection failed.
    pub(crate) fn of(error: hyper::Error) -> Self {
        if error.is_parse() { Self::InvalidResponse } else { Self::Closed }
    }

    /// The cause when a TLS connection could not be made.
    pub(crate) fn of_tls(error: &io::Error) -> Self {
        let is_tls = error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>);
        if is_tls { Self::Tls } else { Self::Closed }
    }
}
