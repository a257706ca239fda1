//! The less common members of `Convert`, `Random`, `Guid` and `Enum`.

use crate::failure::{Outcome, format_exception, null_argument, throw};
use crate::registry::{Call, Form, Run, TypeRow, registry};
use crate::run::{Machine, arithmetic, convert};
use crate::ty::Type;
use crate::value::Value;

const fn row(name: &'static str, members: &'static [(&'static str, Run)]) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases: &[], members, missing: &[] }
}

fn hex(c: Call<'_>) -> Outcome {
    Ok(Value::text(&super::certificate::hex(&c.bytes(0)?)))
}

fn from_hex(c: Call<'_>) -> Outcome {
    let text = c.text(0)?.text();
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
    bytes.map(|bytes| Value::bytes(&bytes)).ok_or_else(|| {
        format_exception(
            "The input is not a valid hex string as it contains a non-hex character or has an odd length.",
        )
    })
}

pub const CONVERT: TypeRow = row(
    "System.Convert",
    &[
        ("static string ToHexString(byte[] inArray)", |_, c| hex(c)),
        ("static byte[] FromHexString(string s)", |_, c| from_hex(c)),
    ],
);

pub const RANDOM: TypeRow = row(
    "System.Random",
    &[("void NextBytes(byte[] buffer)", |m, c| {
        let mut bytes = c.bytes(1)?;
        m.ticks(bytes.len() as u64)?;
        m.host.random(&mut bytes);
        if let Value::Array(items) = c.value(1) {
            *items.lock() = bytes.into_iter().map(Value::Byte).collect();
        }
        Ok(Value::Null)
    })],
);

pub const GUID: TypeRow = TypeRow {
    form: Form::Struct,
    ..row(
        "System.Guid",
        &[
            ("new(byte[] b)", |_, c| match <[u8; 16]>::try_from(c.bytes(0)?) {
                Ok(bytes) => Ok(Value::Guid(uuid::Uuid::from_bytes_le(bytes))),
                Err(_) => throw(
                    "System.ArgumentException",
                    "Byte array for Guid must be exactly 16 bytes long. (Parameter 'b')",
                ),
            }),
            ("int CompareTo(Guid value)", |_, c| {
                Ok(Value::Int(arithmetic::order(c.value(0), c.value(1)).map_or(0, |order| order as i32)))
            }),
        ],
    )
};

/// The member of an enumeration that a text names.
fn member(ty: &Type, text: &str, ignore_case: bool) -> Option<Value> {
    let definition = registry().get(ty.name()?)?;
    let Form::Enum(members) = definition.row.form else { return None };
    let mut value = 0;
    for name in text.split(',').map(str::trim) {
        let same = |known: &str| known == name || (ignore_case && known.eq_ignore_ascii_case(name));
        let found = members.iter().find(|(known, _)| same(known)).map(|(_, value)| *value);
        value |= found.or_else(|| name.parse().ok())?;
    }
    Some(Value::Enum(definition.row.name, value))
}

fn parse_enum(c: Call<'_>) -> Outcome {
    let Value::String(text) = c.value(0) else { return Err(null_argument("value")) };
    member(&c.ty(0), &text.text(), c.flag(1)).map_or_else(
        || throw("System.ArgumentException", format!("Requested value '{text}' was not found.")),
        Ok,
    )
}

fn try_enum(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let found = match c.value(0) {
        Value::String(text) => member(&c.ty(0), &text.text(), c.flag(1)),
        _ => None,
    };
    let good = found.is_some();
    m.outs.push(found.unwrap_or_else(|| convert::default(&c.ty(0))));
    Ok(Value::Bool(good))
}

pub const ENUM: TypeRow = row(
    "System.Enum",
    &[
        ("static T Parse<T>(string value)", |_, c| parse_enum(c)),
        ("static T Parse<T>(string value, bool ignoreCase)", |_, c| parse_enum(c)),
        ("static bool TryParse<T>(string value, out T result)", try_enum),
        ("static bool TryParse<T>(string value, bool ignoreCase, out T result)", try_enum),
    ],
);
