//! Deeply nested input ends in a diagnostic or a value, in a thread with a small stack: never in an overflow.
#![allow(clippy::expect_used, reason = "a test ends that way")]

use expression::{Environment, Form, Host, Limits, Value, compile};

/// What workers of the gateway have.
const STACK: usize = 2 << 20;

struct Nobody;

impl Host for Nobody {
    fn context(&self) -> Value {
        Value::Null
    }

    fn now(&self) -> i64 {
        0
    }

    fn random(&self, _bytes: &mut [u8]) {}
}

fn survives(name: &'static str, form: Form, source: String) {
    let run = move || {
        if let Ok(compiled) = compile(&source, form, &Environment::default()) {
            drop(compiled.evaluate(&Nobody, &Limits::default()));
        }
    };
    let thread =
        std::thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(run).expect("a thread");
    thread.join().expect(name);
}

#[test]
fn deep_nesting_of_every_kind_ends() {
    let many = 20_000;
    for count in [60, 390, many] {
        let nested = |open: &str, inner: &str, close: &str| {
            format!("{}{inner}{}", open.repeat(count), close.repeat(count))
        };
        for (name, source) in [
            ("parentheses", nested("(", "1", ")")),
            ("unary operators", nested("-", "1", "")),
            ("negations", nested("!", "true", "")),
            ("casts", nested("(int)", "1", "")),
            ("sums", nested("1+", "1", "")),
            ("right-associative operators", nested("null ?? ", "\"a\"", "")),
            ("conditionals", nested("true ? 1 : ", "1", "")),
            ("nested conditionals", nested("true ? ", "1", " : 2")),
            ("calls", nested("Math.Abs(", "1", ")")),
            ("members", nested("", "\"a\"", ".ToString()")),
            ("indexers", nested("", "\"a\"", "[0].ToString()")),
            ("arrays", nested("new[]{", "1", "}")),
            ("lambdas", nested("((Func<int>)(() => ", "1", "))()")),
            ("interpolations", nested("$\"{", "1", "}\"")),
        ] {
            survives(name, Form::Expression, source);
        }
        for (name, source) in [
            ("blocks", nested("{", "return 1;", "}")),
            ("ifs", nested("if (true) ", "return 1;", "")),
            ("else ifs", format!("{} return 1;", "if (false) { return 2; } else ".repeat(count))),
            ("loops", nested("while (true) { ", "return 1;", "}")),
            ("tries", nested("try { ", "return 1;", "} finally { }")),
            ("local functions", nested("int f() { ", "return 1;", "} return f();")),
            ("switches", nested("switch (1) { default: ", "return 1;", "}")),
        ] {
            survives(name, Form::Block, source);
        }
    }
}

#[test]
fn deep_recursion_at_run_time_ends() {
    survives("recursion", Form::Block, "int f(int n) { return n + f(n + 1); } return f(0);".to_owned());
    survives(
        "delegate",
        Form::Block,
        "Func<int, int> f = null; f = n => 1 + f(n + 1); return f(0);".to_owned(),
    );
    let json = format!("return JToken.Parse(\"{}{}\").ToString();", "[".repeat(20_000), "]".repeat(20_000));
    survives("json", Form::Block, json);
    for nested in [
        "JToken o = new JObject(); for (int i = 0; i < 300000; i++) { var p = new JObject(); p[\"a\"] = o; o = p; } return 1;",
        "object o = 1; for (int i = 0; i < 300000; i++) { var p = new List<object>(); p.Add(o); o = p; } return 1;",
        "object o = 1; for (int i = 0; i < 300000; i++) { o = new { o }; } return 1;",
        "Func<int> f = () => 1; for (int i = 0; i < 300000; i++) { var g = f; f = () => g() + 1; } return f();",
    ] {
        survives("structure", Form::Block, nested.to_owned());
    }
}
