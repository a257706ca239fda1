//! .NET composite format strings and what `ToString(format)` answers, in the invariant culture.

use crate::failure::{Outcome, format_exception};
use crate::run::{Machine, convert};
use crate::text::{Str, Text};
use crate::value::Value;

/// `value.ToString(format)`
pub fn formatted(machine: &mut Machine<'_>, value: &Value, format: Option<&str>) -> Outcome<Str> {
    let format = match format {
        None | Some("") => return convert::text(machine, value),
        Some(format) => format,
    };
    Ok(Str::from(match value {
        Value::DateTime(value) => value.format(format)?,
        Value::DateTimeOffset(value) => value.format(format)?,
        Value::TimeSpan(value) => value.format(format)?,
        Value::Guid(value) => guid(value, format)?,
        Value::Double(_)
        | Value::Float(_)
        | Value::Decimal(_)
        | Value::Int(_)
        | Value::Long(_)
        | Value::UInt(_)
        | Value::ULong(_)
        | Value::Short(_)
        | Value::UShort(_)
        | Value::Byte(_)
        | Value::SByte(_) => crate::number::format(value, format)?,
        Value::Enum(_, value) if format.eq_ignore_ascii_case("d") => value.to_string(),
        Value::Enum(_, value) if format.eq_ignore_ascii_case("x") => format!("{value:08X}"),
        other => return convert::text(machine, other),
    }))
}

/// Appends `part` in a field of `width`; negative widths align to the left.
pub fn align(text: &mut Text, part: &Str, width: i32) {
    let missing = (width.unsigned_abs().min(4096) as usize).saturating_sub(part.len());
    let blanks = " ".repeat(missing);
    if width > 0 {
        text.push_text(&blanks);
    }
    text.push(part);
    if width < 0 {
        text.push_text(&blanks);
    }
}

/// `string.Format`
pub fn composite(machine: &mut Machine<'_>, format: &Str, arguments: &[Value]) -> Outcome<Str> {
    let wrong = || format_exception("Input string was not in a correct format.");
    let units = format.units();
    let mut text = Text::default();
    let mut at = 0;
    while let Some(unit) = units.get(at).copied() {
        at += 1;
        let doubled = units.get(at) == Some(&unit);
        if unit != u16::from(b'{') && unit != u16::from(b'}') {
            text.push_unit(unit);
        } else if doubled {
            at += 1;
            text.push_unit(unit);
        } else if unit == u16::from(b'}') {
            return Err(wrong());
        } else {
            let rest = units.get(at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|unit| *unit == u16::from(b'}')) else {
                return Err(wrong());
            };
            let item = String::from_utf16_lossy(rest.get(..length).unwrap_or_default());
            at += length + 1;
            let (head, specifier) = item.split_once(':').map_or((item.as_str(), None), |(h, f)| (h, Some(f)));
            let (index, width) = head.split_once(',').unwrap_or((head, "0"));
            let index: usize = index.trim().parse().map_err(|_| wrong())?;
            let width: i32 = width.trim().parse().map_err(|_| wrong())?;
            let Some(argument) = arguments.get(index) else {
                return Err(format_exception(
                    "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
                ));
            };
            let part = formatted(machine, argument, specifier)?;
            machine.charge(part.len())?;
            align(&mut text, &part, width);
        }
    }
    Ok(text.finish())
}

fn guid(value: &uuid::Uuid, format: &str) -> Outcome<String> {
    Ok(match format.to_ascii_uppercase().as_str() {
        "D" => value.to_string(),
        "N" => value.simple().to_string(),
        "B" => format!("{{{value}}}"),
        "P" => format!("({value})"),
        "X" => {
            let (a, b, c, d) = value.as_fields();
            let rest: Vec<String> = d.iter().map(|byte| format!("0x{byte:02x}")).collect();
            format!("{{0x{a:08x},0x{b:04x},0x{c:04x},{{{}}}}}", rest.join(","))
        }
        _ => {
            return Err(format_exception(
                "Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".",
            ));
        }
    })
}
