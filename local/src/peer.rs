//! Who is at the other end of a connection.

use std::net::{IpAddr, SocketAddr};

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) remote: SocketAddr,
    pub(crate) local: IpAddr,
}

impl Peer {
    /// Whether the client runs on this machine.
    pub(crate) fn is_this_machine(self) -> bool {
        let remote = self.remote.ip().to_canonical();
        remote.is_loopback() || remote == self.local
    }
}
