//! What expressions cost: `cargo bench -p expression [-- FILTER]`. Each figure is the least of many rounds, which is the
//! cost without the neighbours' noise. `NAME/COUNT` evaluates one so often and says nothing: instructions, which do not
//! depend on neighbours, are what `valgrind --tool=callgrind` counts for 20,000 less what it counts for 10,000.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program that prints what it measured")]

use std::hint::black_box;
use std::sync::LazyLock;

use expression::{Environment, Failure, Form, Host, Limits, Memory, Str, Text, Type, Value, compile, walk};
use sim::Clock;

/// The expression of the goals.
const REFERENCE: &str = r#"context.Request.Headers.GetValueOrDefault("X-Tier","free") + ":" + (context.Response.StatusCode >= 500 ? "err" : "ok")"#;

const TABLE: &[(&str, Form, &str)] = &[
    ("reference", Form::Expression, REFERENCE),
    ("constant", Form::Expression, "1"),
    ("status", Form::Expression, "context.Response.StatusCode == 200"),
    ("header present", Form::Expression, r#"context.Request.Headers.ContainsKey("X-Many")"#),
    ("variable, cast", Form::Expression, r#"(string)context.Variables["name"] == "ann""#),
    ("variable, typed", Form::Expression, r#"context.Variables.GetValueOrDefault<int>("n") > 3"#),
    ("interpolation", Form::Expression, r#"$"{context.Request.Method} {context.Response.StatusCode}""#),
    ("method, split", Form::Expression, r"context.Request.Method.ToLower().Split('e')[0]"),
    (
        "JObject",
        Form::Expression,
        r#"(string)context.Request.Body.As<JObject>(preserveContent: true)["a"]["b"][2]"#,
    ),
    (
        "LINQ",
        Form::Expression,
        r#"context.Request.Headers["X-Many"].Where(h => h.StartsWith("v")).Select(h => h.Length).Sum()"#,
    ),
    (
        "loop of 100",
        Form::Block,
        "var sum = 0; for (int i = 0; i < 100; i++) { if (i % 3 == 0) { sum += i; } } return sum;",
    ),
    (
        "block",
        Form::Block,
        r#"var id = (string)context.Variables["name"]; if (string.IsNullOrEmpty(id)) { return "none"; } return id.ToUpper() + "-" + context.Response.StatusCode.ToString();"#,
    ),
];

/// A request as a gateway has it: not made of values, so that an expression takes what it asks for.
struct World {
    headers: Vec<(&'static str, &'static str)>,
    status: i32,
    variables: Value,
    rest: Value,
}

impl World {
    fn new() -> Self {
        let dictionary = |value| {
            Type::generic("System.Collections.Generic.IReadOnlyDictionary", vec![Type::STRING, value])
        };
        let many = (0..20).map(|n| Value::text(if n % 2 == 0 { "v1" } else { "other" })).collect();
        let body =
            Memory::new(Type::named("IMessageBody")).body(br#"{"a":{"b":[1,2.5,"x"]},"n":null,"t":true}"#);
        let headers = Memory::new(dictionary(Type::Array(Type::STRING.into())))
            .ignore_case()
            .entry("X-Many", Value::array(Type::STRING, many));
        let request = Memory::new(Type::named("IRequest"))
            .with("Method", Value::text("GET"))
            .with("Headers", headers.value())
            .with("Body", body.value());
        let variables =
            Memory::new(dictionary(Type::OBJECT)).entry("name", Value::text("ann")).entry("n", Value::Int(7));
        Self {
            headers: vec![
                ("host", "api.contoso.example"),
                ("user-agent", "curl/8.9.1"),
                ("accept", "*/*"),
                ("accept-encoding", "gzip, br"),
                ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                ("ocp-apim-subscription-key", "0123456789abcdef0123456789abcdef"),
                ("x-request-id", "42"),
                ("x-tier", "gold"),
            ],
            status: 503,
            variables: variables.value(),
            rest: Memory::new(Type::named("IContext")).with("Request", request.value()).value(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }
}

impl Host for World {
    fn context(&self) -> Value {
        self.rest.clone()
    }

    fn property(&self, path: &[&'static str]) -> Result<Value, Failure> {
        match path {
            ["Response", "StatusCode"] => Ok(Value::Int(self.status)),
            ["Variables"] => Ok(self.variables.clone()),
            _ => walk(self.context(), path),
        }
    }

    fn joined(&self, path: &[&'static str], key: &Str, text: &mut Text) -> Result<bool, Failure> {
        match (path, self.header(&key.text())) {
            (["Request", "Headers"], Some(value)) => text.push_text(value),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn now(&self) -> i64 {
        1_700_000_000_000
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::system);

/// Nanoseconds of one call: the least of `rounds` times `calls`.
fn least(rounds: u32, calls: u32, mut run: impl FnMut()) -> f64 {
    let mut least = f64::MAX;
    for _ in 0..rounds {
        let started = CLOCK.elapsed();
        for _ in 0..calls {
            run();
        }
        let took = CLOCK.elapsed().saturating_sub(started);
        least = least.min(took.as_secs_f64() * 1e9 / f64::from(calls));
    }
    least
}

fn main() {
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let (world, limits, environment) = (World::new(), Limits::default(), Environment::default());
    if let Some((name, count)) = chosen.as_deref().and_then(|chosen| chosen.split_once('/')) {
        let (_, form, source) = TABLE.iter().find(|row| row.0 == name).unwrap();
        let compiled = compile(source, *form, &environment).unwrap();
        for _ in 0..count.parse::<u32>().unwrap() {
            black_box(compiled.evaluate(&world, &limits).unwrap());
        }
        return;
    }
    println!("{:20} {:>14} {:>18}", "expression", "evaluate, ns", "parse + bind, us");
    for (name, form, source) in TABLE {
        if chosen.as_ref().is_some_and(|chosen| !name.contains(chosen.as_str())) {
            continue;
        }
        let compiled = compile(source, *form, &environment).unwrap();
        let evaluation = least(60, 20_000, || {
            black_box(compiled.evaluate(black_box(&world), &limits).unwrap());
        });
        let compilation = least(60, 200, || {
            black_box(compile(black_box(source), *form, &environment).unwrap());
        });
        println!("{name:20} {evaluation:>14.1} {:>18.2}", compilation / 1000.0);
    }
}
