//! `System.BitConverter`, little-endian as on every machine of the service.

use crate::failure::{Outcome, null_argument, out_of_range, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::value::Value;

const OUTSIDE: &str =
    "Index was out of range. Must be non-negative and less than the size of the collection.";
const SHORT: &str = "Destination array is not long enough to copy all the items in the collection. Check array index and length. (Parameter 'value')";

fn bytes(c: Call<'_>) -> Outcome<Vec<u8>> {
    if c.value(0).is_null() { Err(null_argument("value")) } else { c.bytes(0) }
}

/// `N` bytes at the index.
fn read<const N: usize>(c: Call<'_>) -> Outcome<[u8; N]> {
    let bytes = bytes(c)?;
    let at = usize::try_from(c.integer(1)).ok().filter(|at| *at < bytes.len());
    let Some(at) = at else { return Err(out_of_range(OUTSIDE, "startIndex")) };
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<N>()) {
        Some(chunk) => Ok(*chunk),
        None => throw("System.ArgumentException", SHORT),
    }
}

/// `01-0A-FF` of a part.
fn text(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let bytes = bytes(c)?;
    let (start, length) = (c.integer(1), bytes.len() as i64);
    if start < 0 || (start >= length && start > 0) {
        return Err(out_of_range(OUTSIDE, "startIndex"));
    }
    let count = if c.sets(2) { c.integer(2) } else { length - start };
    if count < 0 {
        return Err(out_of_range("Value must be positive.", "length"));
    }
    let Some(part) = bytes.get(start as usize..(start + count) as usize) else {
        return throw("System.ArgumentException", SHORT);
    };
    let pairs: Vec<String> = part.iter().map(|byte| format!("{byte:02X}")).collect();
    m.string(pairs.join("-"))
}

macro_rules! numbers {
    ($($keyword:literal $name:literal $variant:ident $ty:ident),*) => {[$(
        (concat!("static byte[] GetBytes(", $keyword, " value)"), (|_, c| match c.value(0) {
            Value::$variant(value) => Ok(Value::bytes(&value.to_le_bytes())),
            _ => Err(crate::failure::null_reference()),
        }) as Run),
        (concat!("static ", $keyword, " To", $name, "(byte[] value, int startIndex)"), |_, c| {
            Ok(Value::$variant($ty::from_le_bytes(read(c)?)))
        }),
    )*]};
}

const NUMBERS: [(&str, Run); 18] = numbers!(
    "char" "Char" Char u16,
    "short" "Int16" Short i16,
    "ushort" "UInt16" UShort u16,
    "int" "Int32" Int i32,
    "uint" "UInt32" UInt u32,
    "long" "Int64" Long i64,
    "ulong" "UInt64" ULong u64,
    "float" "Single" Float f32,
    "double" "Double" Double f64
);

/// From and to numbers.
pub const OF_NUMBERS: TypeRow = row("System.IBitConversions", &[], &NUMBERS);

pub const BIT_CONVERTER: TypeRow = row(
    "System.BitConverter",
    &["IBitConversions"],
    &[
        ("static bool IsLittleEndian { get; }", |_, _| Ok(Value::Bool(true))),
        ("static byte[] GetBytes(bool value)", |_, c| Ok(Value::bytes(&[u8::from(c.flag(0))]))),
        ("static bool ToBoolean(byte[] value, int startIndex)", |_, c| {
            let [byte] = read(c)?;
            Ok(Value::Bool(byte != 0))
        }),
        ("static string ToString(byte[] value)", text),
        ("static string ToString(byte[] value, int startIndex)", text),
        ("static string ToString(byte[] value, int startIndex, int length)", text),
        ("static long DoubleToInt64Bits(double value)", |_, c| match c.value(0) {
            Value::Double(value) => Ok(Value::Long(value.to_bits() as i64)),
            _ => Err(crate::failure::null_reference()),
        }),
        ("static double Int64BitsToDouble(long value)", |_, c| {
            Ok(Value::Double(f64::from_bits(c.integer(0) as u64)))
        }),
        ("static int SingleToInt32Bits(float value)", |_, c| match c.value(0) {
            Value::Float(value) => Ok(Value::Int(value.to_bits() as i32)),
            _ => Err(crate::failure::null_reference()),
        }),
        ("static float Int32BitsToSingle(int value)", |_, c| {
            Ok(Value::Float(f32::from_bits(c.integer(0) as u32)))
        }),
    ],
);

const fn row(
    name: &'static str,
    bases: &'static [&'static str],
    members: &'static [(&'static str, Run)],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases, members, missing: &[] }
}
