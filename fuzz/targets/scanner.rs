//! Policy documents, as well-formed XML and as raw text: each compiles, or is refused with a place.
#![no_main]

use apim::{PolicyDocument, PolicyFormat};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for format in [PolicyFormat::Xml, PolicyFormat::RawXml] {
        let document = PolicyDocument { path: String::new(), format, text: text.to_owned() };
        if let Err(problems) = gateway::check(&document) {
            assert!(!problems.is_empty());
            for problem in &problems {
                if let Some(span) = &problem.span {
                    assert!(span.bytes.start <= span.bytes.end, "{problem:?}");
                    assert!(text.get(span.bytes.clone()).is_some(), "{problem:?}");
                }
            }
        }
    }
});
