//! Which IP addresses are on the public internet: all but those in IANA's registries of special-purpose
//! addresses (RFC 6890), and a few others that requests must not reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Networks, and what they are for.
const IPV4: [(Ipv4Net, &str); 17] = [
    (v4([0, 0, 0, 0], 8), "this network, RFC 791"),
    (v4([10, 0, 0, 0], 8), "private use, RFC 1918"),
    (v4([100, 64, 0, 0], 10), "shared behind carriers, RFC 6598"),
    (v4([127, 0, 0, 0], 8), "loopback, RFC 1122"),
    // The platform services of one cloud, for its own machines only.
    (v4([168, 63, 129, 16], 32), "platform of a cloud"),
    // Metadata and credentials of clouds; inside Lambda, the runtime.
    (v4([169, 254, 0, 0], 16), "link-local, RFC 3927"),
    (v4([172, 16, 0, 0], 12), "private use, RFC 1918"),
    (v4([192, 0, 0, 0], 24), "protocol assignments, RFC 6890"),
    (v4([192, 0, 2, 0], 24), "documentation, RFC 5737"),
    (v4([192, 88, 99, 0], 24), "6to4 relay, RFC 7526"),
    (v4([192, 168, 0, 0], 16), "private use, RFC 1918"),
    (v4([198, 18, 0, 0], 15), "benchmarks, RFC 2544"),
    (v4([198, 51, 100, 0], 24), "documentation, RFC 5737"),
    (v4([203, 0, 113, 0], 24), "documentation, RFC 5737"),
    (v4([224, 0, 0, 0], 4), "multicast, RFC 5771"),
    (v4([255, 255, 255, 255], 32), "broadcast, RFC 919"),
    (v4([240, 0, 0, 0], 4), "reserved, RFC 1112"),
];

/// All addresses that are allocated for use on the internet (RFC 4291, IANA's registry of IPv6 address space).
/// Most networks in the next table lie outside of it, and are listed so that a refusal can say what they are.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000], 3);

/// Networks, and what they are for. What carries an IPv4 address is refused whatever that is: a gateway would
/// take it out, and whoever means it can say it.
const IPV6: [(Ipv6Net, &str); 22] = [
    (v6([0], 128), "unspecified, RFC 4291"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback, RFC 4291"),
    (v6([0], 96), "IPv4-compatible, RFC 4291"),
    (v6([0, 0, 0, 0, 0, 0xffff], 96), "IPv4-mapped, RFC 4291"),
    (v6([0, 0, 0, 0, 0xffff], 96), "IPv4-translated, RFC 2765"),
    (v6([0x64, 0xff9b], 96), "NAT64, RFC 6052"),
    (v6([0x64, 0xff9b, 1], 48), "NAT64, RFC 8215"),
    (v6([0x100], 64), "discarded, RFC 6666"),
    (v6([0x100, 0, 0, 1], 64), "dummy, RFC 9780"),
    (v6([0x2001], 32), "Teredo, RFC 4380"),
    (v6([0x2001, 2], 48), "benchmarks, RFC 5180"),
    (v6([0x2001, 0x10], 28), "ORCHID, RFC 4843"),
    (v6([0x2001, 0x20], 28), "ORCHID, RFC 7343"),
    (v6([0x2001], 23), "protocol assignments, RFC 2928"),
    (v6([0x2001, 0xdb8], 32), "documentation, RFC 3849"),
    (v6([0x2002], 16), "6to4, RFC 3056"),
    (v6([0x3fff], 20), "documentation, RFC 9637"),
    (v6([0x5f00], 16), "segment routing, RFC 9602"),
    // Metadata and credentials of clouds lie here too, at fd00:ec2::254 and fd20:ce::254.
    (v6([0xfc00], 7), "unique local, RFC 4193"),
    (v6([0xfe80], 10), "link-local, RFC 4291"),
    (v6([0xfec0], 10), "site-local, RFC 3879"),
    (v6([0xff00], 8), "multicast, RFC 4291"),
];

/// Whether the address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    special_use(address).is_none()
}

/// What the address is for, if it is not one of the public internet.
pub fn special_use(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => IPV4.iter().find(|(net, _)| net.contains(&address)).map(|(_, what)| *what),
        IpAddr::V6(address) => {
            let known = IPV6.iter().find(|(net, _)| net.contains(&address)).map(|(_, what)| *what);
            known
                .or_else(|| is_isatap(address).then_some("ISATAP, RFC 5214"))
                .or_else(|| (!GLOBAL_UNICAST.contains(&address)).then_some("not given out, RFC 4291"))
        }
    }
}

/// Whether the address has an IPv4 address in its interface's part, under any network.
fn is_isatap(address: Ipv6Addr) -> bool {
    let [_, _, _, _, flags, mark, _, _] = address.segments();
    mark == 0x5efe && (flags == 0 || flags == 0x200)
}

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

/// The network whose address starts with these segments.
const fn v6<const N: usize>(start: [u16; N], length: u8) -> Ipv6Net {
    let (mut bits, mut index) = (0, 0);
    while index < N {
        bits |= (start[index] as u128) << (112 - 16 * index);
        index += 1;
    }
    Ipv6Net::new_assert(Ipv6Addr::from_bits(bits), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_public(text: &str) -> bool {
        super::is_public(text.parse().unwrap())
    }

    #[test]
    fn both_ends_of_each_network_are_refused_and_their_neighbours_are_not() {
        for (first, last, below, above) in [
            ("0.0.0.0", "0.255.255.255", "", "1.0.0.0"),
            ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
            ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
            ("168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
            ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
            ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
            ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
            ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
            ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
            ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
            ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
            ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
            ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
            ("224.0.0.0", "255.255.255.255", "223.255.255.255", ""),
            ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff::1", "2001:200::"),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::1", "2001:db9::"),
            ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff::1", "2003::"),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::1", "3fff:1000::"),
            ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:ffff::1", ""),
            ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", "2000::"),
        ] {
            assert!(!is_public(first) && !is_public(last), "{first} to {last}");
            assert!(below.is_empty() || is_public(below), "{below}");
            assert!(above.is_empty() || is_public(above), "{above}");
        }
    }

    #[test]
    fn what_is_refused_has_a_name() {
        for (address, what) in [
            ("169.254.169.254", "link-local"),
            ("169.254.170.2", "link-local"),
            ("100.100.100.200", "shared"),
            ("192.0.0.192", "protocol"),
            ("233.252.0.1", "multicast"),
            ("255.255.255.255", "broadcast"),
            ("250.1.2.3", "reserved"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("::127.0.0.1", "IPv4-compatible"),
            ("::8.8.8.8", "IPv4-compatible"),
            ("::ffff:127.0.0.1", "IPv4-mapped"),
            ("::ffff:8.8.8.8", "IPv4-mapped"),
            ("::ffff:0:8.8.8.8", "IPv4-translated"),
            ("64:ff9b::10.0.0.1", "NAT64"),
            ("64:ff9b::8.8.8.8", "NAT64"),
            ("64:ff9b:1:ffff::10.0.0.1", "NAT64"),
            ("100::1", "discarded"),
            ("100:0:0:1::1", "dummy"),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
            ("2001:2::1", "benchmarks"),
            ("2001:10::1", "ORCHID"),
            ("2001:20::1", "ORCHID"),
            ("2001:30::1", "protocol"),
            ("2001:db8::1", "documentation"),
            ("2002:7f00:1::1", "6to4"),
            ("2002:808:808::1", "6to4"),
            ("3fff::1", "documentation"),
            ("5f00::1", "segment"),
            ("fc00::1", "unique local"),
            ("fd00:ec2::254", "unique local"),
            ("fe80::1", "link-local"),
            ("fec0::1", "site-local"),
            ("ff02::1", "multicast"),
            ("2a00:1450::5efe:7f00:1", "ISATAP"),
            ("2a00:1450::200:5efe:808:808", "ISATAP"),
            ("4000::1", "not given out"),
        ] {
            let found = special_use(address.parse().unwrap());
            assert!(found.is_some_and(|found| found.starts_with(what)), "{address}: {found:?}");
        }
    }

    #[test]
    fn no_row_is_hidden_by_those_before_it() {
        for (index, (net, what)) in IPV4.iter().enumerate() {
            assert!(!IPV4[..index].iter().any(|(before, _)| before.contains(net)), "{what}");
        }
        for (index, (net, what)) in IPV6.iter().enumerate() {
            assert!(!IPV6[..index].iter().any(|(before, _)| before.contains(net)), "{what}");
        }
    }
}
