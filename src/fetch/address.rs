//! Which addresses may be reached: the public internet, and what the operator names.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use thiserror::Error;

/// IPv4 blocks that are not the public internet: IANA's special-purpose registry (RFC 6890), multicast, reserved.
const NOT_PUBLIC_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private, RFC 1918
    ([100, 64, 0, 0], 10),   // carrier-grade NAT, RFC 6598
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local: cloud metadata services answer here
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 88, 99, 0], 24),  // 6to4 relay, withdrawn by RFC 7526
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // benchmarking
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// IPv6 blocks inside 2000::/3, the only global unicast space, that are not the public internet.
const NOT_PUBLIC_V6: &[([u16; 3], u8)] = &[
    ([0x2001, 0, 0], 23),     // protocol assignments, among them Teredo (2001::/32)
    ([0x2001, 0xdb8, 0], 32), // documentation
    ([0x3fff, 0, 0], 20),     // documentation, RFC 9637
];

/// A range of addresses, e.g. `127.0.0.0/8`; a bare address is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// An address of the range.
    pub address: IpAddr,
    /// How many leading bits are the range's: at most 32, or 128.
    pub prefix: u8,
}

/// A text that is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no range of addresses such as 127.0.0.0/8")]
pub struct BadRange(String);

impl FromStr for Range {
    type Err = BadRange;

    fn from_str(text: &str) -> Result<Self, BadRange> {
        let bad = || BadRange(text.to_owned());
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = if prefix.is_empty() {
            most
        } else {
            prefix.parse().map_err(|_| bad())?
        };
        if prefix > most {
            Err(bad())
        } else {
            Ok(Self { address, prefix })
        }
    }
}

impl Range {
    /// Whether an address lies in the range.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(range), IpAddr::V4(asked)) => same_leading_bits(
                range.to_bits().into(),
                asked.to_bits().into(),
                96 + u32::from(self.prefix),
            ),
            (IpAddr::V6(range), IpAddr::V6(asked)) => {
                same_leading_bits(range.to_bits(), asked.to_bits(), self.prefix.into())
            }
            _ => false,
        }
    }
}

fn same_leading_bits(a: u128, b: u128, bits: u32) -> bool {
    // A range `/0` shifts by all 128 bits, which `>>` refuses: it holds every address.
    (a ^ b).checked_shr(128 - bits.min(128)).unwrap_or(0) == 0
}

/// Whether an address may be dialled: public, or in one of the operator's ranges. An IPv6 form that carries an
/// IPv4 address is judged by what it carries.
pub(super) fn may_be_reached(address: IpAddr, private: &[Range]) -> bool {
    let inner = unwrapped(address);
    is_private_by(address, private) || is_private_by(inner, private) || is_public(inner)
}

/// Whether the operator opened a range that holds the address.
pub(super) fn is_private_by(address: IpAddr, private: &[Range]) -> bool {
    private
        .iter()
        .any(|range| range.contains(unwrapped(address)) || range.contains(address))
}

/// Whether an address is on the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|&(block, prefix)| {
            let address = IpAddr::V4(Ipv4Addr::from(block));
            Range { address, prefix }.contains(IpAddr::V4(v4))
        }),
        IpAddr::V6(v6) => {
            // Only 2000::/3 is global unicast: loopback, link-local and private addresses lie outside.
            v6.segments()[0] & 0xe000 == 0x2000
                && !NOT_PUBLIC_V6.iter().any(|&([a, b, c], prefix)| {
                    let address = IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0));
                    Range { address, prefix }.contains(IpAddr::V6(v6))
                })
        }
    }
}

/// The IPv4 address inside an IPv6 form that leads to one: mapped (::ffff:0:0/96), compatible (::/96),
/// NAT64 (64:ff9b::/96, RFC 6052) and 6to4 (2002::/16, RFC 3056). Teredo (2001::/32) needs no unwrapping: no web
/// site is served there, so the whole block is refused.
fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let s = v6.segments();
    let v4 = |high: u16, low: u16| {
        IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
    };
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => address,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            v4(high, low)
        }
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(text: &str, private: &[&str]) -> bool {
        let ranges: Vec<Range> = private
            .iter()
            .map(|r| r.parse().expect("a range of the test"))
            .collect();
        may_be_reached(text.parse().expect("an address of the test"), &ranges)
    }

    #[test]
    fn only_public_addresses_are_reached() {
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001::1",
            "2001:0:7f00:1::80ff:fffe",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "5f00::1",
            "4000::1",
        ];
        for text in private {
            assert!(!reached(text, &[]), "{text}");
        }
        let public = [
            "1.1.1.1",
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001::200e",
            "::ffff:93.184.216.34",
            "64:ff9b::5db8:d822",
            "2002:5db8:d822::1",
        ];
        for text in public {
            assert!(reached(text, &[]), "{text}");
        }
    }

    #[test]
    fn a_range_of_the_operator_opens_itself_and_nothing_beside_it() {
        assert!(reached("127.0.0.2", &["127.0.0.2"]));
        assert!(reached("::ffff:127.0.0.2", &["127.0.0.2/32"]));
        assert!(!reached("127.0.0.1", &["127.0.0.2/32"]));
        assert!(!reached("::1", &["127.0.0.0/8"]));
        assert!(reached("10.200.1.1", &["10.0.0.0/8"]));
        assert!(reached("fd00::7", &["fc00::/7"]));
        assert!(reached("2001:0:4136:e378::1", &["2001::/32"]));
        assert!(reached("10.0.0.1", &["0.0.0.0/0"]));
    }

    #[test]
    fn a_text_that_is_no_range_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
        ] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
    }
}
