//! `System.Text.RegularExpressions`.
//!
//! **Differs from Azure:** balancing groups, `RightToLeft` and subtraction of character classes are refused.

use std::any::Any;
use std::sync::Arc;

use super::regex_pattern::{Pattern, compile};
use crate::failure::{Outcome, Throw, exception, out_of_range};
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

fn stopped(_: fancy_regex::Error) -> Throw {
    Throw::Limit("regular expression steps")
}

/// A pattern and a text, and how many matches from where are wanted.
struct Search {
    regex: Arc<fancy_regex::Regex>,
    text: String,
    /// The byte at which it begins.
    from: usize,
    most: usize,
}

impl Search {
    /// Of static members: the text, the pattern, `rest` more, and options.
    fn fixed(m: &mut Machine<'_>, c: Call<'_>, rest: usize) -> Outcome<Self> {
        let Value::String(text) = c.value(0) else { return Err(crate::failure::null_argument("input")) };
        let regex = compile(m, c.value(1), c.integer(2 + rest))?.regex;
        m.ticks(text.len() as u64 / 4)?;
        m.in_time()?;
        Ok(Self { regex, text: text.text().into_owned(), from: 0, most: usize::MAX })
    }

    /// Of instance members: the text, `rest` more, and then a count, a start, or both.
    fn own(m: &mut Machine<'_>, c: Call<'_>, rest: usize, counts: bool) -> Outcome<Self> {
        let Value::String(text) = c.value(1) else { return Err(crate::failure::null_argument("input")) };
        m.ticks(text.len() as u64 / 4)?;
        m.in_time()?;
        let mut search = Self {
            regex: Arc::clone(&c.native::<Pattern>(0)?.regex),
            text: text.text().into_owned(),
            from: 0,
            most: usize::MAX,
        };
        let start = if counts { c.arguments.get(3 + rest) } else { c.arguments.get(2 + rest) };
        if let (true, Some(count)) = (counts, c.arguments.get(2 + rest)) {
            let count = crate::run::arithmetic::integer(count);
            if count < -1 {
                return Err(out_of_range("Count cannot be less than -1.", "count"));
            }
            search.most = usize::try_from(count).unwrap_or(usize::MAX);
        }
        if let Some(start) = start {
            let start = usize::try_from(crate::run::arithmetic::integer(start)).ok();
            let before = start.and_then(|start| text.slice(0, start));
            let Some(before) = before else {
                let message = "Start index cannot be less than 0 or greater than input length.";
                return Err(out_of_range(message, "startat"));
            };
            search.from = before.text().len();
        }
        Ok(search)
    }

    fn next(&self, from: usize) -> Outcome<Option<fancy_regex::Captures<'_>>> {
        self.regex.captures_from_pos(&self.text, from).map_err(stopped)
    }

    /// Calls `each` for every match.
    fn matches<'t>(
        &'t self,
        m: &mut Machine<'_>,
        mut each: impl FnMut(&mut Machine<'_>, &fancy_regex::Captures<'t>) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut at = self.from;
        let mut left = self.most;
        while left > 0 && at <= self.text.len() {
            m.ticks(16)?;
            m.charge(512)?;
            let Some(captures) = self.next(at)? else { break };
            let Some(whole) = captures.get(0) else { break };
            at = whole.end();
            if whole.start() == whole.end() {
                at += self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            }
            each(m, &captures)?;
            left -= 1;
        }
        Ok(())
    }
}

/// Whether a member was called on an object.
fn instance(c: Call<'_>) -> bool {
    matches!(c.value(0), Value::Native(_))
}

fn found(regex: &fancy_regex::Regex, text: &str, captures: &fancy_regex::Captures<'_>) -> Found {
    let units = |at: usize| text.get(..at).map_or(0, |before| before.encode_utf16().count());
    let names: Vec<Option<&str>> = regex.capture_names().collect();
    let mut groups: Vec<_> = captures
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
    // Groups with names are counted after those without.
    groups.sort_by_key(|(name, ..)| name.is_some());
    let (text, index) = groups.first().map_or((None, 0), |(_, text, index)| (text.clone(), *index));
    Found { text, index, groups, name: MATCH_NAME }
}

fn first(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let search = if instance(c) { Search::own(m, c, 0, false)? } else { Search::fixed(m, c, 0)? };
    Ok(Value::native(match search.next(search.from)? {
        Some(captures) => found(&search.regex, &search.text, &captures),
        None => nothing(),
    }))
}

fn nothing() -> Found {
    Found { text: None, index: 0, groups: Vec::new(), name: MATCH_NAME }
}

fn all(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let search = if instance(c) { Search::own(m, c, 0, false)? } else { Search::fixed(m, c, 0)? };
    let mut matches = Vec::new();
    search.matches(m, |_, captures| {
        matches.push(Value::native(found(&search.regex, &search.text, captures)));
        Ok(())
    })?;
    Ok(Value::array(Type::named(MATCH_NAME), matches))
}

fn is_match(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let search = if instance(c) { Search::own(m, c, 0, false)? } else { Search::fixed(m, c, 0)? };
    Ok(Value::Bool(search.next(search.from)?.is_some()))
}

/// `$1`, `${name}`, `$&`, `$$` and the rest; what names no group stays.
fn expand(pattern: &str, found: &Found, whole: &str, out: &mut String) {
    let group = |name: &str| {
        let number = name.parse::<usize>().ok();
        let at = found.groups.iter().enumerate();
        at.filter(|(at, (own, ..))| own.as_deref() == Some(name) || number == Some(*at))
            .map(|(_, (_, text, _))| text.as_ref().map(ToString::to_string).unwrap_or_default())
            .next()
    };
    let text = found.text().to_string();
    let before = whole.encode_utf16().take(found.index).collect::<Vec<_>>();
    let before = String::from_utf16_lossy(&before);
    let mut rest = pattern;
    while let Some(at) = rest.find('$') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}')).map(|(name, _)| name);
        let (value, width) = match (after.chars().next(), braced) {
            (Some('$'), _) => (Some("$".to_owned()), 1),
            (Some('&'), _) => (Some(text.clone()), 1),
            (Some('_'), _) => (Some(whole.to_owned()), 1),
            (Some('`'), _) => (Some(before.clone()), 1),
            (Some('\''), _) => (whole.get(before.len() + text.len()..).map(str::to_owned), 1),
            (_, Some(name)) => (group(name), name.len() + 2),
            _ if digits > 0 => (group(after.get(..digits).unwrap_or_default()), digits),
            _ => (None, 0),
        };
        if let Some(value) = value {
            out.push_str(&value);
            rest = after.get(width..).unwrap_or_default();
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
}

fn replace(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let search = if instance(c) { Search::own(m, c, 1, true)? } else { Search::fixed(m, c, 1)? };
    if c.value(2).is_null() {
        return Err(crate::failure::null_argument("replacement"));
    }
    let mut out = String::new();
    let mut at = 0;
    search.matches(m, |m, captures| {
        let Some(whole) = captures.get(0) else { return Ok(()) };
        out.push_str(search.text.get(at..whole.start()).unwrap_or_default());
        let found = found(&search.regex, &search.text, captures);
        if let Value::String(replacement) = c.value(2) {
            expand(&replacement.text(), &found, &search.text, &mut out);
        } else {
            let value = m.invoke(c.value(2), &[Value::native(found)])?;
            out.push_str(&crate::run::convert::text(m, &value)?.text());
        }
        m.charge(whole.as_str().len() + 16)?;
        at = whole.end();
        Ok(())
    })?;
    out.push_str(search.text.get(at..).unwrap_or_default());
    m.string(out)
}

/// The parts between the matches, and what their groups caught.
fn split(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let mut search = if instance(c) { Search::own(m, c, 0, true)? } else { Search::fixed(m, c, 0)? };
    if c.arguments.get(2).is_some_and(|count| matches!(count, Value::Int(count) if *count < 0)) {
        return Err(out_of_range("Count cannot be less than -1.", "count"));
    }
    if search.most == 0 {
        search.most = usize::MAX;
    } else if search.most < usize::MAX {
        search.most -= 1;
    }
    let mut parts = Vec::new();
    let mut at = 0;
    search.matches(m, |_, captures| {
        let Some(whole) = captures.get(0) else { return Ok(()) };
        parts.push(Value::text(search.text.get(at..whole.start()).unwrap_or_default()));
        parts.extend(captures.iter().skip(1).flatten().map(|group| Value::text(group.as_str())));
        at = whole.end();
        Ok(())
    })?;
    parts.push(Value::text(search.text.get(at..).unwrap_or_default()));
    Ok(Value::array(Type::STRING, parts))
}

/// `Regex.Unescape`
fn unescape(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let Value::String(text) = c.value(0) else { return Err(crate::failure::null_argument("str")) };
    let text = text.text();
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let hex = |rest: &mut std::str::Chars<'_>, width: usize| {
            let digits: String = rest.by_ref().take(width).collect();
            u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
        };
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('e') => out.push('\u{1b}'),
            Some('x') => out.push(hex(&mut rest, 2)),
            Some('u') => out.push(hex(&mut rest, 4)),
            Some(other) => out.push(other),
            None => {
                let message = format!(
                    "Invalid pattern '{text}' at offset {}. Illegal \\ at end of pattern.",
                    text.len()
                );
                return Err(exception("System.Text.RegularExpressions.RegexParseException", message));
            }
        }
    }
    m.string(out)
}

/// `Match(input, beginning, length)`: the rest of the text is not there.
fn first_within(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let Value::String(text) = c.value(1) else { return Err(crate::failure::null_argument("input")) };
    let (start, length) = (c.integer(2), c.integer(3));
    if start < 0 || start > text.len() as i64 {
        return Err(out_of_range(
            "Start index cannot be less than 0 or greater than input length.",
            "startat",
        ));
    }
    if length < 0 || length > text.len() as i64 - start {
        return Err(out_of_range("Length cannot be less than 0 or exceed input length.", "length"));
    }
    let part = text.slice(start as usize, length as usize).unwrap_or_else(|| Str::from(""));
    let found = first(m, Call { arguments: &[c.value(0).clone(), Value::String(part)], ..c })?;
    let Value::Native(native) = &found else { return Ok(found) };
    let Some(inner) = native.as_any().downcast_ref::<Found>().filter(|found| found.text.is_some()) else {
        return Ok(found);
    };
    let mut moved = inner.clone();
    moved.index += start as usize;
    moved.groups.iter_mut().for_each(|(_, _, index)| *index += start as usize);
    Ok(Value::native(moved))
}

fn pattern(m: &mut Machine<'_>, c: Call<'_>, options: i64) -> Outcome {
    Ok(Value::native(compile(m, c.value(0), options)?))
}

/// `match.Result(replacement)`
fn result(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let found = c.native::<Found>(0)?;
    let Value::String(replacement) = c.value(1) else {
        return Err(crate::failure::null_argument("replacement"));
    };
    if found.text.is_none() {
        let message = "Result cannot be called on a failed Match.";
        return Err(exception("System.NotSupportedException", message));
    }
    let mut out = String::new();
    expand(&replacement.text(), found, &found.text().to_string(), &mut out);
    m.string(out)
}

pub const REGEX: TypeRow = class(
    super::regex_pattern::NAME,
    &[],
    &[
        ("new(string pattern)", |m, c| pattern(m, c, 0)),
        ("new(string pattern, RegexOptions options)", |m, c| pattern(m, c, c.integer(1))),
        ("bool IsMatch(string input)", is_match),
        ("bool IsMatch(string input, int startat)", is_match),
        ("static bool IsMatch(string input, string pattern)", is_match),
        ("static bool IsMatch(string input, string pattern, RegexOptions options)", is_match),
        ("Match Match(string input)", first),
        ("Match Match(string input, int startat)", first),
        ("Match Match(string input, int beginning, int length)", first_within),
        ("static Match Match(string input, string pattern)", first),
        ("static Match Match(string input, string pattern, RegexOptions options)", first),
        ("Match[] Matches(string input)", all),
        ("Match[] Matches(string input, int startat)", all),
        ("static Match[] Matches(string input, string pattern)", all),
        ("static Match[] Matches(string input, string pattern, RegexOptions options)", all),
        ("string Replace(string input, string replacement)", replace),
        ("string Replace(string input, string replacement, int count)", replace),
        ("string Replace(string input, string replacement, int count, int startat)", replace),
        ("string Replace(string input, Func<Match, string> evaluator)", replace),
        ("string Replace(string input, Func<Match, string> evaluator, int count)", replace),
        ("static string Replace(string input, string pattern, string replacement)", replace),
        (
            "static string Replace(string input, string pattern, string replacement, RegexOptions options)",
            replace,
        ),
        ("static string Replace(string input, string pattern, Func<Match, string> evaluator)", replace),
        (
            "static string Replace(string input, string pattern, Func<Match, string> evaluator, RegexOptions options)",
            replace,
        ),
        ("string[] Split(string input)", split),
        ("string[] Split(string input, int count)", split),
        ("string[] Split(string input, int count, int startat)", split),
        ("static string[] Split(string input, string pattern)", split),
        ("static string[] Split(string input, string pattern, RegexOptions options)", split),
        ("static string Unescape(string str)", unescape),
    ],
    &[],
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
    &[
        ("GroupCollection Groups { get; }", |_, c| {
            Ok(Value::native(Found { name: GROUPS_NAME, ..c.native::<Found>(0)?.clone() }))
        }),
        ("static Match Empty { get; }", |_, _| Ok(Value::native(nothing()))),
        ("string Result(string replacement)", result),
    ],
    &["NextMatch"],
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
