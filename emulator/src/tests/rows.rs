//! What is true for every row of the table of resource types.

use serde_json::{Value, json};

use super::types::{self, Mistakes};
use super::{CLIENT, SECRET, SUBSCRIPTION, World};
use crate::engine::{Definition, Example, Removed, StateShown, Verb};
use crate::providers;
use arm::{ResourceId, ResourceType};

/// A row with one of its examples, filled in.
pub struct Case {
    pub definition: &'static Definition,
    pub id: String,
    pub body: Value,
    patch: Option<Value>,
    after: &'static [&'static str],
}

fn case(world: &World, definition: &'static Definition, example: &Example) -> Case {
    let principal = world.emulator.directory.service_principal_by_app_id(CLIENT).expect("the seed").object_id;
    let fill = |text: &str| {
        text.replace("{subscription}", SUBSCRIPTION)
            .replace("{client}", CLIENT)
            .replace("{secret}", SECRET)
            .replace("{principal}", &principal)
    };
    let json = |text: &str| serde_json::from_str(&fill(text)).unwrap_or(Value::Null);
    Case {
        definition,
        id: fill(example.id),
        body: json(example.body),
        patch: example.patch.map(json),
        after: example.after,
    }
}

/// All examples.
pub fn cases(world: &World) -> Vec<Case> {
    providers::definitions()
        .flat_map(|definition| definition.examples.iter().map(move |example| (definition, example)))
        .map(|(definition, example)| case(world, definition, example))
        .collect()
}

/// Makes the parents of a case, and what else it needs.
async fn prepare(world: &World, wanted: &Case) {
    let all = cases(world);
    let mut order = Vec::new();
    require(&all, wanted, &mut order);
    for case in order.iter().map(|at: &usize| &all[*at]) {
        let answer = world.put(&case.id, case.body.clone()).await;
        assert!(answer.status < 300, "{}: {}", case.id, answer.body);
    }
}

/// Adds the cases that one needs, each behind what it needs itself.
fn require(all: &[Case], wanted: &Case, order: &mut Vec<usize>) {
    let id: ResourceId = wanted.id.parse().expect("an id");
    let parents = std::iter::successors(id.parent(), ResourceId::parent).map(|id| id.resource_type());
    let mut kinds: Vec<ResourceType> = parents.collect();
    kinds.reverse();
    kinds.extend(wanted.after.iter().map(|name| ResourceType::new(*name)));
    for kind in kinds {
        for (at, case) in all.iter().enumerate().filter(|(_, case)| kind.is(case.definition.name)) {
            if !order.contains(&at) {
                require(all, case, order);
                order.push(at);
            }
        }
    }
}

#[tokio::test]
async fn every_row_is_created_read_listed_replaced_patched_and_deleted() {
    let mut mistakes = Mistakes::default();
    let world = World::instant().await;
    for index in 0..cases(&world).len() {
        let world = World::instant().await;
        let case = &cases(&world)[index];
        prepare(&world, case).await;
        let definition = case.definition;
        let has = |verb: Verb| definition.verbs.contains(&verb);

        let created = world.put(&case.id, case.body.clone()).await.expect(definition.answers.created);
        types::check_request(definition.name, &case.body);
        mistakes.make(definition.name, &created.body);
        let name = case.id.rsplit('/').next().expect("a name");
        assert_eq!(created.body["name"], name, "{}", created.body);
        assert_eq!(created.body["type"], definition.name, "{}", created.body);
        assert_eq!(created.body["id"], case.id.as_str(), "{}", created.body);
        assert!(!created.header("etag").is_empty(), "{}", case.id);
        if definition.state == StateShown::Properties {
            let read = world.get(&case.id).await.expect(200);
            assert_eq!(read.body["properties"]["provisioningState"], "Succeeded", "{}", case.id);
        }
        if has(Verb::Get) {
            let read = world.get(&case.id).await.expect(200);
            assert_eq!(read.header("etag"), created.header("etag"));
            let read =
                world.get(&case.id.to_uppercase().replace("API-VERSION", "api-version")).await.expect(200);
            assert_eq!(read.body["id"], case.id.as_str(), "ids compare without letter case");
        }
        if has(Verb::Head) {
            world.send("HEAD", &case.id, Value::Null).await.expect(definition.answers.found);
        }
        let collection = case.id.rsplit_once('/').expect("a collection").0;
        if has(Verb::List) {
            let list = world.get(collection).await.expect(200);
            let ids = list.body["value"].as_array().expect("a list").iter().map(|item| item["id"].clone());
            assert!(ids.collect::<Vec<_>>().contains(&json!(case.id)), "{}", list.body);
        }
        // The same again changes nothing.
        let again = world.put(&case.id, case.body.clone()).await.expect(definition.answers.replaced);
        // A deployment is made anew each time.
        if definition.segment() != "deployments" {
            assert_eq!(again.header("etag"), created.header("etag"), "{}", case.id);
        }
        if let Some(patch) = &case.patch {
            assert!(has(Verb::Patch), "{}", case.id);
            let patched = world.send("PATCH", &case.id, patch.clone()).await;
            assert!(matches!(patched.status, 200 | 202), "{}: {}", case.id, patched.body);
            let read = world.get(&case.id).await.expect(200);
            assert_ne!(read.header("etag"), created.header("etag"), "{}", case.id);
            let mut merged = read.body.clone();
            crate::engine::merge(&mut merged, patch);
            assert_eq!(merged, read.body, "the patch is in effect: {}", case.id);
        }
        check_removal(&world, case).await;
    }
    mistakes.check();
}

async fn check_removal(world: &World, case: &Case) {
    let definition = case.definition;
    if !definition.verbs.contains(&Verb::Delete) {
        world.delete(&case.id).await.expect_error(405, "MethodNotAllowed");
        return;
    }
    let deleted = world.delete(&case.id).await;
    assert!(matches!(deleted.status, 200 | 202), "{}: {}", case.id, deleted.body);
    if definition.answers.removed == Removed::Reset {
        world.get(&case.id).await.expect(200);
        return;
    }
    if definition.verbs.contains(&Verb::Get) {
        world.get(&case.id).await.expect(404);
    }
    let absent = world.delete(&case.id).await;
    assert!(matches!(absent.status, 204 | 404), "{}: {}", case.id, absent.status);
}

#[tokio::test]
async fn every_row_refuses_bad_requests_and_changes_nothing() {
    let world = World::instant().await;
    for index in 0..cases(&world).len() {
        let world = World::instant().await;
        let case = &cases(&world)[index];
        let name = case.definition.name;
        let needs_parent = !name.ends_with("resourceGroups");
        if needs_parent {
            let answer = world.put(&case.id, case.body.clone()).await.expect(404);
            assert_eq!(answer.code(), "ResourceGroupNotFound", "{name}");
        }
        prepare(&world, case).await;
        for (version, code) in [
            ("", "MissingApiVersionParameter"),
            ("latest", "InvalidApiVersionParameter"),
            ("1999-01-01", "NoRegisteredProviderFound"),
        ] {
            let path = format!("{}?api-version={version}", case.id);
            world.put(&path, case.body.clone()).await.expect_error(400, code);
        }
        let stale = [("if-match", "\"stale\"")];
        world
            .send_with("PUT", &case.id, case.body.clone(), &stale)
            .await
            .expect_error(412, "PreconditionFailed");
        world
            .send_with("PUT", &case.id, case.body.clone(), &[("authorization", "Bearer nonsense")])
            .await
            .expect(401);
        world.put(&case.id, json!([1])).await.expect_error(400, "InvalidRequestContent");
        if case.definition.verbs.contains(&Verb::Get) && case.definition.answers.created == 201 {
            world.get(&case.id).await.expect(404);
        }
        let any = [("if-match", "*")];
        world
            .send_with("PUT", &case.id, case.body.clone(), &any)
            .await
            .expect(case.definition.answers.created);
        let absent = [("if-none-match", "*")];
        world
            .send_with("PUT", &case.id, case.body.clone(), &absent)
            .await
            .expect_error(412, "PreconditionFailed");
        if case.definition.verbs.contains(&Verb::Delete) {
            world.send_with("DELETE", &case.id, Value::Null, &stale).await.expect(412);
        }
    }
}

#[tokio::test]
async fn every_row_is_closed_to_callers_without_a_role() {
    let world = World::instant().await;
    let [client, _, _, secret] = world.application("stranger").await;
    let token = world.token_of(&client, &secret).await;
    let authorization = format!("Bearer {token}");
    let stranger = [("authorization", authorization.as_str())];
    for case in cases(&world) {
        let definition = case.definition;
        let methods =
            [("GET", Verb::Get), ("PUT", Verb::Put), ("PATCH", Verb::Patch), ("DELETE", Verb::Delete)];
        for (method, verb) in methods {
            if definition.verbs.contains(&verb) {
                let answer = world.send_with(method, &case.id, case.body.clone(), &stranger).await;
                answer.expect_error(403, "AuthorizationFailed");
            }
        }
        for action in definition.actions {
            let path = format!("{}/{}", case.id, action.name);
            world
                .send_with("POST", &path, Value::Null, &stranger)
                .await
                .expect_error(403, "AuthorizationFailed");
        }
    }
    let list = world.send_with("GET", "/subscriptions", Value::Null, &stranger).await.expect(200);
    assert_eq!(list.body["value"], json!([]));
}

#[test]
fn the_tables_are_sorted_and_complete() {
    for provider in providers::PROVIDERS {
        assert!(provider.missing.is_sorted(), "{}", provider.namespace);
        for definition in provider.types {
            assert_eq!(definition.namespace(), provider.namespace);
            assert!(definition.actions.is_sorted_by_key(|action| action.name), "{}", definition.name);
            assert!(!definition.summary.is_empty() && !definition.modelled.is_empty(), "{}", definition.name);
            let writes = definition.verbs.contains(&Verb::Put);
            assert_eq!(writes, !definition.examples.is_empty(), "{}", definition.name);
        }
        let missing =
            provider.missing.iter().find(|name| providers::definition(&ResourceType::new(**name)).is_some());
        assert_eq!(missing, None);
    }
}
