//! What is said to language models and by them: the texts in calls of the chat completions, completions and responses of
//! `OpenAI`, and of the messages of Anthropic.
//! <https://learn.microsoft.com/azure/api-management/llm-content-safety-policy>
//!
//! **Differs from Azure:** which texts count is documented as all of them; images and the arguments of tools are left out.

use serde_json::Value;

/// A message of a prompt.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Who says it; `user` where the protocol has no roles.
    pub role: String,
    /// The text.
    pub text: String,
}

/// An event of an answer that is a stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// Where it ends in the body.
    pub end: usize,
    /// What it adds to the answer.
    pub text: String,
}

/// What a request says to a model; nothing if it is no such request.
pub fn prompt(request: &Value) -> Vec<Said> {
    let mut said = Vec::new();
    for (name, role) in [("system", "system"), ("instructions", "system"), ("prompt", "user")] {
        said.extend(request.get(name).and_then(|value| message(role, value)));
    }
    for name in ["messages", "input"] {
        match request.get(name) {
            Some(Value::Array(messages)) => said.extend(messages.iter().filter_map(|value| {
                let role = value.get("role").and_then(Value::as_str).unwrap_or("user");
                message(role, value)
            })),
            Some(value) => said.extend(message("user", value)),
            None => {}
        }
    }
    said
}

/// The client wants the answer as a stream of events.
pub fn wants_stream(request: &Value) -> bool {
    request.get("stream").and_then(Value::as_bool) == Some(true)
}

/// What a whole answer, or an event of a stream, says.
pub fn answer(answer: &Value) -> String {
    let mut found = Vec::new();
    for choice in answer.get("choices").and_then(Value::as_array).into_iter().flatten() {
        let message = choice.get("message").or_else(|| choice.get("delta"));
        let content = message.map_or_else(|| choice.get("text"), |message| message.get("content"));
        if let Some(content) = content {
            texts(content, &mut found);
        }
    }
    for part in ["output", "content", "delta"].into_iter().filter_map(|name| answer.get(name)) {
        texts(part, &mut found);
    }
    found.concat()
}

/// The events of a stream.
pub fn events(body: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let (mut end, mut text) = (0, String::new());
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        if let Some(data) = line.strip_prefix(b"data:") {
            // What is no JSON is the mark of the end.
            let event = serde_json::from_slice(data).unwrap_or(Value::Null);
            text.push_str(&answer(&event));
        } else if line.trim_ascii().is_empty() {
            events.push(Event { end, text: std::mem::take(&mut text) });
        }
    }
    if events.last().map_or(0, |event| event.end) < end {
        events.push(Event { end, text });
    }
    events
}

fn message(role: &str, value: &Value) -> Option<Said> {
    let mut found = Vec::new();
    texts(value, &mut found);
    (!found.is_empty()).then(|| Said { role: role.to_owned(), text: found.join("\n") })
}

/// A text, or parts that hold texts.
fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(parts) => parts.iter().for_each(|part| texts(part, found)),
        Value::Object(part) => {
            if let Some(inner) = part.get("text").or_else(|| part.get("content")) {
                texts(inner, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect(text)
    }

    #[test]
    fn prompts_are_the_texts_of_all_protocols() {
        for (request, expected) in [
            (
                r#"{"messages":[{"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"image_url","image_url":{}},{"type":"text","text":"c"}]}]}"#,
                &[("system", "a"), ("user", "b\nc")][..],
            ),
            (r#"{"prompt":["a","b"]}"#, &[("user", "a\nb")]),
            (r#"{"instructions":"a","input":"b"}"#, &[("system", "a"), ("user", "b")]),
            (r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"a"}]}]}"#, &[("user", "a")]),
            (
                r#"{"system":[{"text":"a"}],"messages":[{"role":"assistant","content":"b"}]}"#,
                &[("system", "a"), ("assistant", "b")],
            ),
            (r#"{"messages":[{"role":"assistant","tool_calls":[]}]}"#, &[]),
            ("[1]", &[]),
        ] {
            let found = prompt(&json(request));
            let found: Vec<_> = found.iter().map(|said| (said.role.as_str(), said.text.as_str())).collect();
            assert_eq!(found, expected, "{request}");
        }
    }

    #[test]
    fn answers_are_the_texts_of_all_protocols() {
        for (text, expected) in [
            (r#"{"choices":[{"message":{"content":"a"}},{"message":{"content":"b"}}]}"#, "ab"),
            (r#"{"choices":[{"text":"a"}]}"#, "a"),
            (r#"{"choices":[{"delta":{"role":"assistant"}}]}"#, ""),
            (r#"{"output":[{"content":[{"type":"output_text","text":"a"}]}]}"#, "a"),
            (r#"{"content":[{"type":"text","text":"a"}]}"#, "a"),
            (r#"{"type":"response.output_text.delta","delta":"a"}"#, "a"),
            (r#"{"type":"content_block_delta","delta":{"text":"a"}}"#, "a"),
            ("7", ""),
        ] {
            assert_eq!(answer(&json(text)), expected, "{text}");
        }
    }

    #[test]
    fn streams_fall_apart_into_events() {
        let body = "event: x\ndata: {\"delta\":\"a\"}\n\ndata: {\"delta\":\"b\"}\r\n\r\ndata: [DONE]";
        let found: Vec<_> =
            events(body.as_bytes()).into_iter().map(|event| (event.end, event.text)).collect();
        let first = body.find("data: {\"delta\":\"b").expect("the second");
        let second = body.find("data: [").expect("the last");
        assert_eq!(found, [(first, "a".to_owned()), (second, "b".to_owned()), (body.len(), String::new())]);
        assert_eq!(events(b""), []);
    }
}
