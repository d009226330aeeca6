//! Outputs of the backward pass, and partial sums of dq for groups of keys.

use super::Attention;
use super::heads::{Strip, Target};
use crate::buffers::{self, Buffer, Shared};

/// The gradients of q, k and v.
pub enum Gradients<'a> {
    /// [batch, queries = keys, 3 · heads · head_dim]
    Packed(&'a mut [f32]),
    /// [batch, queries, heads · head_dim], and [batch, keys, heads · head_dim] for k and v.
    Separate { q: &'a mut [f32], k: &'a mut [f32], v: &'a mut [f32] },
}

impl Gradients<'_> {
    /// Checks the sizes, and fills with zeros if there is nothing to compute.
    pub(super) fn targets(self, attention: &Attention) -> [Target; 3] {
        let &Attention { batch, heads, queries, keys, .. } = attention;
        let width = attention.width();
        match self {
            Gradients::Packed(all) => {
                assert_eq!(queries, keys, "attention: packed queries and keys");
                assert_eq!(all.len(), batch * queries * 3 * width, "attention: gradient");
                let numbers = Shared::new(all);
                [0, 1, 2].map(|i| Target { numbers, sequence: queries, stride: 3 * width, offset: i * width })
            }
            Gradients::Separate { q, k, v } => {
                [(q, queries), (k, keys), (v, keys)].map(|(numbers, sequence)| {
                    assert_eq!(numbers.len(), batch * sequence * width, "attention: gradient");
                    if batch * heads * queries == 0 || keys == 0 {
                        numbers.fill(0.0);
                    }
                    Target { numbers: Shared::new(numbers), sequence, stride: width, offset: 0 }
                })
            }
        }
    }
}

/// Partial sums of dq: [groups, batch · heads, queries, head_dim].
pub(super) struct Partial {
    numbers: Shared<f32>,
    buffer: Buffer,
    groups: usize,
    /// Number of floats of a head.
    each: usize,
    /// Number of floats of a group.
    all: usize,
}

impl Partial {
    pub fn new(attention: &Attention, groups: usize) -> Self {
        let each = attention.queries * attention.head_dim;
        let all = each * attention.batch * attention.heads;
        let mut buffer = buffers::floats(all.saturating_mul(groups));
        Self { numbers: Shared::new(&mut buffer), buffer, groups, each, all }
    }

    /// A group's rows of head `at`.
    pub fn of(&self, attention: &Attention, group: usize, at: usize) -> Strip {
        assert!(group < self.groups && at * self.each < self.all);
        // SAFETY: in bounds, as checked above.
        unsafe {
            let start = self.numbers.at(group * self.all + at * self.each);
            Strip::new(start, attention.head_dim, attention.queries)
        }
    }

    /// Writes the sum over the groups for head `at`.
    ///
    /// # Safety
    /// All groups are complete; `to` has all rows of the head, and nothing else accesses them.
    pub unsafe fn gather(&self, attention: &Attention, at: usize, to: Strip) {
        let size = attention.head_dim;
        for i in 0..attention.queries {
            // SAFETY: guaranteed by the caller.
            let to = unsafe { std::slice::from_raw_parts_mut(to.row_mut(i), size) };
            let from = |group: usize| &self.buffer[group * self.all + at * self.each + i * size..][..size];
            to.copy_from_slice(from(0));
            for group in 1..self.groups {
                for (to, from) in to.iter_mut().zip(from(group)) {
                    *to += from;
                }
            }
        }
    }
}
