//! Paths of fields: `status.loadBalancer.ingress[0].ip`.

use serde_json::Value;

/// A way into a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Position(usize),
}

impl FieldPath {
    /// Reads a path; `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (name, positions) = match part.find('[') {
                Some(at) => part.split_at(at),
                None => (part, ""),
            };
            if name.is_empty() || name.contains([']', ' ']) {
                return None;
            }
            steps.push(Step::Name(name.to_owned()));
            let mut rest = positions;
            while !rest.is_empty() {
                let (position, behind) = rest.strip_prefix('[')?.split_once(']')?;
                steps.push(Step::Position(position.parse().ok()?));
                rest = behind;
            }
        }
        Some(Self(steps))
    }

    /// What stands there, if anything does.
    pub(crate) fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Name(name) => value.get(name),
            Step::Position(position) => value.get(position),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_names_and_positions() {
        let document = json!({"status": {"ingress": [{"ip": "10.10.1.5"}]}, "a": [[1, 2]]});
        let find = |path: &str| FieldPath::parse(path).expect("a path").find(&document).cloned();
        assert_eq!(find("status.ingress[0].ip"), Some(json!("10.10.1.5")));
        assert_eq!(find("a[0][1]"), Some(json!(2)));
        assert_eq!(find("status.ingress[1].ip"), None);
        for wrong in ["", ".", "a.", "a[", "a[x]", "[0]", "a]b", "a[0]b"] {
            assert_eq!(FieldPath::parse(wrong), None, "{wrong}");
        }
    }
}
