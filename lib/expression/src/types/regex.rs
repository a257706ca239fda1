//! `System.Text.RegularExpressions`.
//!
//! **Differs from Azure:** balancing groups, `RightToLeft` and subtraction of character classes are refused;
//! replacement patterns know `$1`, `${name}`, `$0` and `$$`.

use std::any::Any;

use fancy_regex::RegexBuilder;

use crate::failure::{Outcome, Throw, exception};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::text::Str;
use crate::ty::Type;
use crate::value::{Native, Value};

const fn class(
    name: &'static str,
    bases: &'static [&'static str],
    members: &'static [(&'static str, Run)],
    missing: &'static [&'static str],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases, members, missing }
}

pub const OPTIONS: TypeRow = TypeRow {
    form: Form::Enum(&[
        ("None", 0),
        ("IgnoreCase", 1),
        ("Multiline", 2),
        ("ExplicitCapture", 4),
        ("Compiled", 8),
        ("Singleline", 16),
        ("IgnorePatternWhitespace", 32),
        ("CultureInvariant", 512),
    ]),
    ..class("System.Text.RegularExpressions.RegexOptions", &[], &[], &["RightToLeft", "ECMAScript"])
};

#[derive(Debug)]
struct Pattern(fancy_regex::Regex);

impl Native for Pattern {
    fn type_name(&self) -> &'static str {
        "System.Text.RegularExpressions.Regex"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Str {
        Str::from(self.0.as_str())
    }
}

/// A match, or a group of it: text and place, groups by number and name.
#[derive(Debug, Clone)]
struct Found {
    text: Option<Str>,
    index: usize,
    groups: Vec<(Option<String>, Option<Str>, usize)>,
    name: &'static str,
}

const MATCH_NAME: &str = "System.Text.RegularExpressions.Match";
const GROUP_NAME: &str = "System.Text.RegularExpressions.Group";
const GROUPS_NAME: &str = "System.Text.RegularExpressions.GroupCollection";

impl Native for Found {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Str {
        self.text.clone().unwrap_or_else(|| Str::from(""))
    }
}

fn compile(m: &mut Machine<'_>, pattern: &Value, options: i64) -> Outcome<fancy_regex::Regex> {
    let Value::String(pattern) = pattern else { return Err(crate::failure::null_argument("pattern")) };
    m.ticks(1000 + pattern.len() as u64)?;
    let flags = [(1, 'i'), (2, 'm'), (16, 's'), (32, 'x')];
    let flags: String = flags.iter().filter(|(bit, _)| options & bit != 0).map(|(_, flag)| flag).collect();
    let text = pattern.text();
    let source = if flags.is_empty() { text.into_owned() } else { format!("(?{flags}){text}") };
    RegexBuilder::new(&source)
        .backtrack_limit(m.limits.regex_backtracks)
        .delegate_size_limit(1 << 20)
        .build()
        .map_err(|_| exception("System.ArgumentException", format!("Invalid pattern '{pattern}'.")))
}

fn stopped(_: fancy_regex::Error) -> Throw {
    Throw::Limit("regular expression steps")
}

/// The pattern, the text and what follows them, for static and instance members alike.
fn operands<'a>(
    m: &mut Machine<'_>,
    c: Call<'a>,
    rest: usize,
) -> Outcome<(fancy_regex::Regex, String, Call<'a>)> {
    if let Value::Native(_) = c.value(0) {
        let text = c.text(1)?.text().into_owned();
        m.ticks(text.len() as u64 / 4)?;
        m.in_time()?;
        return Ok((c.native::<Pattern>(0)?.0.clone(), text, c));
    }
    let Value::String(text) = c.value(0) else { return Err(crate::failure::null_argument("input")) };
    let regex = compile(m, c.value(1), c.integer(2 + rest))?;
    m.in_time()?;
    m.ticks(text.len() as u64 / 4)?;
    Ok((regex, text.text().into_owned(), c))
}

fn found(regex: &fancy_regex::Regex, text: &str, captures: &fancy_regex::Captures<'_>) -> Found {
    let units = |at: usize| text.get(..at).map_or(0, |before| before.encode_utf16().count());
    let names: Vec<Option<&str>> = regex.capture_names().collect();
    let groups: Vec<_> = captures
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let name = names.get(index).copied().flatten().map(str::to_owned);
            (
                name,
                group.map(|group| Str::from(group.as_str())),
                group.map_or(0, |group| units(group.start())),
            )
        })
        .collect();
    let (text, index) = groups.first().map_or((None, 0), |(_, text, index)| (text.clone(), *index));
    Found { text, index, groups, name: MATCH_NAME }
}

fn first(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (regex, text, _) = operands(m, c, 0)?;
    Ok(Value::native(match regex.captures(&text).map_err(stopped)? {
        Some(captures) => found(&regex, &text, &captures),
        None => Found { text: None, index: 0, groups: Vec::new(), name: MATCH_NAME },
    }))
}

fn all(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (regex, text, _) = operands(m, c, 0)?;
    let mut matches = Vec::new();
    for captures in regex.captures_iter(&text) {
        m.ticks(16)?;
        m.charge(512)?;
        matches.push(Value::native(found(&regex, &text, &captures.map_err(stopped)?)));
    }
    Ok(Value::array(Type::named(MATCH_NAME), matches))
}

fn is_match(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (regex, text, _) = operands(m, c, 0)?;
    Ok(Value::Bool(regex.is_match(&text).map_err(stopped)?))
}

fn replace(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (regex, text, c) = operands(m, c, 1)?;
    let mut out = String::new();
    let mut at = 0;
    for captures in regex.captures_iter(&text) {
        m.ticks(16)?;
        let captures = captures.map_err(stopped)?;
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(text.get(at..whole.start()).unwrap_or_default());
        if let Value::String(replacement) = c.value(2) {
            captures.expand(&replacement.text(), &mut out);
        } else {
            let value = m.invoke(c.value(2), &[Value::native(found(&regex, &text, &captures))])?;
            out.push_str(&crate::run::convert::text(m, &value)?.text());
        }
        m.charge(whole.as_str().len() + 16)?;
        at = whole.end();
    }
    out.push_str(text.get(at..).unwrap_or_default());
    m.string(out)
}

fn split(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (regex, text, _) = operands(m, c, 0)?;
    let mut parts = Vec::new();
    for part in regex.split(&text) {
        m.charge(96)?;
        parts.push(Value::text(part.map_err(stopped)?));
    }
    Ok(Value::array(Type::STRING, parts))
}

pub const REGEX: TypeRow = class(
    "System.Text.RegularExpressions.Regex",
    &[],
    &[
        ("new(string pattern)", |m, c| Ok(Value::native(Pattern(compile(m, c.value(0), 0)?)))),
        ("new(string pattern, RegexOptions options)", |m, c| {
            Ok(Value::native(Pattern(compile(m, c.value(0), c.integer(1))?)))
        }),
        ("bool IsMatch(string input)", is_match),
        ("static bool IsMatch(string input, string pattern)", is_match),
        ("static bool IsMatch(string input, string pattern, RegexOptions options)", is_match),
        ("Match Match(string input)", first),
        ("static Match Match(string input, string pattern)", first),
        ("static Match Match(string input, string pattern, RegexOptions options)", first),
        ("Match[] Matches(string input)", all),
        ("static Match[] Matches(string input, string pattern)", all),
        ("static Match[] Matches(string input, string pattern, RegexOptions options)", all),
        ("string Replace(string input, string replacement)", replace),
        ("string Replace(string input, Func<Match, string> evaluator)", replace),
        ("static string Replace(string input, string pattern, string replacement)", replace),
        (
            "static string Replace(string input, string pattern, string replacement, RegexOptions options)",
            replace,
        ),
        ("string[] Split(string input)", split),
        ("static string[] Split(string input, string pattern)", split),
    ],
    &["Unescape"],
);

fn group(c: Call<'_>) -> Outcome {
    let found = c.native::<Found>(0)?;
    let group = match c.value(1) {
        Value::String(name) => found
            .groups
            .iter()
            .enumerate()
            .find(|(at, (own, ..))| own.as_deref() == Some(&*name.text()) || at.to_string() == *name.text())
            .map(|(_, group)| group),
        _ => usize::try_from(c.integer(1)).ok().and_then(|at| found.groups.get(at)),
    };
    let (text, index) = group.map_or((None, 0), |(_, text, index)| (text.clone(), *index));
    Ok(Value::native(Found { text, index, groups: Vec::new(), name: GROUP_NAME }))
}

pub const CAPTURE: TypeRow = class(
    "System.Text.RegularExpressions.Capture",
    &[],
    &[
        ("string Value { get; }", |_, c| Ok(Value::String(c.native::<Found>(0)?.text()))),
        ("int Index { get; }", |_, c| Ok(Value::Int(c.native::<Found>(0)?.index as i32))),
        ("int Length { get; }", |_, c| Ok(Value::Int(c.native::<Found>(0)?.text().len() as i32))),
    ],
    &[],
);

pub const GROUP: TypeRow = class(
    GROUP_NAME,
    &["Capture"],
    &[("bool Success { get; }", |_, c| Ok(Value::Bool(c.native::<Found>(0)?.text.is_some())))],
    &["Captures", "Name"],
);

pub const MATCH: TypeRow = class(
    MATCH_NAME,
    &["Group"],
    &[("GroupCollection Groups { get; }", |_, c| {
        Ok(Value::native(Found { name: GROUPS_NAME, ..c.native::<Found>(0)?.clone() }))
    })],
    &["Empty", "Result", "NextMatch"],
);

pub const GROUPS: TypeRow = class(
    GROUPS_NAME,
    &[],
    &[
        ("Group this[int groupnum] { get; }", |_, c| group(c)),
        ("Group this[string groupname] { get; }", |_, c| group(c)),
        ("int Count { get; }", |_, c| Ok(Value::Int(c.native::<Found>(0)?.groups.len().max(1) as i32))),
    ],
    &[],
);
