//! Policies for language models, with a stand-in for the model and for the services that look at what is said to it.

use std::time::Duration;

use serde_json::{Value, json};
use sim::{Clock, Timestamp};

use super::scripted::{Answer, Asked, Scripted};
use super::world::{Reply, World, policy, service};

/// A gateway whose only API has these policies, and a backend that stands for all services.
struct Lab {
    world: World,
    backend: Scripted,
}

impl Lab {
    async fn start(inbound: &str, outbound: &str) -> Self {
        let mut service = service();
        let text = format!(
            "<policies><inbound><base />{inbound}</inbound><backend><base /></backend><outbound><base />{outbound}</outbound></policies>"
        );
        service.apis[0].policy = Some(policy("models", &text));
        let backend = Scripted::start(respond).await;
        let world = World::start(service, Clock::manual(Timestamp::from_unix_seconds(0)), None).await;
        world.pods(&[backend.socket]);
        Self { world, backend }
    }

    async fn call(&self, body: &Value) -> Reply {
        let (body, host) = (body.to_string(), "Host: blog-apim.azure-api.net");
        let length = format!("Content-Length: {}", body.len());
        self.world.call(&["POST /api/x HTTP/1.1", host, &length, "", &body]).await
    }

    /// A request that says this to the model.
    async fn say(&self, text: &str) -> Reply {
        self.call(&json!({ "messages": [{ "role": "user", "content": text }] })).await
    }

    fn texts(&self) -> Vec<String> {
        self.backend
            .seen("/contentsafety/text:analyze")
            .iter()
            .map(|asked| asked.text("/text").to_owned())
            .collect()
    }
}

/// Severity 4 of hate is `hate`, a term of a blocklist is `secret`, an attack is `ignore`; the model repeats the last thing
/// that is said, as a stream if it is asked for one.
fn respond(asked: &Asked) -> Answer {
    let body = match asked.target.split('?').next() {
        Some("/contentsafety/text:analyze") => {
            let text = asked.text("/text");
            let severity = if text.contains("hate") { 4 } else { 0 };
            let matches =
                if text.contains("secret") { vec![json!({ "blocklistName": "names" })] } else { Vec::new() };
            json!({ "blocklistsMatch": matches, "categoriesAnalysis": [{ "category": "Hate", "severity": severity }] })
        }
        Some("/contentsafety/text:shieldPrompt") => {
            let attack = asked.text("/userPrompt").contains("ignore");
            json!({ "userPromptAnalysis": { "attackDetected": attack }, "documentsAnalysis": [] })
        }
        Some("/embeddings") => {
            // A meaning is its length and whether it asks.
            let text = asked.text("/input");
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            json!({ "data": [{ "embedding": [f64::from(length), if text.contains('?') { 100.0 } else { 0.0 }] }] })
        }
        _ => return model(asked),
    };
    ("200 OK\r\nContent-Type: application/json", body.to_string())
}

fn model(asked: &Asked) -> Answer {
    let last = asked.body.pointer("/messages").and_then(Value::as_array).and_then(|messages| messages.last());
    let said = last.and_then(|message| message["content"].as_str()).unwrap_or_default();
    let said = said.strip_prefix("say ").unwrap_or("fine");
    if last.is_some_and(|message| message["content"] == "fail") {
        return ("500 Internal Server Error", String::new());
    }
    if asked.body["stream"] == true {
        let events = said
            .split_inclusive(' ')
            .map(|word| format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": word } }] })));
        let text = events.chain(["data: [DONE]\n\n".to_owned()]).collect();
        return ("200 OK\r\nContent-Type: text/event-stream", text);
    }
    let body = json!({ "choices": [{ "message": { "role": "assistant", "content": said.replace("hxte", "hate") } }] });
    ("200 OK\r\nContent-Type: application/json", body.to_string())
}

const BLOCKED: &str = "{ \"statusCode\": 403, \"message\": \"Request failed content safety check.\" }";
const HATE: &str = "<categories><category name='Hate' threshold='4' /></categories>";

#[tokio::test(flavor = "current_thread")]
async fn prompts_that_harm_attack_or_hold_a_term_of_a_blocklist_get_no_further() {
    let inbound = format!(
        "<llm-content-safety backend-id='@(\"safety\")' shield-prompt='true'>{HATE}<blocklists><id>names</id></blocklists></llm-content-safety>"
    );
    let lab = Lab::start(&inbound, "").await;
    for (text, status, analyses, attacks, calls) in [
        ("hello", 200, 1, 1, 1),
        ("I hate", 403, 2, 1, 1),
        ("a secret", 403, 3, 1, 1),
        ("ignore that", 403, 4, 2, 1),
        ("say hxte", 200, 5, 3, 2),
    ] {
        let reply = lab.say(text).await;
        assert_eq!(reply.status(), status, "{text}: {}", reply.body);
        assert_eq!(reply.body == BLOCKED, status == 403, "{text}: {}", reply.body);
        assert_eq!(lab.texts().len(), analyses, "{text}");
        assert_eq!(
            lab.backend.seen("/contentsafety/text:shieldPrompt?api-version=2024-09-01").len(),
            attacks,
            "{text}"
        );
        assert_eq!(lab.backend.seen("/x").len(), calls, "{text}");
    }
    let asked = &lab.backend.seen("/contentsafety/text:analyze?api-version=2024-09-01")[0];
    let expected = json!({
        "text": "hello", "outputType": "FourSeverityLevels", "categories": ["Hate"], "blocklistNames": ["names"]
    });
    assert_eq!(asked.body, expected);
    assert_eq!(asked.header("api-key"), Some("key of safety"));
    assert_eq!(asked.header("authorization"), Some("Bearer own@api://safety"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_threshold_is_the_severity_from_which_on_nothing_passes() {
    for (threshold, status) in [(0, 403), (4, 403), (5, 200)] {
        let inbound = format!(
            "<llm-content-safety backend-id='safety'><categories output-type='EightSeverityLevels'>\
             <category name='Hate' threshold='@({threshold})' /></categories></llm-content-safety>"
        );
        let lab = Lab::start(&inbound, "").await;
        assert_eq!(lab.say("I hate").await.status(), status, "{threshold}");
        assert_eq!(lab.backend.seen("/contentsafety")[0].text("/outputType"), "EightSeverityLevels");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn long_prompts_are_looked_at_in_parts_and_are_too_long_for_the_shield() {
    let inbound =
        format!("<llm-content-safety backend-id='safety' window-size='10'>{HATE}</llm-content-safety>");
    let lab = Lab::start(&inbound, "").await;
    let long = format!("{} hate", "ä".repeat(10_000));
    assert_eq!(lab.say(&long).await.status(), 403);
    let lengths: Vec<usize> = lab.texts().iter().map(|text| text.chars().count()).collect();
    assert_eq!(lengths, [10_000, 5]);
    let lab = Lab::start("<llm-content-safety backend-id='safety' shield-prompt='true' />", "").await;
    assert_eq!(lab.say(&"a".repeat(10_000)).await.status(), 200);
    assert_eq!(lab.say(&"a".repeat(10_001)).await.status(), 403);
    assert_eq!(lab.backend.seen("/contentsafety/").len(), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn answers_are_looked_at_in_outbound_and_where_inbound_says_so() {
    let element = |attributes: &str| {
        format!("<llm-content-safety backend-id='safety' {attributes}>{HATE}</llm-content-safety>")
    };
    let windows = "window-size='6' window-overlap-size='3'";
    for (inbound, outbound) in [
        (element(&format!("enforce-on-completions='true' {windows}")), String::new()),
        (String::new(), element(windows)),
    ] {
        let lab = Lab::start(&inbound, &outbound).await;
        assert_eq!(lab.say("say well said").await.status(), 200, "{inbound}");
        let reply = lab.say("say hxte").await;
        assert_eq!((reply.status(), reply.body.as_str()), (403, BLOCKED), "{inbound}");
        assert_eq!(lab.backend.seen("/x").len(), 2, "{inbound}");
        let texts = lab.texts();
        assert!(texts.contains(&"well s".to_owned()) && texts.contains(&"l said".to_owned()), "{texts:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_stream_ends_before_what_must_not_pass() {
    let outbound =
        format!("<llm-content-safety backend-id='safety' window-size='10'>{HATE}</llm-content-safety>");
    let lab = Lab::start("", &outbound).await;
    for (text, expected) in [
        ("say one two three", &["one ", "two ", "three", "[DONE]"][..]),
        // The first ten characters are good; the event that goes on behind them is not theirs alone.
        ("say one two three hate you", &["one ", "two "]),
        ("say hate", &[]),
    ] {
        let reply = lab.call(&json!({ "stream": true, "messages": [{ "content": text }] })).await;
        assert_eq!(
            (reply.status(), reply.header("content-type")),
            (200, Some("text/event-stream")),
            "{text}"
        );
        let found: Vec<String> = reply.body.split_terminator("\n\n").map(words).collect();
        assert_eq!(found, expected, "{text}");
    }
}

fn words(event: &str) -> String {
    let data = event.strip_prefix("data: ").unwrap_or(event);
    let json: Value = serde_json::from_str(data).unwrap_or_default();
    json.pointer("/choices/0/delta/content").and_then(Value::as_str).unwrap_or(data).to_owned()
}

const LOOKUP: &str = "<llm-semantic-cache-lookup score-threshold='0.05' embeddings-backend-id='embeddings' ignore-system-messages='true' \
                      max-message-count='2'><vary-by>@(context.Request.Headers.GetValueOrDefault(\"X-User\",\"\"))</vary-by>\
                      </llm-semantic-cache-lookup>";

#[tokio::test(flavor = "current_thread")]
async fn prompts_that_mean_the_same_get_the_answer_that_is_kept() {
    let lab = Lab::start(LOOKUP, "<llm-semantic-cache-store duration='60' />").await;
    let message = |role: &str, text: &str| json!({ "role": role, "content": text });
    for (messages, embeddings, calls) in [
        (json!([message("user", "say one")]), 1, 1),
        (json!([message("user", "say another")]), 2, 1),
        (json!([message("user", "say one?")]), 3, 2),
        (json!([message("system", "why?"), message("user", "say a third")]), 4, 2),
        (json!([message("user", "a"), message("user", "b"), message("user", "c")]), 4, 3),
        (json!([]), 4, 4),
    ] {
        let reply = lab.call(&json!({ "messages": messages })).await;
        assert_eq!(reply.status(), 200, "{messages}");
        assert_eq!(lab.backend.seen("/embeddings").len(), embeddings, "{messages}");
        assert_eq!(lab.backend.seen("/x").len(), calls, "{messages}");
        if embeddings != 3 && calls < 3 {
            assert!(reply.body.contains("\"one\""), "{messages}: {}", reply.body);
            assert_eq!(reply.header("content-type"), Some("application/json"), "{messages}");
        }
    }
    let asked = &lab.backend.seen("/embeddings")[0];
    assert_eq!(asked.body, json!({ "input": "say one" }));
    assert_eq!(asked.header("authorization"), Some("Bearer own@https://cognitiveservices.azure.com"));
    lab.world.clock.advance(Duration::from_mins(1));
    assert!(lab.say("say another").await.body.contains("another"));
}

#[tokio::test(flavor = "current_thread")]
async fn only_good_answers_of_the_own_partition_are_found_and_no_streams() {
    let outbound = "<set-header name='X-After'><value>1</value></set-header><azure-openai-semantic-cache-store duration='60' />\
                    <set-header name='X-Late' exists-action='append'><value>1</value></set-header>";
    let inbound = "<set-header name='X-User'><value>@(context.Request.Body.As<string>(true).Contains(\"two\") ? \"2\" : \"1\")</value></set-header>";
    let lookup = LOOKUP.replace("llm-", "azure-openai-");
    let lab = Lab::start(&format!("{inbound}{lookup}"), outbound).await;
    for (text, stream, calls) in [
        ("fail", false, 1),
        ("say one", false, 2),
        ("say two", false, 3),
        ("say one", true, 4),
        ("say three", false, 4),
    ] {
        let reply =
            lab.call(&json!({ "stream": stream, "messages": [{ "role": "user", "content": text }] })).await;
        assert_eq!(lab.backend.seen("/x").len(), calls, "{text}");
        assert_eq!((reply.header("x-after"), reply.header("x-late")), (Some("1"), Some("1")), "{text}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_answer_that_must_not_pass_is_not_kept() {
    let safety = format!(
        "<llm-content-safety backend-id='safety' enforce-on-completions='true'>{HATE}</llm-content-safety>"
    );
    let lab = Lab::start(&format!("{safety}{LOOKUP}"), "<llm-semantic-cache-store duration='60' />").await;
    for (text, status, calls) in [("say hxte", 403, 1), ("say fine", 200, 2), ("say hxte", 200, 2)] {
        let reply = lab.say(text).await;
        assert_eq!((reply.status(), lab.backend.seen("/x").len()), (status, calls), "{text}: {}", reply.body);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn traces_say_why_a_prompt_was_blocked_and_how_near_the_nearest_was() {
    let safety = format!("<llm-content-safety backend-id='safety'>{HATE}</llm-content-safety>");
    let lab = Lab::start(&format!("{safety}{LOOKUP}"), "<llm-semantic-cache-store duration='60' />").await;
    lab.world.gateway.sample(100);
    for (text, expected) in [
        ("I hate", "Hate of severity 4 is not below 4"),
        ("hello", "\"status\":200"),
        ("hello again", "the nearest of the kept prompts is at a distance of 0"),
    ] {
        lab.say(text).await;
        let trace = lab.world.gateway.traces().first().expect("a trace").json().to_string();
        assert!(trace.contains(expected), "{text}: {trace}");
    }
}
