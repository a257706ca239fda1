//! Patterns that are written in an expression are compiled with it.
#![allow(clippy::expect_used, reason = "a test ends that way")]

mod world;

use expression::{Environment, Failure, Form, Limits, compile};
use world::{World, check};

/// Compiling a pattern takes 1000 steps.
const FEW: Limits =
    Limits { steps: 500, depth: 60, bytes: 1 << 20, milliseconds: 10_000, regex_backtracks: 200_000 };

#[test]
fn a_constant_pattern_takes_no_steps_to_compile() {
    for (source, limits, compiled_before) in [
        (r#"Regex.IsMatch("abc", "b")"#, FEW, true),
        (r#"Regex.Match("abc", "B", RegexOptions.IgnoreCase | RegexOptions.Compiled).Success"#, FEW, true),
        (r#"Regex.Replace("abc", "b", "x") == "axc""#, FEW, true),
        (r#"Regex.Replace("abc", "b", m => m.Value + m.Index) == "ab1c""#, FEW, true),
        (r#"Regex.Split("a1b", "[0-9]").Length == 2"#, FEW, true),
        (r#"new Regex("b(?=c)", RegexOptions.Singleline).IsMatch("abc")"#, FEW, true),
        (r#"new Regex("b").Matches("abcb").Count() == 2"#, FEW, true),
        (r#"Regex.IsMatch("abc", "b".ToLower())"#, FEW, false),
        // It was compiled for other limits.
        (r#"Regex.IsMatch("abc", "b(?=c)")"#, Limits { regex_backtracks: 10, ..FEW }, false),
    ] {
        let compiled = compile(source, Form::Expression, &Environment::default()).expect(source);
        let outcome = compiled.evaluate(&World, &limits);
        if compiled_before {
            assert!(matches!(outcome, Ok(expression::Value::Bool(true))), "{source}: {outcome:?}");
        } else {
            assert_eq!(outcome.err(), Some(Failure::Limit("steps")), "{source}");
        }
    }
}

#[test]
fn a_constant_pattern_that_is_none_throws_when_it_is_used() {
    check(&[
        (
            "{ try { return Regex.IsMatch(\"a\", \"(\").ToString(); } catch (ArgumentException e) { return e.Message; }",
            "Invalid pattern '(' at offset 1. Not enough )'s.",
        ),
        (
            "{ try { return new Regex(\"[b-a]\").ToString(); } catch (ArgumentException e) { return e.Message; }",
            "Invalid pattern '[b-a]' at offset 4. [x-y] range in reverse order.",
        ),
        ("1 > 2 ? Regex.Replace(\"a\", \")\", \"b\") : \"unused\"", "unused"),
        ("{ var r = new Regex(\"a+\"); return r.ToString() + object.ReferenceEquals(r, r);", "a+True"),
        ("object.ReferenceEquals(new Regex(\"a\"), new Regex(\"a\"))", "False"),
        ("\"\" + RegexOptions.None + Regex.IsMatch(\"A\", \"a\", RegexOptions.None)", "NoneFalse"),
    ]);
}
