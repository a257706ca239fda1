//! Any text, as an expression and as a block: it compiles, or is refused with a place in it.
#![no_main]

use expression::{Environment, Form, compile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for form in [Form::Expression, Form::Block] {
        if let Err(problems) = compile(text, form, &Environment::default()) {
            assert!(!problems.is_empty());
            for span in problems.iter().filter_map(|problem| problem.span.as_ref()) {
                assert!(text.get(span.bytes.clone()).is_some(), "{problems:?}");
            }
        }
    }
});
