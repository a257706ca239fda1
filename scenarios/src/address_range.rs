//! Address ranges in CIDR notation, as far as a scenario file can be wrong about them.
//!
//! <https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq>: a subnet has at least a /29.

use std::net::Ipv4Addr;

/// An IPv4 address range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AddressRange {
    first: u32,
    prefix: u8,
}

impl AddressRange {
    /// Reads `10.10.1.0/24`; the error says what is wrong and what would be right.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (address, prefix) = text
            .split_once('/')
            .ok_or_else(|| "write an address and a prefix length, such as `10.10.1.0/24`".to_owned())?;
        let address: Ipv4Addr = address
            .parse()
            .map_err(|_| "write four numbers from 0 to 255, such as `10.10.1.0/24`".to_owned())?;
        let prefix = prefix
            .parse::<u8>()
            .ok()
            .filter(|prefix| *prefix <= 32)
            .ok_or_else(|| "the prefix length is a number from 0 to 32".to_owned())?;
        let range = Self { first: u32::from(address) & mask(prefix), prefix };
        if range.first == u32::from(address) {
            Ok(range)
        } else {
            Err(format!("the range begins at `{range}`"))
        }
    }

    /// `other` lies within this range.
    pub(crate) const fn contains(self, other: Self) -> bool {
        self.prefix <= other.prefix && other.first & mask(self.prefix) == self.first
    }

    /// The ranges have addresses in common.
    pub(crate) const fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Number of leading bits that are fixed.
    pub(crate) const fn prefix(self) -> u8 {
        self.prefix
    }
}

impl std::fmt::Display for AddressRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.first), self.prefix)
    }
}

const fn mask(prefix: u8) -> u32 {
    match prefix {
        0 => 0,
        prefix => u32::MAX << (32 - prefix as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_strictly_and_compared() {
        let range = |text| AddressRange::parse(text).expect("a range");
        for bad in ["10.10.1.0", "10.10.1.0/33", "10.10.1.0/x", "10.10.256.0/24", "10.10.1.5/24", ""] {
            assert!(AddressRange::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(AddressRange::parse("10.10.1.5/24"), Err("the range begins at `10.10.1.0/24`".to_owned()));
        assert!(range("10.10.0.0/16").contains(range("10.10.1.0/24")));
        assert!(!range("10.10.0.0/16").contains(range("10.11.1.0/24")));
        assert!(range("10.10.1.0/24").overlaps(range("10.10.0.0/16")));
        assert!(!range("10.10.1.0/24").overlaps(range("10.10.2.0/24")));
        assert!(range("0.0.0.0/0").contains(range("10.0.0.0/8")));
    }
}
