//! What compiles is evaluated, with small limits: it has a value or a failure.
#![no_main]

use expression::{Environment, Form, Host, Limits, Memory, Type, Value, compile, text};
use libfuzzer_sys::fuzz_target;

struct World;

impl Host for World {
    fn context(&self) -> Value {
        let dictionary =
            |value| Type::generic("System.Collections.Generic.IReadOnlyDictionary", vec![Type::STRING, value]);
        let headers = Memory::new(dictionary(Type::Array(Type::STRING.into())))
            .ignore_case()
            .entry("X-Tier", Value::array(Type::STRING, vec![Value::text("gold"), Value::text("x")]));
        let body = Memory::new(Type::named("IMessageBody")).body(br#"{"a":{"b":[1,2.5,"x"]},"n":null}"#);
        let request = Memory::new(Type::named("IRequest"))
            .with("Method", Value::text("GET"))
            .with("Headers", headers.value())
            .with("Body", body.value());
        let variables =
            Memory::new(dictionary(Type::OBJECT)).entry("name", Value::text("ann")).entry("n", Value::Int(7));
        Memory::new(Type::named("IContext"))
            .with("Request", request.value())
            .with("Response", Memory::new(Type::named("IResponse")).with("StatusCode", Value::Int(503)).value())
            .with("Variables", variables.value())
            .value()
    }

    fn now(&self) -> i64 {
        1_700_000_000_000
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fuzz_target!(|source: &str| {
    let limits = Limits { steps: 50_000, bytes: 4 << 20, regex_backtracks: 10_000, ..Limits::default() };
    for form in [Form::Expression, Form::Block] {
        if let Ok(compiled) = compile(source, form, &Environment::default())
            && let Ok(value) = compiled.evaluate(&World, &limits)
        {
            drop(text(&value, &World, &limits));
        }
    }
});
