//! Addresses of the rows of a head within rows that hold all heads.

use super::Attention;
use crate::buffers::Shared;

/// Rows of q, k or v: row t of sequence b starts at (b · sequence + t) · stride + offset.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub numbers: &'a [f32],
    /// Number of rows from one sequence to the next: its length, or the capacity of a cache.
    pub sequence: usize,
    pub stride: usize,
    pub offset: usize,
}

/// `Rows` to be written.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub numbers: Shared<f32>,
    pub sequence: usize,
    pub stride: usize,
    pub offset: usize,
}

/// The rows of one head of one sequence, or a range of them.
#[derive(Clone, Copy)]
pub(super) struct Strip {
    start: *const f32,
    pub stride: usize,
    pub count: usize,
}

impl Strip {
    pub const NONE: Self = Self { start: std::ptr::null(), stride: 0, count: 0 };

    /// # Safety
    /// `count` rows of a head start there.
    pub unsafe fn new(start: *const f32, stride: usize, count: usize) -> Self {
        Self { start, stride, count }
    }

    /// The address of a row, which may be out of range.
    #[inline(always)]
    pub fn row(&self, row: usize) -> *const f32 {
        self.start.wrapping_add(row * self.stride)
    }

    /// The same for writing.
    #[inline(always)]
    pub fn row_mut(&self, row: usize) -> *mut f32 {
        self.row(row).cast_mut()
    }

    /// Rows from `first` up to `end`.
    pub fn part(&self, first: usize, end: usize) -> Self {
        Self { start: self.row(first), stride: self.stride, count: end - first }
    }
}

impl Rows<'_> {
    /// # Panics
    /// When one of the first `length` rows of a sequence is out of bounds.
    pub(in crate::kernels) fn check(&self, attention: &Attention, length: usize) {
        if attention.batch == 0 || length == 0 {
            return;
        }
        let last =
            (attention.batch - 1).checked_mul(self.sequence).and_then(|row| row.checked_add(length - 1));
        let start =
            last.and_then(|row| row.checked_mul(self.stride)).and_then(|at| at.checked_add(self.offset));
        let end = start.and_then(|at| at.checked_add(attention.width()));
        assert!(end.is_some_and(|end| end <= self.numbers.len()), "attention: rows beyond their array");
    }

    /// The address of a head of a sequence.
    pub(in crate::kernels) fn start(
        &self,
        attention: &Attention,
        sequence: usize,
        head: usize,
    ) -> *const f32 {
        let at = sequence * self.sequence * self.stride + self.offset + head * attention.head_dim;
        self.numbers.as_ptr().wrapping_add(at)
    }

    fn of(&self, attention: &Attention, at: usize, count: usize) -> Strip {
        let start = self.start(attention, at / attention.heads, at % attention.heads);
        Strip { start, stride: self.stride, count }
    }
}

impl Target {
    /// Head `at` of all heads of the batch.
    pub fn of(&self, attention: &Attention, at: usize) -> Strip {
        let (sequence, head) = (at / attention.heads, at % attention.heads);
        let place = sequence * self.sequence * self.stride + self.offset + head * attention.head_dim;
        // SAFETY: offset 0 is in bounds.
        let start = unsafe { self.numbers.at(0) }.wrapping_add(place).cast_const();
        Strip { start, stride: self.stride, count: self.sequence }
    }
}

/// The inputs of one head of one sequence.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub attention: &'a Attention<'a>,
    /// Index among all heads of the batch.
    pub at: usize,
    pub q: Strip,
    pub k: Strip,
    pub v: Strip,
    /// [keys]
    pub visible: Option<&'a [f32]>,
    /// [queries, keys]
    pub bias: Option<Strip>,
}

impl<'a> Head<'a> {
    pub fn new(attention: &'a Attention, at: usize, [q, k, v]: &[Rows; 3]) -> Self {
        let &Attention { heads, queries, keys, visible, bias, .. } = attention;
        Self {
            attention,
            at,
            q: q.of(attention, at, queries),
            k: k.of(attention, at, keys),
            v: v.of(attention, at, keys),
            visible: visible.map(|visible| &visible[at / heads * keys..][..keys]),
            bias: bias.map(|bias| Strip {
                start: bias[at % heads * queries * keys..][..queries * keys].as_ptr(),
                stride: keys,
                count: queries,
            }),
        }
    }

    /// This head of a matrix [batch, queries, heads · head_dim] such as the output.
    pub fn dense(&self, numbers: &[f32]) -> Strip {
        let &Attention { queries, .. } = self.attention;
        let rows = Rows { numbers, sequence: queries, stride: self.attention.width(), offset: 0 };
        rows.of(self.attention, self.at, queries)
    }
}
