//! A host for tests, and tables of expressions with their values.
#![allow(dead_code, reason = "each test file uses its part")]

use expression::{Environment, Failure, Form, Host, Limits, Memory, Type, Value, compile};

/// A certificate that its owner signed: CN=client, O="Example, Inc.", C=CH.
pub const CERTIFICATE: &[u8] = include_bytes!("client.der");
/// Its private key.
pub const KEY: &[u8] = include_bytes!("client.p8");

pub struct World;

impl Host for World {
    fn context(&self) -> Value {
        let variables =
            Type::generic("System.Collections.Generic.IReadOnlyDictionary", vec![Type::STRING, Type::OBJECT]);
        let body = |content: &str| Memory::new(Type::named("IMessageBody")).body(content.as_bytes()).value();
        let certificate = expression::certificate(CERTIFICATE, Some(KEY)).expect("a certificate");
        let request = Memory::new(Type::named("IRequest"))
            .with("Body", body("<a xmlns='urn:x'><b i='1'>x</b><b i='2'>y</b></a>"))
            .with("Certificate", certificate);
        let response = Memory::new(Type::named("IResponse")).with("Body", body("a=1&b=x+y&a=2"));
        let variables = Memory::new(variables).entry("name", Value::text("ann")).entry("n", Value::Int(7));
        Memory::new(Type::named("IContext"))
            .with("Request", request.value())
            .with("Response", response.value())
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

/// What an expression, or the statements after `{`, evaluate to.
pub fn run(source: &str) -> Result<String, Failure> {
    let shown = match source.strip_prefix('{') {
        Some(block) => block.to_owned(),
        None => format!("return \"\" + ({source});"),
    };
    let compiled = compile(&shown, Form::Block, &Environment::default());
    let compiled =
        compiled.map_err(|problems| Failure::exception("CompileError", problems[0].to_string()))?;
    compiled.evaluate(&World, &Limits::default()).map(|value| match value {
        Value::String(text) => text.to_string(),
        other => format!("{other:?}"),
    })
}

/// Compares values; a failure counts as its message. All rows run before the test fails.
pub fn check(table: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (source, expected) in table {
        let value = run(source).unwrap_or_else(|failure| format!("{failure}"));
        if value != *expected {
            wrong.push(format!("{source}\n  gives    {value}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
