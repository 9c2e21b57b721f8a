//! Listening sockets.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// Connections that wait to be taken; one more would try again only after a second.
const BACKLOG: u32 = 1_024;

/// A listener whose connections send small answers at once: they inherit its `TCP_NODELAY`.
///
/// # Errors
/// When the address cannot be had.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // So that connections of an earlier run, which the system remembers for a while, do not hold the port.
    socket.set_reuseaddr(true)?;
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
