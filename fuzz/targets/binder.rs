//! Texts made of known words: what compiles may fail when it runs, and nothing else.
#![no_main]

mod words;

use expression::{Environment, Form, compile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = words::text(bytes);
    for form in [Form::Expression, Form::Block] {
        drop(compile(&text, form, &Environment::default()));
    }
});
