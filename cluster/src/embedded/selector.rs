//! Label and field selectors in query parameters.
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/>

use serde_json::Value;

use super::kinds::Definition;
use super::store::Object;

/// How many requirements a selector may have.
const MOST: usize = 256;

/// What objects must be like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, Operator)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
    Greater(i64),
    Less(i64),
}

impl Selector {
    /// Reads both selectors; the error is what `400 Bad Request` says.
    pub fn parse(labels: &str, fields: &str, of: &Definition) -> Result<Self, String> {
        let parsed = Self { labels: parse_labels(labels)?, fields: parse_fields(fields, of)? };
        if parsed.labels.len() + parsed.fields.len() > MOST {
            return Err(format!("a selector may have at most {MOST} requirements"));
        }
        Ok(parsed)
    }

    /// The object is selected.
    pub fn matches(&self, object: &Object) -> bool {
        self.labels.iter().all(|one| one.matches(&object["metadata"]["labels"]))
            && self.fields.iter().all(|(field, operator)| operator.accepts(Some(&field_of(object, field))))
    }
}

impl Requirement {
    fn matches(&self, labels: &Value) -> bool {
        self.operator.accepts(labels.get(&self.key).and_then(Value::as_str))
    }
}

impl Operator {
    fn accepts(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
            Self::NotIn(values) => value.is_none_or(|value| values.iter().all(|one| one != value)),
            Self::Exists => value.is_some(),
            Self::DoesNotExist => value.is_none(),
            Self::Greater(than) => number().is_some_and(|number| number > *than),
            Self::Less(than) => number().is_some_and(|number| number < *than),
        }
    }
}

fn field_of(object: &Object, field: &str) -> String {
    let found = match field {
        // The core group's events keep the component in two places.
        "source" => &object["source"]["component"],
        _ => field.split('.').fold(object, |value, part| &value[part]),
    };
    match found {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn parse_labels(text: &str) -> Result<Vec<Requirement>, String> {
    split(text).into_iter().filter(|part| !part.is_empty()).map(requirement).collect()
}

/// Splits at commas that are not in parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (index, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.extend(text.get(start..index));
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts.into_iter().map(str::trim).collect()
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let (key, operator) = if let Some(key) = text.strip_prefix('!') {
        (key, Operator::DoesNotExist)
    } else if let Some((key, value)) = text.split_once("!=") {
        (key, Operator::NotIn(vec![label_value(value)?]))
    } else if let Some((key, value)) = text.split_once("==") {
        (key, Operator::In(vec![label_value(value)?]))
    } else if let Some((key, value)) = text.split_once('=') {
        (key, Operator::In(vec![label_value(value)?]))
    } else if text.contains('(') {
        among(text)?
    } else if let Some((key, value)) = text.split_once('>') {
        (key, Operator::Greater(number(value)?))
    } else if let Some((key, value)) = text.split_once('<') {
        (key, Operator::Less(number(value)?))
    } else {
        (text, Operator::Exists)
    };
    let key = key.trim();
    if key.is_empty()
        || key.contains(|letter: char| !letter.is_ascii_alphanumeric() && !"-_./".contains(letter))
    {
        return Err(format!("unable to parse requirement: invalid label key \"{key}\""));
    }
    Ok(Requirement { key: key.to_owned(), operator })
}

fn among(text: &str) -> Result<(&str, Operator), String> {
    let wrong = || format!("unable to parse requirement: couldn't parse selector \"{text}\"");
    let (head, values) = text.split_once('(').ok_or_else(wrong)?;
    let values = values.strip_suffix(')').ok_or_else(wrong)?;
    let values: Vec<String> = values.split(',').map(label_value).collect::<Result<_, _>>()?;
    let (key, operator) = head.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
    match operator.trim() {
        "in" => Ok((key, Operator::In(values))),
        "notin" => Ok((key, Operator::NotIn(values))),
        other => Err(format!(
            "unable to parse requirement: found '{other}', expected: in, notin, =, ==, !=, gt, lt"
        )),
    }
}

fn label_value(text: &str) -> Result<String, String> {
    let text = text.trim();
    if let Some(found) =
        text.chars().find(|letter| !letter.is_ascii_alphanumeric() && !"-_.".contains(*letter))
    {
        return Err(format!("unable to parse requirement: found '{found}', expected: identifier"));
    }
    Ok(text.to_owned())
}

fn number(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| format!("unable to parse requirement: \"{text}\" is no integer"))
}

fn parse_fields(text: &str, of: &Definition) -> Result<Vec<(String, Operator)>, String> {
    let mut parsed = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (field, operator) = if let Some((field, value)) = part.split_once("!=") {
            (field, Operator::NotIn(vec![value.to_owned()]))
        } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (field, Operator::In(vec![value.to_owned()]))
        } else {
            return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
        };
        if !matches!(field, "metadata.name" | "metadata.namespace") && !of.selectable.contains(&field) {
            return Err(format!("field label not supported: {field}"));
        }
        parsed.push((field.to_owned(), operator));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pods() -> &'static Definition {
        Definition::find("", "v1", "pods").expect("a row")
    }

    #[test]
    fn selectors_choose() {
        let pod = json!({
            "metadata": {"name": "a", "labels": {"app": "api", "tier": "2"}},
            "spec": {"nodeName": "n"}, "status": {"phase": "Running"},
        });
        for (labels, fields, chosen) in [
            ("", "", true),
            ("app=api", "", true),
            ("app==api,tier!=3", "", true),
            ("app in (web, api),tier", "", true),
            ("app notin (api)", "", false),
            ("!app", "", false),
            ("!gone", "", true),
            ("gone!=x", "", true),
            ("tier>1", "", true),
            ("tier<2", "", false),
            ("", "metadata.name=a,status.phase!=Pending", true),
            ("", "spec.nodeName=m", false),
            ("", "metadata.namespace=", true),
        ] {
            let selector = Selector::parse(labels, fields, pods()).expect(labels);
            assert_eq!(selector.matches(&pod), chosen, "{labels} {fields}");
        }
    }

    #[test]
    fn what_is_no_selector_is_told() {
        for (labels, fields, error) in [
            ("a===", "", "unable to parse requirement: found '=', expected: identifier"),
            ("", "spec.nope=1", "field label not supported: spec.nope"),
            ("app in (a", "", "unable to parse requirement: couldn't parse selector \"app in (a\""),
            ("", "x", "invalid selector: 'x'; can't understand 'x'"),
        ] {
            assert_eq!(Selector::parse(labels, fields, pods()), Err(error.to_owned()));
        }
    }
}
