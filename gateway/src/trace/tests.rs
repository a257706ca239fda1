//! What traces say, who gets them, and what they keep to themselves.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use apim::{DataPlane, DebugCredentials, NamedValue, Secret, Service};
use sim::{Clock, Timestamp};

use super::{Entry, Outcome, Trace};
use crate::tests::world::{Recorder, Reply, World, policy, service};

const OK: &str = "HTTP/1.1 200 OK\r\nX-Origin: pod\r\nContent-Length: 2\r\n\r\nok";

async fn world(service: Service, clock: Clock) -> World {
    let backend = Recorder::start(OK).await;
    let world = World::start(service, clock, None).await;
    world.pods(&[backend.socket]);
    world
}

fn with_policy(text: &str) -> Service {
    let mut service = service();
    service.apis[0].policy = Some(policy("p.xml", text));
    service
}

/// A line for each policy: what came of it, where it is, what it changed.
fn told(trace: &Trace) -> String {
    let mut text = String::new();
    trace.entries.iter().for_each(|entry| tell(entry, 0, &mut text));
    text
}

fn tell(entry: &Entry, depth: usize, text: &mut String) {
    let outcome = match &entry.outcome {
        Outcome::Ran => "ran".to_owned(),
        Outcome::Answered => "answered".to_owned(),
        Outcome::Failed(why) => format!("failed: {why}"),
        Outcome::Skipped(why) => format!("skipped: {why}"),
    };
    let indent = "  ".repeat(depth);
    let (section, position) = (entry.section.as_str(), entry.position);
    writeln!(text, "{indent}{section} {} {position} {outcome}", entry.policy).expect("a line");
    for branch in &entry.branches {
        writeln!(text, "{indent}  ? {} {:?}", branch.name, branch.held).expect("a line");
        for (part, value) in branch.condition.iter().flat_map(|known| &known.parts) {
            writeln!(text, "{indent}    {part} = {value}").expect("a line");
        }
    }
    for change in &entry.changes {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let (before, after) = (value(&change.before), value(&change.after));
        writeln!(text, "{indent}  {}: {before} > {after}", change.what).expect("a line");
    }
    entry.steps.iter().for_each(|step| tell(step, depth + 1, text));
}

async fn ask(world: &World, lines: &[&str]) -> (Reply, Arc<Trace>) {
    let lines: Vec<&str> = lines.iter().copied().chain(["Apimlab-Trace: 1"]).collect();
    let reply = world.call(&lines).await;
    let id = reply.header("apim-trace-id").expect("a trace").to_owned();
    let trace = world.gateway.trace(&id).expect("kept");
    (reply, trace)
}

#[tokio::test(flavor = "current_thread")]
async fn a_trace_says_what_ran_what_changed_and_why_the_rest_did_not_run() {
    let text = "<policies><inbound><base />\n<set-variable name=\"n\" value=\"@(context.Request.Method.Length)\" />\n\
                <choose>\n<when condition=\"@(context.Request.Method == &quot;POST&quot;)\"><set-method>PUT</set-method></when>\n\
                <when condition=\"@((int)context.Variables[&quot;n&quot;] &gt; 2)\"><set-header name=\"X-N\"><value>1</value></set-header></when>\n\
                <otherwise><set-method>HEAD</set-method></otherwise></choose>\n</inbound>\
                <backend><base /></backend><outbound>\n<return-response><set-status code=\"202\" /></return-response>\n\
                <set-header name=\"X\" exists-action=\"delete\" /></outbound><on-error><set-status code=\"500\" /></on-error></policies>";
    let world = world(with_policy(text), Clock::system()).await;
    let (reply, trace) = ask(&world, &["GET /api/x HTTP/1.1"]).await;
    assert_eq!(reply.status(), 202);
    let expected = "inbound set-variable 2:2 ran\n  variables.n: - > 3\n\
        inbound choose 3:2 ran\n  ? when[1] Some(false)\n    context.Request.Method = GET\n  ? when[2] Some(true)\n    \
        context.Variables[\"n\"] = 3\n    (int)context.Variables[\"n\"] = 3\n  request.headers.x-n: - > 1\n  \
        inbound set-method 4:66 skipped: its condition did not hold\n  \
        inbound set-method 6:13 skipped: `when[2]` held\n  \
        inbound set-header 5:68 ran\n    request.headers.x-n: - > 1\n\
        backend forward-request 1:32 ran\n  response.status: - > 200 OK\n  response.body: 0 bytes > a stream\n  \
        response.headers.content-length: - > 2\n  response.headers.x-origin: - > pod\n\
        outbound return-response 8:2 answered\n  response.status: 200 OK > 202 Accepted\n  \
        response.body: a stream > 0 bytes\n  response.headers.content-length: 2 > -\n  \
        response.headers.x-origin: pod > -\n\
        outbound set-header 9:2 skipped: `return-response` before it answered the request\n\
        on-error set-status 9:69 skipped: nothing failed\n";
    assert_eq!(told(&trace), expected);
    assert_eq!((trace.status, trace.api.as_ref().map(|api| api.1.as_str())), (202, Some("1")));
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_says_what_did_not_run_after_it() {
    let text = "<policies><inbound><set-variable name=\"n\" value=\"@(context.Variables[\"none\"].ToString())\" />\
                <set-method>PUT</set-method></inbound><backend><base /></backend>\
                <on-error><set-header name=\"X-E\"><value>@(context.LastError.Reason)</value></set-header></on-error></policies>";
    let world = world(with_policy(text), Clock::system()).await;
    let (reply, trace) = ask(&world, &["GET /api/x HTTP/1.1"]).await;
    assert_eq!((reply.status(), reply.header("x-e")), (500, Some("ExpressionValueEvaluationFailure")));
    let told = told(&trace);
    for line in [
        "inbound set-variable 1:21 failed: ",
        "inbound set-method 1:",
        "skipped: `set-variable` before it failed",
        "backend forward-request 1:32 skipped: the request ended in inbound",
        "on-error set-header 1:",
        "  response.headers.x-e: - > ExpressionValueEvaluationFailure",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(trace.error.as_ref().is_some_and(|error| error.contains("ExpressionValueEvaluationFailure")));
}

#[tokio::test(flavor = "current_thread")]
async fn secrets_are_in_no_trace() {
    const CANARY: &str = "canary-7f3a";
    let text = "<policies><inbound><base /><set-variable name=\"v\" value=\"@(\"x\" + \"{{secret}}\" + \"y\")\" />\
                <set-header name=\"Authorization\"><value>Basic canary-7f3a-b</value></set-header>\
                <set-variable name=\"w\" value=\"@(context.Request.Headers.GetValueOrDefault(\"Authorization\", \"\"))\" />\
                <set-variable name=\"c\" value=\"@(context.Request.Headers.GetValueOrDefault(\"Cookie\", \"\"))\" />\
                <trace source=\"t\"><message>@(context.Subscription.PrimaryKey + \"{{secret}}{{plain}}\")</message></trace>\
                <choose><when condition=\"@(\"{{secret}}\" == \"a\")\" /></choose></inbound></policies>";
    let mut service = with_policy(text);
    let named = |name: &str, value: &str, secret| NamedValue {
        name: name.to_owned(),
        value: Secret::new(value),
        secret,
    };
    service.named_values =
        vec![named("secret", &format!("{CANARY}-n"), true), named("plain", "visible", false)];
    service.subscriptions[0].primary_key = apim::Key::new(format!("{CANARY}-k"));
    let world = world(service, Clock::system()).await;
    let target = format!("GET /api/x?subscription-key={CANARY}-k HTTP/1.1");
    let (cookie, authorization) =
        (format!("Cookie: {CANARY}-c"), format!("Authorization: Bearer {CANARY}-t"));
    let (_, trace) = ask(&world, &[&target, &cookie, &authorization]).await;
    let whole = format!("{}{trace:?}{:?}", trace.json(), trace.document());
    assert!(!whole.contains("canary"), "{whole}");
    assert!(whole.contains("visible") && whole.contains("[redacted]"), "{whole}");
}

#[tokio::test(flavor = "current_thread")]
async fn tokens_are_good_for_one_api_and_for_a_while() {
    let clock = Clock::manual(Timestamp::parse("2026-01-02T03:04:05Z").expect("a time"));
    let mut service = service();
    service.apis.push(crate::tests::world::api("other", "other").into());
    service.products[0].apis.push("other".to_owned());
    let world = world(service, clock).await;
    let asked = DebugCredentials {
        service: "/services/blog-apim".to_owned(),
        api: "api".to_owned(),
        lifetime: Duration::from_hours(1),
    };
    let token = world.gateway.debug_token(&asked).expect("a token");
    assert!(token.starts_with("aid=api&p=tracing&ex=2026-01-02T04:04:05Z&sn="), "{token}");
    let header = format!("Apim-Debug-Authorization: {token}");
    let call = async |target: &str, header: &str| world.call(&[target, header]).await;
    let good = call("GET /api/x HTTP/1.1", &header).await;
    let id = good.header("apim-trace-id").expect("a trace");
    let document = DataPlane::trace(&*world.gateway, "/SERVICES/blog-apim", id).expect("a trace");
    assert_eq!((document.service.as_str(), document.id.as_str()), ("blog-apim", id));
    assert_eq!(document.backend[0].source, "forward-request");
    assert!(DataPlane::trace(&*world.gateway, "/services/another", id).is_none());
    let wrong = call("GET /other/x HTTP/1.1", &header).await;
    assert_eq!(wrong.header("apim-debug-authorization-wrongapi"), Some("The token is for the API 'api'."));
    let unknown = call("GET /api/x HTTP/1.1", "Apim-Debug-Authorization: aid=api").await;
    world.clock.advance(Duration::from_hours(1));
    let late = call("GET /api/x HTTP/1.1", &header).await;
    let said = "The token expired at 2026-01-02T04:04:05Z.";
    assert_eq!(late.header("apim-debug-authorization-expired"), Some(said));
    for reply in [wrong, unknown, late] {
        assert_eq!((reply.status(), reply.header("apim-trace-id")), (200, None));
    }
    assert_eq!(world.gateway.traces().len(), 1);
    // A token that was made worthless is like one that there never was.
    let token = world.gateway.debug_token(&asked).expect("a token");
    let header = format!("Apim-Debug-Authorization: {token}");
    for (service, traced) in [("/services/another", true), ("/SERVICES/blog-apim", false)] {
        assert!(world.gateway.forget_debug_tokens(service));
        let reply = call("GET /api/x HTTP/1.1", &header).await;
        assert_eq!(reply.header("apim-trace-id").is_some(), traced, "{service}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn some_requests_of_a_second_leave_a_trace_unasked_and_the_newest_stay() {
    let clock = Clock::manual(Timestamp::parse("2026-01-02T03:04:05Z").expect("a time"));
    let world = world(service(), clock).await;
    world.gateway.sample(3);
    for _ in 0..5 {
        let reply = world.call(&["GET /api/x HTTP/1.1"]).await;
        assert_eq!(reply.header("apim-trace-id"), None);
    }
    assert_eq!(world.gateway.traces().len(), 3);
    world.clock.advance(Duration::from_secs(1));
    world.call(&["GET /api/y HTTP/1.1"]).await;
    let urls: Vec<String> = world.gateway.traces().iter().map(|trace| trace.url.clone()).collect();
    assert_eq!((urls.len(), urls[0].ends_with("/api/y")), (4, true), "{urls:?}");
    world.gateway.sample(0);
    world.clock.advance(Duration::from_secs(1));
    world.call(&["GET /api/z HTTP/1.1"]).await;
    assert_eq!(world.gateway.traces().len(), 4);
}
