//! Ranges of addresses, against arithmetic on their bits.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::{
    tests::{now, token},
    *,
};
use base::testing::tried;

/// A range as it is written, as bits: the address, how many bits count, and whether they are those of IPv4.
#[derive(Clone, Debug)]
struct Written {
    text: String,
    bits: u128,
    length: u32,
    is_v4: bool,
}

fn v4() -> impl Strategy<Value = Written> {
    (any::<u32>(), 0_u32..=32, any::<bool>(), any::<bool>()).prop_map(|(bits, length, is_mapped, is_bare)| {
        let address = Ipv4Addr::from_bits(bits);
        let (address, shift) =
            if is_mapped { (address.to_ipv6_mapped().to_string(), 96) } else { (address.to_string(), 0) };
        let (text, length) =
            if is_bare { (address, 32) } else { (format!("{address}/{}", length + shift), length) };
        Written { text, bits: bits.into(), length, is_v4: true }
    })
}

fn v6() -> impl Strategy<Value = Written> {
    (any::<u128>(), 0_u32..=128, any::<bool>()).prop_map(|(bits, length, is_bare)| {
        let address = Ipv6Addr::from_bits(bits).to_string();
        let (text, length) = if is_bare { (address, 128) } else { (format!("{address}/{length}"), length) };
        Written { text, bits, length, is_v4: false }
    })
}

/// An address as it is written, and whether its bits are those of IPv4.
fn address(bits: u128, is_v4: bool, is_mapped: bool) -> (IpAddr, bool) {
    match (u32::try_from(bits), is_v4) {
        (Ok(bits), true) if is_mapped => (Ipv4Addr::from_bits(bits).to_ipv6_mapped().into(), true),
        (Ok(bits), true) => (Ipv4Addr::from_bits(bits).into(), true),
        _ => (Ipv6Addr::from_bits(bits).into(), false),
    }
}

/// Whether the first `length` of so many bits are the same.
fn same(one: u128, other: u128, length: u32, width: u32) -> bool {
    (0..length).all(|at| (one >> (width - 1 - at)) & 1 == (other >> (width - 1 - at)) & 1)
}

proptest! {
    #![proptest_config(tried(8))]

    #[test]
    fn an_address_is_in_a_range_when_its_first_bits_are(
        range in prop_oneof![v4(), v6()], flip in 0_u32..128, is_mapped in any::<bool>(), is_other in any::<bool>(),
    ) {
        let width = if range.is_v4 { 32 } else { 128 };
        // One bit apart, at either side of the range's end, or of the other kind altogether.
        let bits = range.bits ^ (1 << (flip % width));
        let (ip, is_v4) = address(bits, range.is_v4 != is_other, is_mapped);
        let is_in = is_v4 == range.is_v4 && same(bits, range.bits, range.length, width);
        let it = StoredToken { allowed_cidrs: Some(vec![parse_range(&range.text).unwrap()]), ..token("one") };
        let outcome = it.validate(PresentedSecret::Current, now(), Some(ip));
        prop_assert_eq!(outcome, if is_in { Ok(()) } else { Err(Refusal::Address) }, "{} in {}", ip, range.text);
        let (own, _) = address(range.bits, range.is_v4, is_mapped);
        prop_assert_eq!(it.validate(PresentedSecret::Current, now(), Some(own)), Ok(()), "{} in {}", own, range.text);
    }

    #[test]
    fn a_range_is_read_back_as_it_is_written(range in prop_oneof![v4(), v6()]) {
        let net = parse_range(&range.text).unwrap();
        prop_assert_eq!(u32::from(net.prefix_len()), range.length);
        prop_assert_eq!(net.addr().is_ipv4(), range.is_v4);
        prop_assert_eq!(parse_range(&net.to_string()), Some(net));
    }

    #[test]
    fn a_longer_prefix_than_the_address_is_no_range(range in prop_oneof![v4(), v6()], more in 1_u32..200) {
        let (address, width) = match range.text.split_once('/') {
            Some((address, _)) => (address, if address.contains(':') { 128 } else { 32 }),
            None => (range.text.as_str(), 128),
        };
        let text = format!("{address}/{}", width + more);
        prop_assert_eq!(parse_range(&text), None);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), near in "[0-9a-f:./ ]{0,40}") {
        prop_assert!([text, near].iter().filter_map(|text| parse_range(text)).all(|net| net == net.trunc()));
    }
}
