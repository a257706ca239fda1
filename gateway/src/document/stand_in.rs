//! C# with names of named values that nobody knows yet: a name may stand for a number, a text, a type, an operator, a
//! whole statement. An expression is right if something in place of its names makes it right; what is wrong whatever
//! stands there is wrong.

use ::expression as csharp;
use csharp::{Environment, Expression, Form};
use diagnostic::Diagnostic;

use super::source::named_value;

/// What a name may stand for; each is as short as the shortest name with its braces.
const STAND_INS: &[&str] = &["1", "\"\"", "true", "null", "a", "int"];

/// What compiling an expression with unknown names came to.
#[derive(Debug)]
pub enum Outcome {
    /// It is right with something in their place.
    Right(Expression),
    /// Whether it is right depends on what they stand for.
    Unknown,
    /// It is wrong whatever stands there.
    Wrong(Vec<Diagnostic>),
}

/// Compiles an expression that holds names without a value.
pub fn compile(code: &str, form: Form, environment: &Environment) -> Outcome {
    let mut wrong: Option<Vec<Diagnostic>> = None;
    for stand_in in STAND_INS {
        let problems = match csharp::compile(&replaced(code, stand_in), form, environment) {
            Ok(expression) => return Outcome::Right(expression),
            Err(problems) => problems,
        };
        if problems.iter().any(|problem| problem.code == csharp::code::SYNTAX) {
            continue;
        }
        wrong = Some(match wrong {
            None => problems,
            Some(known) => known.into_iter().filter(|problem| problems.contains(problem)).collect(),
        });
    }
    match wrong {
        Some(problems) if !problems.is_empty() => Outcome::Wrong(problems),
        _ => Outcome::Unknown,
    }
}

/// The code with something in place of each name, in as many bytes.
fn replaced(code: &str, stand_in: &str) -> String {
    let mut text = code.to_owned();
    while let Some((_, span)) = named_value(&text) {
        let padded = format!("{stand_in:<0$}", span.len());
        text.replace_range(span, &padded);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &str) {
        let outcome = compile(code, Form::Expression, &Environment::default());
        let found = match &outcome {
            Outcome::Right(_) => "right",
            Outcome::Unknown => "unknown",
            Outcome::Wrong(problems) => problems.first().map_or("", |problem| problem.code),
        };
        assert_eq!(found, expected, "{code}: {outcome:?}");
    }

    #[test]
    fn a_name_may_stand_for_anything() {
        for code in [
            "1 > {{limit}}",
            "\"{{text}}\" + 1",
            "{{text}}.Length > 3",
            "{{flag}} && true",
            "(({{T}})(object)1).ToString()",
            "$\"{{text}}\"",
            "$\"a{1}{{text}}\" == {{other}}",
            "new [] { {{a}}, {{b}} }.Length",
        ] {
            check(code, "right");
        }
        check("1 {{operator}} 2", "unknown");
        check("{{token}}.SelectToken(\"a\")", "unknown");
    }

    #[test]
    fn what_is_wrong_whatever_stands_there_is_wrong() {
        check("context.Foo == {{limit}}", csharp::code::UNKNOWN_NAME);
        check("nobody + \"{{text}}\"", csharp::code::UNKNOWN_NAME);
        check("int.Nothing({{a}})", csharp::code::UNKNOWN_NAME);
    }
}
