//! GraphQL: requests and schemas, as far as `validate-graphql-request` looks at them (fields, their nesting, their types);
//! and APIs whose fields resolvers answer.
//! <https://spec.graphql.org/October2021/>

mod answer;
mod connection;
mod events;
mod graph;
mod query;
mod request;
mod rounds;
mod schema;
mod subscription;
mod words;

pub use answer::{answer, takes};
pub use events::{Events, LARGEST_EVENT, Topic};
pub use graph::{Endpoint, Graph};
pub use query::{Document, Field, Operation};
pub use request::{LARGEST, Request};
pub use schema::Schema;
pub use subscription::Session;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_taken_apart() {
        let text = "query A($x: [Int!] = [1, 2]) @d(a: {b: \"}\"}) { me: user(id: $x) { ...F ... on User { name } } }\n\
                    # a comment {\nfragment F on User { friends { id } }";
        let document = Document::parse(text).expect("a query");
        let operation = document.operation(Some("A")).expect("an operation");
        let mut seen = Vec::new();
        document
            .visit(operation, &mut |field: &Field, depth, on| {
                seen.push(format!("{depth} {} {}", on.unwrap_or("-"), field.name));
            })
            .expect("an end");
        assert_eq!(seen, ["1 - user", "2 User friends", "3 - id", "2 User name"]);
        for wrong in
            ["", "{", "{ a(", "query {}", "{ a } x", "{ ...F } fragment F on T { ...F }", "{ \"a\" }"]
        {
            let found = Document::parse(wrong).and_then(|document| {
                let operation = document.operation(None).ok_or("no operation")?;
                document.visit(operation, &mut |_, _, _| {})
            });
            assert!(found.is_err(), "{wrong}");
        }
        let deep = "{a".repeat(100_000);
        assert!(Document::parse(&deep).is_err());
    }

    #[test]
    fn schemas_say_what_types_fields_have() {
        let text = "\"\"\"docs { }\"\"\" schema { query: Root } type Root implements A & B @d { user(id: ID! = 1): [User!]! \"d\" me: User @deprecated(reason: \"x\") }\n\
                    interface A { id: ID } extend type User { age: Int } type User { name: String } enum E { A B } union U = A | B input I { a: Int = 1 } scalar S directive @d(a: Int) on FIELD | QUERY";
        let schema = Schema::parse(text).expect("a schema");
        assert_eq!(schema.root("query"), "Root");
        assert_eq!(schema.root("mutation"), "Mutation");
        assert_eq!(schema.field("Root", "user"), Some("User"));
        assert_eq!(schema.field("Root", "me"), Some("User"));
        assert_eq!(schema.field("User", "age"), Some("Int"));
        assert_eq!(schema.field("User", "name"), Some("String"));
        assert_eq!(schema.field("User", "none"), None);
        assert!(schema.has("A") && !schema.has("E"));
        assert!(Schema::parse("type {").is_err());
    }
}
