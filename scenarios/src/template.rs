//! Texts with `{service/NAMESPACE/NAME}` in them: addresses that are known only when the system runs.

use serde_json::{Value, json};

/// A text with the addresses of Services in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Service(ServiceName),
}

/// A Kubernetes Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServiceName {
    pub namespace: String,
    pub name: String,
}

impl Template {
    /// Reads a text; the error says which placeholder is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, behind) = after.split_once('}').ok_or_else(|| "a `{` without its `}`".to_owned())?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Service(ServiceName::parse(inside)?));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// The Services whose addresses the text needs.
    pub(crate) fn services(&self) -> impl Iterator<Item = &ServiceName> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Service(service) => Some(service),
            Piece::Text(_) => None,
        })
    }

    /// The text as a value of a desired body: itself, or a reference that is resolved when the address is known.
    pub(crate) fn value(&self) -> Value {
        let mut format = String::new();
        let mut arguments = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => format.push_str(text),
                Piece::Service(service) => {
                    format.push_str("{}");
                    arguments.push(json!({"$ref": format!("{}.address", service.key())}));
                }
            }
        }
        if arguments.is_empty() {
            Value::String(format)
        } else {
            json!({"$format": format, "args": arguments})
        }
    }

    /// The text with its addresses; the error is the Service whose address is not known.
    pub(crate) fn fill(
        &self,
        address: impl Fn(&ServiceName) -> Option<String>,
    ) -> Result<String, &ServiceName> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(text.clone()),
                Piece::Service(service) => address(service).ok_or(service),
            })
            .collect()
    }
}

impl ServiceName {
    fn parse(inside: &str) -> Result<Self, String> {
        let parts: Vec<&str> = inside.split('/').collect();
        let (namespace, name) = match parts.as_slice() {
            ["service", name] => ("default", *name),
            ["service", namespace, name] => (*namespace, *name),
            _ => return Err(format!("`{{{inside}}}` names nothing")),
        };
        if namespace.is_empty() || name.is_empty() {
            return Err(format!("`{{{inside}}}` names nothing"));
        }
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }

    /// The key under which the Service's address is found.
    pub(crate) fn key(&self) -> String {
        format!("service/{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_references_and_addresses() {
        let template = Template::parse("http://{service/private-api}/x").expect("a template");
        assert_eq!(
            template.value(),
            json!({"$format": "http://{}/x", "args": [{"$ref": "service/default/private-api.address"}]})
        );
        assert_eq!(template.fill(|_| Some("10.10.1.5".to_owned())).as_deref(), Ok("http://10.10.1.5/x"));
        assert_eq!(
            template.fill(|_| None).map_err(ServiceName::key),
            Err("service/default/private-api".to_owned())
        );
        assert_eq!(
            Template::parse("https://example.com").expect("a text").value(),
            json!("https://example.com")
        );
        for wrong in ["{", "{x}", "{service}", "{service//a}", "{pod/default/a}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
