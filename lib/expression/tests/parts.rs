//! The values of an expression's parts.
#![allow(clippy::expect_used, reason = "a test ends that way")]

mod world;

use expression::{Environment, Form, Limits, compile};
use world::World;

fn check(form: Form, source: &str, expected: &[&str]) {
    let compiled = compile(source, form, &Environment { result: None, parts: true }).expect(source);
    let (_, parts) = compiled.explain(&World, &Limits::default());
    let shown = |part: &expression::Part| {
        let value = expression::text(&part.value, &World, &Limits::default()).expect("a text");
        format!("{} = {value}", &source[part.at.clone()])
    };
    assert_eq!(parts.iter().map(shown).collect::<Vec<_>>(), expected, "{source}");
}

#[test]
fn parts_tell_their_values_innermost_first() {
    for (source, expected) in [
        ("1 + 2", &[][..]),
        (
            "context.Variables.ContainsKey(\"n\") && (int)context.Variables[\"n\"] > 5",
            &[
                "context.Variables.ContainsKey(\"n\") = True",
                "context.Variables[\"n\"] = 7",
                "(int)context.Variables[\"n\"] = 7",
                "(int)context.Variables[\"n\"] > 5 = True",
            ],
        ),
        (
            "\"a\" + context.Variables.GetValueOrDefault(\"name\", \"x\").ToUpper() + \"z\"",
            &[
                "context.Variables.GetValueOrDefault(\"name\", \"x\") = ann",
                "context.Variables.GetValueOrDefault(\"name\", \"x\").ToUpper() = ANN",
            ],
        ),
        (
            "false || context.Variables.Count == 0 || true",
            &[
                "context.Variables.Count = 2",
                "context.Variables.Count == 0 = False",
                "false || context.Variables.Count == 0 = False",
            ],
        ),
    ] {
        check(Form::Expression, source, expected);
    }
    let block = "var n = (int)context.Variables[\"n\"]; return n + 1;";
    check(
        Form::Block,
        block,
        &["context.Variables[\"n\"] = 7", "(int)context.Variables[\"n\"] = 7", "n = 7", "n + 1 = 8"],
    );
}

#[test]
fn there_are_not_too_many_parts_and_none_unless_asked_for() {
    let source = "var n = 0; for (var i = 0; i < 1000; i++) { n += i; } return n;";
    for (parts, most) in [(true, 64), (false, 0)] {
        let compiled = compile(source, Form::Block, &Environment { result: None, parts }).expect(source);
        let (value, found) = compiled.explain(&World, &Limits::default());
        assert!(value.is_ok_and(|value| format!("{value:?}").contains("499500")), "{parts}");
        assert_eq!(found.len(), most);
    }
}
