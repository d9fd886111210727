//! Ports for servers: free, kept for their owner across restarts, and never one that the system hands to outgoing
//! connections.
//!
//! A port from the system's own range for outgoing connections would do until the server is killed: then any client may be
//! given it as its local port, and the restarted server finds it taken. So ports come from below that range. A claim is an
//! abstract socket named for the port: other processes that use this crate see it, and it ends with its owner.

use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use crate::Error;

/// Where the search for ports begins: above what system services use.
const LOWEST: u16 = 15_000;
/// Where outgoing connections' ports begin, should the system not say.
const OUTGOING: u16 = 32_768;

/// A port of the loopback interface, kept for its owner until dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    /// Holds the claim.
    _claim: UnixListener,
}

impl Port {
    /// The port's number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }
}

/// Claims a port that nothing listens on.
///
/// # Errors
/// When every port of the range is taken.
pub fn free_port() -> Result<Port, Error> {
    let outgoing = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next().and_then(|low| low.parse::<u16>().ok()))
        .filter(|low| *low > LOWEST + 1_000)
        .unwrap_or(OUTGOING);
    let count = u32::from(outgoing - LOWEST);
    // Processes begin at different places, so that they seldom ask for the same port at the same time.
    let begin = std::process::id().wrapping_mul(61) % count;
    (0..count)
        .map(|step| LOWEST + u16::try_from((begin + step) % count).expect("below the range's length, which is a u16"))
        .find_map(claim)
        .ok_or(Error::NoPort { from: LOWEST, to: outgoing })
}

fn claim(number: u16) -> Option<Port> {
    let name = SocketAddr::from_abstract_name(format!("doorbuster-port-{number}")).ok()?;
    let claim = UnixListener::bind_addr(&name).ok()?;
    TcpListener::bind(("127.0.0.1", number)).ok()?;
    Some(Port { number, _claim: claim })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_port_is_not_given_twice_although_nothing_listens_on_it() {
        let first = free_port().unwrap();
        let second = free_port().unwrap();
        assert_ne!(first.number(), second.number());
        TcpListener::bind(("127.0.0.1", first.number())).unwrap();
    }

    #[test]
    fn a_port_in_use_by_a_stranger_is_passed_over() {
        let port = free_port().unwrap();
        let number = port.number();
        drop(port);
        let _stranger = TcpListener::bind(("127.0.0.1", number)).unwrap();
        assert!(claim(number).is_none());
    }
}
