//! The operations of a document.

use std::collections::HashSet;

use arm::ErrorResponse;
use serde_json::{Map, Value, json};

use super::document::Document;
use super::schemas::Schemas;
use super::{names, parsing};

/// The methods that a path can have.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// One operation while it is read.
struct Reader<'d, 's> {
    document: &'d Document<'d>,
    schemas: &'s mut Schemas,
    method: &'d str,
    path: &'d str,
    written: &'d Value,
    parameters: Vec<&'d Value>,
}

/// All operations: name and `properties`.
pub fn read(
    document: &Document<'_>,
    schemas: &mut Schemas,
    required_in_template: bool,
) -> Result<Vec<(String, Value)>, ErrorResponse> {
    let mut operations = Vec::new();
    let mut taken = HashSet::new();
    for (path, item) in document.get("paths").as_object().into_iter().flatten() {
        let item = document.resolve(item)?;
        let shared = parameters(document, item)?;
        for method in METHODS {
            let Some(written) = item.get(*method) else { continue };
            let mut own = parameters(document, written)?;
            let same = |one: &Value, other: &Value| {
                ["name", "in"].iter().all(|field| one.get(*field) == other.get(*field))
            };
            let inherited: Vec<&Value> =
                shared.iter().copied().filter(|one| !own.iter().any(|other| same(one, other))).collect();
            own.extend(inherited);
            let id = written.get("operationId").and_then(Value::as_str);
            let name = names::resource_name(id, method, path, &mut taken);
            let mut reader = Reader { document, schemas, method, path, written, parameters: own };
            operations.push((name, reader.operation(required_in_template)?));
        }
    }
    Ok(operations)
}

fn parameters<'d>(document: &Document<'d>, of: &'d Value) -> Result<Vec<&'d Value>, ErrorResponse> {
    let written = of.get("parameters").and_then(Value::as_array).into_iter().flatten();
    written.map(|parameter| document.resolve(parameter)).collect()
}

impl<'d> Reader<'d, '_> {
    fn operation(&mut self, required_in_template: bool) -> Result<Value, ErrorResponse> {
        let own = |name: &str| self.written.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let id = own("operationId").map(str::to_owned);
        let title = own("summary").map(str::to_owned).or(id);
        let title = title.unwrap_or_else(|| format!("{} - {}", self.method, self.path));
        let description = own("description").or_else(|| own("summary")).map(str::to_owned);
        let is_required = |one: &&Value| one.get("required").and_then(Value::as_bool).unwrap_or(false);
        let (moved, query): (Vec<&Value>, Vec<&Value>) =
            self.placed("query").into_iter().partition(|one| required_in_template && is_required(one));
        let template = self.template(&moved);
        let mut in_path = self.declared()?;
        in_path.extend(moved.iter().map(|one| self.parameter(one, "query")));
        let query: Vec<Value> = query.iter().map(|one| self.parameter(one, "query")).collect();
        let headers = self.placed("header");
        let headers: Vec<Value> = headers.iter().map(|one| self.parameter(one, "header")).collect();
        let representations = self.request()?;
        Ok(json!({
            "displayName": title.chars().take(300).collect::<String>(),
            "method": self.method.to_uppercase(),
            "urlTemplate": template,
            "description": description,
            "templateParameters": in_path,
            "request": {"queryParameters": query, "headers": headers, "representations": representations},
            "responses": self.responses()?,
            "policies": null,
        }))
    }

    /// The parameters in one place of the request.
    fn placed(&self, place: &str) -> Vec<&'d Value> {
        let is_there = |one: &&Value| one.get("in").and_then(Value::as_str) == Some(place);
        self.parameters.iter().copied().filter(is_there).collect()
    }

    /// The path, with the query parameters that are part of the template.
    fn template(&self, query: &[&Value]) -> String {
        let mut template = self.path.to_owned();
        for (at, parameter) in query.iter().enumerate() {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            template.push(if at == 0 && !template.contains('?') { '?' } else { '&' });
            template.extend([name, "={", name, "}"]);
        }
        template
    }

    /// What the path names in braces; the document need not describe it.
    fn declared(&mut self) -> Result<Vec<Value>, ErrorResponse> {
        let mut found = Vec::new();
        for part in self.path.split('{').skip(1) {
            let Some((name, _)) = part.split_once('}') else {
                return Err(parsing(&format!("the path `{}` has unmatched braces", self.path)));
            };
            let written = self
                .placed("path")
                .into_iter()
                .find(|one| one.get("name").and_then(Value::as_str) == Some(name));
            let mut parameter = match written {
                Some(written) => self.parameter(written, "path"),
                None => json!({"name": name, "type": "string"}),
            };
            parameter["required"] = Value::Bool(true);
            found.push(parameter);
        }
        Ok(found)
    }

    fn parameter(&mut self, written: &Value, place: &str) -> Value {
        // Version 2 writes the schema beside the name.
        let schema = written.get("schema").unwrap_or(written);
        let schema = self.document.resolve_or(schema);
        let own = |name: &str| written.get(name).cloned();
        let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
        let mut parameter = Map::new();
        let name = own("name").unwrap_or(Value::Null);
        if let Some((id, kind)) = written.get("schema").and_then(|schema| {
            schema.get("$ref")?;
            self.schemas.refer(schema, (self.method, self.path, place))
        }) {
            parameter.insert("schemaId".to_owned(), id.into());
            parameter.insert("typeName".to_owned(), kind.into());
        }
        parameter.insert("name".to_owned(), name);
        parameter.insert("type".to_owned(), kind.unwrap_or("string").into());
        if let Some(description) = own("description") {
            parameter.insert("description".to_owned(), description);
        }
        if written.get("required").and_then(Value::as_bool) == Some(true) {
            parameter.insert("required".to_owned(), true.into());
        }
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Some(default) = schema.get("default") {
            parameter.insert("defaultValue".to_owned(), text(default).into());
        }
        let values: Vec<String> =
            schema.get("enum").and_then(Value::as_array).into_iter().flatten().map(text).collect();
        parameter.insert("values".to_owned(), values.into());
        Value::Object(parameter)
    }

    fn request(&mut self) -> Result<Vec<Value>, ErrorResponse> {
        if !self.document.is_swagger {
            let body = self.document.resolve(self.written.get("requestBody").unwrap_or(&Value::Null))?;
            return Ok(self.content(body, "Request"));
        }
        let Some(schema) = self.placed("body").into_iter().find_map(|body| body.get("schema")) else {
            return Ok(Vec::new());
        };
        Ok(self.media("consumes", schema, &Value::Null, "Request"))
    }

    fn responses(&mut self) -> Result<Vec<Value>, ErrorResponse> {
        let mut found = Vec::new();
        for (status, written) in
            self.written.get("responses").and_then(Value::as_object).into_iter().flatten()
        {
            // `default` and `4XX` have no place in an operation.
            let Ok(code) = status.parse::<u16>() else { continue };
            let written = self.document.resolve(written)?;
            let place = format!("{status} Response");
            let representations = match written.get("schema") {
                Some(schema) => {
                    let examples = written.get("examples").unwrap_or(&Value::Null).clone();
                    self.media("produces", &schema.clone(), &examples, &place)
                }
                None => self.content(written, &place),
            };
            let mut headers = Vec::new();
            for (name, header) in written.get("headers").and_then(Value::as_object).into_iter().flatten() {
                let mut header = self.document.resolve(header)?.clone();
                if let Some(header) = header.as_object_mut() {
                    header.insert("name".to_owned(), name.as_str().into());
                }
                headers.push(self.parameter(&header, "header"));
            }
            found.push(json!({"statusCode": code, "description": written.get("description"),
                "headers": headers, "representations": representations}));
        }
        Ok(found)
    }

    /// `content` of version 3: a schema and examples for each media type.
    fn content(&mut self, of: &Value, place: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for (media, written) in of.get("content").and_then(Value::as_object).into_iter().flatten() {
            let mut examples = Map::new();
            if let Some(example) = written.get("example") {
                examples.insert("default".to_owned(), json!({"value": example}));
            }
            for (name, example) in written.get("examples").and_then(Value::as_object).into_iter().flatten() {
                // The document's references outlive `of`, which may be a copy.
                let value = match example.get("$ref").and_then(Value::as_str) {
                    Some(_) => self.document.resolve_or(example).get("value").cloned(),
                    None => example.get("value").cloned(),
                };
                examples.insert(name.clone(), json!({"value": value}));
            }
            let schema = written.get("schema").cloned().unwrap_or(Value::Null);
            found.push(self.representation(media, &schema, &examples, place));
        }
        found
    }

    /// The media types of version 2, which has one schema for all of them.
    fn media(&mut self, list: &str, schema: &Value, examples: &Value, place: &str) -> Vec<Value> {
        let own = self.written.get(list).and_then(Value::as_array);
        let media: Vec<String> = own
            .or_else(|| self.document.get(list).as_array())
            .map(|media| media.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default();
        let media = if media.is_empty() { vec!["application/json".to_owned()] } else { media };
        media
            .iter()
            .map(|media| {
                let example =
                    examples.get(media).map(|value| ("default".to_owned(), json!({"value": value})));
                self.representation(media, schema, &example.into_iter().collect(), place)
            })
            .collect()
    }

    fn representation(
        &mut self,
        media: &str,
        schema: &Value,
        examples: &Map<String, Value>,
        place: &str,
    ) -> Value {
        let mut representation = json!({"contentType": media, "examples": examples});
        let (status, kind) = place.rsplit_once(' ').unwrap_or(("", place));
        let place = format!("{status} {media} {kind}");
        if let Some((id, name)) = self.schemas.refer(schema, (self.method, self.path, &place)) {
            representation["schemaId"] = id.into();
            representation["typeName"] = name.into();
        }
        representation
    }
}
