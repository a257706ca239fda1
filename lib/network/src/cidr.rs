//! IPv4 address ranges in CIDR notation.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An IPv4 range such as `10.10.1.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    first: u32,
    length: u8,
}

/// A text that is no IPv4 range, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidCidr(String);

impl Cidr {
    /// The first address of the range.
    pub fn first(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first)
    }

    /// The last address of the range.
    pub fn last(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first | !self.mask())
    }

    /// The number of leading bits that all addresses share.
    pub const fn length(self) -> u8 {
        self.length
    }

    /// The range holds `address`.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & self.mask() == self.first
    }

    /// The range holds all of `other`.
    pub fn contains_range(self, other: Self) -> bool {
        self.length <= other.length && self.contains(other.first())
    }

    /// The ranges share at least one address.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains_range(other) || other.contains_range(self)
    }

    /// The `offset`-th address of the range, counted from its first.
    pub fn address(self, offset: u32) -> Option<Ipv4Addr> {
        let address = Ipv4Addr::from_bits(self.first.checked_add(offset)?);
        self.contains(address).then_some(address)
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0)
    }
}

/// The range that holds one address only.
impl From<Ipv4Addr> for Cidr {
    fn from(address: Ipv4Addr) -> Self {
        Self { first: address.to_bits(), length: 32 }
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let invalid = |reason: &str| InvalidCidr(format!("`{text}` is not an IPv4 range: {reason}"));
        let (address, length) = text.split_once('/').ok_or_else(|| invalid("expected `address/length`"))?;
        let address: Ipv4Addr = address.parse().map_err(|_| invalid("the address is not an IPv4 address"))?;
        let length: u8 = length.parse().map_err(|_| invalid("the length is not a number"))?;
        if length > 32 {
            return Err(invalid("the length is more than 32"));
        }
        let range = Self { first: address.to_bits(), length };
        if range.first & !range.mask() != 0 {
            return Err(invalid("the address has bits set beyond the length"));
        }
        Ok(range)
    }
}

impl TryFrom<String> for Cidr {
    type Error = InvalidCidr;

    fn try_from(text: String) -> Result<Self, InvalidCidr> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(range: Cidr) -> Self {
        range.to_string()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first(), self.length)
    }
}

impl fmt::Display for InvalidCidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidCidr {}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Cidr {
        text.parse().expect("a range")
    }

    #[test]
    fn ranges_know_their_addresses() {
        let subnet = range("10.10.1.0/24");
        assert_eq!(subnet.to_string(), "10.10.1.0/24");
        assert_eq!(subnet.last(), Ipv4Addr::new(10, 10, 1, 255));
        assert_eq!(subnet.address(5), Some(Ipv4Addr::new(10, 10, 1, 5)));
        assert_eq!(subnet.address(256), None);
        assert!(range("10.10.0.0/16").contains_range(subnet));
        assert!(range("0.0.0.0/0").contains(Ipv4Addr::BROADCAST));
        assert!(!range("10.10.2.0/24").overlaps(subnet));
    }

    #[test]
    fn what_is_no_range_says_why() {
        for (text, reason) in [
            ("10.0.0.0", "expected"),
            ("10.0.0/8", "not an IPv4 address"),
            ("10.0.0.0/x", "not a number"),
            ("10.0.0.0/33", "more than 32"),
            ("10.0.0.1/24", "beyond the length"),
        ] {
            let error = text.parse::<Cidr>().expect_err(text).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
