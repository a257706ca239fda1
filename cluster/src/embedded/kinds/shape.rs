//! Which fields a kind has, and how lists in it merge.
//!
//! The same table serves strict field validation, strategic merge patches and server-side apply.
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>
//!
//! **Differs from Kubernetes:** types of values are not checked, and fields below [`Type::Any`] are not known.

/// The fields of an object.
pub type Shape = &'static [(&'static str, Type)];

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// A scalar, or something whose fields are not checked; maps merge, lists are replaced.
    Any,
    /// Something that is replaced as a whole.
    Atomic,
    /// An object with these fields.
    Object(Shape),
    /// A list that is replaced as a whole, of objects with these fields.
    List(Shape),
    /// A list whose items are told apart by some of their fields.
    Map(&'static Keyed),
    /// A list of scalars without order.
    Set,
}

/// A list whose items are told apart by some of their fields.
#[derive(Debug)]
pub struct Keyed {
    /// The field that strategic merge patches go by.
    pub merge: &'static str,
    /// The fields that server-side apply goes by.
    pub keys: &'static [&'static str],
    /// The fields of an item.
    pub fields: Shape,
}

impl Type {
    /// What a field of an object with this type holds; `None` if there is no such field.
    pub fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::Object(shape) | Self::List(shape) => field(shape, name),
            Self::Map(keyed) => field(keyed.fields, name),
            Self::Any | Self::Atomic | Self::Set => Some(Self::Any),
        }
    }
}

fn field(shape: Shape, name: &str) -> Option<Type> {
    shape.iter().find(|(field, _)| *field == name).map(|(_, of)| *of)
}

/// `metadata`, the same for all kinds.
pub const METADATA: Shape = &[
    ("annotations", Type::Any),
    ("creationTimestamp", Type::Any),
    ("deletionGracePeriodSeconds", Type::Any),
    ("deletionTimestamp", Type::Any),
    ("finalizers", Type::Set),
    ("generateName", Type::Any),
    ("generation", Type::Any),
    ("labels", Type::Any),
    ("managedFields", Type::Atomic),
    ("name", Type::Any),
    ("namespace", Type::Any),
    ("ownerReferences", Type::Map(&Keyed { merge: "uid", keys: &["uid"], fields: OWNER_REFERENCE })),
    ("resourceVersion", Type::Any),
    ("selfLink", Type::Any),
    ("uid", Type::Any),
];

const OWNER_REFERENCE: Shape = &[
    ("apiVersion", Type::Any),
    ("blockOwnerDeletion", Type::Any),
    ("controller", Type::Any),
    ("kind", Type::Any),
    ("name", Type::Any),
    ("uid", Type::Any),
];

/// Conditions of a status.
pub const CONDITIONS: Type = Type::Map(&Keyed { merge: "type", keys: &["type"], fields: CONDITION });

const CONDITION: Shape = &[
    ("lastHeartbeatTime", Type::Any),
    ("lastProbeTime", Type::Any),
    ("lastTransitionTime", Type::Any),
    ("lastUpdateTime", Type::Any),
    ("message", Type::Any),
    ("observedGeneration", Type::Any),
    ("reason", Type::Any),
    ("status", Type::Any),
    ("type", Type::Any),
];

/// A label selector: matches change as a whole.
pub const SELECTOR: Type = Type::Atomic;
