//! Findings in the Static Analysis Results Interchange Format:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::collections::BTreeSet;

use diagnostic::Diagnostic;
use serde_json::{Value, json};

/// A log of one run.
pub fn log<'a>(found: impl Iterator<Item = &'a Diagnostic>) -> Value {
    let found: Vec<&Diagnostic> = found.collect();
    let codes: BTreeSet<&str> = found.iter().map(|problem| problem.code).collect();
    let rules: Vec<Value> = codes.into_iter().map(|code| json!({ "id": code })).collect();
    let results: Vec<Value> = found.into_iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "apimlab", "version": sandbox::VERSION, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(problem: &Diagnostic) -> Value {
    let text = match &problem.help {
        Some(help) => format!("{} ({help})", problem.message),
        None => problem.message.clone(),
    };
    let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&problem.source) } } });
    if let (Some(span), Some(place)) = (&problem.span, location.get_mut("physicalLocation")) {
        place["region"] = json!({ "startLine": span.start.line, "startColumn": span.start.column });
    }
    json!({
        "ruleId": problem.code,
        "level": if problem.is_error() { "error" } else { "warning" },
        "message": { "text": text },
        "locations": [location],
    })
}

/// The path as a relative reference, or as an address if it is absolute.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = if path.starts_with('/') { format!("file://{path}") } else { path };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/:".contains(&byte);
    let encoded = path
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    encoded.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_has_a_rule_a_level_and_a_place() {
        let text = "a\n  b";
        let problem = Diagnostic::new("APL0423", "no base").at(text, 4..5).of("a b/policy.xml").warning();
        let log = log([&problem].into_iter());
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "APL0423");
        assert_eq!(result["level"], "warning");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/policy.xml");
        assert_eq!(place["region"], json!({ "startLine": 2, "startColumn": 3 }));
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], json!([{ "id": "APL0423" }]));
    }
}
