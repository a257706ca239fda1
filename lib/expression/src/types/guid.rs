//! `System.Guid`.

use uuid::Uuid;

use crate::failure::{Outcome, format_exception, null_argument, throw};
use crate::registry::{Call, Form, TypeRow};
use crate::value::Value;

/// Reads the forms `N`, `D`, `B` and `P`.
pub fn parse(value: &Value, name: &str) -> Outcome {
    let Value::String(text) = value else { return Err(null_argument(name)) };
    let text = text.text();
    let text = text.trim();
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let dashed = |text: &str| {
        let dashes = [8, 13, 18, 23].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
        text.len() == 36 && dashes
    };
    let inner = match (text.chars().next(), text.chars().last()) {
        (Some('{'), Some('}')) | (Some('('), Some(')')) => text.get(1..text.len() - 1).unwrap_or_default(),
        _ => text,
    };
    let message = match text {
        "" => "Unrecognized Guid format.",
        _ if (dashed(inner) || (inner == text && inner.len() == 32 && !inner.contains('-')))
            && hex(inner) =>
        {
            return Uuid::parse_str(inner).map(Value::Guid).map_err(|_| format_exception(""));
        }
        _ if text.starts_with('{') && !text.contains('-') => "Expected 0x prefix.",
        _ if text.contains('-') || text.starts_with('(') || text.len() != 32 => {
            "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."
        }
        _ => "Guid string should only contain hexadecimal characters.",
    };
    Err(format_exception(message))
}

fn of(value: &Value) -> Outcome<Uuid> {
    match value {
        Value::Guid(value) => Ok(*value),
        _ => Err(crate::failure::null_reference()),
    }
}

fn bytes(c: Call<'_>, at: usize, (count, name): (usize, &str)) -> Outcome<Vec<u8>> {
    if c.value(at).is_null() {
        return Err(null_argument(name));
    }
    let bytes = c.bytes(at)?;
    if bytes.len() != count {
        let message = format!("Byte array for GUID must be exactly {count} bytes long. (Parameter '{name}')");
        return throw("System.ArgumentException", message);
    }
    Ok(bytes)
}

/// From a number, two short ones and eight bytes.
fn parts(c: Call<'_>, rest: &[u8]) -> Outcome {
    let eight = rest.first_chunk::<8>().copied().unwrap_or_default();
    let id = Uuid::from_fields(c.integer(0) as u32, c.integer(1) as u16, c.integer(2) as u16, &eight);
    Ok(Value::Guid(id))
}

fn compare(c: Call<'_>) -> Outcome {
    let own = of(c.value(0))?;
    match c.value(1) {
        Value::Null => Ok(Value::Int(1)),
        Value::Guid(other) => Ok(Value::Int(own.cmp(other) as i32)),
        _ => throw("System.ArgumentException", "Object must be of type GUID. (Parameter 'value')"),
    }
}

fn eleven(c: Call<'_>) -> Outcome {
    let rest: Vec<u8> = (3..11).map(|at| c.integer(at) as u8).collect();
    parts(c, &rest)
}

pub const GUID: TypeRow = TypeRow {
    name: "System.Guid",
    generics: &[],
    form: Form::Struct,
    bases: &[],
    members: &[
        ("new()", |_, _| Ok(Value::Guid(Uuid::nil()))),
        ("new(string g)", |_, c| parse(c.value(0), "g")),
        ("new(byte[] b)", |_, c| {
            let bytes = bytes(c, 0, (16, "b"))?;
            Ok(Value::Guid(Uuid::from_bytes_le(bytes.first_chunk().copied().unwrap_or_default())))
        }),
        ("new(int a, short b, short c, byte[] d)", |_, c| {
            let rest = bytes(c, 3, (8, "d"))?;
            parts(c, &rest)
        }),
        (
            "new(int a, short b, short c, byte d, byte e, byte f, byte g, byte h, byte i, byte j, byte k)",
            |_, c| eleven(c),
        ),
        (
            "new(uint a, ushort b, ushort c, byte d, byte e, byte f, byte g, byte h, byte i, byte j, byte k)",
            |_, c| eleven(c),
        ),
        ("static Guid Empty { get; }", |_, _| Ok(Value::Guid(Uuid::nil()))),
        ("static Guid NewGuid()", |m, _| {
            let mut bytes = [0; 16];
            m.host.random(&mut bytes);
            Ok(Value::Guid(uuid::Builder::from_random_bytes(bytes).into_uuid()))
        }),
        ("static Guid Parse(string input)", |_, c| parse(c.value(0), "input")),
        ("static bool TryParse(string input, out Guid result)", |m, c| {
            let parsed = parse(c.value(0), "input");
            let good = parsed.is_ok();
            m.rare().outs.push(parsed.unwrap_or(Value::Guid(Uuid::nil())));
            Ok(Value::Bool(good))
        }),
        ("int CompareTo(Guid value)", |_, c| compare(c)),
        ("int CompareTo(object value)", |_, c| compare(c)),
        ("bool Equals(Guid g)", |_, c| super::primitive::same(c)),
        ("bool Equals(object o)", |_, c| super::primitive::same(c)),
        ("string ToString(string format)", super::primitive::formatted),
        ("byte[] ToByteArray()", |_, c| Ok(Value::bytes(&of(c.value(0))?.to_bytes_le()))),
    ],
    missing: &["ParseExact", "TryParseExact", "TryWriteBytes"],
};
