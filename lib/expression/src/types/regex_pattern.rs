//! Patterns of regular expressions. One that is written in the expression is compiled with it, not with each request;
//! one that is none still throws only where it is used, as in .NET.

use std::any::Any;
use std::sync::{Arc, Mutex};

use fancy_regex::{Regex, RegexBuilder};

use crate::failure::{Outcome, exception, null_argument};
use crate::registry::Method;
use crate::run::node::Node;
use crate::run::{Limits, Machine};
use crate::text::Str;
use crate::value::{Native, Value, lock};

/// `Regex`
pub const NAME: &str = "System.Text.RegularExpressions.Regex";

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub regex: Arc<Regex>,
    text: Str,
    /// How often it may go back.
    backtracks: usize,
}

impl Native for Pattern {
    fn type_name(&self) -> &'static str {
        NAME
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Str {
        self.text.clone()
    }
}

/// Compiles a pattern, unless the binder did.
pub fn compile(m: &mut Machine<'_>, pattern: &Value, options: i64) -> Outcome<Pattern> {
    let text = match pattern {
        Value::String(text) => text,
        Value::Native(native) => match native.as_any().downcast_ref::<Pattern>() {
            Some(known) if known.backtracks == m.limits.regex_backtracks => return Ok(known.clone()),
            Some(other) => &other.text,
            None => return Err(null_argument("pattern")),
        },
        _ => return Err(null_argument("pattern")),
    };
    m.ticks(1000 + text.len() as u64)?;
    compiled(text, options, m.limits.regex_backtracks)
}

/// Compiles the pattern of a call, if it and its options are constants.
pub fn prepare(method: &Method, arguments: &mut [Node]) {
    if method.owner.name != NAME {
        return;
    }
    let place = |name| method.parameters.iter().position(|parameter| parameter.name == name);
    let options = match place("options").and_then(|at| arguments.get(at)) {
        None => 0,
        Some(Node::Constant(Value::Enum(_, options))) => i64::from(*options),
        Some(_) => return,
    };
    if let Some(argument) = place("pattern").and_then(|at| arguments.get_mut(at))
        && let Node::Constant(Value::String(text)) = argument
        && let Ok(pattern) = compiled(text, options, Limits::default().regex_backtracks)
    {
        *argument = Node::Constant(Value::native(pattern));
    }
}

/// A pattern with its flags, and the limit that it was compiled for.
type Source = (String, usize);

/// Compiled patterns, the oldest first: a pattern is read once, not with each request.
static COMPILED: Mutex<Vec<(Source, Arc<Regex>)>> = Mutex::new(Vec::new());

/// So many patterns are kept, and none that is longer.
const KEPT: usize = 64;
const LONGEST_KEPT: usize = 1024;

fn compiled(written: &Str, options: i64, backtracks: usize) -> Outcome<Pattern> {
    let flags = [(1, 'i'), (2, 'm'), (16, 's'), (32, 'x')];
    let flags: String = flags.iter().filter(|(bit, _)| options & bit != 0).map(|(_, flag)| flag).collect();
    let text = written.text();
    let source = if flags.is_empty() { text.to_string() } else { format!("(?{flags}){text}") };
    let pattern = |regex| Pattern { regex, text: written.clone(), backtracks };
    let key = (source, backtracks);
    if let Some((_, known)) = lock(&COMPILED).iter().find(|(known, _)| *known == key) {
        return Ok(pattern(Arc::clone(known)));
    }
    let new = RegexBuilder::new(&key.0)
        .backtrack_limit(key.1)
        .delegate_size_limit(1 << 20)
        .build()
        .map_err(|_| exception("System.Text.RegularExpressions.RegexParseException", problem(&text)))?;
    let new = Arc::new(new);
    if key.0.len() <= LONGEST_KEPT {
        let mut compiled = lock(&COMPILED);
        if compiled.len() >= KEPT {
            compiled.remove(0);
        }
        compiled.push((key, Arc::clone(&new)));
    }
    Ok(pattern(new))
}

/// What .NET says of a pattern that is none.
fn problem(pattern: &str) -> String {
    let say = |offset: usize, what: &str| format!("Invalid pattern '{pattern}' at offset {offset}. {what}");
    let units: Vec<char> = pattern.chars().collect();
    let (mut depth, mut class, mut at) = (0_usize, None, 0);
    while let Some(c) = units.get(at) {
        match (c, class) {
            ('\\', _) => at += 1,
            ('[', None) => class = Some(at),
            (']', Some(start)) if at > start + 1 => class = None,
            ('-', Some(start)) if at > start + 1 => {
                let (low, high) = (units.get(at - 1), units.get(at + 1));
                if low > high && high.is_some_and(|high| *high != ']') {
                    return say(at + 2, "[x-y] range in reverse order.");
                }
            }
            ('(', None) => depth += 1,
            (')', None) if depth == 0 => return say(at + 1, "Too many )'s."),
            (')', None) => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    match (class, depth) {
        (Some(_), _) => say(units.len(), "Unterminated [] set."),
        (None, 1..) => say(units.len(), "Not enough )'s."),
        _ => say(units.len(), "The pattern is not implemented by the sandbox."),
    }
}
