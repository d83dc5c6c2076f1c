//! Types of an application's own, and what each reads from a payload.
#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "the compiler does not take a method of `At` for every lifetime"
)]

use std::fmt::Debug;
use std::mem;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::input::Input;
use crate::messagepack::{At, LEVELS};
use crate::parts::take_varint;

/// What is known of a type, in either encoding.
pub trait Typed: Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned {
    /// Where it is used in the compact encoding.
    const SHAPE: &'static str = "";

    /// Takes it from a payload with names; `None` if it is not one.
    fn of(at: At<'_, '_>) -> Option<Self>;

    /// Whether a compact payload keeps to the bounds that postcard does not know.
    fn is_bounded(_: &[u8]) -> bool {
        true
    }

    /// One that is not the default.
    fn example() -> Self;

    /// Takes arbitrary data.
    fn fill(&mut self, _: &mut Input<'_>) {
        *self = Self::example();
    }
}

/// The type `account` of `tests/vectors`: each field has to be there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    user: String,
    visits: u32,
    admin: bool,
}

impl Typed for Account {
    const SHAPE: &'static str = "2812efcc";

    fn of(at: At<'_, '_>) -> Option<Self> {
        let [user, visits, admin] = at.fields(["user", "visits", "admin"])?;
        Some(Self { user: user?.text()?, visits: visits?.integer()?, admin: admin?.bool()? })
    }

    fn example() -> Self {
        Self { visits: 300, ..Self::default() }
    }

    fn fill(&mut self, input: &mut Input<'_>) {
        self.user = input.text(20).into();
        self.visits = input.take();
        self.admin = input.rarely(2);
    }
}

/// An account with more fields: one of each kind that is common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    user: String,
    visits: u32,
    admin: bool,
    email: Option<String>,
    roles: Vec<u16>,
}

impl Typed for Profile {
    fn of(at: At<'_, '_>) -> Option<Self> {
        let [user, visits, admin, email, roles] =
            at.fields(["user", "visits", "admin", "email", "roles"])?;
        Some(Self {
            user: user?.text()?,
            visits: visits?.integer()?,
            admin: admin?.bool()?,
            email: email.map_or(Some(None), |email| email.option(At::text))?,
            roles: roles?.sequence(|role| role.integer())?,
        })
    }

    fn example() -> Self {
        Self { visits: 300, ..Self::default() }
    }

    fn fill(&mut self, input: &mut Input<'_>) {
        self.user = input.text(20).into();
        self.visits = input.take();
        self.admin = input.rarely(2);
        self.email = input.rarely(2).then(|| input.text(20).into());
        self.roles = (0..input.below(5)).map(|_| input.take()).collect();
    }
}

/// The type `tree` of `tests/vectors`: a sequence of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree(Vec<Self>);

impl Typed for Tree {
    const SHAPE: &'static str = "53b368ae";

    fn of(at: At<'_, '_>) -> Option<Self> {
        at.sequence(Self::of).map(Self)
    }

    /// At most 64 levels.
    fn is_bounded(mut payload: &[u8]) -> bool {
        // How many values are left: one, and at each level those of a sequence.
        let mut left = vec![1];
        while let Some(values) = left.last_mut() {
            if *values == 0 {
                left.pop();
                continue;
            }
            *values -= 1;
            let Some(inside) = take_varint(&mut payload) else { return true };
            left.push(inside);
            if left.len() > 1 + LEVELS {
                return false;
            }
        }
        true
    }

    fn example() -> Self {
        Self(vec![Self::default(), Self::default()])
    }

    fn fill(&mut self, input: &mut Input<'_>) {
        // As deep as can be, and broad at one level.
        for _ in 0..input.below(LEVELS) {
            let inner = mem::take(self);
            self.0.push(inner);
        }
        self.0.extend((0..input.below(3)).map(|_| Self::default()));
    }
}

/// The type `units` of `tests/vectors`: a sequence of what takes no byte in the compact encoding.
pub type Units = Vec<()>;

impl Typed for Units {
    const SHAPE: &'static str = Tree::SHAPE;

    fn of(at: At<'_, '_>) -> Option<Self> {
        at.sequence(|unit| unit.nil())
    }

    /// At most 4,096 elements.
    fn is_bounded(mut payload: &[u8]) -> bool {
        take_varint(&mut payload).is_none_or(|count| count <= 4096)
    }

    fn example() -> Self {
        vec![(); 3]
    }
}
