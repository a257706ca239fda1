//! Who a request is accounted to: `context.Product`, `context.Subscription` and its owner, `context.User`.
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables>
//!
//! **Differs from Azure:** `Product.Apis`, which only older pages know, is null.

use apim::Group;
use expression::{Memory, Type, Value};

use super::Exchange;

/// The product whose policy applies; null for a request that comes through none.
pub fn product(exchange: &Exchange) -> Value {
    let Some(product) = &exchange.access.product else { return Value::Null };
    let limit = product.subscriptions_limit.map_or(Value::Null, Value::Int);
    Memory::new(Type::named("IProduct"))
        .with("Id", Value::text(&product.name))
        .with("Name", Value::text(&product.display_name))
        .with("SubscriptionRequired", Value::Bool(product.subscription_required))
        .with("ApprovalRequired", Value::Bool(product.approval_required))
        .with("SubscriptionLimit", limit.clone())
        .with("SubscriptionsLimit", limit)
        .with("State", Value::Enum("ProductState", 1))
        .with("Groups", groups(&product.groups))
        .value()
}

/// The subscription whose key was sent; null without one.
pub fn subscription(exchange: &Exchange) -> Value {
    let Some(subscription) = &exchange.access.subscription else { return Value::Null };
    let time = |at: Option<i64>| at.map_or(Value::Null, Value::time);
    let primary = subscription.primary_key.reveal();
    Memory::new(Type::named("ISubscription"))
        .with("Id", Value::text(&subscription.name))
        .with("Name", Value::text(&subscription.display_name))
        .with("Key", Value::text(primary))
        .with("PrimaryKey", Value::text(primary))
        .with("SecondaryKey", Value::text(subscription.secondary_key.reveal()))
        .with("CreatedDate", time(subscription.created))
        .with("StartDate", time(subscription.starts))
        .with("EndDate", time(subscription.ends))
        .value()
}

/// The owner of the subscription; null where nobody owns it.
pub fn user(exchange: &Exchange) -> Value {
    let owner = exchange.access.subscription.as_ref().and_then(|subscription| subscription.owner.as_ref());
    let Some(owner) = owner else { return Value::Null };
    let users = &exchange.matched.service.model.users;
    let Some(user) = users.iter().find(|user| user.name.eq_ignore_ascii_case(owner)) else {
        return Value::Null;
    };
    let identities = user.identities.iter().map(|identity| {
        Memory::new(Type::named("IUserIdentity"))
            .with("Id", Value::text(&identity.id))
            .with("Provider", Value::text(&identity.provider))
            .value()
    });
    Memory::new(Type::named("IUser"))
        .with("Id", Value::text(&user.name))
        .with("Email", Value::text(&user.email))
        .with("FirstName", Value::text(&user.first_name))
        .with("LastName", Value::text(&user.last_name))
        .with("Note", user.note.as_deref().map_or(Value::Null, Value::text))
        .with("RegistrationDate", user.registered.map_or(Value::Null, Value::time))
        .with("Groups", groups(&user.groups))
        .with("Identities", Value::array(Type::named("IUserIdentity"), identities.collect()))
        .value()
}

fn groups(groups: &[Group]) -> Value {
    let group = |group: &Group| {
        Memory::new(Type::named("IGroup"))
            .with("Id", Value::text(&group.name))
            .with("Name", Value::text(&group.display_name))
            .value()
    };
    Value::array(Type::named("IGroup"), groups.iter().map(group).collect())
}
