//! Tokens of language models: how many a request and its answer take.
//! <https://learn.microsoft.com/azure/api-management/llm-token-limit-policy>
//!
//! **Differs from Azure:** estimates are a token for four characters, not the model's own; an image is always 1200 tokens.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::Gateway;
use crate::body::{Body, Watch};
use crate::context::Exchange;
use crate::dialog;

/// What an image takes, at most.
const IMAGE: u64 = 1_200;
/// How much of an answer is read for its tokens.
const LENGTH: usize = 16 << 20;

/// How many tokens a call took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Those of the prompt.
    pub prompt: u64,
    /// Those of the answer.
    pub completion: u64,
}

/// What is done with the tokens of an answer once they are known.
pub type Then = Box<dyn FnOnce(&Gateway, Usage) + Send + Sync>;

/// Reads an answer's tokens while it passes.
struct Reader {
    gateway: Arc<Gateway>,
    body: BytesMut,
    prompt: u64,
    then: Option<Then>,
}

impl Usage {
    /// All of them.
    pub fn total(self) -> u64 {
        self.prompt.saturating_add(self.completion)
    }

    /// What an answer says, whole or as a stream of events; what it does not say is estimated.
    pub fn of(body: &[u8], prompt: u64) -> Self {
        if let Ok(answer) = serde_json::from_slice::<Value>(body) {
            return Self::said(&answer).unwrap_or(Self { prompt, completion: estimate_choices(&answer) });
        }
        let text = String::from_utf8_lossy(body);
        let mut found = None;
        let mut characters = 0;
        for data in text.lines().filter_map(|line| line.strip_prefix("data:")) {
            let Ok(event) = serde_json::from_str::<Value>(data.trim()) else { continue };
            found = Self::said(&event).or(found);
            characters += choices(&event);
        }
        found.unwrap_or(Self { prompt, completion: tokens(characters) })
    }

    fn said(answer: &Value) -> Option<Self> {
        let usage = answer.get("usage").or_else(|| answer.get("response")?.get("usage"))?;
        let number = |names: [&str; 2]| names.iter().find_map(|name| usage.get(name)?.as_u64());
        let prompt = number(["prompt_tokens", "input_tokens"])?;
        let completion = number(["completion_tokens", "output_tokens"]).unwrap_or(0);
        Some(Self { prompt, completion })
    }
}

/// An estimate of the tokens in a request's prompt: of chats, completions and embeddings.
pub fn prompt(body: &[u8]) -> u64 {
    let Ok(request) = serde_json::from_slice::<Value>(body) else { return 0 };
    let messages = request.get("messages").and_then(Value::as_array).into_iter().flatten();
    let contents = messages.filter_map(|message| message.get("content"));
    let parts = ["prompt", "input", "instructions"].into_iter().filter_map(|name| request.get(name));
    contents.chain(parts).map(content).sum()
}

/// A text, or parts that are texts and images.
fn content(value: &Value) -> u64 {
    match value {
        Value::String(text) => tokens(text.chars().count()),
        Value::Array(parts) => parts.iter().map(content).sum(),
        Value::Object(part) if part.contains_key("image_url") => IMAGE,
        Value::Object(part) => part.get("text").or_else(|| part.get("content")).map_or(0, content),
        _ => 0,
    }
}

fn tokens(characters: usize) -> u64 {
    u64::try_from(characters.div_ceil(4)).unwrap_or(u64::MAX)
}

fn estimate_choices(answer: &Value) -> u64 {
    tokens(choices(answer))
}

fn choices(answer: &Value) -> usize {
    dialog::answer(answer).chars().count()
}

/// Does something with the tokens of the answer: at once if it is whole, else when it has passed.
pub fn when_known(exchange: &mut Exchange, prompt: u64, then: Then) {
    if let Some(Body::Full(bytes)) = exchange.response.as_ref().map(|response| &response.body) {
        then(&exchange.gateway, Usage::of(bytes, prompt));
    } else {
        let gateway = Arc::clone(&exchange.gateway);
        exchange.watches.push(Box::new(Reader { gateway, body: BytesMut::new(), prompt, then: Some(then) }));
    }
}

/// The answer is a stream of events, which must not be held up.
pub fn is_stream(exchange: &Exchange) -> bool {
    let kind = exchange.response.as_ref().and_then(|response| response.headers.get(CONTENT_TYPE));
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

impl Watch for Reader {
    fn data(&mut self, data: &Bytes) {
        if self.body.len() < LENGTH {
            self.body.extend_from_slice(data);
        }
    }

    fn end(&mut self) {
        if let Some(then) = self.then.take() {
            then(&self.gateway, Usage::of(&self.body, self.prompt));
        }
    }
}

/// An answer that breaks off took tokens all the same.
impl Drop for Reader {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_estimated() {
        for (body, expected) in [
            (
                r#"{"messages":[{"role":"system","content":"12345678"},{"role":"user","content":[{"type":"text","text":"1"},{"type":"image_url","image_url":{}}]}]}"#,
                1_203,
            ),
            (r#"{"prompt":["1234","12345"]}"#, 3),
            (r#"{"input":"1"}"#, 1),
            ("no JSON", 0),
        ] {
            assert_eq!(prompt(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn usage_is_what_the_answer_says_or_an_estimate() {
        for (body, prompt, completion) in [
            (r#"{"usage":{"prompt_tokens":3,"completion_tokens":4}}"#, 3, 4),
            (r#"{"usage":{"input_tokens":3}}"#, 3, 0),
            (r#"{"choices":[{"message":{"content":"12345"}}]}"#, 9, 2),
            (
                "data: {\"choices\":[{\"delta\":{\"content\":\"123\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"45\"}}]}\n\ndata: [DONE]\n",
                9,
                2,
            ),
            (
                "data: {\"choices\":[]}\n\ndata: {\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n",
                1,
                2,
            ),
            ("", 9, 0),
        ] {
            assert_eq!(Usage::of(body.as_bytes(), 9), Usage { prompt, completion }, "{body}");
        }
    }
}
