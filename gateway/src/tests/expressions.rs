//! Expressions at work: what they see, and what happens when they fail.

use crate::tests::world::{Recorder, World, policy, service};

/// Answers of a gateway whose API has this policy, in front of a backend that answers `backend`.
async fn check(sections: &str, request: &[&str], status: u16, body: &str) {
    let mut service = service();
    service.apis[0].policy = Some(policy("p", &format!("<policies>{sections}</policies>")));
    let backend = Recorder::start("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nX-A: 1\r\n\r\nbackend").await;
    let world = World::with(service).await;
    world.pods(&[backend.socket]);
    let reply = world.call(request).await;
    assert_eq!((reply.status(), reply.body.as_str()), (status, body), "{sections}");
}

const REST: &str = "<backend><base /></backend>";

#[tokio::test(flavor = "current_thread")]
async fn an_expression_that_fails_leads_to_on_error_with_azures_words() {
    let failing = r#"<inbound><choose><when condition="true"><set-header name="X" id="h"><value>@(context.Variables["a"].ToString())</value></set-header></when></choose></inbound>"#;
    let on_error = r#"<on-error><set-body>@(context.LastError.Source + "|" + context.LastError.Reason + "|" + context.LastError.Scope + "|" + context.LastError.Section + "|" + context.LastError.Path + "|" + context.LastError.PolicyId + "|" + context.LastError.Message + "|" + context.Response.StatusCode)</set-body></on-error>"#;
    let expected = r"set-header|ExpressionValueEvaluationFailure|api|inbound|choose[1]\when[1]\set-header[1]|h|Expression evaluation failed. The given key 'a' was not present in the dictionary.|500";
    check(&format!("{failing}{REST}{on_error}"), &["GET /api/x HTTP/1.1"], 500, expected).await;
    let built_in = "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \
                    \"00000000-0000-0000-0000-000000000001\" }";
    check(&format!("{failing}{REST}"), &["GET /api/x HTTP/1.1"], 500, built_in).await;
    let endless = r"<inbound><set-variable name='a' value='@{ while (true) { } }' /></inbound>";
    check(&format!("{endless}{REST}"), &["GET /api/x HTTP/1.1"], 500, built_in).await;
}

#[tokio::test(flavor = "current_thread")]
async fn bodies_are_read_once_unless_preserved() {
    let respond = |code: &str| {
        format!("<inbound><return-response><set-body>@({code})</set-body></return-response></inbound>{REST}")
    };
    let no_body = &["GET /api/x HTTP/1.1"];
    check(&respond("context.Request.Body == null ? \"none\" : \"some\""), no_body, 200, "none").await;
    let twice = |preserve: &str| {
        format!(
            "<inbound /><backend><base /></backend><outbound>\
             <set-variable name='a' value='@(context.Response.Body.As<string>({preserve}))' />\
             <set-body>@((string)context.Variables[\"a\"] + context.Response.Body.As<string>())</set-body></outbound>\
             <on-error><set-body>@(context.LastError.Message)</set-body></on-error>"
        )
    };
    check(&twice("preserveContent: true"), no_body, 200, "backendbackend").await;
    let consumed = "Expression evaluation failed. The message body was consumed already.";
    check(&twice(""), no_body, 500, consumed).await;
    let gone = "<inbound /><backend><base /></backend><outbound>\
                <set-variable name='a' value='@(context.Response.Body.As<string>())' /></outbound>";
    check(gone, no_body, 200, "").await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_rate_limit_turns_the_next_call_away_until_its_period_is_over() {
    use std::time::Duration;

    use sim::{Clock, Timestamp};

    let mut service = service();
    let text = "<policies><inbound><base /><rate-limit calls='1' renewal-period='60' /><return-response />\
                </inbound></policies>";
    service.apis[0].policy = Some(policy("p", text));
    let clock = Clock::manual(Timestamp::from_unix_seconds(1_764_000_000));
    let world = World::start(service, clock, None).await;
    let call = async || world.call(&["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: primary"]).await;
    assert_eq!(call().await.status(), 200);
    world.clock.advance(Duration::from_secs(10));
    let refused = call().await;
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("50")));
    world.clock.advance(Duration::from_secs(50));
    assert_eq!(call().await.status(), 200);
}

#[tokio::test(flavor = "current_thread")]
async fn named_values_stand_in_expressions_and_literals() {
    use apim::{NamedValue, Secret};

    let mut service = service();
    service.named_values =
        vec![NamedValue { name: "who".to_owned(), value: Secret::new("world"), secret: false }];
    let text = "<policies><inbound><return-response><set-header name='X-{{who}}'><value>{{who}}</value></set-header>\
                <set-body>@(\"hello {{who}}\")</set-body></return-response></inbound></policies>";
    service.apis[0].policy = Some(policy("p", text));
    let world = World::with(service).await;
    let reply = world.call(&["GET /api/x HTTP/1.1"]).await;
    assert_eq!((reply.header("x-world"), reply.body.as_str()), (Some("world"), "hello world"));
}

#[tokio::test(flavor = "current_thread")]
async fn fragments_are_checked_where_they_are_included_and_name_their_own_lines() {
    use apim::DataPlane;

    use crate::tests::world::fragment;

    let world = World::with(service()).await;
    for (name, text, included, expected) in [
        (
            "a",
            "<fragment>\n<set-haeder /></fragment>",
            "a",
            "/fragments/a:2:2: Error in element 'set-haeder'",
        ),
        (
            "a",
            "<fragment><forward-request /></fragment>",
            "a",
            "/fragments/a:1:12: Error in element 'forward-request'",
        ),
        ("a", "<fragment><include-fragment fragment-id='a' /></fragment>", "a", "includes itself"),
        ("a", "<fragment />", "b", "The policy fragment 'b' does not exist."),
        ("a", "<policies />", "a", "The 'policies' element is not declared."),
        ("a", "<fragment><choose><when condition='@(1 + 1)' /></choose></fragment>", "a", "'int' to 'bool'"),
    ] {
        let mut service = service();
        service.fragments.push(fragment(name, text));
        let text =
            format!("<policies><inbound><include-fragment fragment-id='{included}' /></inbound></policies>");
        service.apis[0].policy = Some(policy("p", &text));
        let found = world.gateway.check(&service.clone().into()).expect_err(text.as_str());
        assert!(found[0].to_string().contains(expected), "{expected}: {found:?}");
        assert!(found.len() < 3, "{found:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_has_an_identifier_and_a_time() {
    let respond = |code: &str| {
        format!("<inbound><return-response><set-body>@({code})</set-body></return-response></inbound>{REST}")
    };
    for (code, body) in [
        ("context.RequestId.ToString().Length", "36"),
        ("context.RequestId == context.RequestId && context.RequestId != Guid.Empty", "True"),
        ("context.Timestamp <= DateTime.UtcNow && context.Elapsed >= TimeSpan.Zero", "True"),
        ("context.Deployment.Certificates.Any() + \"\" + (context.Request.Certificate == null)", "TrueTrue"),
        ("context.Request.OriginalUrl.ToUri().AbsolutePath", "/api/x"),
        ("context.User == null && context.Tracing == false", "True"),
    ] {
        let text = format!("\"\" + ({code})").replace('&', "&amp;").replace('<', "&lt;");
        check(&respond(&text), &["GET /api/x HTTP/1.1"], 200, body).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn others_are_answered_while_an_expression_runs_without_end() {
    let mut service = service();
    let text = "<policies><inbound><choose><when condition='@(context.Request.Headers.ContainsKey(\"X-Endless\"))'>\
                <set-variable name='a' value='@{ while (true) { } }' /></when></choose><return-response /></inbound>\
                <on-error><set-body>@(context.LastError.Message)</set-body></on-error></policies>";
    service.apis[0].policy = Some(policy("p", text));
    let world = World::with(service).await;
    let mut answered = 0;
    // A busy machine may leave so little of the expression's time to others that it takes more than one.
    for _ in 0..10 {
        answered = answered.max(others_meanwhile(&world).await);
        if answered > 4 {
            return;
        }
    }
    // A thread that stays with the expression answers those that it had before, which is one or two.
    panic!("only {answered} were answered");
}

/// How many calls are answered from before an expression without end begins until it is stopped.
async fn others_meanwhile(world: &World) -> usize {
    let endless = world.call(&["GET /api/x HTTP/1.1", "X-Endless: yes"]);
    tokio::pin!(endless);
    let mut answered = 0;
    let ended = loop {
        tokio::select! {
            biased;
            reply = &mut endless => break reply,
            reply = world.call(&["GET /api/x HTTP/1.1"]) => assert_eq!(reply.status(), 200),
        }
        answered += 1;
    };
    let stopped = "Expression evaluation failed. the expression was stopped: it exceeds the limit of ";
    assert_eq!(ended.status(), 500);
    let limit = ended.body.strip_prefix(stopped);
    assert!(matches!(limit, Some("time" | "steps")), "{}", ended.body);
    answered
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_knows_its_subscription_its_owner_and_its_product() {
    use apim::{Group, User, UserIdentity};

    let group = |name: &str| Group { name: name.to_lowercase(), display_name: name.to_owned() };
    let user = User {
        name: "ada".to_owned(),
        email: "ada@example.com".to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Example".to_owned(),
        note: None,
        registered: Some(1_764_000_000_000),
        identities: vec![UserIdentity { id: "ada@example.com".to_owned(), provider: "Basic".to_owned() }],
        groups: vec![group("Developers"), group("Gold")],
    };
    for (owner, code, expected) in [
        (None, "context.User == null", "True"),
        (Some("gone"), "context.User == null", "True"),
        (
            Some("Ada"),
            "context.User.Id + context.User.Email + context.User.FirstName",
            "adaada@example.comAda",
        ),
        (
            Some("ada"),
            "string.Join(\",\", context.User.Groups.Select(g => g.Id + g.Name))",
            "developersDevelopers,goldGold",
        ),
        (Some("ada"), "context.User.Identities.First().Provider + (context.User.Note == null)", "BasicTrue"),
        (Some("ada"), "context.User.RegistrationDate.ToString(\"o\")", "2025-11-24T16:00:00.0000000Z"),
        (
            None,
            "context.Subscription.CreatedDate.Year + \"|\" + context.Subscription.EndDate.HasValue",
            "2025|False",
        ),
        (None, "context.Subscription.StartDate.Value.Month", "11"),
        (None, "context.Product.SubscriptionsLimit + \"|\" + context.Product.SubscriptionLimit", "3|3"),
        (None, "context.Product.ApprovalRequired + context.Product.Groups.Single().Name", "TrueGold"),
        (None, "context.Workspace == null", "True"),
    ] {
        let mut service = service();
        service.users = vec![user.clone()];
        for product in &mut service.products {
            product.approval_required = true;
            product.subscriptions_limit = Some(3);
            product.groups = vec![group("Gold")];
        }
        for subscription in &mut service.subscriptions {
            subscription.scope = apim::Scope::Product("open".to_owned());
            subscription.owner = owner.map(str::to_owned);
            subscription.created = Some(1_764_000_000_000);
            subscription.starts = subscription.created;
        }
        let code = code.replace('&', "&amp;").replace('<', "&lt;");
        let text = format!(
            "<policies><inbound><return-response><set-body>@(\"\" + ({code}))</set-body></return-response></inbound>\
             </policies>"
        );
        service.policy = Some(policy("p", &text));
        let world = World::with(service).await;
        let reply = world.call(&["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: primary"]).await;
        assert_eq!((reply.status(), reply.body.as_str()), (200, expected), "{code}");
    }
}
