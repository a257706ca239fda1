//! `System.Net.IPAddress`: the members that Azure allows.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr};

use super::host::row;
use crate::failure::{Outcome, format_exception, null_argument, null_reference};
use crate::registry::{Call, Form, TypeRow};
use crate::text::Str;
use crate::value::{Native, Value};

#[derive(Debug)]
struct Address(IpAddr);

impl Native for Address {
    fn type_name(&self) -> &'static str {
        IP_ADDRESS.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_value(&self) -> bool {
        true
    }

    fn text(&self) -> Str {
        Str::from(self.0.to_string())
    }
}

/// A part of an address: decimal, octal after `0`, hexadecimal after `0x`.
fn number(part: &str) -> Option<u32> {
    if let Some(hex) = part.strip_prefix("0x").or(part.strip_prefix("0X")) {
        return u32::from_str_radix(hex, 16).ok();
    }
    if !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match part.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => u32::from_str_radix(octal, 8).ok(),
        _ => part.parse().ok(),
    }
}

/// One to four parts; the last one fills what the others leave.
fn version_4(text: &str) -> Option<Ipv4Addr> {
    let parts = text.split('.').map(number).collect::<Option<Vec<u32>>>()?;
    let (last, first) = parts.split_last()?;
    let free = 4_u32.checked_sub(u32::try_from(first.len()).ok()?).filter(|free| *free > 0)?;
    if u64::from(*last) >= 1_u64 << (8 * free) {
        return None;
    }
    let mut address = *last;
    for (part, shift) in first.iter().zip([24, 16, 8]) {
        address |= u8::try_from(*part).map(u32::from).ok()? << shift;
    }
    Some(Ipv4Addr::from_bits(address))
}

fn parse(value: &Value) -> Outcome {
    let Value::String(text) = value else { return Err(null_argument("ipString")) };
    let text = text.text();
    let plain = text.trim_start_matches('[').split(['%', ']']).next().unwrap_or_default();
    let parsed = if text.contains(':') { plain.parse().ok() } else { version_4(&text).map(IpAddr::V4) };
    match parsed {
        Some(address) => Ok(Value::native(Address(address))),
        None => Err(format_exception("An invalid IP address was specified.")),
    }
}

fn this(c: Call<'_>) -> Outcome<IpAddr> {
    c.native::<Address>(0).map(|address| address.0)
}

pub const IP_ADDRESS: TypeRow = TypeRow {
    form: Form::Class,
    ..row(
        "System.Net.IPAddress",
        &[
            ("static IPAddress Parse(string ipString)", |_, c| parse(c.value(0))),
            ("static bool TryParse(string ipString, out IPAddress address)", |m, c| {
                let parsed = parse(c.value(0));
                let good = parsed.is_ok();
                m.rare().outs.push(parsed.unwrap_or(Value::Null));
                Ok(Value::Bool(good))
            }),
            ("static bool IsLoopback(IPAddress address)", |_, c| Ok(Value::Bool(this(c)?.is_loopback()))),
            ("AddressFamily AddressFamily { get; }", |_, c| {
                let family = if this(c)?.is_ipv4() { 2 } else { 23 };
                Ok(Value::Enum(ADDRESS_FAMILY.name, family))
            }),
            ("byte[] GetAddressBytes()", |_, c| {
                Ok(match this(c)? {
                    IpAddr::V4(address) => Value::bytes(&address.octets()),
                    IpAddr::V6(address) => Value::bytes(&address.octets()),
                })
            }),
            ("bool Equals(IPAddress comparand)", |_, c| match (c.value(0), c.value(1)) {
                (Value::Null, _) => Err(null_reference()),
                (a, b) => Ok(Value::Bool(crate::run::convert::equal(a, b))),
            }),
        ],
        &[],
    )
};

pub const ADDRESS_FAMILY: TypeRow = TypeRow {
    form: Form::Enum(&[("Unspecified", 0), ("InterNetwork", 2), ("InterNetworkV6", 23)]),
    ..row("System.Net.Sockets.AddressFamily", &[], &[])
};
