//! Writes JSON as Newtonsoft does.

use std::fmt::Write as _;

use base64::Engine as _;

use super::{Data, Token};
use crate::run::arithmetic;
use crate::text::Str;
use crate::value::Value;

/// JSON text; indented with two blanks and line feeds.
pub fn write(token: &Token, indented: bool) -> String {
    let mut out = String::new();
    any(&mut out, token, indented, 0);
    out
}

fn line(out: &mut String, indented: bool, depth: usize) {
    if indented {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
}

fn any(out: &mut String, token: &Token, indented: bool, depth: usize) {
    let (open, close) = match token.data() {
        Data::Value(value) => return scalar(out, &value),
        Data::Property(name, value) => {
            string(out, &Str::from(name));
            out.push_str(if indented { ": " } else { ":" });
            return any(out, &value, indented, depth);
        }
        Data::Object(_) => ('{', '}'),
        Data::Array(_) => ('[', ']'),
    };
    out.push(open);
    let children = token.tokens();
    for (index, child) in children.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        line(out, indented, depth + 1);
        crate::stack::deep(|| any(out, child, indented, depth + 1));
    }
    if !children.is_empty() {
        line(out, indented, depth);
    }
    out.push(close);
}

fn scalar(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::String(text) => string(out, text),
        Value::Double(value) => out.push_str(&real(crate::number::double(*value))),
        Value::Float(value) => out.push_str(&real(crate::number::float(*value))),
        Value::Decimal(value) => out.push_str(&real(value.to_string())),
        Value::DateTime(value) => {
            let text = value.format("yyyy-MM-ddTHH:mm:ss.FFFFFFFK").unwrap_or_default();
            string(out, &Str::from(text));
        }
        Value::DateTimeOffset(value) => {
            let text = value.format("yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz").unwrap_or_default();
            string(out, &Str::from(text));
        }
        Value::TimeSpan(value) => string(out, &Str::from(value.format("c").unwrap_or_default())),
        Value::Guid(value) => string(out, &Str::from(value.to_string())),
        Value::Native(native) => string(out, &native.text()),
        Value::Array(items) => {
            let bytes: Vec<u8> = items.lock().iter().map(|item| arithmetic::integer(item) as u8).collect();
            string(out, &Str::from(base64::engine::general_purpose::STANDARD.encode(bytes)));
        }
        other => out.push_str(&arithmetic::wide(other).unwrap_or_default().to_string()),
    }
}

fn real(text: String) -> String {
    if text == "NaN" || text.ends_with("Infinity") {
        return format!("\"{text}\"");
    }
    if text.contains(['.', 'E']) { text } else { format!("{text}.0") }
}

fn string(out: &mut String, text: &Str) {
    out.push('"');
    for c in text.text().chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 32 || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
