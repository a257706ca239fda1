//! `Random`, `Encoding`, `WebUtility`, the escapes of URIs.

use std::any::Any;
use std::fmt::Write as _;

use crate::failure::{Outcome, out_of_range};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::value::{Native, Value};

const fn class(
    name: &'static str,
    members: &'static [(&'static str, Run)],
    missing: &'static [&'static str],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases: &[], members, missing }
}

#[derive(Debug)]
struct Random;

impl Native for Random {
    fn type_name(&self) -> &'static str {
        "System.Random"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn random(m: &Machine<'_>) -> u64 {
    let mut bytes = [0; 8];
    m.host.random(&mut bytes);
    u64::from_le_bytes(bytes)
}

fn between(m: &Machine<'_>, low: i64, high: i64) -> Outcome {
    if low > high {
        return Err(out_of_range("'minValue' cannot be greater than maxValue.", "minValue"));
    }
    let width = (high - low).unsigned_abs().max(1);
    Ok(Value::Int((low + (random(m) % width) as i64) as i32))
}

pub const RANDOM: TypeRow = class(
    "System.Random",
    &[
        ("new()", |_, _| Ok(Value::native(Random))),
        ("new(int Seed)", |_, _| Ok(Value::native(Random))),
        ("int Next()", |m, _| between(m, 0, i64::from(i32::MAX))),
        ("int Next(int maxValue)", |m, c| between(m, 0, c.integer(1))),
        ("int Next(int minValue, int maxValue)", |m, c| between(m, c.integer(1), c.integer(2))),
        ("void NextBytes(byte[] buffer)", |m, c| {
            let mut bytes = c.bytes(1)?;
            m.ticks(bytes.len() as u64)?;
            m.host.random(&mut bytes);
            if let Value::Array(items) = c.value(1) {
                *items.lock() = bytes.into_iter().map(Value::Byte).collect();
            }
            Ok(Value::Null)
        }),
        ("double NextDouble()", |m, _| Ok(Value::Double((random(m) >> 11) as f64 / (1_u64 << 53) as f64))),
    ],
    &[],
);

/// A name or value of a form.
pub fn form_escape(text: &str) -> String {
    escape(text, "-_.!*()", "+")
}

/// Percent-encodes all but `plain`; a blank becomes `blank`.
pub fn escape(text: &str, plain: &str, blank: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else if byte == b' ' {
            out.push_str(blank);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

pub fn unescape(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (byte, code) {
            (b'%', Some(code)) => {
                out.push(code);
                at += 2;
            }
            (b'+', _) if plus => out.push(b' '),
            (other, _) => out.push(*other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn text_or_null(m: &mut Machine<'_>, c: Call<'_>, work: fn(&str) -> String) -> Outcome {
    match c.value(0) {
        Value::String(text) => m.string(work(&text.text())),
        _ => Ok(Value::Null),
    }
}

/// Characters for `&#233;` and `&#xE9;`.
fn numbered(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("&#") {
        let after = rest.get(at + 2..).unwrap_or_default();
        let entity = after.split_once(';').and_then(|(number, after)| {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            Some((char::from_u32(code).filter(|c| *c != '&')?, after))
        });
        out.push_str(rest.get(..at).unwrap_or_default());
        if let Some((c, after)) = entity {
            out.push(c);
            rest = after;
        } else {
            out.push_str("&#");
            rest = after;
        }
    }
    out + rest
}

fn html(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if (160..256).contains(&u32::from(c)) || u32::from(c) > 0xffff => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

pub const WEB_UTILITY: TypeRow = class(
    "System.Net.WebUtility",
    &[
        ("static string UrlEncode(string value)", |m, c| text_or_null(m, c, form_escape)),
        ("static string UrlDecode(string encodedValue)", |m, c| {
            text_or_null(m, c, |text| unescape(text, true))
        }),
        ("static string HtmlEncode(string value)", |m, c| text_or_null(m, c, html)),
        ("static string HtmlDecode(string value)", |m, c| {
            text_or_null(m, c, |text| {
                numbered(text)
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&quot;", "\"")
                    .replace("&#39;", "'")
                    .replace("&amp;", "&")
            })
        }),
    ],
    &["UrlEncodeToBytes", "UrlDecodeToBytes"],
);
