//! Patterns of XML Schema as regular expressions of this program.
//! <https://www.w3.org/TR/xmlschema-2/#regexs>

use fancy_regex::{Regex, RegexBuilder};

/// How many steps a match may go back.
const STEPS: usize = 100_000;
/// The longest pattern.
const LENGTH: usize = 4_096;

/// Compiles a pattern, which is for the whole of a value.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > LENGTH {
        return Err(format!("a pattern is longer than {LENGTH} bytes"));
    }
    let translated = translate(pattern)?;
    let built = RegexBuilder::new(&format!("\\A(?:{translated})\\z")).backtrack_limit(STEPS).build();
    built.map_err(|error| format!("the pattern '{pattern}' cannot be read: {error}"))
}

fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len());
    let mut letters = pattern.chars().peekable();
    let mut depth = 0_u32;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(kind @ ('i' | 'c')) => out.push_str(class(depth, kind)),
                Some(kind @ ('I' | 'C')) => return Err(format!("'\\{kind}' in patterns is not supported")),
                Some(kind @ ('p' | 'P')) => {
                    let name: String = letters.clone().take_while(|letter| *letter != '}').collect();
                    if name.starts_with("{Is") {
                        return Err(format!("the block '{}' in patterns is not supported", &name[1..]));
                    }
                    out.extend(['\\', kind]);
                }
                Some(other) => out.extend(['\\', other]),
                None => return Err("a pattern ends in a backslash".to_owned()),
            },
            // Outside classes these are letters like others.
            '^' | '$' if depth == 0 => out.extend(['\\', letter]),
            '[' => {
                depth += 1;
                out.push('[');
                if letters.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            ']' if depth > 0 => {
                depth -= 1;
                out.push(']');
            }
            '-' if depth > 0 && letters.peek() == Some(&'[') => out.push_str("--"),
            '&' | '~' if depth > 0 => out.extend(['\\', letter]),
            other => out.push(other),
        }
    }
    Ok(out)
}

/// The letters of names, those at their start or all, outside of classes or in one.
fn class(depth: u32, kind: char) -> &'static str {
    match (kind, depth) {
        ('i', 0) => "[A-Za-z_:\\p{L}]",
        ('i', _) => "A-Za-z_:\\p{L}",
        (_, 0) => "[-.0-9A-Z_a-z:\u{b7}\\p{L}\\p{M}\\p{Nd}]",
        (_, _) => "\\-.0-9A-Z_a-z:\u{b7}\\p{L}\\p{M}\\p{Nd}",
    }
}
