//! Azure AI Content Safety, as `llm-content-safety` calls it: harm in a text, terms of blocklists in it, and prompts that
//! attack.
//! <https://learn.microsoft.com/rest/api/contentsafety/text-operations/analyze-text>
//!
//! **Differs from Azure:** whatever is no proper answer of the service lets nothing pass, as in Azure; that a text takes
//! more than [`WINDOWS`] calls is the sandbox's own bound.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::ask::{Question, Reply};
use crate::backend::Entity;
use crate::context::Exchange;
use crate::error::{LastError, Reason, Source};

/// The element that asks.
pub const POLICY: &str = "llm-content-safety";
/// How many characters the service takes at once.
pub const LIMIT: usize = 10_000;
/// How many calls a text may take.
const WINDOWS: usize = 200;
const ANALYZE: &str = "/contentsafety/text:analyze?api-version=2024-09-01";
const SHIELD: &str = "/contentsafety/text:shieldPrompt?api-version=2024-09-01";

/// What must not pass, for one request.
#[derive(Debug)]
pub struct Check {
    /// The backend that is the service.
    pub backend: Arc<Entity>,
    /// Prompts that attack must not.
    pub shield: bool,
    /// Harm must not, from a severity on.
    pub categories: Vec<(Arc<str>, i64)>,
    /// How fine severities are.
    pub output_type: Arc<str>,
    /// Texts with terms of these lists must not.
    pub blocklists: Vec<String>,
}

/// How a text is cut for the service.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// Characters of a window.
    pub size: usize,
    /// Characters of it that were in the window before.
    pub overlap: usize,
}

/// Why a text must not pass, and how many of its characters are good.
#[derive(Debug)]
pub struct Bad {
    /// The reason, without the text.
    pub why: String,
    /// How many characters came before.
    pub good: usize,
}

impl Windows {
    /// Those of prompts.
    pub const WHOLE: Self = Self { size: LIMIT, overlap: 0 };

    /// Where the windows of a text begin and end, in characters.
    fn of(self, length: usize) -> impl Iterator<Item = (usize, usize)> {
        let step = self.size.saturating_sub(self.overlap).max(1);
        let more = length.saturating_sub(self.size).div_ceil(step);
        let some = usize::from(length > 0);
        (0..some + more).map(move |at| (at * step, (at * step + self.size).min(length)))
    }
}

impl Check {
    /// Looks at a prompt.
    ///
    /// # Errors
    /// The prompt must not pass, or the service cannot be asked.
    pub async fn prompt(&self, exchange: &Exchange, text: &str) -> Result<(), LastError> {
        if let Some(bad) = self.text(exchange, text, Windows::WHOLE).await? {
            return Err(blocked(bad.why));
        }
        if !self.shield || text.is_empty() {
            return Ok(());
        }
        if text.chars().nth(LIMIT).is_some() {
            return Err(blocked(format!(
                "the prompt is longer than the {LIMIT} characters that are looked at for attacks"
            )));
        }
        let reply = self.ask(exchange, SHIELD, &json!({ "userPrompt": text, "documents": [] })).await?;
        let found = reply.body.pointer("/userPromptAnalysis/attackDetected").and_then(Value::as_bool);
        match found.filter(|_| reply.status == StatusCode::OK) {
            Some(false) => Ok(()),
            Some(true) => Err(blocked("the prompt is an attack".to_owned())),
            None => Err(blocked(strange(&reply))),
        }
    }

    /// Looks at a text, window by window, up to the first that must not pass.
    ///
    /// # Errors
    /// The service cannot be asked.
    pub async fn text(
        &self,
        exchange: &Exchange,
        text: &str,
        windows: Windows,
    ) -> Result<Option<Bad>, LastError> {
        if self.categories.is_empty() && self.blocklists.is_empty() {
            return Ok(None);
        }
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let byte = |character: usize| starts.get(character).copied().unwrap_or(text.len());
        let mut good = 0;
        for (at, (from, to)) in windows.of(starts.len() - 1).enumerate() {
            let window = text.get(byte(from)..byte(to)).unwrap_or_default();
            let why = if at < WINDOWS {
                self.window(exchange, window).await?
            } else {
                Some(format!("the text takes more than {WINDOWS} calls"))
            };
            if let Some(why) = why {
                return Ok(Some(Bad { why, good }));
            }
            good = to;
        }
        Ok(None)
    }

    /// Why one window must not pass.
    async fn window(&self, exchange: &Exchange, text: &str) -> Result<Option<String>, LastError> {
        let mut body = json!({ "text": text, "outputType": *self.output_type });
        if !self.categories.is_empty() {
            body["categories"] = self.categories.iter().map(|(name, _)| Value::from(&**name)).collect();
        }
        if !self.blocklists.is_empty() {
            body["blocklistNames"] = self.blocklists.iter().map(String::as_str).collect();
        }
        let reply = self.ask(exchange, ANALYZE, &body).await?;
        if reply.status != StatusCode::OK || !reply.body.is_object() {
            return Ok(Some(strange(&reply)));
        }
        let found = |name: &str| reply.body.get(name).and_then(Value::as_array).into_iter().flatten();
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        if let Some(hit) = found("blocklistsMatch").next() {
            return Ok(Some(format!("the blocklist '{}' has a term of it", text(hit, "blocklistName"))));
        }
        for (name, threshold) in &self.categories {
            let category = found("categoriesAnalysis").find(|category| text(category, "category") == **name);
            match category.and_then(|category| category.get("severity")?.as_i64()) {
                Some(severity) if severity < *threshold => {}
                Some(severity) => {
                    return Ok(Some(format!("{name} of severity {severity} is not below {threshold}")));
                }
                None => return Ok(Some(format!("the service says nothing about {name}"))),
            }
        }
        Ok(None)
    }

    async fn ask(&self, exchange: &Exchange, path: &str, body: &Value) -> Result<Reply, LastError> {
        let question = Question { policy: POLICY, backend: &self.backend, path, resource: None, body };
        question.ask(exchange).await
    }
}

/// The answer to what must not pass.
pub fn blocked(why: String) -> LastError {
    LastError::new(Source::Policy(POLICY), Reason::ContentSafetyCheckFailed, why)
        .answered(StatusCode::FORBIDDEN, "Request failed content safety check.")
}

fn strange(reply: &Reply) -> String {
    format!("the service answered {} instead of a verdict", reply.status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_a_text_and_overlap_as_they_are_told() {
        for ((size, overlap), length, expected) in [
            ((10, 0), 0, &[][..]),
            ((10, 0), 10, &[(0, 10)]),
            ((10, 0), 11, &[(0, 10), (10, 11)]),
            ((4, 2), 7, &[(0, 4), (2, 6), (4, 7)]),
            ((4, 2), 3, &[(0, 3)]),
            ((1, 5), 2, &[(0, 1), (1, 2)]),
        ] {
            let found: Vec<_> = Windows { size, overlap }.of(length).collect();
            assert_eq!(found, expected, "{size}, {overlap} of {length}");
        }
    }
}
