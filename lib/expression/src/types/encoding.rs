//! `System.Text.Encoding`.

use std::any::Any;

use super::host::row;
use crate::failure::{Outcome, null_argument, out_of_range, throw};
use crate::registry::{Call, Form, TypeRow};
use crate::run::Machine;
use crate::text::Str;
use crate::ty::Type;
use crate::value::{Native, Value};

/// An encoding by its web name.
#[derive(Debug)]
struct Encoding(&'static str);

impl Native for Encoding {
    fn type_name(&self) -> &'static str {
        ENCODING.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_value(&self) -> bool {
        true
    }

    fn text(&self) -> Str {
        Str::from(self.0)
    }
}

/// Names, web name, code page.
const KNOWN: [(&[&str], &str, i32); 6] = [
    (&["utf-8", "utf8", "unicode-1-1-utf-8"], "utf-8", 65001),
    (&["utf-16", "utf-16le", "unicode"], "utf-16", 1200),
    (&["utf-16be", "unicodefffe"], "utf-16BE", 1201),
    (&["utf-32", "utf-32le"], "utf-32", 12000),
    (&["us-ascii", "ascii", "iso-ir-6"], "us-ascii", 20127),
    (&["iso-8859-1", "latin1", "l1"], "iso-8859-1", 28591),
];

fn named(name: &str) -> Outcome {
    let lower = name.to_lowercase();
    match KNOWN.iter().find(|(names, ..)| names.contains(&lower.as_str())) {
        Some((_, name, _)) => Ok(Value::native(Encoding(name))),
        None => throw(
            "System.ArgumentException",
            format!(
                "'{name}' is not a supported encoding name. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method. (Parameter 'name')"
            ),
        ),
    }
}

fn encoded(name: &str, text: &Str) -> Vec<u8> {
    let units = text.units();
    match name {
        "utf-8" => text.text().as_bytes().to_vec(),
        "utf-16" => units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        "utf-16BE" => units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        "utf-32" => text.text().chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        name => {
            let most = if name == "us-ascii" { 128 } else { 256 };
            text.text()
                .chars()
                .flat_map(|c| {
                    let known = u8::try_from(u32::from(c)).ok().filter(|byte| u16::from(*byte) < most);
                    std::iter::repeat_n(
                        known.unwrap_or(b'?'),
                        if known.is_some() { 1 } else { c.len_utf16() },
                    )
                })
                .collect()
        }
    }
}

fn decoded(name: &str, bytes: &[u8]) -> Str {
    match name {
        "utf-8" => Str::from(String::from_utf8_lossy(bytes).into_owned()),
        "utf-16" | "utf-16BE" => {
            let unit = |two: &[u8]| match two {
                [low, high] if name == "utf-16" => u16::from_le_bytes([*low, *high]),
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xfffd,
            };
            Str::from_units(&bytes.chunks(2).map(unit).collect::<Vec<_>>())
        }
        "utf-32" => {
            let scalar = |four: &[u8]| match four {
                [a, b, c, d] => char::from_u32(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or('\u{fffd}'),
                _ => '\u{fffd}',
            };
            Str::from(bytes.chunks(4).map(scalar).collect::<String>())
        }
        name => {
            let ascii = name == "us-ascii";
            let unit = |byte: &u8| if ascii && *byte > 127 { u16::from(b'?') } else { u16::from(*byte) };
            Str::from_units(&bytes.iter().map(unit).collect::<Vec<_>>())
        }
    }
}

fn get_bytes(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let encoding = c.native::<Encoding>(0)?;
    let text = match c.value(1) {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let units = items.lock();
            Str::from_units(
                &units.iter().map(|unit| crate::run::arithmetic::integer(unit) as u16).collect::<Vec<_>>(),
            )
        }
        _ => return Err(null_argument("s")),
    };
    m.charge(text.len() * size_of::<Value>())?;
    m.ticks(text.len() as u64 / 16)?;
    Ok(Value::bytes(&encoded(encoding.0, &text)))
}

fn part(c: Call<'_>) -> Outcome<Vec<u8>> {
    let bytes = c.bytes(1)?;
    if !c.sets(2) {
        return Ok(bytes);
    }
    let range = usize::try_from(c.integer(2)).ok().zip(usize::try_from(c.integer(3)).ok());
    let part = range.and_then(|(from, count)| bytes.get(from..from.checked_add(count)?));
    part.map(<[u8]>::to_vec)
        .ok_or_else(|| out_of_range("Index and count must refer to a location within the buffer.", "bytes"))
}

fn get_string(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let bytes = part(c)?;
    m.ticks(bytes.len() as u64 / 16)?;
    m.string(decoded(c.native::<Encoding>(0)?.0, &bytes))
}

pub const ENCODING: TypeRow = TypeRow {
    form: Form::Class,
    ..row(
        "System.Text.Encoding",
        &[
            ("static Encoding ASCII { get; }", |_, _| Ok(Value::native(Encoding("us-ascii")))),
            ("static Encoding BigEndianUnicode { get; }", |_, _| Ok(Value::native(Encoding("utf-16BE")))),
            ("static Encoding Default { get; }", |_, _| Ok(Value::native(Encoding("utf-8")))),
            ("static Encoding Latin1 { get; }", |_, _| Ok(Value::native(Encoding("iso-8859-1")))),
            ("static Encoding Unicode { get; }", |_, _| Ok(Value::native(Encoding("utf-16")))),
            ("static Encoding UTF32 { get; }", |_, _| Ok(Value::native(Encoding("utf-32")))),
            ("static Encoding UTF8 { get; }", |_, _| Ok(Value::native(Encoding("utf-8")))),
            ("static Encoding GetEncoding(string name)", |_, c| named(&c.text(0)?.text())),
            ("static Encoding GetEncoding(int codepage)", |_, c| {
                match KNOWN.iter().find(|(.., page)| i64::from(*page) == c.integer(0)) {
                    Some((_, name, _)) => Ok(Value::native(Encoding(name))),
                    None => throw(
                        "System.NotSupportedException",
                        format!(
                            "No data is available for encoding {}. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method.",
                            c.integer(0)
                        ),
                    ),
                }
            }),
            ("byte[] GetBytes(string s)", get_bytes),
            ("byte[] GetBytes(char[] chars)", get_bytes),
            ("string GetString(byte[] bytes)", get_string),
            ("string GetString(byte[] bytes, int index, int count)", get_string),
            ("char[] GetChars(byte[] bytes)", |_, c| {
                let text = decoded(c.native::<Encoding>(0)?.0, &part(c)?);
                Ok(Value::array(Type::CHAR, text.units().iter().map(|unit| Value::Char(*unit)).collect()))
            }),
            ("int GetByteCount(string s)", |_, c| {
                Ok(Value::Int(encoded(c.native::<Encoding>(0)?.0, c.text(1)?).len() as i32))
            }),
            ("int GetCharCount(byte[] bytes)", |_, c| {
                Ok(Value::Int(decoded(c.native::<Encoding>(0)?.0, &part(c)?).len() as i32))
            }),
            ("static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes)", |_, c| {
                let text = decoded(c.native::<Encoding>(0)?.0, &c.bytes(2)?);
                Ok(Value::bytes(&encoded(c.native::<Encoding>(1)?.0, &text)))
            }),
            ("string WebName { get; }", |_, c| Ok(Value::text(c.native::<Encoding>(0)?.0))),
            ("string BodyName { get; }", |_, c| Ok(Value::text(c.native::<Encoding>(0)?.0))),
            ("int CodePage { get; }", |_, c| {
                let name = c.native::<Encoding>(0)?.0;
                Ok(Value::Int(
                    KNOWN.iter().find(|(_, known, _)| *known == name).map_or(0, |(.., page)| *page),
                ))
            }),
        ],
        &["UTF7", "EncodingName", "GetPreamble", "GetEncoder", "GetDecoder", "GetMaxByteCount"],
    )
};
